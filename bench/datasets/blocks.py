"""CSV and parquet files as a stream of record batches of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import DataError

BLOCK_BYTES = 1 << 23
BLOCK_ROWS = 1 << 16
MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"]


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn pyarrow's complaints into one sentence that names the file."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0][:200]
        raise DataError(
            f"{path.name} cannot be read as a table ({first}); mend that place or drop the column"
        ) from error


def is_number(type_: Any) -> bool:
    """Whether a pyarrow type can be a feature as it is; a column without any value counts as one."""
    import pyarrow.types as pt

    tests = (pt.is_integer, pt.is_floating, pt.is_boolean, pt.is_decimal, pt.is_null)
    return any(test(type_) for test in tests)


def header(path: Path, delimiter: str) -> tuple[list[str], list[Any]]:
    """Column names and types; of a CSV file as its first block shows them."""
    if path.suffix in (".parquet", ".pq"):
        import pyarrow.parquet as pq

        schema = pq.ParquetFile(path).schema_arrow
    else:
        with _open_csv(path, delimiter, {}) as reader:
            schema = reader.schema
    return list(schema.names), list(schema.types)


def _open_csv(path: Path, delimiter: str, types: dict[str, Any]) -> Any:
    import pyarrow.csv as pc

    return pc.open_csv(
        path,
        read_options=pc.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
        parse_options=pc.ParseOptions(delimiter=delimiter),
        convert_options=pc.ConvertOptions(
            column_types=types, null_values=MISSING, strings_can_be_null=True, timestamp_parsers=[]
        ),
    )


def blocks(path: Path, numeric: set[int], delimiter: str) -> Iterator[Any]:
    """Record batches of the whole file; in CSV the ``numeric`` columns are read as such, the rest as text."""
    import pyarrow as pa

    if path.suffix in (".parquet", ".pq"):
        import pyarrow.parquet as pq

        yield from pq.ParquetFile(path).iter_batches(batch_size=BLOCK_ROWS, use_threads=False)
        return
    names, inferred = header(path, delimiter)
    types = {name: pa.float64() if i in numeric else pa.string() for i, name in enumerate(names)}
    types |= {names[i]: pa.bool_() for i in numeric if pa.types.is_boolean(inferred[i])}
    with _open_csv(path, delimiter, types) as reader:
        yield from reader


def strings(column: Any) -> np.ndarray:
    """A block's column as text; missing is ""."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    text = pc.fill_null(column.cast(pa.string()), "")
    return np.asarray(text.to_numpy(zero_copy_only=False), dtype=str)


def numbers(column: Any) -> np.ndarray:
    """A block's column as float64; missing is NaN."""
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
