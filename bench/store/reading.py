"""Reading a results folder, also while a run is writing to it, or a bundle that was made of one."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from bench.errors import StoreError
from bench.store import bundle, schema, segments
from bench.store.segments import Part, StoreWarning

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "store"


def read(folder: str | os.PathLike[str], scores: bool = False) -> pd.DataFrame:
    """Read a results folder, also while a run is writing to it.

    Parameters
    ----------
    folder : path
        results/<suite>, or a bundle.
    scores : bool
        Also read the columns ``scores`` and ``truth``: each cell's test scores as a float32 array, and which of
        those rows are anomalies (int8). A bundle holds none, so they are empty.

    Returns
    -------
    DataFrame
        One row per cell, the latest; columns as documented in ``bench.store.schema``.

    Raises
    ------
    StoreError
        There is no store, or the file given is no bundle.

    Examples
    --------
    From the root of the repository, where a reference run is committed:

    >>> from bench import read
    >>> rows = read("results/reference/contamination")
    >>> list(rows.columns[:3])
    ['dataset', 'method', 'seed']
    >>> table = rows.groupby(["method", "contamination"])["average_precision"].mean().unstack()
    >>> bool((table.loc["xgboost"].diff().dropna() < 0).all())  # every step of contamination costs it something
    True
    """
    if bundle.is_bundle(folder):
        rows = bundle.read(folder).rows
        return _framed(_with_scores(rows) if scores else rows)
    return _framed(rows_of(folder, scores))


def rows_of(folder: str | os.PathLike[str], scores: bool = False) -> pa.Table:
    """``read`` of a results folder, as an Arrow table."""
    path = Path(folder) / FOLDER
    if not path.is_dir():
        raise StoreError(f"there are no results in {folder}; run a suite with --out {folder} first")
    while True:
        try:
            tables = [
                rows for part in segments.live(segments.listed(path)) if (rows := _sound(part, scores)) is not None
            ]
            break
        except FileNotFoundError:
            continue  # a running benchmark merged parts between the listing and the reading
    empty = schema.table([])
    tables = tables or [empty if scores else empty.drop_columns(list(schema.PER_ROW))]
    return latest(pa.concat_tables(tables, promote_options="permissive"))


def _framed(rows: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = rows.select(schema.ordered(set(rows.column_names))).to_pandas()
    return frame


def _with_scores(rows: pa.Table) -> pa.Table:
    for name, data_type in schema.PER_ROW.items():
        rows = rows.append_column(name, pa.nulls(rows.num_rows, data_type))
    return rows


def _sound(part: Part, scores: bool) -> pa.Table | None:
    try:
        return segments.read(part, scores=scores)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException):
        warnings.warn(
            f"{part.path} is torn and left out; its cells are computed again by the next run",
            StoreWarning,
            stacklevel=3,
        )
        return None


def latest(rows: pa.Table) -> pa.Table:
    """The last row of each cell, in the order stored."""
    numbered = pa.table({"cell": rows["cell"], "row": pa.array(range(rows.num_rows), pa.int64())})
    last = numbered.group_by("cell").aggregate([("row", "max")])["row_max"]
    return rows if len(last) == rows.num_rows else rows.take(last.take(pc.sort_indices(last)))
