"""A frame in memory, whose ever it is, as rows of numbers: by the same code as a file's blocks."""

from __future__ import annotations

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

    try:
        if hasattr(frame, "iloc") and hasattr(frame, "columns"):
            refuse_missing_columns("the frame", [str(name) for name in frame.columns], schema)
            wanted = {column.name for column in schema.columns}
            used = frame[[name for name in frame.columns if str(name) in wanted]]
            table = pa.Table.from_pandas(used, preserve_index=False)
        else:
            table = pa.table(frame)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
        first = str(error).splitlines()[0][:200]
        raise DataError(f"this is no frame whose columns hold one type each ({first}); convert it first") from error
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
