"""From blocks of a user's table to rows of numbers: the same code for training rows and for rows to score."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.datasets.blocks import strings
from bench.datasets.fill import categorical, column_numbers
from bench.errors import DataError
from bench.usertable.schema import Column, Schema

#: Detectors compute in 32 bits, which hold no larger numbers.
LARGEST = float(np.finfo(np.float32).max)


def encode(block: Any, schema: Schema) -> np.ndarray:
    """Rows of a record batch as (n, d) float64, columns by name in the schema's order.

    Missing and infinite numbers become the column's ``missing_value``, or NaN where that is None. A category that
    the schema does not know is 0 in all of its columns.

    Raises
    ------
    pyarrow.ArrowInvalid
        Text where the schema has a number; ``bench.usertable.incoming`` tells it before.
    """
    names = block.schema.names
    X = np.zeros((block.num_rows, len(schema.feature_names)))
    for column, columns_of_X in zip(schema.columns, schema.slices, strict=True):
        values = block.column(names.index(column.name))
        if column.content == "category":
            _one_hot(X[:, columns_of_X], category_texts(values), column)
        else:
            X[:, columns_of_X.start] = filled(column_numbers(values, column.content), column.missing_value)
    return X


def category_texts(column: Any) -> np.ndarray:
    """A block's column as categories, (n,) str; missing is ""."""
    return categorical(strings(column))


def filled(values: np.ndarray, missing_value: float | None) -> np.ndarray:
    """Numbers with what is missing or infinite replaced; NaN where there is nothing to replace it by."""
    good = np.isfinite(values)
    return values if good.all() else np.where(good, values, np.nan if missing_value is None else missing_value)


def refuse_large(table: str, column: str, values: np.ndarray, before: int = 0) -> None:
    """Raise DataError at a number (n,) that 32 bits do not hold; ``before`` rows of the table lie before these."""
    large = np.isfinite(values) & (np.abs(values) > LARGEST)
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"{table}: column {column!r} holds {values[row]:g} in row {before + row + 1}, which is too large for the "
            "32 bits that detectors compute in; correct it, leave the field empty, or rescale the column"
        )


def _one_hot(target: np.ndarray, texts: np.ndarray, column: Column) -> None:
    order = np.argsort(np.asarray(column.categories))
    known = np.asarray(column.categories)[order]
    which = np.minimum(np.searchsorted(known, texts), len(known) - 1)
    rows = np.flatnonzero(known[which] == texts)
    target[rows, order[which[rows]]] = 1
