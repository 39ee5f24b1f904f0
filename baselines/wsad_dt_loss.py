"""The loss and the score of WSAD-DT: Gaussian kernels inside a class, Student's t kernel outside."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from replicas.exact import elementwise

#: Degrees of freedom of the t kernel, and a bound away from 0 and 1 of shares.
ALPHA, EPS = 0.2, 1e-6
#: What squared distances to the own centre are multiplied by in the Gaussian of unlabelled rows and of anomalies.
SHARPNESS = (2.0, 1.0)
#: Coordinates of a centre nearer to 0 than this are moved there.
LEAST = 0.1
#: Rows of a class between which the regulariser is taken, and its widths for unlabelled and labelled rows.
FEW, WIDTHS = 8, (0.1, 1.0)
#: Embeddings nearer to each other than this are one row drawn twice.
SAME = 1e-6


@dataclass(frozen=True, eq=False)
class Loss:
    """A batch's loss and its gradient.

    Attributes
    ----------
    fit, spread : (R,)
        Of the rows against the centres, and of rows of a class against each other; the loss is their sum.
    slope : (R, B, d)
        Gradient of the sum with respect to the embeddings, rows last in memory.
    """

    fit: torch.Tensor
    spread: torch.Tensor
    slope: torch.Tensor


def pushed(centre: torch.Tensor) -> torch.Tensor:
    """The centre with coordinates within ``LEAST`` of 0 moved to +-``LEAST``; 0 stays."""
    return torch.where(centre.abs() < LEAST, centre.sign() * LEAST, centre)


def student(distance: torch.Tensor) -> torch.Tensor:
    """The t kernel of squared distances."""
    return (1.0 + distance / ALPHA) ** (-(ALPHA + 1.0) / 2.0)


def kernels(embedding: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """The t kernels (..., B, 2) of embeddings (..., B, d) and the two centres (..., 2, d)."""
    return student(_squared(embedding, centres))


def soft_assignment(embedding: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """1 - t_n / (t_n + t_a), (..., B): the anomaly score of each network."""
    each = kernels(embedding, centres)
    return 1.0 - each[..., 0] / (each.sum(dim=-1) + EPS)


def dual_tailed_loss(embedding: torch.Tensor, counts: torch.Tensor, centres: torch.Tensor) -> Loss:
    """Each network's loss and its gradient, written out.

    Parameters
    ----------
    embedding : (R, B, d)
        The first ``counts[r]`` rows of network r are unlabelled, the others labelled anomalies. Fastest with the rows
        last in memory.
    counts : (R,) int64
    centres : (R, 2, d)
        Of the unlabelled rows and of the labelled anomalies.
    """
    latent = embedding.transpose(1, 2).contiguous()
    unlabelled = torch.arange(latent.shape[2]) < counts[:, None]
    lengths = torch.linalg.vector_norm(latent, dim=1, keepdim=True).square_()
    lengths = lengths + torch.linalg.vector_norm(centres, dim=2, keepdim=True).square_()
    to_normal, to_abnormal = torch.baddbmm(lengths, centres, latent, alpha=-2.0).clamp_(min=0.0).unbind(dim=1)
    fit, own, other = against_centres(
        torch.where(unlabelled, to_normal, to_abnormal), torch.where(unlabelled, to_abnormal, to_normal), unlabelled
    )
    slopes = torch.stack([torch.where(unlabelled, own, other), torch.where(unlabelled, other, own)], dim=1)
    slope = latent * slopes.sum(dim=1, keepdim=True)
    slope.baddbmm_(centres.transpose(1, 2), slopes, beta=2.0, alpha=-2.0)

    few = min(FEW, latent.shape[2])
    rows = torch.stack([latent[:, :, :few], latent[:, :, -few:]], dim=1).transpose(2, 3).contiguous()
    counted = torch.stack([unlabelled[:, :few], ~unlabelled[:, -few:]], dim=1)
    spread, moved = closeness(rows, counted)
    slope[:, :, :few] += moved[:, 0].transpose(1, 2)
    slope[:, :, -few:] += moved[:, 1].transpose(1, 2)
    return Loss(fit, spread, slope.transpose(1, 2))


def against_centres(
    own: torch.Tensor, other: torch.Tensor, unlabelled: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """-log q - log(1 - q') of squared distances (R, B) to the own and to the other class's centre.

    Returns
    -------
    fit : (R,)
        Mean over the unlabelled rows plus mean over the labelled anomalies.
    own, other : (R, B)
        Gradients with respect to the distances.
    """
    sharpness = torch.where(unlabelled, *SHARPNESS)
    near, far = elementwise(torch.exp, -sharpness * own), elementwise(student, other)
    whole = near + far + EPS
    q, q_other = near / whole, far / whole
    of_class = (unlabelled.float(), (~unlabelled).float())
    weight = sum(mask / mask.sum(dim=1, keepdim=True).clamp_(min=1.0) for mask in of_class)
    right = q.clamp(EPS, 1.0 - EPS) * (1.0 - q_other.clamp(EPS, 1.0 - EPS))
    fit = -elementwise(torch.log, right) * weight
    moves, moves_other = ((share >= EPS) & (share <= 1.0 - EPS) for share in (q, q_other))
    slope = -sharpness * weight * (moves * (q - 1.0) + moves_other * (q - near / (near + EPS)))
    ratio = -(ALPHA + 1.0) / (2.0 * ALPHA) * far / (1.0 + other / ALPHA)
    slope_other = weight * (moves.float() + moves_other) * ratio / whole
    return fit.sum(dim=1), slope, slope_other


def closeness(rows: torch.Tensor, counted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean Gaussian kernel over the pairs of rows of a class that count and differ, summed over the classes.

    Parameters
    ----------
    rows : (R, 2, few, d)
        Of the unlabelled and of the labelled class.
    counted : (R, 2, few) bool

    Returns
    -------
    value : (R,)
    slope : (R, 2, few, d)
    """
    distance = _squared(rows, rows)
    pairs = counted[..., :, None] & counted[..., None, :] & (distance > SAME**2)
    sharpness = torch.tensor([1.0 / (2.0 * width**2) for width in WIDTHS])[:, None, None]
    kernel = elementwise(torch.exp, -sharpness * distance) * pairs
    kernel /= pairs.sum(dim=(2, 3), keepdim=True).clamp_(min=1)
    pull = -4.0 * sharpness * kernel  # both orders of a pair, and 2 of the square
    slope = rows * pull.sum(dim=3, keepdim=True) - torch.matmul(pull, rows)
    return kernel.flatten(1).sum(dim=1), slope


def _squared(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Squared distances (..., n, m) of rows (..., n, d) to rows (..., m, d), exactly 0 for equal ones."""
    return torch.cdist(first, second, compute_mode="donot_use_mm_for_euclid_dist").square_()
