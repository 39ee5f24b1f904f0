"""Per-run affine scaling of features, fitted on the run's training rows, applied inside the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from replicas.rows import TrainingRows

SIDE_BY_SIDE = 8


def min_max(run: TrainingRows, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(low, 1 / range) of the training rows, each (d,) float32; a constant column maps to 0."""
    rows = run.X[run.train][:, columns]
    low, high = rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64)
    spread = np.where(high > low, high - low, 1.0)
    return low.astype(np.float32), (1.0 / spread).astype(np.float32)


def stacked(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, torch.Tensor]:
    """Context entries ``low`` and ``gain`` of shape (n, 1, d) for ``scaled``."""
    low = torch.from_numpy(np.stack([pair[0] for pair in pairs]))[:, None, :]
    gain = torch.from_numpy(np.stack([pair[1] for pair in pairs]))[:, None, :]
    return {"low": low, "gain": gain}


def scaled(x: torch.Tensor, context: dict[str, torch.Tensor]) -> torch.Tensor:
    """(x - low) * gain for x (R, B, D)."""
    return (x - context["low"]).mul_(context["gain"])


def scaled_(x: torch.Tensor, context: dict[str, torch.Tensor]) -> torch.Tensor:
    """``scaled`` in place, for rows just gathered: a fresh tensor of a wide group costs more than the arithmetic.

    Eight rows at a time lie side by side where their number allows: the loop over a few features is then long
    enough to be fast, two to three times as fast with six of them.
    """
    low, gain, beside = context["low"], context["gain"], x
    *others, rows, features = x.shape
    if rows % SIDE_BY_SIDE == 0:
        beside = x.view(*others, -1, SIDE_BY_SIDE * features)
        low, gain = (torch.cat([value] * SIDE_BY_SIDE, dim=-1) for value in (low, gain))
    beside.sub_(low).mul_(gain)
    return x


def varying(run: TrainingRows) -> np.ndarray:
    """Columns that are not constant over the training rows (all of them if every one is)."""
    rows = run.X[run.train]
    columns = np.flatnonzero(rows.min(axis=0) < rows.max(axis=0))
    return columns if len(columns) else np.arange(rows.shape[1])
