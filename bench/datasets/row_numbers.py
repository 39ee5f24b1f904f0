"""Columns that only tell the rows apart: left out where their name says so too, told where it does not."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bench.datasets.column_names import INDEX_NAMES, plain_name
from bench.datasets.reading import LeftOut
from bench.datasets.survey import ColumnSurvey

#: Fewer rows can be counted by chance.
LEAST_ROWS = 10
#: So many rows are looked at before a whole column is sorted.
FIRST_ROWS = 1000


def indices(columns: Iterable[ColumnSurvey]) -> list[LeftOut]:
    """Columns that count the rows from 0 or 1 under a name such as ``id`` or ``index``."""
    return [
        LeftOut(repr(column.name), f"it counts the rows ({column.counts_from:.0f}, {column.counts_from + 1:.0f}, ...)")
        for column in columns
        if column.counts_from in (0, 1) and column.rows >= LEAST_ROWS and plain_name(column.name) in INDEX_NAMES
    ]


def notes(X: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """A sentence for each feature (of X (n, d)) with a different whole number in every row."""
    if len(X) < LEAST_ROWS:
        return []
    told = []
    for j in range(X.shape[1]):
        if not _differs(X[:FIRST_ROWS, j]) or not _differs(X[:, j]):
            continue
        name = f"column {names[j]!r}" if names else f"column {j}"
        counted = np.array_equal(X[:, j], X[0, j] + np.arange(len(X)))
        what = "counts the rows" if counted else "holds a different whole number in every row"
        told.append(f"{name} {what} and is used as a feature; list it in drop if it only names the rows")
    return told


def _differs(column: np.ndarray) -> bool:
    """Whole numbers, each once."""
    return bool(np.array_equal(column, np.floor(column))) and len(np.unique(column)) == len(column)
