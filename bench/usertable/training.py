"""A user's table as what a detector learns from: rows of numbers with names, weak labels, and the schema of both."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.datasets.blocks import blocks, readable, strings
from bench.datasets.column_names import plain_name
from bench.datasets.layout import layout_of, sentences, table_path
from bench.datasets.places import file_sha256
from bench.datasets.reading import LeftOut
from bench.errors import ConfigError, DataError
from bench.report.words import count
from bench.usertable.encode import encode, refuse_large
from bench.usertable.examine import IDENTIFIERS, Examined, Feature, examine
from bench.usertable.frames import as_file
from bench.usertable.labels import LabelRule, labels, rule
from bench.usertable.labels import sentence as about_labels
from bench.usertable.schema import Column, Schema

if TYPE_CHECKING:
    import pandas as pd


#: Columns left out that an error names.
SHOWN = 8


@dataclass(frozen=True, eq=False)
class Table:
    """A table with weak labels.

    Attributes
    ----------
    X : (n, d) DataFrame, float32 or float64
        Categories as columns of 0 and 1, missing numbers replaced by the column's median.
    y : (n,) int8
        1 = labelled anomaly, 0 = unlabelled.
    schema : Schema
    label_rule : LabelRule
    file, sha256 : str
        The file's name and the hash of its bytes.
    notes : tuple of str
        What was guessed, left out and converted, in sentences.
    """

    X: pd.DataFrame
    y: np.ndarray
    schema: Schema
    label_rule: LabelRule
    file: str
    sha256: str
    notes: tuple[str, ...]


def load_table(
    path: str | os.PathLike[str] | Any,
    label: str | None = None,
    anomaly: tuple[str, ...] = (),
    drop: tuple[str, ...] = (),
    types: dict[str, str] | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
) -> Table:
    """Read a CSV or parquet file, or a frame, with few labels.

    Parameters
    ----------
    path : path, or pandas, polars or arrow table
        A table in memory is read as the parquet file it would be, without its index.
    label : str, optional
        Column of labels; None = the one with a label's name.
    anomaly : tuple of str
        Label values that mean a labelled anomaly; () = 1, true, or the one text that is no word for normal. All other
        rows, those without a label too, are unlabelled.
    drop : tuple of str
        Columns that are no features.
    types : dict of column to {"number", "category"}, optional
    delimiter, decimal, encoding : str, optional
        Of a CSV file; None = as the file shows.

    Returns
    -------
    Table
        Features, labels (1 = labelled anomaly, 0 = unlabelled), and what was guessed, left out and converted.

    Raises
    ------
    UnknownName, DataError
        A file, column or label that cannot be used; the message says which and what to do.
    """
    if not isinstance(path, (str, os.PathLike)):
        with as_file(path) as made:
            return load_table(made, label, anomaly, drop, types, delimiter, decimal, encoding)
    file = table_path(os.fspath(path))
    examined = examine(file, layout_of(file, delimiter, decimal, encoding), label, drop, types)
    return table_of(examined, anomaly)


def require_table(table: object) -> None:
    """Raise ConfigError for what is no ``Table``, such as a file's name or a frame."""
    if not isinstance(table, Table):
        raise ConfigError(
            f"a {type(table).__name__} is not read yet; pass what load_table makes of a file or a frame: "
            'load_table("my.csv", label="label")'
        )


def table_of(examined: Examined, anomaly: tuple[str, ...] = ()) -> Table:
    """The second reading: the matrix, the labels, and what the columns' usual values are."""
    import pandas as pd

    path = examined.path
    made = rule(examined.label_counts, examined.label, anomaly, path.name, examined.guessed)
    columns = tuple(_column(feature) for feature in examined.features)
    inexact = any(feature.survey.inexact is not None for feature in examined.features)
    schema = Schema(columns, examined.label, examined.left_out, "float64" if inexact else "float32")
    X = np.empty((examined.rows, len(schema.feature_names)), dtype=schema.precision)
    y = np.empty(examined.rows, dtype=np.int8)
    done = 0
    with readable(path, examined.layout):
        for block in blocks(path, list(examined.names), examined.layout):
            rows = slice(done, done + block.num_rows)
            X[rows] = encode(block, schema)
            y[rows] = labels(strings(block.column(block.schema.names.index(examined.label))), made)
            done = rows.stop
    schema, X = _finished(schema, X, y, path.name)
    notes = (*examined.notes, *_notes(examined, schema, made))
    frame = pd.DataFrame(X, columns=list(schema.feature_names))
    return Table(frame, y, schema, made, path.name, file_sha256(path), notes)


def _column(feature: Feature) -> Column:
    survey = feature.survey
    if feature.content == "category":
        return Column(survey.name, "category", tuple(sorted(feature.texts)), missing_rows=feature.texts.get("", 0))
    return Column(survey.name, feature.content)


def _finished(schema: Schema, X: np.ndarray, y: np.ndarray, file: str) -> tuple[Schema, np.ndarray]:
    """Medians in the place of missing numbers, usual ranges noted, and columns without information left out."""
    kept: list[Column] = []
    used: list[int] = []
    left_out, seen = list(schema.left_out), dict[bytes, str]()
    for column, span in zip(schema.columns, schema.slices, strict=True):
        reason = ""
        if column.content != "category":
            values = X[:, span.start]
            refuse_large(file, column.name, values)
            column = _with_median(column, values)
            reason = _no_information(column.name, values, seen)
            low, high = np.quantile(values[y == 0], (0.05, 0.95))
            column = replace(column, low=float(low), high=float(high))
        elif column.width == 1:
            reason = "it is constant"
        if reason:
            left_out.append(LeftOut(repr(column.name), reason))
        else:
            kept.append(column)
            used += range(span.start, span.stop)
    if not kept:
        told = "; ".join(f"{column.column} ({column.reason})" for column in left_out[:SHOWN])
        raise DataError(f"{file}: no column is left that varies, and a detector needs one; left out were: {told}")
    made = Schema(tuple(kept), schema.label, tuple(left_out), schema.precision)
    return made, X if len(used) == X.shape[1] else np.ascontiguousarray(X[:, np.asarray(used)])


def _with_median(column: Column, values: np.ndarray) -> Column:
    """The column with what takes a missing value's place, put in place in ``values``."""
    missing = np.isnan(values)
    middle = float(values.dtype.type(np.median(values[~missing])))  # as the matrix will hold it
    values[missing] = middle
    return replace(column, missing_value=middle, missing_rows=int(missing.sum()))


def _no_information(name: str, values: np.ndarray, seen: dict[bytes, str]) -> str:
    if values.min() == values.max():
        return "it is constant"
    digest = hashlib.sha256(np.ascontiguousarray(values).tobytes()).digest()
    if digest in seen:
        return f"it equals column {seen[digest]!r} in every row"
    seen[digest] = name
    whole = plain_name(name).endswith(IDENTIFIERS) and bool(np.array_equal(values, np.floor(values)))
    if whole and len(values) >= 10 and len(np.unique(values)) == len(values):
        return "its name is that of an identifier, and every row holds a whole number of its own"
    return ""


def _notes(examined: Examined, schema: Schema, made: LabelRule) -> list[str]:
    used = count(len(schema.columns), "column")
    told = [f"{examined.path.name}: {count(examined.rows, 'row')}, {used} used as features"]
    told += sentences(examined.layout)
    told.append(about_labels(made))
    told += [f"left out: {column.column}: {column.reason}" for column in schema.left_out]
    told += [
        f"column {column.name!r} is a category of {column.width} values, a column of 0 and 1 each"
        for column in schema.columns
        if column.content == "category"
    ]
    told += [
        f"column {column.name!r} has no finite value in {count(column.missing_rows, 'row')}, replaced by its median "
        f"{column.missing_value:g}"
        for column in schema.columns
        if column.missing_rows and column.missing_value is not None
    ]
    told += [
        f"column {c.name!r} holds true and false, read as 1 and 0" for c in schema.columns if c.content == "boolean"
    ]
    return told
