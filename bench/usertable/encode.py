"""From blocks of a user's table to rows of numbers: the same code for training rows and for rows to score."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.datasets.blocks import strings, trimmed
from bench.datasets.fill import categorical
from bench.datasets.missing import MISSING_NUMBERS
from bench.datasets.survey import is_text, numbers
from bench.usertable.layout import Layout, pointed
from bench.usertable.schema import Column, Schema


def encode(block: Any, schema: Schema, layout: Layout) -> np.ndarray:
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
    for column, place in zip(schema.columns, schema.slices, strict=True):
        values = block.column(names.index(column.name))
        if column.content == "category":
            _one_hot(X[:, place], category_texts(values), column)
        else:
            X[:, place.start] = filled(column_numbers(pointed(values, layout), column.content), column.missing_value)
    return X


def column_numbers(column: Any, content: str) -> np.ndarray:
    """A block's column of numbers, or of true and false, as float64; a word for a missing value is NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not is_text(column.type):
        return numbers(column)
    text = trimmed(column)
    try:
        return numbers(text)
    except pa.ArrowInvalid:
        text = pc.utf8_lower(text)
        text = pc.if_else(pc.is_in(text, pa.array(sorted(MISSING_NUMBERS))), None, text)
        if content == "boolean":
            text = pc.if_else(pc.equal(text, "true"), "1", pc.if_else(pc.equal(text, "false"), "0", text))
        return numbers(text)


def category_texts(column: Any) -> np.ndarray:
    """A block's column as categories, (n,) str; missing is ""."""
    return categorical(strings(column))


def filled(values: np.ndarray, missing_value: float | None) -> np.ndarray:
    """Numbers with what is missing or infinite replaced; NaN where there is nothing to replace it by."""
    good = np.isfinite(values)
    return values if good.all() else np.where(good, values, np.nan if missing_value is None else missing_value)


def _one_hot(target: np.ndarray, texts: np.ndarray, column: Column) -> None:
    order = np.argsort(np.asarray(column.categories))
    known = np.asarray(column.categories)[order]
    which = np.minimum(np.searchsorted(known, texts), len(known) - 1)
    rows = np.flatnonzero(known[which] == texts)
    target[rows, order[which[rows]]] = 1
