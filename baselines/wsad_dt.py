"""WSAD-DT: weakly supervised anomaly detection via a dual-tailed kernel (Durani et al., ICML 2025)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pyod.models.base import BaseDetector
from sklearn.utils.validation import check_is_fitted

from baselines.supervised import checked
from baselines.wsad_dt_loss import dual_tailed_loss, pushed, soft_assignment
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, WIDTHS, Constraints, at_least
from replicas.contract import Contract
from reproducibility.environment import one_thread
from reproducibility.streams import generator

#: Rows that are scored at a time.
CHUNK = 4096


class WSADDT(Contract, BaseDetector):
    """Networks that draw unlabelled rows to one centre and labelled anomalies to another.

    With d_n, d_a the squared distances of an embedding to the two centres, a row is compared with its own centre by a
    Gaussian (exp(-2 d_n) of unlabelled rows, exp(-d_a) of labelled ones) and with the other by Student's t kernel
    (1 + d / 0.2)^-0.6; q_n and q_a are these two, divided by their sum. The loss is -log q - log(1 - q') of both
    classes, q of the own and q' of the other centre, plus the mean Gaussian kernel between up to eight rows of each
    class, which keeps a class from falling into one point. Score = mean over the networks of t_a / (t_n + t_a), with
    the t kernel for both centres.

    Parameters
    ----------
    n_estimators : int
        Networks; each sees its own part of the unlabelled rows and all labelled anomalies.
    hidden_dims, representation_dim
        Widths of the SELU layers and of the embedding; no biases.
    epochs, batch_size : int
        An epoch draws as many rows as there are training rows, with replacement.
    max_steps_per_epoch : int or None
        Bound on the batches of an epoch; None = no bound, as the authors.
    lr, weight_decay, clipnorm : float
        Adam's rate and L2, and the bound on a network's gradient.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: the authors' package wsad-dt (class weights 2 and 1 over the counts of the whole table, so that with five
    networks 71% of a batch are labelled anomalies; centres fixed at the mean embeddings before training).
    Deviations: unlabelled anomalies stay in the training rows, from which the authors' experiment removes them; at
    most 20 batches an epoch; centres are means over the rows instead of over a weighted draw of them; min-max scaling
    on the training rows is inside.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_estimators": COUNT,
        "hidden_dims": WIDTHS,
        "representation_dim": COUNT,
        "epochs": COUNT,
        "batch_size": at_least(2),
        "max_steps_per_epoch": [*COUNT, None],
        "lr": POSITIVE,
        "weight_decay": NOT_NEGATIVE,
        "clipnorm": POSITIVE,
    }
    weights_: list[torch.Tensor]

    def __init__(
        self,
        n_estimators: int = 5,
        hidden_dims: Sequence[int] = (100, 50),
        representation_dim: int = 128,
        epochs: int = 100,
        batch_size: int = 64,
        max_steps_per_epoch: int | None = 20,
        lr: float = 1e-3,
        weight_decay: float = 1e-5,
        clipnorm: float = 1.0,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_estimators = n_estimators
        self.hidden_dims = hidden_dims
        self.representation_dim = representation_dim
        self.epochs = epochs
        self.batch_size = batch_size
        self.max_steps_per_epoch = max_steps_per_epoch
        self.lr = lr
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows.

        Raises
        ------
        ValueError
            Unfit data, only one class in y, or a parameter out of its range.
        """
        array, target = checked(self, X, y)
        self.low_ = array.min(axis=0)
        span = array.max(axis=0) - self.low_
        self.gain_ = 1.0 / np.where(span > 0, span, 1.0)
        labelled, unlabelled = np.flatnonzero(target == 1), np.flatnonzero(target == 0)
        members = min(self.n_estimators, len(unlabelled))
        order = generator("wsad-dt", "parts", self.random_state).permutation(unlabelled)
        parts = np.array_split(order, members)
        with one_thread():
            rows = self._scaled(array)
            self.weights_ = self._start(array.shape[1], members)
            self.normal_, self.abnormal_ = self._centres(rows, parts, labelled)
            self._train(rows, parts, labelled)
            self.decision_scores_ = self._scores(rows)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Mean share of the anomalous centre, (n,) float64."""
        check_is_fitted(self, "weights_")
        with one_thread():
            return self._scores(self._scaled(self._rows_to_score(X)))

    def _scaled(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray((array - self.low_) * self.gain_, dtype=np.float32))

    def _start(self, width: int, members: int) -> list[torch.Tensor]:
        """Weights (members, in, out) as torch's linear layers begin."""
        stream = generator("wsad-dt", "weights", self.random_state)
        sizes = [width, *self.hidden_dims, self.representation_dim]
        return [
            torch.from_numpy(stream.uniform(-(a**-0.5), a**-0.5, (members, a, b)).astype(np.float32))
            for a, b in pairwise(sizes)
        ]

    def _centres(
        self, rows: torch.Tensor, parts: list[np.ndarray], labelled: np.ndarray
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean embeddings of each member's unlabelled rows and of the labelled anomalies, (members, 1, d) each."""
        normal = [
            embedded([weight[i : i + 1] for weight in self.weights_], rows[part]).mean(dim=1)
            for i, part in enumerate(parts)
        ]
        abnormal = embedded(self.weights_, rows[labelled]).mean(dim=1, keepdim=True)
        return pushed(torch.stack(normal)), pushed(abnormal)

    def _train(self, rows: torch.Tensor, parts: list[np.ndarray], labelled: np.ndarray) -> None:
        for weight in self.weights_:
            weight.requires_grad_(True)
        optimiser = torch.optim.Adam(self.weights_, lr=self.lr, weight_decay=self.weight_decay, fused=True)
        stream = generator("wsad-dt", "batches", self.random_state)
        steps = -(-len(rows) // self.batch_size)
        steps = steps if self.max_steps_per_epoch is None else min(steps, self.max_steps_per_epoch)
        for _ in range(self.epochs):
            index, counts = draws(stream, parts, labelled, steps, self.batch_size)
            for step in range(steps):
                embedding = embedded(self.weights_, rows[index[step]])
                loss = dual_tailed_loss(embedding, counts[step], self.normal_, self.abnormal_)
                gradients = torch.autograd.grad(loss.sum(), self.weights_)
                for weight, gradient in zip(self.weights_, clipped(gradients, self.clipnorm), strict=True):
                    weight.grad = gradient
                optimiser.step()
        self.weights_ = [weight.detach() for weight in self.weights_]

    def _scores(self, rows: torch.Tensor) -> np.ndarray:
        with torch.no_grad():
            shares = [
                soft_assignment(embedded(self.weights_, part), self.normal_, self.abnormal_).mean(dim=0)
                for part in torch.split(rows, CHUNK)
            ]
        return torch.cat(shares).numpy().astype(np.float64)


def embedded(weights: Sequence[torch.Tensor], rows: torch.Tensor) -> torch.Tensor:
    """Embeddings (members, n, d) of rows (n, width), or of each member's own rows (members, n, width)."""
    *hidden, last = weights
    value = rows if rows.ndim == 3 else rows.expand(len(last), *rows.shape)
    for weight in hidden:
        value = torch.selu(value @ weight)
    return value @ last


def clipped(gradients: Sequence[torch.Tensor], bound: float) -> list[torch.Tensor]:
    """Gradients (members, ...) with each member's norm over all layers at most ``bound``, as if it trained alone."""
    norm = torch.stack([gradient.square().sum(dim=(1, 2)) for gradient in gradients]).sum(dim=0).sqrt()
    factor = (bound / (norm + 1e-6)).clamp(max=1.0)[:, None, None]
    return [gradient * factor for gradient in gradients]


def draws(
    stream: np.random.Generator, parts: Sequence[np.ndarray], labelled: np.ndarray, steps: int, size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """An epoch's batches for every member, unlabelled rows first.

    Returns
    -------
    index : (steps, members, size) int64
    counts : (steps, members) int64
        How many of a batch are unlabelled.
    """
    every = sum(map(len, parts))
    share = np.array([1.0 / (1.0 + 2.0 * len(part) / every) for part in parts])
    counts = size - stream.binomial(size, share, (steps, len(parts)))
    own = np.stack([part[stream.integers(0, len(part), (steps, size))] for part in parts], axis=1)
    shared = labelled[stream.integers(0, len(labelled), own.shape)]
    index = np.where(np.arange(size) < counts[..., None], own, shared)
    return torch.from_numpy(index), torch.from_numpy(counts)
