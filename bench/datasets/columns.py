"""CSV and parquet files as one matrix, read twice in blocks: first to learn what there is, then to fill.

Memory stays at the size of the result plus a few blocks, whatever the size of the file. The matrix is float32 if
that holds every value exactly, else float64.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets import row_numbers
from bench.datasets.blocks import blocks, header, is_parquet, pandas_index, readable, strings, trimmed
from bench.datasets.missing import MISSING_NUMBERS, MISSING_TEXT
from bench.datasets.reading import Category, LeftOut, Missing
from bench.datasets.roles import Roles, assign
from bench.datasets.survey import ColumnSurvey, numbers
from bench.datasets.text_columns import MOST_CATEGORIES, Content, content_of, refuse_repeated_header
from bench.errors import DataError


@dataclass(frozen=True, eq=False)
class Columns:
    """A table's columns.

    Attributes
    ----------
    X : (n, d) float32 or float64
        Missing values, if allowed, are NaN.
    label : (n,) str
    kind : (n,) str or None
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
    kind: np.ndarray | None
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


def read_columns(
    path: Path,
    label: str | None,
    type_column: str | None,
    drop: tuple[str, ...],
    onehot: bool,
    missing_allowed: bool,
    delimiter: str = ",",
) -> Columns:
    """Read a CSV or parquet file.

    Parameters
    ----------
    path : Path
    label : str or None
        None = the last column that is neither index, type column nor dropped.
    type_column : str or None
    drop : tuple of str
    onehot : bool
        Turn text columns into one column of 0/1 per value, in the order of the values.
    missing_allowed : bool
        Leave missing and infinite values as NaN instead of refusing them.
    delimiter : str
        One ASCII character.

    Returns
    -------
    Columns

    Raises
    ------
    UnknownName, DataError
    """
    with readable(path):
        names, types = header(path, delimiter)
        roles = assign(path, names, pandas_index(path), label, type_column, drop)
        surveys = _survey(path, roles, types, delimiter)
        roles, counted = _without_indices(path, roles, surveys)
        contents = _contents(path, roles, surveys, onehot, missing_allowed)
        values = _categories(path, roles, surveys, contents, delimiter)
        read = _fill(path, roles, surveys, contents, values, missing_allowed, delimiter)
    return replace(read, left_out=(*roles.left_out, *counted), notes=roles.notes)


def _survey(path: Path, roles: Roles, types: list[Any], delimiter: str) -> dict[int, ColumnSurvey]:
    """First reading: what each feature column holds."""
    surveys = {i: ColumnSurvey(roles.names[i], _declared(path, roles.names[i], types[i])) for i in roles.features}
    rows = 0
    for block in blocks(path, list(roles.names), delimiter):
        rows += block.num_rows
        for i, survey in surveys.items():
            survey.add(block.column(i), path.name)
    if rows == 0:
        raise DataError(f"{path.name} has no rows; check the file")
    refuse_repeated_header(surveys.values(), path.name)
    return surveys


def _declared(path: Path, name: str, type_: Any) -> str:
    """What a column's type alone says: "category", or "" for numbers and text; others are refused."""
    import pyarrow.types as pt

    if pt.is_dictionary(type_):
        return "category"
    if pt.is_temporal(type_):
        what = "durations" if pt.is_duration(type_) or pt.is_interval(type_) else "dates or times"
        raise DataError(
            f"{path.name}: column {name!r} holds {what} ({type_}); turn them into numbers, such as seconds, or list "
            "the column in drop"
        )
    plain = (pt.is_integer, pt.is_floating, pt.is_boolean, pt.is_decimal, pt.is_null, pt.is_string, pt.is_large_string,
             pt.is_string_view)  # fmt: skip
    if not any(test(type_) for test in plain):
        raise DataError(
            f"{path.name}: column {name!r} holds {type_}, not one number or text per row; spread it over columns or "
            "list it in drop"
        )
    return ""


def _without_indices(path: Path, roles: Roles, surveys: dict[int, ColumnSurvey]) -> tuple[Roles, list[LeftOut]]:
    counted = row_numbers.indices(surveys.values())
    gone = {column.column for column in counted}
    features = tuple(i for i in roles.features if repr(roles.names[i]) not in gone)
    if not features:
        raise DataError(f"{path.name} has no feature column beside the label and {', '.join(gone)}; check the file")
    return replace(roles, features=features), counted


def _contents(
    path: Path, roles: Roles, surveys: dict[int, ColumnSurvey], onehot: bool, missing_allowed: bool
) -> dict[int, Content]:
    """What each feature is; raises DataError for text that is not wanted or is no category."""
    contents = {i: content_of(surveys[i], path.name, onehot) for i in roles.features}
    text = [i for i in roles.features if contents[i] == "category"]
    shown = ", ".join(roles.names[i] for i in text[:5])
    if text and not onehot:
        raise DataError(f'{path.name}: columns {shown} hold text; set categories = "onehot" or list them in drop')
    if sum(len(surveys[i].words) for i in text) > MOST_CATEGORIES:
        raise DataError(
            f"{path.name}: the text columns {shown} have over {MOST_CATEGORIES} values; drop those that name single rows"
        )
    for i in text:
        rows = [word.row for word in _absent(surveys[i], "category").values()]
        if (rows or surveys[i].missing) and not missing_allowed:
            where = f" (first in row {min(rows)})" if rows else ""
            raise DataError(
                f"{path.name}: column {roles.names[i]!r} has missing values{where}; "
                'set missing = "median" or "ffill" to give them a column of their own'
            )
    return contents


def _absent(survey: ColumnSurvey, content: Content) -> dict[str, Any]:
    """The column's words that stand for a missing value."""
    words = MISSING_TEXT if content == "category" else MISSING_NUMBERS
    return {text: word for text, word in survey.words.items() if text.lower() in words}


def _categories(
    path: Path, roles: Roles, surveys: dict[int, ColumnSurvey], contents: dict[int, Content], delimiter: str
) -> dict[int, np.ndarray]:
    """The sorted values of each category column; "" stands for missing ones."""
    values = {i: set(_categorical(np.asarray(list(surveys[i].words)))) for i in contents if contents[i] == "category"}
    numeric = [i for i in values if surveys[i].numbers or surveys[i].infinite or surveys[i].missing]
    if numeric:  # the survey keeps no numbers
        for block in blocks(path, list(roles.names), delimiter):
            for i in numeric:
                values[i].update(_categorical(strings(block.column(i))))
    if sum(map(len, values.values())) > MOST_CATEGORIES:
        shown = ", ".join(roles.names[i] for i in list(values)[:5])
        raise DataError(f"{path.name}: the text columns {shown} have over {MOST_CATEGORIES} values; drop some")
    return {i: np.asarray(sorted(found)) for i, found in values.items()}


def _categorical(texts: np.ndarray) -> np.ndarray:
    """Texts (n,) with "" for each word that stands for a missing value."""
    known, which = np.unique(texts.astype(str), return_inverse=True)
    return np.asarray(["" if text.lower() in MISSING_TEXT else text for text in known], dtype=str)[which]


def _fill(
    path: Path,
    roles: Roles,
    surveys: dict[int, ColumnSurvey],
    contents: dict[int, Content],
    values: dict[int, np.ndarray],
    missing_allowed: bool,
    delimiter: str,
) -> Columns:
    """Second reading: into a matrix that is allocated once."""
    widths = [len(values[i]) if i in values else 1 for i in roles.features]
    starts = np.concatenate([[0], np.cumsum(widths)])
    inexact = next((surveys[i] for i in roles.features if contents[i] == "number" and surveys[i].inexact), None)
    rows_there = surveys[roles.features[0]].rows
    X = np.zeros((rows_there, int(starts[-1])), dtype=np.float64 if inexact else np.float32)
    labels, kinds, done = [], [], 0
    for block in blocks(path, list(roles.names), delimiter):
        rows = slice(done, done + block.num_rows)
        for i, start in zip(roles.features, starts, strict=False):
            if i in values:
                which = np.searchsorted(values[i], _categorical(strings(block.column(i))))
                X[np.arange(rows.start, rows.stop), start + which] = 1
                continue
            filled = _as_numbers(block.column(i), contents[i])
            X[rows, start] = filled
            if not missing_allowed and not np.isfinite(filled).all():
                _refuse_missing(path, surveys[i], done + int((~np.isfinite(filled)).argmax()) + 1)
        labels.append(strings(block.column(roles.label)))
        if roles.kind is not None:
            kinds.append(strings(block.column(roles.kind)))
        done = rows.stop
    names: list[str] = []
    for i in roles.features:
        name = roles.names[i]
        names += [f"{name}={value or 'missing'}" for value in values[i]] if i in values else [name]
    return Columns(
        X=X,
        label=np.concatenate(labels),
        kind=np.concatenate(kinds) if kinds else None,
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


def _as_numbers(column: Any, content: Content) -> np.ndarray:
    """A block's column of numbers, or of true and false, as float64; missing is NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            or pa.types.is_string_view(column.type)):  # fmt: skip
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
    return survey.missing + survey.infinite + sum(word.count for word in _absent(survey, content).values())


def _missing(name: str, survey: ColumnSurvey, content: Content) -> Missing:
    words = tuple(text for text in _absent(survey, content) if text)
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
