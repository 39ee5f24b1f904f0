"""What a user's table holds, column by column: features, and what is no feature and why. Nothing is asked.

The file is read once in blocks, so that memory does not depend on its rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets import row_numbers
from bench.datasets.blocks import blocks, header, pandas_index, readable, strings
from bench.datasets.column_names import looks_like_label, plain_name
from bench.datasets.layout import Layout
from bench.datasets.reading import LeftOut
from bench.datasets.roles import assign
from bench.datasets.survey import ColumnSurvey
from bench.datasets.text_columns import (
    MOST_CATEGORIES,
    check_types,
    content_of,
    holds_times,
    names_rows,
    refuse_repeated_header,
)
from bench.datasets.wording import COMMAND, UnfitColumn
from bench.errors import DataError
from bench.usertable.encode import category_texts

#: Ends of names that identify things; a column of different whole numbers under one is no feature.
IDENTIFIERS = ("id", "uuid", "guid", "key", "number", "nr", "no")


@dataclass
class Feature:
    """One column while it is read.

    Attributes
    ----------
    survey : ColumnSurvey
    content : {"number", "boolean", "category"}
        Known after the last block.
    texts : Counter
        Rows of each category, where the column is told to be one.
    """

    survey: ColumnSurvey
    content: str = "number"
    texts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Examined:
    """A table as it was found.

    Attributes
    ----------
    path : Path
    layout : Layout
    rows : int
    names : tuple of str
        Of all columns.
    label : str
    label_counts : dict of str to int
        Rows of each text of the label column.
    features : tuple of Feature
    left_out : tuple of LeftOut
    notes : tuple of str
    guessed : bool
        The label is the last column, as no column has a label's name.
    """

    path: Path
    layout: Layout
    rows: int
    names: tuple[str, ...]
    label: str
    label_counts: dict[str, int]
    features: tuple[Feature, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    guessed: bool = False


def examine(
    path: Path, layout: Layout, label: str | None, drop: tuple[str, ...] = (), types: dict[str, str] | None = None
) -> Examined:
    """Read a table once and say what each column is.

    Parameters
    ----------
    path : Path
    layout : Layout
    label : str or None
        None = the one column with a label's name, else the last one if it can be a label.
    drop : tuple of str
    types : dict of column to {"number", "category"}, optional
        What the user knows better.

    Returns
    -------
    Examined

    Raises
    ------
    UnknownName
        A column named that is not there.
    DataError
        The file is no table, or a column is neither numbers, categories, dates nor names of rows.
    """
    types = types or {}
    with readable(path, layout):
        named = frozenset(name for name in (label, *drop, *types) if name is not None)
        names, arrow_types = header(path, layout, named)
        check_types(path, names, types)
        if drop and len(set(names) - set(drop)) < 2:
            raise DataError(f"{path.name}: --drop leaves no column beside the label; leave one in")
        chosen = label if label is not None else _likely_label(names)
        roles = assign(path, names, pandas_index(path), chosen, None, drop, COMMAND)
        left_out = list(roles.left_out)
        features: dict[int, Feature] = {}
        for i in roles.features:
            reason = _no_feature(arrow_types[i])
            if reason:
                left_out.append(LeftOut(repr(names[i]), reason))
            else:
                features[i] = Feature(ColumnSurvey(names[i], _declared(arrow_types[i], types.get(names[i]))))
        counts: Counter[str] = Counter()
        rows = 0
        for block in blocks(path, names, layout):
            rows += block.num_rows
            counts.update(_counted(strings(block.column(roles.label))))
            for i, feature in list(features.items()):
                try:
                    _add(feature, block.column(i), path.name)
                except DataError as error:
                    del features[i]
                    left_out.append(LeftOut(repr(names[i]), _reason(error)))
    if rows == 0:
        raise DataError(f"{path.name} has no rows; check the file")
    refuse_repeated_header((feature.survey for feature in features.values()), path.name)
    kept, dropped = _judged(features, path.name, types, arrow_types)
    _recount(path, names, layout, kept)
    left_out += dropped
    if not kept:
        raise DataError(f"{path.name} has no feature column beside the label; left out were: "
                        + "; ".join(f"{column.column} ({column.reason})" for column in left_out))  # fmt: skip
    gone = {column.column for column in left_out}
    notes = [note for note in roles.notes if not any(name in note for name in gone)]
    guessed = label is None and not looks_like_label(names[roles.label])
    if guessed:
        notes.append(
            f"no column has a label's name, so the last one, {names[roles.label]!r}, is taken for it; if that is not "
            "meant: --label"
        )
    return Examined(
        path, layout, rows, tuple(names), names[roles.label], dict(counts), tuple(kept), tuple(left_out), tuple(notes),
        guessed,
    )  # fmt: skip


def _likely_label(names: list[str]) -> str | None:
    """The one column with a label's name; None leaves it to ``assign``, which refuses two of them."""
    likely = [name for name in names if looks_like_label(name)]
    return likely[0] if len(likely) == 1 else None


def _no_feature(type_: Any) -> str:
    """Why a column of this arrow type is no feature, or ""."""
    import pyarrow.types as pt

    if pt.is_temporal(type_):
        return f"it holds dates, times or durations ({type_}); turn it into a number to use it"
    plain = (pt.is_integer, pt.is_floating, pt.is_boolean, pt.is_decimal, pt.is_null, pt.is_string, pt.is_large_string,
             pt.is_string_view, pt.is_dictionary)  # fmt: skip
    return "" if any(test(type_) for test in plain) else f"it holds {type_}, not one number or text per row"


def _declared(type_: Any, told: str | None) -> str:
    import pyarrow.types as pt

    return "category" if told == "category" or (pt.is_dictionary(type_) and told is None) else ""


def _counted(texts: np.ndarray) -> dict[str, int]:
    known, counts = np.unique(texts, return_counts=True)
    return dict(zip(known.tolist(), counts.tolist(), strict=True))


def _add(feature: Feature, column: Any, file: str) -> None:
    if feature.survey.declared == "category":
        feature.texts.update(_counted(category_texts(column)))
        feature.survey.rows += len(column)
        if len(feature.texts) > MOST_CATEGORIES:
            raise DataError(f"it is a category with over {MOST_CATEGORIES} values")
        return
    feature.survey.add(column, file)
    if feature.survey.words and len(feature.texts) <= MOST_CATEGORIES:  # it may turn out to be a category
        feature.texts.update(_counted(category_texts(column)))


def _recount(path: Path, names: list[str], layout: Layout, kept: list[Feature]) -> None:
    """Categories with numbers among them: those of the blocks before the first text are counted in one more reading."""
    mixed = [f for f in kept if f.content == "category" and f.survey.declared != "category" and f.survey.numbers]
    if not mixed:
        return
    with readable(path, layout):
        for feature in mixed:
            feature.texts.clear()
        for block in blocks(path, names, layout):
            for feature in mixed:
                feature.texts.update(_counted(category_texts(block.column(names.index(feature.survey.name)))))
    for feature in mixed:
        if len(feature.texts) > MOST_CATEGORIES:
            name = feature.survey.name
            raise DataError(f"{path.name}: column {name!r} holds text and over {MOST_CATEGORIES} values; "
                            f"{COMMAND.leave_out('it', name)}")  # fmt: skip


def _judged(
    features: dict[int, Feature], file: str, types: dict[str, str], arrow_types: list[Any]
) -> tuple[list[Feature], list[LeftOut]]:
    kept, left_out = [], row_numbers.indices(feature.survey for feature in features.values())
    counted = {column.column for column in left_out}
    for i, feature in features.items():
        survey, reason = feature.survey, ""
        if repr(survey.name) in counted:
            continue
        if holds_times(survey):
            reason = (
                f"it holds dates, times or durations ({next(iter(survey.words))!r}); turn it into a number to use it"
            )
        elif survey.declared != "category" and names_rows(survey):
            reason = f"it has a text of its own in almost every row ({next(iter(survey.words))!r}): it names rows"
        elif _identifies(survey):
            reason = "its name is that of an identifier, and every row holds a whole number of its own or counts on"
        else:
            feature.content = content_of(survey, file, onehot=True, wording=COMMAND)
            if feature.content == "number" and str(arrow_types[i]) == "bool":
                feature.content = "boolean"  # as the words true and false in a CSV file are
            if feature.content == "category" and types.get(survey.name) == "number":
                raise DataError(f"{file}: column {survey.name!r} holds text ({next(iter(survey.words))!r}), no numbers")
            if not survey.numbers and feature.content == "number":
                reason = "it has no value in any row"
        if reason:
            left_out.append(LeftOut(repr(survey.name), reason))
        else:
            kept.append(feature)
    return kept, left_out


def _identifies(survey: ColumnSurvey) -> bool:
    """Rows counted from any number on, under an identifier's name."""
    return (
        survey.counts_from is not None
        and survey.rows >= row_numbers.LEAST_ROWS
        and plain_name(survey.name).endswith(IDENTIFIERS)
    )


def _reason(error: DataError) -> str:
    if isinstance(error, UnfitColumn):
        return f"{error.what}; {error.mend} to use it"
    return str(error).partition(": ")[2] or str(error)
