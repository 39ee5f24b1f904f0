"""The loss and the score of WSAD-DT: Gaussian kernels inside a class, Student's t kernel outside."""

from __future__ import annotations

import torch

#: Degrees of freedom of the t kernel, and a bound away from 0 and 1 of shares.
ALPHA, EPS = 0.2, 1e-6
#: Coordinates of a centre nearer to 0 than this are moved there.
LEAST = 0.1
#: Rows of a class between which the regulariser is taken, and its widths for unlabelled and labelled rows.
FEW, WIDTHS = 8, (0.1, 1.0)
#: Embeddings nearer to each other than this are one row drawn twice.
SAME = 1e-6


def pushed(centre: torch.Tensor) -> torch.Tensor:
    """The centre with coordinates within ``LEAST`` of 0 moved to +-``LEAST``; 0 stays."""
    return torch.where(centre.abs() < LEAST, centre.sign() * LEAST, centre)


def student(distance: torch.Tensor) -> torch.Tensor:
    """The t kernel of squared distances."""
    return (1.0 + distance / ALPHA) ** (-(ALPHA + 1.0) / 2.0)


def squared(embedding: torch.Tensor, centre: torch.Tensor) -> torch.Tensor:
    """Squared distances (members, n) of embeddings (members, n, d) to centres (members, 1, d)."""
    return (embedding - centre).square().sum(dim=-1)


def soft_assignment(embedding: torch.Tensor, normal: torch.Tensor, abnormal: torch.Tensor) -> torch.Tensor:
    """1 - t_n / (t_n + t_a), (members, n): the anomaly score of each member."""
    first, second = student(squared(embedding, normal)), student(squared(embedding, abnormal))
    return 1.0 - first / (first + second + EPS)


def dual_tailed_loss(
    embedding: torch.Tensor, counts: torch.Tensor, normal: torch.Tensor, abnormal: torch.Tensor
) -> torch.Tensor:
    """Each member's loss, (members,).

    Parameters
    ----------
    embedding : (members, n, d)
        The first ``counts[m]`` rows of member m are unlabelled, the others labelled anomalies.
    counts : (members,) int64
    normal, abnormal : (members, 1, d)
    """
    size = embedding.shape[1]
    unlabelled = torch.arange(size) < counts[:, None]
    to_normal, to_abnormal = squared(embedding, normal), squared(embedding, abnormal)
    near = torch.where(unlabelled, torch.exp(-to_normal / 0.5), student(to_normal))
    far = torch.where(unlabelled, student(to_abnormal), torch.exp(-to_abnormal))
    whole = near + far + EPS
    q_normal, q_abnormal = ((part / whole).clamp(EPS, 1.0 - EPS) for part in (near, far))
    own = torch.where(unlabelled, q_normal, q_abnormal)
    other = torch.where(unlabelled, q_abnormal, q_normal)
    each = -own.log() - (1.0 - other).log()
    first, second = unlabelled.float(), (~unlabelled).float()
    fit = sum((each * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1.0) for mask in (first, second))
    few = min(FEW, size)
    spread = closeness(embedding[:, :few], first[:, :few], WIDTHS[0])
    return fit + spread + closeness(embedding[:, -few:], second[:, -few:], WIDTHS[1])


def closeness(rows: torch.Tensor, counted: torch.Tensor, width: float) -> torch.Tensor:
    """Mean Gaussian kernel over the pairs of rows that count and differ, (members,)."""
    distance = (rows[:, :, None] - rows[:, None]).square().sum(dim=-1)
    pairs = counted[:, :, None] * counted[:, None] * (distance > SAME**2)
    kernel = torch.exp(-distance / (2.0 * width**2))
    return (kernel * pairs).sum(dim=(1, 2)) / pairs.sum(dim=(1, 2)).clamp(min=1.0)
