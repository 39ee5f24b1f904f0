"""The MNP network: autoencoder, prototypes, similarity and the scoring head (paper, section III)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from replicas.exact import elementwise
from replicas.layers import chain, dense, leaky, linear
from replicas.parameters import Layout, Parameter
from replicas.scaling import scaled
from replicas.training import Context

Views = Mapping[str, torch.Tensor]
ENCODER = ("encoder1", "encoder2")
DECODER = ("decoder1", "decoder2")
HEAD_WIDTH = 16


@dataclass(frozen=True)
class Shape:
    """Sizes of one network: features D, hidden H1 = D - (D - H2) // 2, embedding H2, most prototypes K."""

    features: int
    embedding: int = 8
    prototypes: int = 10

    @property
    def hidden(self) -> int:
        return self.features - (self.features - self.embedding) // 2


def autoencoder_parameters(shape: Shape) -> list[Parameter]:
    """D -> H1 -> H2 -> H1 -> D."""
    return [
        *dense("encoder1", shape.features, shape.hidden),
        *dense("encoder2", shape.hidden, shape.embedding),
        *dense("decoder1", shape.embedding, shape.hidden),
        *dense("decoder2", shape.hidden, shape.features),
    ]


def layout(shape: Shape) -> Layout:
    """All parameters of the joint stage. Prototypes are laid in from k-means, so they draw nothing."""

    def blank(generator: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
        return np.ones(size, dtype=np.float32)

    return Layout(
        [
            *autoencoder_parameters(shape),
            Parameter("prototypes", (shape.prototypes, shape.embedding), blank),
            *dense("head1", shape.embedding + 2, HEAD_WIDTH),
            *dense("head2", HEAD_WIDTH, 1),
        ]
    )


@dataclass(frozen=True)
class Outputs:
    """What the network says of rows x (R, B, D).

    Attributes
    ----------
    score : (R, B) anomaly score in (0, 1)
    error : (R, B) reconstruction error e(x) = mean over features of SmoothL1(x, xhat)
    similarity : (R, B, K) s_k(x) in (0, 1]; 0 for prototypes that do not exist
    nearest : (R, B) max_k s_k(x)
    embedding : (R, B, H2) z / ||z||
    """

    score: torch.Tensor
    error: torch.Tensor
    similarity: torch.Tensor
    nearest: torch.Tensor
    embedding: torch.Tensor


def encode(p: Views, x: torch.Tensor) -> torch.Tensor:
    """z (R, B, H2), not normalised; LeakyReLU after every layer, the last one included."""
    return chain(p, ENCODER, x, leaky, leaky)


def decode(p: Views, z: torch.Tensor) -> torch.Tensor:
    """xhat (R, B, D); LeakyReLU after the last layer too, as the authors have it."""
    return chain(p, DECODER, z, leaky, leaky)


def reconstruction(p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
    """xhat (R, B, D) of raw rows x, in their units: the error in ``outputs`` compares it with x in [0, 1]."""
    return decode(p, encode(p, scaled(x, context))) / context["gain"] + context["low"]


def outputs(p: Views, x: torch.Tensor, context: Context, reconstruction_input: bool = True) -> Outputs:
    """Everything the losses and the user look at, for raw rows x.

    Parameters
    ----------
    p : parameters with a replica axis
    x : (R, B, D) raw features; scaled to [0, 1] by the run's training rows here
    context : ``low``, ``gain`` (R, 1, D) and ``exists`` (R, K), 1 for prototypes in use
    reconstruction_input : bool
        False feeds 0 instead of e(x) to the scoring head (ablation).

    Notes
    -----
    Student-t similarity with alpha = 1: s_k = 1 / (1 + ||zn - mun_k||^2); both are unit vectors, so
    the squared distance is 2 - 2 <zn, mun_k>.
    """
    x = scaled(x, context)
    z = encode(p, x)
    error = F.smooth_l1_loss(decode(p, z), x, reduction="none").mean(dim=2)
    embedding = F.normalize(z, dim=2)
    similarity = similarities(p, embedding, context)
    nearest = similarity.amax(dim=2)
    shown = error if reconstruction_input else torch.zeros_like(error)
    features = torch.cat([embedding, shown[..., None], nearest[..., None]], dim=2)
    logit = linear(p, "head2", leaky(linear(p, "head1", features)))[..., 0]
    return Outputs(elementwise(torch.sigmoid, logit), error, similarity, nearest, embedding)


def similarities(p: Views, embedding: torch.Tensor, context: Context) -> torch.Tensor:
    """(R, B, K) similarity of unit embeddings to unit prototypes; 0 where no prototype exists."""
    exists = context["exists"]
    centres = F.normalize(torch.where(exists[..., None] > 0, p["prototypes"], 1.0), dim=2)
    cosine = torch.bmm(embedding, centres.transpose(1, 2))
    distance = (2.0 - 2.0 * cosine).clamp(min=0.0)
    return exists[:, None, :] / (1.0 + distance)
