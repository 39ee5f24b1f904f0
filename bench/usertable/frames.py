"""A frame in memory, whose ever it is: as rows of numbers, and as a table to learn from, by a file's own code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.errors import DataError
from bench.usertable.encode import encode, refuse_large
from bench.usertable.incoming import refuse_column_types, refuse_missing_columns
from bench.usertable.schema import Schema


def encode_frame(frame: Any, schema: Schema) -> np.ndarray:
    """Rows of a pandas, polars or arrow table as (n, d) float64, columns by name.

    Raises
    ------
    DataError
        No frame, columns that are missing, or text in a column of numbers.
    """
    import pyarrow as pa

    wanted = {column.name for column in schema.columns}
    if is_pandas(frame):
        refuse_missing_columns("the frame", [str(name) for name in frame.columns], schema)
        frame = frame[[name for name in frame.columns if str(name) in wanted]]
    table = as_arrow(frame)
    refuse_missing_columns("the frame", table.schema.names, schema)
    refuse_column_types("the frame", dict(zip(table.schema.names, table.schema.types, strict=True)), schema)
    try:
        blocks = [encode(block, schema) for block in table.to_batches()]
    except pa.ArrowInvalid as error:
        first = str(error).splitlines()[0][:200]
        raise DataError(f"the frame holds text where the model was fitted on numbers ({first}); correct it") from error
    X = np.concatenate([*blocks, np.zeros((0, len(schema.feature_names)))])
    for column, span in zip(schema.columns, schema.slices, strict=True):
        refuse_large("the frame", column.name, X[:, span.start])
    return X


def is_pandas(frame: Any) -> bool:
    """Whether this is a pandas DataFrame, without importing pandas."""
    return hasattr(frame, "iloc") and hasattr(frame, "columns")


def as_arrow(frame: Any) -> Any:
    """A pandas, polars or arrow table as an arrow table, without an index.

    Raises
    ------
    DataError
        It is none, a column holds several types, or two have one name.
    """
    import pyarrow as pa

    names = [str(name) for name in getattr(frame, "columns", ())] if is_pandas(frame) else []
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"the frame has several columns named {twice[0]!r}; rename them")
    if isinstance(frame, (list, tuple)) or (hasattr(frame, "shape") and not hasattr(frame, "columns")):
        raise DataError(
            f"a {type(frame).__name__} has no columns with names; pass a pandas, polars or arrow table with those of "
            "the training table"
        )
    if hasattr(frame, "collect"):
        raise DataError("this frame is not computed yet; pass frame.collect()")
    try:
        return pa.Table.from_pandas(frame, preserve_index=False) if is_pandas(frame) else pa.table(frame)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
        first = str(error).splitlines()[0][:200]
        raise DataError(f"this is no frame whose columns hold one type each ({first}); convert it first") from error


@contextmanager
def as_file(frame: Any) -> Iterator[Path]:
    """A frame as a parquet file for as long as the context lasts: it is then read as any file of a user's."""
    import pyarrow.parquet as pq

    with TemporaryDirectory(prefix="mnp-bench-") as folder:
        path = Path(folder) / "frame.parquet"
        pq.write_table(as_arrow(frame), path)
        yield path
