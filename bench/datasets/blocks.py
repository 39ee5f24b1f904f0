"""CSV and parquet files as a stream of record batches of bounded size; every column of a CSV file is text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets.column_names import check_names
from bench.datasets.csv_text import check_text, why_no_text
from bench.datasets.layout import Layout, is_parquet, pointed
from bench.errors import DataError

BLOCK_BYTES = 1 << 23
BLOCK_ROWS = 1 << 16


@contextmanager
def readable(path: Path, layout: Layout = Layout()) -> Iterator[None]:  # noqa: B008  # frozen
    """Turn pyarrow's complaints into one sentence that names the file and, in text, the place."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, EOFError, UnicodeDecodeError) as error:
        why = ""
        if not is_parquet(path):
            try:
                why = why_no_text(path, layout.encoding)
            except (OSError, EOFError):  # a broken gzip stream, which the first complaint tells
                why = ""
        if why:
            raise DataError(f"{path.name} {why}") from error
        first = str(error).splitlines()[0][:200].rstrip(".")
        mend = "write the file again" if is_parquet(path) else "mend that place"
        raise DataError(f"{path.name} cannot be read as a table ({first}); {mend}") from error


def header(path: Path, layout: Layout, named: frozenset[str] = frozenset()) -> tuple[list[str], list[Any]]:
    """Column names and types; all columns of a CSV file are text; ``named`` as in ``check_names``.

    Raises
    ------
    DataError
        A CSV file whose first line cannot be a line of names.
    """
    if is_parquet(path):
        import pyarrow.parquet as pq

        schema = pq.ParquetFile(path).schema_arrow
        names = list(schema.names)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(f"{path.name} has several columns named {twice[0]!r}; rename them")
        return names, list(schema.types)
    import pyarrow as pa

    check_text(path, layout.delimiter, layout.encoding)
    with _open_csv(path, layout, []) as reader:
        names = list(reader.schema.names)
    check_names(names, layout.delimiter, path.name, named)
    return names, [pa.string()] * len(names)


def pandas_index(path: Path) -> list[str]:
    """Columns that a parquet file's pandas metadata name as the index; [] for other files."""
    if not is_parquet(path):
        return []
    import pyarrow.parquet as pq

    text = (pq.ParquetFile(path).schema_arrow.metadata or {}).get(b"pandas")
    if text is None:
        return []
    try:
        columns = json.loads(text)["index_columns"]
    except (ValueError, KeyError, TypeError):
        return []  # no pandas wrote this
    return [name for name in columns if isinstance(name, str)]  # a counted index is a table and no column


def _open_csv(path: Path, layout: Layout, names: list[str]) -> Any:
    import pyarrow as pa
    import pyarrow.csv as pc

    packed = path.name.lower().endswith(".gz")
    return pc.open_csv(
        pa.input_stream(str(path), compression="gzip" if packed else None),
        read_options=pc.ReadOptions(block_size=BLOCK_BYTES, use_threads=False, encoding=layout.encoding),
        parse_options=pc.ParseOptions(delimiter=layout.delimiter),
        convert_options=pc.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, timestamp_parsers=[]
        ),
    )


def blocks(path: Path, names: list[str], layout: Layout, as_written: frozenset[str] = frozenset()) -> Iterator[Any]:
    """Record batches of the whole file with columns ``names``, all the file has.

    Where the decimal mark is a comma, numbers in text have a point here, but in the columns ``as_written``.
    """
    import pyarrow as pa

    batches = _batches(path, names, layout)
    if layout.decimal != ",":
        yield from batches
        return
    for block in batches:
        columns = [
            pointed(column) if pa.types.is_string(column.type) and name not in as_written else column
            for name, column in zip(block.schema.names, block.columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, names=block.schema.names)


def _batches(path: Path, names: list[str], layout: Layout) -> Iterator[Any]:
    if is_parquet(path):
        import pyarrow.parquet as pq

        yield from pq.ParquetFile(path).iter_batches(batch_size=BLOCK_ROWS, use_threads=False)
        return
    with _open_csv(path, layout, names) as reader:
        yield from reader


def trimmed(column: Any) -> Any:
    """A block's column as arrow text without blanks around it; missing is ""."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))


def strings(column: Any) -> np.ndarray:
    """A block's column as text without blanks around it; missing is ""."""
    return np.asarray(trimmed(column).to_numpy(zero_copy_only=False), dtype=str)
