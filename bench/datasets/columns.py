"""CSV and parquet files as one matrix, read twice in blocks: first to learn what there is, then to fill.

Memory stays at the size of the result plus a few blocks, whatever the size of the file. The matrix is float32 if
that holds every value exactly, else float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets import row_numbers
from bench.datasets.blocks import blocks, header, pandas_index, readable, strings
from bench.datasets.fill import Columns, absent, categorical, fill
from bench.datasets.layout import Layout
from bench.datasets.reading import LeftOut
from bench.datasets.roles import Roles, assign
from bench.datasets.survey import ColumnSurvey
from bench.datasets.text_columns import (
    MOST_CATEGORIES,
    Content,
    check_types,
    content_of,
    refuse_repeated_header,
)
from bench.errors import DataError


def read_columns(
    path: Path,
    label: str | None,
    type_column: str | None,
    drop: tuple[str, ...],
    onehot: bool,
    missing_allowed: bool,
    layout: Layout = Layout(),  # noqa: B008  # frozen
    types: Mapping[str, str] | None = None,
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
    layout : Layout
    types : mapping of column to {"number", "category"}, optional
        What the user knows better.

    Returns
    -------
    Columns

    Raises
    ------
    UnknownName, DataError
    """
    with readable(path, layout):
        named = frozenset(name for name in (label, type_column, *drop, *(types or {})) if name is not None)
        names, arrow_types = header(path, layout, named)
        told = types or {}
        check_types(path, names, told)
        roles = assign(path, names, pandas_index(path), label, type_column, drop)
        surveys = _survey(path, roles, arrow_types, told, layout)
        roles, counted = _without_indices(path, roles, surveys)
        contents = _contents(path, roles, surveys, onehot, missing_allowed)
        _hold_to(path, roles, surveys, contents, told)
        values = _categories(path, roles, surveys, contents, layout)
        read = fill(path, roles, surveys, contents, values, missing_allowed, layout)
    return replace(read, left_out=(*roles.left_out, *counted), notes=roles.notes)


def _survey(
    path: Path, roles: Roles, types: list[Any], told: Mapping[str, str], layout: Layout
) -> dict[int, ColumnSurvey]:
    """First reading: what each feature column holds."""
    surveys = {
        i: ColumnSurvey(roles.names[i], _declared(path, roles.names[i], types[i], told.get(roles.names[i])))
        for i in roles.features
    }
    rows = 0
    for block in blocks(path, list(roles.names), layout):
        rows += block.num_rows
        for i, survey in surveys.items():
            survey.add(block.column(i), path.name)
    if rows == 0:
        raise DataError(f"{path.name} has no rows; check the file")
    refuse_repeated_header(surveys.values(), path.name)
    return surveys


def _declared(path: Path, name: str, type_: Any, told: str | None = None) -> str:
    """What a column's type alone says: "category", or "" for numbers and text; others are refused."""
    import pyarrow.types as pt

    if told == "category" or (pt.is_dictionary(type_) and told is None):
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
            f"{path.name}: the text columns {shown} have over {MOST_CATEGORIES} values; drop those that name rows"
        )
    for i in text:
        rows = [word.row for word in absent(surveys[i], "category").values()]
        if (rows or surveys[i].missing) and not missing_allowed:
            where = f" (first in row {min(rows)})" if rows else ""
            raise DataError(
                f"{path.name}: column {roles.names[i]!r} has missing values{where}; "
                'set missing = "median" or "ffill" to give them a column of their own'
            )
    return contents


def _hold_to(
    path: Path, roles: Roles, surveys: dict[int, ColumnSurvey], contents: dict[int, Content], told: Mapping[str, str]
) -> None:
    for i in roles.features:
        if told.get(roles.names[i]) == "number" and contents[i] == "category":
            word = next(iter(surveys[i].words), "")
            raise DataError(f"{path.name}: column {roles.names[i]!r} holds text ({word!r}), no numbers; correct types")


def _categories(
    path: Path, roles: Roles, surveys: dict[int, ColumnSurvey], contents: dict[int, Content], layout: Layout
) -> dict[int, np.ndarray]:
    """The sorted values of each category column; "" stands for missing ones."""
    values = {i: set(categorical(np.asarray(list(surveys[i].words)))) for i in contents if contents[i] == "category"}
    numeric = [i for i in values if surveys[i].numbers or surveys[i].infinite or surveys[i].missing]
    if numeric:  # the survey keeps no numbers
        for block in blocks(path, list(roles.names), layout):
            for i in numeric:
                values[i].update(categorical(strings(block.column(i))))
    if sum(map(len, values.values())) > MOST_CATEGORIES:
        shown = ", ".join(roles.names[i] for i in list(values)[:5])
        raise DataError(f"{path.name}: the text columns {shown} have over {MOST_CATEGORIES} values; drop some")
    return {i: np.asarray(sorted(names)) for i, names in values.items()}
