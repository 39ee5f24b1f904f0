"""What the reference results say of methods on tables like the user's, before any of the user's labels is looked at.

The reference holds, for tables of known truth, each method's average precision (``reference.csv``, made by
``bench.picking.reference_table``). Tables with like numbers of rows, features and labels count more, families of near
duplicates once. Not every method was run on every table, so methods are compared within tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

#: Columns that describe a table; the others are methods.
TABLE = ("dataset", "family", "rows", "features", "labels")
#: A table whose number differs by this factor weighs exp(-1/2) of one with the user's number.
ROWS_FACTOR, FEATURES_FACTOR, LABELS_FACTOR = 30.0, 10.0, 3.0


@dataclass(frozen=True, eq=False)
class Prior:
    """Methods' strengths on tables like the user's.

    Attributes
    ----------
    methods : tuple of str
    strength : (m,) float64
        Expected average precision minus the mean over these methods; NaN for a method the reference does not have.
    spread : float
        Standard deviation between tables of a method's strength around this.
    families : float
        How many families of tables this rests on, each counted by its weight.
    """

    methods: tuple[str, ...]
    strength: np.ndarray
    spread: float
    families: float


def prior(methods: Sequence[str], rows: int, features: int, labels: int, without: str | None = None) -> Prior:
    """Strengths of methods on tables of this size with this number of labels.

    Parameters
    ----------
    methods : sequence of str
    rows, features, labels : int
        Of the table a method is fitted on.
    without : str, optional
        A family that is left out, where the answer is to be held against its truth.

    Returns
    -------
    Prior
    """
    table = _reference()
    table = table[table.family != without] if without is not None else table
    known = [name for name in methods if name in table.columns]
    values = table[known].to_numpy(np.float64)
    compared = np.isfinite(values).sum(axis=1) >= 2
    table, values = table[compared], values[compared]
    weight = _weights(table, rows, features, labels)
    strength, spread = _within_tables(values, weight)
    by_name = dict(zip(known, strength.tolist(), strict=True))
    ordered = np.asarray([by_name.get(name, np.nan) for name in methods])
    if np.isfinite(ordered).any():
        ordered = ordered - np.nanmean(ordered)
    return Prior(tuple(methods), ordered, spread, float(weight.sum()))


@cache
def _reference() -> pd.DataFrame:
    import pandas as pd

    with files("bench.picking").joinpath("reference.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream)


def _weights(table: pd.DataFrame, rows: int, features: int, labels: int) -> np.ndarray:
    """How much each row of the reference counts; a family's rows together as much as its most like one."""
    far = np.zeros(len(table))
    for name, value, factor in (
        ("rows", rows, ROWS_FACTOR), ("features", features, FEATURES_FACTOR), ("labels", labels, LABELS_FACTOR),
    ):  # fmt: skip
        far += (np.log(table[name].to_numpy(np.float64) / value) / np.log(factor)) ** 2
    near = np.exp(-0.5 * far)
    by_family = table.assign(near=near).groupby("family").near
    return np.asarray(near * (by_family.transform("max") / by_family.transform("sum")))


def _within_tables(values: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Weighted least squares of ``values[t, m] = table t + method m`` over the entries that are there.

    Returns
    -------
    (strength (m,), spread)
        Strengths have mean 0; NaN for a method without any entry. The spread is the residuals'.
    """
    there = np.isfinite(values)
    filled = np.where(there, values, 0.0)
    count = np.maximum(there.sum(axis=1, keepdims=True), 1)
    mean = filled.sum(axis=1, keepdims=True) / count
    normal = np.diag((weight[:, None] * there).sum(axis=0)) - (weight[:, None] * there).T @ (there / count)
    right = (weight[:, None] * there * (filled - mean)).sum(axis=0)
    strength = np.linalg.lstsq(normal, right, rcond=None)[0]
    centre = (there * strength).sum(axis=1, keepdims=True) / count
    residual = np.where(there, filled - mean - (strength - centre), 0.0)
    freedom = (weight[:, None] * there).sum() - weight.sum()
    spread = float(np.sqrt((weight[:, None] * residual**2).sum() / freedom)) if freedom > 0 else float("nan")
    return np.where(there.any(axis=0), strength, np.nan), spread
