"""The three losses of the joint stage and their dynamic weights (paper, section III; equations in each docstring)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from mnp.network import Outputs
from replicas.exact import elementwise
from replicas.training import Context

LOSS_TERMS = (
    "reconstruction",
    "score",
    "prototypes",
    "total",
    "contrast",
    "kl",
    "similarity_unlabelled",
    "similarity_anomalies",
)


@dataclass(frozen=True)
class LossSettings:
    """Constants and ablation switches of the joint loss.

    Attributes
    ----------
    margin : float
        m1, by which anomalies must reconstruct worse.
    beta : float
        Slope of the likelihood of being normal.
    temperature : float
        T of dynamic weight averaging.
    contrast, likelihood : bool
        Ablations: without the contrastive term, without likelihood weighting (w = 1).
    unweighted_score : bool
        Quirk: the likelihood does not weigh the score loss (``mnp.quirks``).
    """

    margin: float = 0.02
    beta: float = 1.0
    temperature: float = 2.0
    contrast: bool = True
    likelihood: bool = True
    unweighted_score: bool = False


def normal_likelihood(nearest: torch.Tensor, settings: LossSettings) -> torch.Tensor:
    """w = sigmoid(beta max_k s_k), scaled to mean 1 over the batch: (R, U). Gradients flow through it."""
    if not settings.likelihood:
        return torch.ones_like(nearest)
    raw = elementwise(torch.sigmoid, settings.beta * nearest)
    return raw / raw.mean(dim=1, keepdim=True)


def joint_loss(
    output: Outputs, unlabelled: int, context: Context, settings: LossSettings
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted sum of the three losses for a batch whose first ``unlabelled`` rows are unlabelled.

    Parameters
    ----------
    output : Outputs for (R, U + A) rows; A may be 0 (nothing labelled)
    unlabelled : int, U
    context : ``previous`` (R, 3), the losses' means over the previous epoch (1 in the first); ``lambda_kl`` (R, 1),
        weight of the clustering term; ``moving`` (R, 1), 1 where gradients flow through the clustering target and the
        dynamic weights (``mnp.quirks``), else 0

    Returns
    -------
    total : (R,)
    terms : (R, 8) in the order of LOSS_TERMS
    """
    weight = normal_likelihood(output.nearest[:, :unlabelled], settings)
    recon = reconstruction_loss(output, unlabelled, weight, settings)
    score = score_loss(output, unlabelled, torch.ones_like(weight) if settings.unweighted_score else weight)
    near_u = (weight * output.nearest[:, :unlabelled]).mean(dim=1)
    near_a = _mean(output.nearest[:, unlabelled:])
    contrast = contrastive_loss(near_u, near_a) if settings.contrast else torch.zeros_like(near_u)
    kl = clustering_loss(output.similarity[:, :unlabelled], context["exists"], context["moving"])
    prototypes = contrast + context["lambda_kl"][:, 0] * kl
    losses = torch.stack([recon, score, prototypes], dim=1)
    weights = dynamic_weights(losses, context["previous"], settings.temperature, context["moving"])
    total = (weights * losses).sum(dim=1)
    rest = torch.stack([total, contrast, kl, near_u, near_a], dim=1)
    return total, torch.cat([losses, rest], dim=1)


def reconstruction_loss(output: Outputs, unlabelled: int, weight: torch.Tensor, settings: LossSettings) -> torch.Tensor:
    """mean(w e_U) + mean(relu(m1 + mean(w e_U) - e_A)): (R,)."""
    normal = (weight * output.error[:, :unlabelled]).mean(dim=1)
    apart = torch.relu(settings.margin + normal[:, None] - output.error[:, unlabelled:])
    return normal + _mean(apart)


def score_loss(output: Outputs, unlabelled: int, weight: torch.Tensor) -> torch.Tensor:
    """mean(SmoothL1(a_A, 1)) + mean(w SmoothL1(a_U, 0)): (R,). Scores lie in (0, 1), so SmoothL1 is d^2 / 2."""
    low, high = output.score[:, :unlabelled], output.score[:, unlabelled:]
    labelled = F.smooth_l1_loss(high, torch.ones_like(high), reduction="none")
    normal = F.smooth_l1_loss(low, torch.zeros_like(low), reduction="none")
    return _mean(labelled) + (weight * normal).mean(dim=1)


def contrastive_loss(near_u: torch.Tensor, near_a: torch.Tensor) -> torch.Tensor:
    """-log sigmoid(mean(w max_k s_k(U)) - mean(max_k s_k(A))): (R,)."""
    return elementwise(lambda gap: F.softplus(-gap), (near_u - near_a)[:, None])[:, 0]


def clustering_loss(similarity: torch.Tensor, exists: torch.Tensor, moving: torch.Tensor) -> torch.Tensor:
    """KL(P || Q) of deep embedded clustering (Xie et al. 2016), summed over the batch: (R,).

    Q = s_k normalised over k; P_ik ~ Q_ik^2 / sum_i Q_ik, normalised over k. P is a constant, or, as in the
    authors' code, gradients flow through it too (``moving`` (R, 1) is 1).
    """
    here = exists[:, None, :] > 0
    q = similarity / similarity.sum(dim=2, keepdim=True)
    mass = torch.where(here, q.sum(dim=1, keepdim=True), 1.0)
    target = _held(q.square() / mass, moving[..., None])
    p = target / target.sum(dim=2, keepdim=True)
    gain = elementwise(torch.log, torch.where(here, p / torch.where(here, q, 1.0), 1.0))
    return (p * gain).sum(dim=(1, 2))


def dynamic_weights(
    losses: torch.Tensor, previous: torch.Tensor, temperature: float, moving: torch.Tensor
) -> torch.Tensor:
    """softmax over the losses of (L_i / Lprev_i) / T: (R, 3) (Liu et al. 2019); not detached, as published, where
    ``moving`` (R, 1) is 1.

    Not detached, a loss far above the mean of all three pushes the others up; with a fixed target that inverts scores.
    """
    ratio = _held(losses, moving) / previous.clamp(min=1e-12) / temperature
    raised = elementwise(torch.exp, ratio - ratio.detach().amax(dim=1, keepdim=True))
    return raised / raised.sum(dim=1, keepdim=True)


def _held(values: torch.Tensor, moving: torch.Tensor) -> torch.Tensor:
    """The same values, constant where ``moving`` is 0."""
    constant = values.detach()
    return constant + moving * (values - constant)


def _mean(values: torch.Tensor) -> torch.Tensor:
    """Mean over the batch; 0 where there are no rows (nothing labelled)."""
    return values.mean(dim=1) if values.shape[1] else values.new_zeros(values.shape[0])
