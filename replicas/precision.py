"""Single precision without losing what tells rows apart: one decision for every method.

Networks, trees and binning compute in float32. Of a column far from zero (times as seconds since 1970, ids, amounts in
cents) float32 keeps seven digits, which may be the same for all rows. Such columns are moved, in double precision,
to where float32 resolves them; all others are rounded as they are, so that float32 data keep every bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: A column is moved when rounding to float32 costs more than this share of its typical spread.
TOLERANCE = 2.0**-20
#: Powers of two within which a column's spread is left alone; beyond, float32 over- or underflows.
EXPONENTS = 100


@dataclass(frozen=True, eq=False)
class Affine:
    """x -> (x - offset) * gain of each column, (d,) float64; 0 and 1 for columns that are left alone."""

    offset: np.ndarray
    gain: np.ndarray

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Moved rows in double precision, (n, d)."""
        moved: np.ndarray = (X.astype(np.float64) - self.offset) * self.gain
        return moved


def needed(X: np.ndarray) -> Affine | None:
    """How training rows must be moved before float32 holds them; None if it holds them as they are.

    Parameters
    ----------
    X : (n, d) float32 or float64, finite

    Returns
    -------
    Affine or None
        Always None for float32, and for float64 whose every value has an exact float32 form.
    """
    if X.dtype == np.float32:
        return None
    with np.errstate(over="ignore"):
        error = np.abs(X - X.astype(np.float32))
    columns = [column for column in np.flatnonzero(error.any(axis=0)) if _loses(X[:, column], error[:, column])]
    if not columns:
        return None
    affine = Affine(np.zeros(X.shape[1]), np.ones(X.shape[1]))
    for column in columns:
        affine.offset[column], affine.gain[column] = _moved(X[:, column], error[:, column])
    return affine


def single(X: np.ndarray, affine: Affine | None) -> np.ndarray:
    """Rows as float32, moved first where the detector needs it; float32 rows of one that does not are returned as is.

    Raises
    ------
    ValueError
        A value that float32 cannot hold even so.
    """
    if affine is None and X.dtype == np.float32:
        return X
    narrow = rounded(X, affine)
    if not np.isfinite(narrow).all():
        row, column = np.argwhere(~np.isfinite(narrow))[0]
        raise ValueError(
            f"X has the value {X[row, column]!s} in column {int(column)} (row {int(row)}), which is too far from the "
            "training rows for 32 bits; drop the row or rescale the column"
        )
    return narrow


def rounded(X: np.ndarray, affine: Affine | None) -> np.ndarray:
    """``single`` without its check, for a table that also holds rows a run never sees: they are checked when scored."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(X if affine is None else affine(X), dtype=np.float32)


def _loses(values: np.ndarray, error: np.ndarray) -> bool:
    """Whether float32 blurs a column: judged by its inexact rows only, so that neither zeros nor outliers hide them."""
    inexact = error > 0
    spread = _spread(values[inexact]) or float(np.ptp(values))
    return spread > 0 and float(np.median(error[inexact])) > TOLERANCE * spread


def _moved(values: np.ndarray, error: np.ndarray) -> tuple[float, float]:
    """Offset: a value in the middle of the inexact rows; gain: a power of two, 1 unless the spread is extreme.

    As the offset is one of the values, whole numbers stay whole.
    """
    offset = float(np.quantile(values[error > 0], 0.5, method="lower"))
    largest = float(np.abs(values - offset).max())
    exponent = int(np.frexp(largest)[1])
    return offset, 1.0 if abs(exponent) <= EXPONENTS else float(np.ldexp(1.0, -exponent))


def _spread(values: np.ndarray) -> float:
    low, high = np.quantile(values, (0.25, 0.75))
    return float(high - low) or float(np.ptp(values))
