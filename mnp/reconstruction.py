"""Reconstructed rows in the units that a detector's user has."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_given(detector: Any, rows: np.ndarray, rebuilt: np.ndarray) -> np.ndarray:
    """Rows (n, d) float64 whose varying columns are the rebuilt ones, in the units of ``rows``.

    Parameters
    ----------
    detector : a fitted ``MNP`` or ``MNPPlus``
        ``columns_`` are those that vary; ``single_offset_`` and ``single_gain_`` are how they became float32.
    rows : (n, d) as its user passed them
    rebuilt : (n, len(columns_)) in the units of the rows as float32
    """
    whole = rows.astype(np.float64)
    columns, values = detector.columns_, rebuilt.astype(np.float64)
    if hasattr(detector, "single_offset_"):
        values = values / detector.single_gain_[columns] + detector.single_offset_[columns]
    whole[:, columns] = values
    return whole
