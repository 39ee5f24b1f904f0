"""How a file of text is cut and written: delimiter and decimal mark, seen in its first lines."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.datasets.blocks import is_parquet, trimmed
from bench.datasets.column_names import DELIMITERS
from bench.datasets.csv_text import FIRST_BYTES, check_text, open_bytes
from bench.datasets.survey import is_text
from bench.errors import DataError

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".pq")
#: A number with a decimal comma, as a whole field.
DECIMAL_COMMA = r"^[+-]?\d*,\d+([eE][+-]?\d+)?$"


@dataclass(frozen=True)
class Layout:
    """How a file's text is read.

    Attributes
    ----------
    delimiter : str
        One character; of no meaning for parquet.
    decimal : {".", ","}
    """

    delimiter: str = ","
    decimal: str = "."


def table_path(name: str) -> Path:
    """The file of this name.

    Raises
    ------
    DataError
        There is none, or its ending is no table's.
    """
    path = Path(name).expanduser()
    if not path.is_file():
        raise DataError(f"there is no file {path.absolute()}; correct the path")
    if not path.name.lower().endswith(SUFFIXES):
        raise DataError(f"{name} ends in none of {', '.join(SUFFIXES)}; convert it to one of these")
    return path


def layout_of(path: Path, delimiter: str | None = None, decimal: str | None = None) -> Layout:
    """Find the delimiter and the decimal mark of a CSV file; what is given is taken.

    Parameters
    ----------
    path : Path
    delimiter, decimal : str, optional

    Returns
    -------
    Layout

    Raises
    ------
    DataError
        The file is no text, or the delimiter given is none.
    """
    if is_parquet(path):
        return Layout(decimal=decimal or ".")
    check_text(path, delimiter or ",")
    with open_bytes(path) as stream:
        lines = stream.read(FIRST_BYTES).decode("utf-8", "replace").splitlines()[:200]
    if not lines:
        raise DataError(f"{path.name} is empty; check the file")
    mark = delimiter or max(DELIMITERS, key=lambda candidate: len(_fields(lines[0], candidate)))
    if decimal is None:
        inner = [field for line in lines[1:-1] or lines[1:] for field in _fields(line, mark)]
        comma = sum(bool(re.match(DECIMAL_COMMA, field.strip())) for field in inner)
        point = sum(bool(re.match(r"^[+-]?\d*\.\d+([eE][+-]?\d+)?$", field.strip())) for field in inner)
        decimal = "," if comma > point else "."
    return Layout(mark, decimal)


def pointed(column: Any, layout: Layout) -> Any:
    """A block's column with its decimal commas as points; any other column as it is."""
    import pyarrow.compute as pc

    if layout.decimal != "," or not is_text(column.type):
        return column
    text = trimmed(column)
    return pc.if_else(pc.match_substring_regex(text, DECIMAL_COMMA), pc.replace_substring(text, ",", "."), text)


def _fields(line: str, mark: str) -> list[str]:
    return next(csv.reader([line], delimiter=mark), [])
