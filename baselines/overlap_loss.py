"""Overlap's loss: how much of two score distributions lies on the wrong side of where their densities cross."""

from __future__ import annotations

import math

import torch

from replicas.exact import elementwise

#: Grid points in a cell of the first look for crossings; densities of one bandwidth hardly cross twice within it.
CELL = 8


def overlap(
    scores: torch.Tensor, weights: torch.Tensor, half: int, choice: torch.Tensor, bandwidth: float, grid: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mass of p_u above a crossing of the two densities and of p_a below it, and its gradient.

    Parameters
    ----------
    scores : (R, half + A)
        Of ``half`` unlabelled rows, then of labelled ones.
    weights : (R, half + A)
        How often each row was drawn; both parts sum to ``half``.
    half : int
    choice : (R, 1) in [0, 1)
        Which crossing, counted from the left, as a share of their number.
    bandwidth : float
    grid : int

    Returns
    -------
    value : (R,)
    slope : (R, half + A)
        Gradient with respect to the scores; none flows through the crossing or the grid's ends.
    """
    low, high = scores.amin(dim=1, keepdim=True), scores.amax(dim=1, keepdim=True)
    margin = 0.2 * (high - low)
    low, high = low - margin, high + margin
    crossing, crosses = _crossing(scores, weights, half, choice, bandwidth, low, high, grid)
    above, below = torch.where(crosses, crossing, low), torch.where(crosses, crossing, high)
    scale = 1.0 / (bandwidth * math.sqrt(2.0))
    known = torch.arange(scores.shape[1]) >= half
    ends = [(torch.where(known, below, high) - scores) * scale, (torch.where(known, low, above) - scores) * scale]
    # without a crossing both whole integrals count half
    share = weights * torch.where(crosses, 0.5 / half, 0.25 / half)
    upper, lower = (elementwise(torch.erf, end) for end in ends)
    value = (upper.sub_(lower).mul_(share)).sum(dim=1)
    upper, lower = (elementwise(torch.exp, end.square_().neg_()) for end in ends)
    return value, lower.sub_(upper).mul_(share).mul_(2.0 * scale / math.sqrt(math.pi))


def _crossing(
    scores: torch.Tensor,
    weights: torch.Tensor,
    half: int,
    choice: torch.Tensor,
    bandwidth: float,
    low: torch.Tensor,
    high: torch.Tensor,
    grid: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The grid point (R, 1) before the chosen change of sign of p_a - p_u, and whether there is any (R, 1).

    First every ``CELL``-th point is looked at, then those of the chosen cell: an eighth of the kernel values.
    """

    def side(positions: torch.Tensor) -> torch.Tensor:
        points = low + (high - low) * (positions / max(grid - 1, 1))
        kernel = (points[:, :, None] - scores[:, None, :]).div_(bandwidth)
        kernel = elementwise(torch.exp, kernel.square_().mul_(-0.5))
        p_u, p_a = (torch.bmm(kernel[:, :, part], weights[:, part, None]) for part in (slice(half), slice(half, None)))
        return torch.sign(p_a - p_u)[..., 0]

    ends = torch.arange(0, grid - 1, CELL)
    sides = side(torch.cat([ends, torch.tensor([grid - 1])]).float())
    passed = (sides[:, 1:] != sides[:, :-1]).cumsum(dim=1)
    count = passed[:, -1:]
    wanted = (choice * count).long().clamp(max=(count - 1).clamp(min=0)) + 1
    cell = (passed >= wanted).to(torch.uint8).argmax(dim=1, keepdim=True)
    positions = (ends[cell] + torch.arange(CELL + 1)).clamp(max=grid - 1).float()
    inside = side(positions)
    position = (inside[:, 1:] != inside[:, :-1]).to(torch.uint8).argmax(dim=1, keepdim=True)
    return low + (high - low) * (positions.gather(1, position) / max(grid - 1, 1)), count > 0
