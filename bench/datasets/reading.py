"""What was guessed, left out and converted in reading a user's table: facts for ``plan``, ``run``, the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: So many values of a label column, and so many columns of a kind, are named in a line; the rest is counted.
SHOWN = 8
#: So many label values are kept.
KEPT_VALUES = 50


@dataclass(frozen=True)
class LabelValue:
    """A value of the label column, the number of its rows, and whether it means normal."""

    value: str
    rows: int
    normal: bool


@dataclass(frozen=True)
class LeftOut:
    """A column that is no feature, and why."""

    column: str
    reason: str


@dataclass(frozen=True)
class Category:
    """A column of text that became ``values`` columns of 0 and 1."""

    column: str
    values: int


@dataclass(frozen=True)
class Missing:
    """A column with missing or infinite values in ``rows`` rows, the words that stood there, and what replaced them."""

    column: str
    rows: int
    words: tuple[str, ...]
    replaced_by: str


@dataclass(frozen=True)
class Reading:
    """How a table was read.

    Attributes
    ----------
    file : str
        The file's name.
    rows, features : int
        Of the dataset made of it.
    precision : str
        ``"float32"`` if that holds every value exactly, else ``"float64"``.
    precision_reason : str
        The first value that float32 cannot hold ("" if there is none).
    header : str
        Where the columns' names come from.
    label : str
        The label column.
    label_guessed : bool
        The table's description does not name it.
    values : tuple of LabelValue
        Most frequent first, at most 50; ``more_values`` are not listed.
    left_out, categories, missing : tuple
    converted : tuple of str
        Columns of true and false that became 1 and 0.
    notes : tuple of str
        What else a reader of the results should know.
    """

    file: str
    rows: int
    features: int
    precision: str
    precision_reason: str
    header: str
    label: str
    label_guessed: bool
    values: tuple[LabelValue, ...]
    more_values: int = 0
    left_out: tuple[LeftOut, ...] = ()
    categories: tuple[Category, ...] = ()
    missing: tuple[Missing, ...] = ()
    converted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def to_json(reading: Reading) -> dict[str, Any]:
    """The reading as JSON-able values, for the manifest and the cache."""
    return asdict(reading)


def from_json(content: Mapping[str, Any]) -> Reading:
    """The inverse of ``to_json``, also after a detour through JSON."""
    members = {"values": LabelValue, "left_out": LeftOut, "categories": Category}
    made: dict[str, Any] = {name: tuple(make(**row) for row in content[name]) for name, make in members.items()}
    made["missing"] = tuple(Missing(**{**row, "words": tuple(row["words"])}) for row in content["missing"])
    made |= {name: tuple(content[name]) for name in ("converted", "notes")}
    return Reading(**{**content, **made})


def lines(name: str, reading: Reading) -> list[str]:
    """The reading in words, each line beginning with the table's name.

    Parameters
    ----------
    name : str
        Of the dataset.
    reading : Reading

    Returns
    -------
    list of str
    """
    r = reading
    anomalies = sum(value.rows for value in r.values if not value.normal)
    how = " (the last column, as label is not set)" if r.label_guessed else ""
    told = [
        f"{r.file}, {r.rows} rows x {r.features} features, {r.header}",
        f"label {r.label!r}{how}: {_values(r)}",
    ]
    if 2 * anomalies > r.rows:
        told.append(f"note: {100 * anomalies / r.rows:.0f}% of the rows are anomalies; is normal = [...] right?")
    told += [f"left out: {column.column}: {column.reason}" for column in r.left_out]
    if r.categories:
        told.append(
            "categories: "
            + _few([f"{column.column!r} ({column.values} columns of 0 and 1)" for column in r.categories])
        )
    if r.converted:
        told.append("true and false read as 1 and 0: " + _few([repr(column) for column in r.converted]))
    if r.missing:
        told.append("missing values: " + _few([_missing(column) for column in r.missing]))
    told.append(
        f"values kept in double precision: {r.precision_reason}"
        if r.precision == "float64"
        else "values kept in single precision, which holds every one of them exactly"
    )
    told += [f"note: {note}" for note in r.notes]
    return [f"table {name}: {line}" for line in told]


def _values(reading: Reading) -> str:
    normal = [f"{v.value!r} ({v.rows} rows)" for v in reading.values if v.normal]
    other = [f"{v.value!r} ({v.rows} rows)" for v in reading.values if not v.normal]
    return f"normal is {_few(normal)}; anomalies are {_few(other, reading.more_values)}"


def _missing(column: Missing) -> str:
    words = f" ({', '.join(map(repr, column.words))})" if column.words else ""
    rows = "1 row" if column.rows == 1 else f"{column.rows} rows"
    return f"{column.column!r} in {rows}{words}, {column.replaced_by}"


def _few(texts: list[str], more: int = 0) -> str:
    more += max(0, len(texts) - SHOWN)
    return ", ".join(texts[:SHOWN]) + (f" and {more} more" if more else "")
