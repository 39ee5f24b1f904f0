"""Second reading of a table: from blocks into one matrix that is allocated once, float32 if that holds all exactly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets.blocks import blocks, strings, trimmed
from bench.datasets.layout import Layout, is_parquet
from bench.datasets.missing import MISSING_NUMBERS, MISSING_TEXT
from bench.datasets.reading import Category, LeftOut, Missing
from bench.datasets.roles import Roles
from bench.datasets.survey import ColumnSurvey, Word, is_text, numbers
from bench.datasets.text_columns import Content
from bench.errors import DataError


@dataclass(frozen=True, eq=False)
class Columns:
    """A table's columns.

    Attributes
    ----------
    X : (n, d) float32 or float64
        Missing values, if allowed, are NaN.
    label : (n,) str
    anomaly_type : (n,) str or None
    names : tuple of str
        Of the d columns; () if they have none.
    label_name : str
    label_guessed : bool
    header : str
        Where the names come from, in words.
    left_out, categories, missing, converted, notes
        As in ``bench.datasets.reading.Reading``; ``replaced_by`` is still to be filled in.
    """

    X: np.ndarray
    label: np.ndarray
    anomaly_type: np.ndarray | None
    names: tuple[str, ...]
    label_name: str
    label_guessed: bool = False
    header: str = "no names of columns"
    left_out: tuple[LeftOut, ...] = ()
    categories: tuple[Category, ...] = ()
    missing: tuple[Missing, ...] = ()
    converted: tuple[str, ...] = ()
    precision_reason: str = ""
    notes: tuple[str, ...] = ()


def fill(
    path: Path,
    roles: Roles,
    surveys: dict[int, ColumnSurvey],
    contents: dict[int, Content],
    values: dict[int, np.ndarray],
    missing_allowed: bool,
    layout: Layout,
) -> Columns:
    """Read the file again, knowing what each column is.

    Parameters
    ----------
    path : Path
    roles : Roles
    surveys : dict of column number to ColumnSurvey
    contents : dict of column number to {"number", "boolean", "category"}
    values : dict of column number to (k,) str
        Sorted values of the category columns.
    missing_allowed : bool
    layout : Layout

    Returns
    -------
    Columns

    Raises
    ------
    DataError
        A missing or infinite value that is not allowed.
    """
    widths = [len(values[i]) if i in values else 1 for i in roles.features]
    starts = np.concatenate([[0], np.cumsum(widths)])
    inexact = next((surveys[i] for i in roles.features if contents[i] == "number" and surveys[i].inexact), None)
    rows_there = surveys[roles.features[0]].rows
    X = np.zeros((rows_there, int(starts[-1])), dtype=np.float64 if inexact else np.float32)
    labels, anomaly_types, done = [], [], 0
    for block in blocks(path, list(roles.names), layout):
        rows = slice(done, done + block.num_rows)
        for i, start in zip(roles.features, starts, strict=False):
            if i in values:
                which = np.searchsorted(values[i], categorical(strings(block.column(i))))
                X[np.arange(rows.start, rows.stop), start + which] = 1
                continue
            filled = column_numbers(block.column(i), contents[i])
            X[rows, start] = filled
            if not missing_allowed and not np.isfinite(filled).all():
                _refuse_missing(path, surveys[i], done + int((~np.isfinite(filled)).argmax()) + 1)
        labels.append(strings(block.column(roles.label)))
        if roles.anomaly_type is not None:
            anomaly_types.append(strings(block.column(roles.anomaly_type)))
        done = rows.stop
    names: list[str] = []
    for i in roles.features:
        name = roles.names[i]
        names += [f"{name}={value or 'missing'}" for value in values[i]] if i in values else [name]
    return Columns(
        X=X,
        label=np.concatenate(labels),
        anomaly_type=np.concatenate(anomaly_types) if anomaly_types else None,
        names=tuple(names),
        label_name=roles.names[roles.label],
        label_guessed=roles.label_guessed,
        header="names from the file's schema" if is_parquet(path) else "names from the first line",
        categories=tuple(Category(roles.names[i], len(values[i])) for i in roles.features if i in values),
        missing=tuple(_missing(roles.names[i], surveys[i], contents[i]) for i in roles.features
                      if _rows_missing(surveys[i], contents[i])),
        converted=tuple(roles.names[i] for i in roles.features if contents[i] == "boolean"),
        precision_reason=_precision_reason(inexact),
    )  # fmt: skip


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


def _rows_missing(survey: ColumnSurvey, content: Content) -> int:
    return survey.missing + survey.infinite + sum(word.count for word in absent(survey, content).values())


def _missing(name: str, survey: ColumnSurvey, content: Content) -> Missing:
    words = tuple(text for text in absent(survey, content) if text)
    return Missing(
        name,
        _rows_missing(survey, content),
        words + (("infinite",) if survey.infinite else ()),
        "a column of its own" if content == "category" else "",
    )


def _precision_reason(survey: ColumnSurvey | None) -> str:
    if survey is None or survey.inexact is None:
        return ""
    value, row = survey.inexact
    text = f"{value:.0f}" if value.is_integer() and abs(value) < 1e16 else repr(value)
    return f"single precision cannot hold {text} (row {row}, column {survey.name!r}) exactly"


def _refuse_missing(path: Path, survey: ColumnSurvey, row: int) -> None:
    word = next((text for text, word in survey.words.items() if word.row == row and text), "")
    raise DataError(
        f"{path.name}: row {row}, column {survey.name!r} is missing or infinite{f' ({word!r})' if word else ''}; "
        'clean it or set missing = "median" or "ffill"'
    )


def absent(survey: ColumnSurvey, content: Content) -> dict[str, Word]:
    """The column's words that stand for a missing value."""
    words = MISSING_TEXT if content == "category" else MISSING_NUMBERS
    return {text: word for text, word in survey.words.items() if text.lower() in words}


def categorical(texts: np.ndarray) -> np.ndarray:
    """Texts (n,) with "" for each word that stands for a missing value."""
    known, which = np.unique(texts.astype(str), return_inverse=True)
    return np.asarray(["" if text.lower() in MISSING_TEXT else text for text in known], dtype=str)[which]
