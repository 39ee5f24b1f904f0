"""How a file of text is cut and written: delimiter, decimal mark and encoding, given or seen in the file."""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.datasets.column_names import DELIMITERS
from bench.datasets.csv_text import FIRST_BYTES, UTF16_MARKS, check_text, open_bytes, why_no_text
from bench.errors import DataError

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".pq")
#: A number with a decimal comma, as a whole field.
DECIMAL_COMMA = r"^[+-]?\d*,\d+([eE][+-]?\d+)?$"
DECIMAL_POINT = r"^[+-]?\d*\.\d+([eE][+-]?\d+)?$"
#: What a file that is no UTF-8 is most likely: Windows' Western European, whose bytes 0x80 to 0x9f ISO 8859-1 lacks.
WESTERN, ISO = "cp1252", "latin-1"


@dataclass(frozen=True)
class Layout:
    """How a file's text is read.

    Attributes
    ----------
    delimiter : str
        One character; of no meaning for parquet.
    decimal : {".", ","}
    encoding : str
        A name Python knows; of no meaning for parquet.
    """

    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"


def table_path(name: str) -> Path:
    """The file of this name.

    Raises
    ------
    DataError
        There is none, or its ending is no table's.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        raise DataError(f"{path} is a folder; name one file in it")
    if not path.is_file():
        raise DataError(f"there is no file {path.absolute()}; correct the path")
    if not path.name.lower().endswith(SUFFIXES):
        raise DataError(f"{name} ends in none of {', '.join(SUFFIXES)}; convert it to one of these")
    return path


def is_parquet(path: Path) -> bool:
    """Whether the name, in any case, is that of a parquet file."""
    return path.name.lower().endswith((".parquet", ".pq"))


def layout_of(
    path: Path, delimiter: str | None = None, decimal: str | None = None, encoding: str | None = None
) -> Layout:
    """Find the encoding, the delimiter and the decimal mark of a CSV file; what is given is taken.

    Parameters
    ----------
    path : Path
    delimiter, decimal, encoding : str, optional

    Returns
    -------
    Layout

    Raises
    ------
    DataError
        The file is no text, or what is given is no delimiter or encoding.
    """
    if is_parquet(path):
        return Layout(decimal=decimal or ".")
    encoding = encoding or _encoding(path)
    check_text(path, delimiter or ",", encoding)
    with open_bytes(path) as stream:
        lines = codecs.decode(stream.read(FIRST_BYTES), encoding, "replace").splitlines()[:200]
    if not any(line.strip() for line in lines):
        raise DataError(f"{path.name} is empty; check the file")
    mark = delimiter or max(DELIMITERS, key=lambda candidate: len(_fields(lines[0], candidate)))
    if decimal is None:
        inner = [field.strip() for line in lines[1:-1] or lines[1:] for field in _fields(line, mark)]
        comma, point = (sum(bool(re.match(form, field)) for field in inner) for form in (DECIMAL_COMMA, DECIMAL_POINT))
        decimal = "," if comma > point else "."
    return Layout(mark, decimal, encoding)


def pointed(column: Any) -> Any:
    """An arrow column of text with the decimal commas of its numbers as points; other text as it is."""
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.match_substring_regex(text, DECIMAL_COMMA), pc.replace_substring(text, ",", "."), text)


def sentences(layout: Layout) -> list[str]:
    """What is worth telling of a layout."""
    told = []
    if (layout.delimiter, layout.decimal) != (",", "."):
        told.append(f"columns are separated by {layout.delimiter!r}, the decimal mark is {layout.decimal!r}")
    if layout.encoding != "utf-8":
        told.append(f"the file is not UTF-8 and is read as {layout.encoding}; if letters look wrong, save it as UTF-8")
    return told


def _encoding(path: Path) -> str:
    with open_bytes(path) as stream:
        start = stream.read(FIRST_BYTES)
    if start.startswith(UTF16_MARKS):
        return "utf-16"
    if b"\0" in start or not why_no_text(path):
        return "utf-8"  # what is no text is refused by its own sentence
    return ISO if why_no_text(path, WESTERN) else WESTERN


def _fields(line: str, mark: str) -> list[str]:
    return next(csv.reader([line], delimiter=mark), [])
