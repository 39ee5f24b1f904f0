"""A store without the scores of single rows: what is committed, and small enough for it."""

from __future__ import annotations

import os

import pyarrow as pa

from bench.store.reading import rows_of
from bench.store.schema import PER_ROW
from bench.store.store import Store


def drop_scores(folder: str | os.PathLike[str]) -> int:
    """Take the scores and the truth of single rows out of a store; metrics and everything else stay.

    Parameters
    ----------
    folder : path
        results/<suite>, which no run may hold.

    Returns
    -------
    int
        The cells that had scores; 0 leaves the files as they are.

    Raises
    ------
    StoreError
        A run holds the folder, or it cannot be written.
    """
    with Store(folder) as store:
        had = _cells_with_scores(rows_of(folder, scores=True))
        if had:
            store.rewrite(_without)
    return had


def _without(rows: pa.Table) -> pa.Table:
    """The rows with nothing in the columns per test row."""
    for name, data_type in PER_ROW.items():
        if name in rows.column_names:
            rows = rows.set_column(rows.column_names.index(name), name, pa.nulls(rows.num_rows, data_type))
    return rows


def _cells_with_scores(rows: pa.Table) -> int:
    present = [rows[name] for name in PER_ROW if name in rows.column_names]
    return max((len(values) - values.null_count for values in present), default=0)
