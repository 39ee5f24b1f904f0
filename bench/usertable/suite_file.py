"""A commented suite file for a user's table: what was seen in it, as settings that can be changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import numpy as np

from bench.datasets.column_names import looks_like_label
from bench.datasets.label_column import plain_label
from bench.datasets.missing import MISSING_LABELS
from bench.errors import DataError
from bench.report.words import count
from bench.usertable.examine import Examined
from bench.usertable.labels import UNLABELLED_WORDS, refuse_no_label
from bench.usertable.training import Table, table_of

#: What a first run compares: the project's two, two weakly supervised competitors, a classifier, no labels at all.
METHODS = ("mnp-plus", "mnp", "devnet", "deep-sad", "random-forest", "iforest")
SHOWN = 8


def normal_values(counts: dict[str, int], column: str, named: Sequence[str], file: str) -> tuple[tuple[str, ...], str]:
    """Label values that mean normal, and how that is known.

    Parameters
    ----------
    counts : dict of str to int
        Rows of each text of the label column.
    named : sequence of str
        Those the user names; () = 0 and words for normal, else the most frequent value.
    column, file : str
        Named in errors.

    Returns
    -------
    (values, sentence)

    Raises
    ------
    DataError
        A value that no row has, or a column with one value or of measurements.
    """
    rows: dict[str, int] = {}
    for text, number in counts.items():
        value = plain_label(text)
        if value.lower() not in MISSING_LABELS or value in named:
            rows[value] = rows.get(value, 0) + number
    refuse_no_label(list(rows), column, file)
    ordered = sorted(rows, key=lambda value: (-rows[value], value))
    shown = ", ".join(map(repr, ordered[:SHOWN]))
    if named:
        absent = [value for value in named if plain_label(value) not in rows]
        if absent:
            raise DataError(f"{file}: no row has the label {absent[0]!r} (--normal); the label column holds {shown}")
        return tuple(dict.fromkeys(map(plain_label, named))), "as --normal says"
    if len(ordered) < 2:
        raise DataError(
            f"{file}: the label column holds only {shown or 'empty fields'}; a suite needs rows known to be normal. "
            "With a few labelled anomalies and nothing else: mnp-bench fit"
        )
    words = tuple(value for value in ordered if value.lower() in UNLABELLED_WORDS)
    if words and len(words) < len(ordered):
        return words, "as their names say"
    return (ordered[0],), "a guess: the most frequent value"


def suite_text(
    examined: Examined, normal: Sequence[str] = (), types: Mapping[str, str] | None = None
) -> tuple[str, tuple[str, ...]]:
    """A suite file for the table, and what was seen in sentences.

    Parameters
    ----------
    examined : Examined
    normal : sequence of str
        Label values that mean normal, if the user names them.
    types : mapping of column to {"number", "category"}, optional
        Those the user names.

    Returns
    -------
    (text of the file, sentences)

    Raises
    ------
    DataError
        A label column that cannot be used.
    """
    values, how = normal_values(examined.label_counts, examined.label, normal, examined.path.name)
    plain = {plain_label(text): text for text in examined.label_counts}
    anomalous = tuple(value for value in plain if value not in values and (value.lower() not in MISSING_LABELS))
    table = table_of(examined, anomalous)
    notes = (*_about(examined, table, values, anomalous, how), *_not_labels(table.notes))
    used = {column.name for column in table.schema.columns}
    drop = [name for name in examined.names if name not in used and name != examined.label]
    lines = [
        f"# Written by mnp-bench init {examined.path.name}. Check it, then: mnp-bench plan, mnp-bench run.",
        "#",
        *(f"# {note}" for note in notes),
        "",
        f"name = {_text(_suite_name(examined))}",
        f"title = {_text('Own table ' + examined.path.name)}",
        f"methods = {_listed(METHODS)}",
        "seeds = [0, 1, 2]",
        "",
        "[[dataset]]",
        f"path = {_text(str(examined.path))}",
        f"label = {_text(examined.label)}",
        f"normal = {_listed(values)}  # {how}; every other value is an anomaly",
    ]
    if drop:
        lines.append(f"drop = {_listed(drop)}")
    if any(column.content == "category" for column in table.schema.columns):
        lines.append('categories = "onehot"  # a column of 0 and 1 for each value of a column of text')
    if any(column.missing_rows for column in table.schema.columns):
        lines.append('missing = "median"  # or "ffill"')
    kept = {name: type_ for name, type_ in (types or {}).items() if name in used}
    if kept:
        lines.append("types = { " + ", ".join(f"{_text(name)} = {_text(kept[name])}" for name in kept) + " }")
    if examined.layout.delimiter != ",":
        lines.append(f"delimiter = {_text(examined.layout.delimiter)}")
    if examined.layout.decimal != ".":
        lines.append(f"decimal = {_text(examined.layout.decimal)}")
    if examined.layout.encoding != "utf-8":
        lines.append(f"encoding = {_text(examined.layout.encoding)}")
    return "\n".join(lines) + "\n", notes


def _suite_name(examined: Examined) -> str:
    """The file's name in letters, digits and dashes, as names of suites are."""
    return re.sub(r"[^a-z0-9]+", "-", examined.path.name.partition(".")[0].lower()).strip("-") or "own-table"


def _about(examined: Examined, table: Table, normal: Sequence[str], anomalous: Sequence[str], how: str) -> list[str]:
    anomalies = int(table.y.sum())
    shown = ", ".join(map(repr, anomalous[:SHOWN])) + (", ..." if len(anomalous) > SHOWN else "")
    told = [
        f"label {examined.label!r}: normal is {', '.join(map(repr, normal))} ({how}); anomalies are "
        f"{shown} ({anomalies} of {count(examined.rows, 'row')})"
    ]
    unlabelled = sum(n for text, n in examined.label_counts.items() if plain_label(text).lower() in MISSING_LABELS)
    if unlabelled:
        told.append(
            f"{unlabelled} rows have no label, and a suite needs the truth of every row: take them out of the file, or "
            "use mnp-bench fit, to which they are unlabelled"
        )
    others = [name for name in examined.names if name != examined.label and looks_like_label(name)]
    single = [column.name for column in table.schema.columns if column.content != "category"]
    others += [name for name in single if name not in others and len(np.unique(table.X[name])) == 2]
    if others:
        told.append(
            f"could be the label too (two values, or its name): {', '.join(map(repr, others[:SHOWN]))}; --label"
        )
    return told


def _not_labels(notes: Sequence[str]) -> list[str]:
    """What the weak reading of the labels says is not so in a suite."""
    return [note for note in notes if not note.startswith("label ")]


def _text(value: str) -> str:
    """A string as TOML writes it, which for these is as JSON does."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(values: Sequence[str]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"
