"""What a model knows of its table's columns: names, what they hold, categories, what takes a missing value's place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench.datasets.reading import LeftOut


@dataclass(frozen=True)
class Column:
    """One column of the user's table that is a feature.

    Attributes
    ----------
    name : str
    content : {"number", "boolean", "category"}
    categories : tuple of str
        Values of a category column, each a column of 0 and 1; ``""`` stands for a missing one.
    missing_value : float or None
        What takes a missing number's place: the median of the training rows.
    missing_rows : int
        Of the training table.
    low, high : float
        The 5% and 95% quantile over the unlabelled training rows: the usual range; 0 for categories.
    """

    name: str
    content: str
    categories: tuple[str, ...] = ()
    missing_value: float | None = None
    missing_rows: int = 0
    low: float = 0.0
    high: float = 0.0

    @property
    def width(self) -> int:
        """Columns of the matrix that this one becomes."""
        return len(self.categories) if self.content == "category" else 1

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of these columns."""
        if self.content != "category":
            return (self.name,)
        return tuple(f"{self.name}={value or 'missing'}" for value in self.categories)

    def shown(self, values: np.ndarray) -> str:
        """A value of the column, its ``width`` columns of the matrix, as its user writes it.

        Of a mean of categories, such as a prototype has, the most frequent one.
        """
        if self.content == "category":
            most = int(np.argmax(values))
            return (self.categories[most] or "missing") if values[most] > 0 else "a value the model does not know"
        if self.content == "boolean" and values[0] in (0.0, 1.0):
            return "true" if values[0] else "false"
        return f"{values[0]:.6g}"

    def shown_usual(self, values: np.ndarray) -> str:
        """What is usual: the range of a number, else how often the most frequent of ``values`` (n, width) occur."""
        if self.content == "number":
            return f"{self.low:.6g} to {self.high:.6g}"
        if self.content == "boolean":
            return f"true in {100 * values.mean():.0f}% of rows"
        return ", ".join(f"{name} {100 * share:.0f}%" for name, share in self.shares(values)[:3])

    def shares(self, values: np.ndarray) -> list[tuple[str, float]]:
        """Values of a category or boolean column with their shares among ``values`` (n, width), the largest first."""
        if self.content == "boolean":
            true = float(values.mean())
            named = [("true", true), ("false", 1.0 - true)]
        else:
            named = list(
                zip((name or "missing" for name in self.categories), values.mean(axis=0).tolist(), strict=True)
            )
        return sorted(((name, share) for name, share in named if share > 0), key=lambda pair: -pair[1])


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in the training file's order.

    Attributes
    ----------
    columns : tuple of Column
    label : str
    left_out : tuple of LeftOut
        Columns that are no features, with the reason.
    precision : {"float32", "float64"}
        In which the training matrix was built; float32 only if that holds every value exactly.
    """

    columns: tuple[Column, ...]
    label: str
    left_out: tuple[LeftOut, ...] = ()
    precision: str = "float64"

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the matrix's columns."""
        return tuple(name for column in self.columns for name in column.feature_names)

    @property
    def slices(self) -> tuple[slice, ...]:
        """Where each column lies in the matrix."""
        spans, start = [], 0
        for column in self.columns:
            spans.append(slice(start, start + column.width))
            start += column.width
        return tuple(spans)


def with_names(message: str, schema: Schema, before: int | None = None) -> str:
    """A detector's sentence about columns and rows by number, from 0, as its user knows them.

    ``before`` is the number of the table's rows before those it was given; None where they lie anywhere.
    """
    names = schema.feature_names

    def column(match: re.Match[str]) -> str:
        number = int(match[1])
        return f"column {names[number]!r}" if number < len(names) else match[0]

    told = re.sub(r"\bcolumn (\d+)\b", column, message)
    return re.sub(r" \(row (\d+)\)", lambda row: "" if before is None else f" (row {int(row[1]) + before + 1})", told)


def to_json(schema: Schema) -> dict[str, Any]:
    """The schema as JSON-able values."""
    return asdict(schema)


def from_json(content: Mapping[str, Any]) -> Schema:
    """The inverse of ``to_json``; KeyError or TypeError if it is none."""
    columns = tuple(Column(**{**row, "categories": tuple(row["categories"])}) for row in content["columns"])
    left_out = tuple(LeftOut(**row) for row in content["left_out"])
    return Schema(**{**content, "columns": columns, "left_out": left_out})
