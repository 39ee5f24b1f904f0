"""Columns with text: numbers with words for missing values, true and false, categories, or none of these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from bench.datasets.missing import MISSING_NUMBERS, MISSING_TEXT
from bench.datasets.survey import MOST_WORDS, ColumnSurvey, Word
from bench.datasets.wording import SUITE, Wording
from bench.errors import DataError, UnknownName

MOST_CATEGORIES = 1000
#: Up to so many values a column is never taken for names of single rows.
FEW_CATEGORIES = 20

Content = Literal["number", "boolean", "category"]
#: What a user may say of a column.
TYPES = ("number", "category")

_AMOUNT = r"[+-]?(\d{1,3}([,.' \u00a0\u202f]?\d{3})*|\d+)([.,]\d+)?"
#: What a text can be that is no category, most special first: (what the column holds, what to do, pattern).
FORMS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    (
        "dates or times",
        "turn them into a number, such as the seconds since a start,",
        re.compile(
            r"\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([T ]\d{1,2}:\d{2}.*)?"
            r"|\d{1,2}[-/]\d{1,2}[-/](\d{4}|\d{2})( .*)?|\d{1,2}\.\d{1,2}\.\d{4}( .*)?"
            r"|(\d{1,2}[- ])?(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?"
            r"|oct(ober)?|nov(ember)?|dec(ember)?)\.?[- /]+\d{1,4}.*"
            r"|([01]?\d|2[0-3]):\d{2}(:\d{2}([.,]\d+)?)?( ?[ap]m)?",
            re.IGNORECASE,
        ),
    ),
    (
        "durations",
        "turn them into numbers of one unit, such as seconds,",
        re.compile(
            r"-?\d+ days?,?( [+-]?\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?)?|[+-]?\d+:\d{2}:\d{2}([.,]\d+)?"
            r"|(\d+ ?d ?)?\d+ ?h ?\d+ ?m( ?\d+([.,]\d+)? ?s)?|-?p(\d+[ymwd])*(t(\d+([.,]\d+)?[hms])+)?"
            r"|(\d+([.,]\d+)? ?(ns|us|ms|s|sec|secs|seconds?|min|mins|minutes?|h|hrs?|hours?|days?|weeks?) ?)+",
            re.IGNORECASE,
        ),
    ),
    (
        "numbers with thousands separators",
        "write them without separators",
        re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?|(?!(\d+\.){3}\d+$)[+-]?\d{1,3}([.' \u00a0\u202f]\d{3})+(,\d*)?"),
    ),
    (
        "numbers with a decimal comma",
        'write them with a point, or set decimal = ","',
        re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?"),
    ),
    ("hexadecimal numbers", "write them as decimal ones", re.compile(r"0x[0-9a-f]+", re.IGNORECASE)),
    (
        "numbers with a sign of currency or a unit",
        "write the numbers alone",
        re.compile(
            rf"[$€£¥₹] ?{_AMOUNT}|\({_AMOUNT}\)|{_AMOUNT} ?([%‰°$€£¥₹]|(?i:usd|eur|gbp|chf|k|m|kb|mb|gb|bytes"
            r"|kg|mg|cm|mm|km|m2|hz|khz|mhz|ghz|kw|kwh|°c|°f|pct|percent|bps))"
        ),
    ),
)


def content_of(column: ColumnSurvey, file: str, onehot: bool, wording: Wording = SUITE) -> Content:
    """What a column of the survey is.

    Parameters
    ----------
    column : ColumnSurvey
    file : str
        Named in errors.
    onehot : bool
        Whether columns of text may become categories.
    wording : Wording
        How errors name the settings of a table.

    Returns
    -------
    {"number", "boolean", "category"}

    Raises
    ------
    DataError
        The column is no category: most of its values are numbers, dates, durations, or names of single rows.
    """
    words = {text: word for text, word in column.words.items() if text.lower() not in MISSING_NUMBERS}
    if column.declared == "category":
        return "category"
    if not words:
        named = [text for text in column.words if text.lower() not in MISSING_TEXT]
        return "category" if named and not column.numbers else "number"
    if {text.lower() for text in words} <= {"true", "false"}:
        return "boolean"
    _refuse_written_numbers(column, words, file, wording)
    if onehot:
        _refuse_names_of_rows(column, file, wording)
    return "category"


def check_types(path: Path, names: list[str], types: Mapping[str, str]) -> None:
    """Refuse types of columns that are not there, and types that there are not.

    Raises
    ------
    UnknownName, DataError
    """
    for name, type_ in types.items():
        if name not in names:
            raise UnknownName(f"column of {path.name}", name, names)
        if type_ not in TYPES:
            raise DataError(f"{name}={type_}: a column's type is one of {', '.join(TYPES)}; correct the types")


def holds_times(column: ColumnSurvey) -> bool:
    """Whether most of a column's values are written as dates, times or durations."""
    times = sum(word.count for text, word in column.words.items() if _form(text) in (0, 1))
    return 2 * times > column.texts + column.numbers


def names_rows(column: ColumnSurvey) -> bool:
    """Whether a column of text has so many different values that it names rows and is no category."""
    there = column.texts + column.numbers
    return len(column.words) > FEW_CATEGORIES and (len(column.words) >= MOST_WORDS or 2 * len(column.words) > there)


def _refuse_written_numbers(column: ColumnSurvey, words: dict[str, Word], file: str, wording: Wording) -> None:
    forms = {text: _form(text) for text in words}
    formed = sum(words[text].count for text, form in forms.items() if form is not None)
    there = sum(word.count for word in words.values()) + column.numbers
    if 2 * (formed + column.numbers) < there:
        return
    # the most frequent form is named; words of no form are told only if all others are plain numbers
    weights = {i: sum(words[t].count for t, form in forms.items() if form == i) for i in range(len(FORMS))}
    most = max(weights, key=lambda i: weights[i])
    if weights[most]:
        text = next(t for t, form in forms.items() if form == most)
        what, remedy, _ = FORMS[most]
        raise DataError(
            f"{file}: column {column.name!r} holds {what} ({text!r} in row {words[text].row}), no categories; "
            f"{remedy} or {wording.leave_out('the column', column.name)}"
        )
    text = min(words, key=lambda t: words[t].row)
    count = sum(word.count for word in words.values())
    if text == column.name.strip():
        raise DataError(
            f"{file}: row {words[text].row} repeats the columns' names (column {column.name!r} holds {text!r}); "
            "take that line out"
        )
    others = "" if count == 1 else f" and {count - 1} more such rows"
    raise DataError(
        f"{file}: column {column.name!r} holds numbers but for {text!r} in row {words[text].row}{others}; correct "
        f"that, {wording.leave_empty()}, or {wording.leave_out('the column', column.name)}"
    )


def _form(text: str) -> int | None:
    return next((i for i, (_, _, pattern) in enumerate(FORMS) if pattern.fullmatch(text)), None)


def _refuse_names_of_rows(column: ColumnSurvey, file: str, wording: Wording) -> None:
    if any("\0" in text for text in column.words):
        raise DataError(f"{file}: column {column.name!r} holds NUL bytes, which no text has; write the file again")
    there = column.texts + column.numbers
    if FEW_CATEGORIES < len(column.words) < MOST_WORDS and 2 * len(column.words) > there:
        text = next(iter(column.words))
        raise DataError(
            f"{file}: column {column.name!r} has {len(column.words)} different texts ({text!r} ...) in {there} rows: "
            f"it names rows and is no category; {wording.leave_out('it', column.name)}"
        )


def refuse_repeated_header(columns: Iterable[ColumnSurvey], file: str) -> None:
    """Raise DataError if several columns hold their own name in one row."""
    rows: dict[int, list[str]] = {}
    for column in columns:
        word = column.words.get(column.name.strip())
        if word is not None and column.name.strip():
            rows.setdefault(word.row, []).append(column.name)
    for row, names in rows.items():
        if len(names) > 1:
            raise DataError(
                f"{file}: row {row} repeats the columns' names ({', '.join(names[:3])}); take that line out"
            )
