"""Rows to score, held to the columns a model was fitted on: everything is told before any row is scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets.blocks import blocks, header, readable, trimmed
from bench.datasets.column_names import plain_name
from bench.datasets.fill import column_numbers
from bench.datasets.layout import Layout
from bench.datasets.missing import MISSING_NUMBERS
from bench.datasets.survey import NUMBER, is_text
from bench.errors import DataError, UnknownName
from bench.usertable.encode import category_texts, refuse_large
from bench.usertable.schema import Column, Schema

SHOWN = 8
#: Told of the first so many rows read: (rows so far).
Tell = Callable[[int], None]


@dataclass(frozen=True)
class Incoming:
    """A file that can be scored.

    Attributes
    ----------
    path : Path
    layout : Layout
    names : tuple of str
        Of all its columns.
    rows : int
    notes : tuple of str
        Columns that are not used, categories that are not known, values that are missing.
    """

    path: Path
    layout: Layout
    names: tuple[str, ...]
    rows: int
    notes: tuple[str, ...]


@dataclass
class Tally:
    """What one column was seen to hold: missing rows, unknown categories with their rows, the first text in numbers."""

    missing: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    text: tuple[str, int] | None = None
    texts: int = 0


def check(
    path: Path, layout: Layout, schema: Schema, id_column: str | None = None, tell: Tell | None = None
) -> Incoming:
    """Read a file once and say whether a model can score it.

    Parameters
    ----------
    path : Path
    layout : Layout
    schema : Schema
        Of the model.
    id_column : str, optional
        A column that is to be carried to the output.
    tell : callable, optional
        Called with the rows read so far.

    Returns
    -------
    Incoming

    Raises
    ------
    UnknownName
        The id column is not there.
    DataError
        Columns are missing, or hold text where the model has numbers: all of them in one sentence. Or a number is too
        large.
    """
    with readable(path, layout):
        wanted = {column.name for column in schema.columns}
        names, types = header(path, layout, frozenset(wanted))
        if id_column is not None and id_column not in names:
            raise UnknownName(f"column of {path.name}", id_column, names)
        refuse_missing_columns(path.name, names, schema)
        refuse_column_types(path.name, dict(zip(names, types, strict=True)), schema)
        tallies = {column.name: Tally() for column in schema.columns}
        rows = 0
        for block in blocks(path, names, layout):
            for column in schema.columns:
                values = block.column(names.index(column.name))
                _count(tallies[column.name], values, column, path.name, rows)
            rows += block.num_rows
            if tell is not None:
                tell(rows)
    if rows == 0:
        raise DataError(f"{path.name} has no rows; check the file")
    _refuse_text(path, tallies)
    accounted = {schema.label, id_column, *wanted, *(column.column.strip("'\"") for column in schema.left_out)}
    notes = _notes([name for name in names if name not in accounted], tallies, schema, rows)
    return Incoming(path, layout, tuple(names), rows, tuple(notes))


def renamed(gone: list[str], new: list[str]) -> dict[str, str]:
    """For each column that is gone the new one that it probably became."""
    plain = {plain_name(name): name for name in reversed(new)}
    likely = {}
    for name in gone:
        near = plain.get(plain_name(name)) or next(iter(get_close_matches(name, new, n=1, cutoff=0.6)), None)
        if near is not None:
            likely[name] = near
    return likely


def refuse_missing_columns(table: str, names: list[str], schema: Schema) -> None:
    """Raise DataError where a table lacks columns of a schema; names what they may have been renamed to."""
    gone = [column.name for column in schema.columns if column.name not in names]
    if not gone:
        return
    known = {column.name for column in schema.columns}
    likely = renamed(gone, [name for name in names if name not in known])
    told = [f"{name!r} (renamed to {likely[name]!r}?)" if name in likely else repr(name) for name in gone]
    raise DataError(
        f"{table} lacks {_few(told)}, on which the model was fitted; "
        + ("give the columns their old names" if likely else "add them, or fit the model without them")
    )


def refuse_column_types(table: str, types: dict[str, Any], schema: Schema) -> None:
    """Raise DataError where a table's column of a schema has an arrow type that cannot be its own."""
    import pyarrow.types as pt

    for column in schema.columns:
        type_ = types[column.name]
        if pt.is_temporal(type_) or pt.is_nested(type_) or pt.is_binary(type_):
            what = "categories" if column.content == "category" else "numbers"
            raise DataError(
                f"{table}: column {column.name!r} holds {type_} where the model was fitted on {what}; "
                "convert it as it was then"
            )


def _count(tally: Tally, values: Any, column: Column, file: str, before: int) -> None:
    import pyarrow as pa

    if column.content == "category":
        texts, counts = np.unique(category_texts(values), return_counts=True)
        unknown = ~np.isin(texts, np.asarray(column.categories))
        tally.unknown.update(dict(zip(texts[unknown].tolist(), counts[unknown].tolist(), strict=True)))
        tally.missing += int(counts[texts == ""].sum())
        return
    try:
        read = column_numbers(values, column.content)
    except pa.ArrowInvalid:
        _count_text(tally, values, column.content, before)
        return
    refuse_large(file, column.name, read, before)
    tally.missing += int((~np.isfinite(read)).sum())


def _count_text(tally: Tally, values: Any, content: str, before: int) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = trimmed(values) if is_text(values.type) else values.cast(pa.string())
    words = [*sorted(MISSING_NUMBERS), *(("true", "false") if content == "boolean" else ())]
    fine = pc.or_(pc.match_substring_regex(text, NUMBER), pc.is_in(pc.utf8_lower(text), pa.array(words)))
    rows = np.flatnonzero(~np.asarray(fine.to_numpy(zero_copy_only=False), dtype=bool))
    tally.texts += len(rows)
    if len(rows) and tally.text is None:
        tally.text = (str(text[int(rows[0])]), before + int(rows[0]) + 1)


def _refuse_text(path: Path, tallies: dict[str, Tally]) -> None:
    told = [
        f"{name!r} ({tally.text[0]!r} in row {tally.text[1]}"
        + (f" and {tally.texts - 1} more rows)" if tally.texts > 1 else ")")
        for name, tally in tallies.items()
        if tally.text is not None
    ]
    if told:
        raise DataError(
            f"{path.name} holds text where the model was fitted on numbers: {_few(told)}; correct the file, or leave "
            "such fields empty"
        )


def _notes(new: list[str], tallies: dict[str, Tally], schema: Schema, rows: int) -> list[str]:
    told = [f"not used, as the model does not know them: {_few(list(map(repr, new)))}"] if new else []
    for column in schema.columns:
        tally = tallies[column.name]
        if tally.unknown:
            values = [f"{value!r}" if value else "a missing one" for value, _ in tally.unknown.most_common()]
            told.append(
                f"column {column.name!r} has categories that the model does not know, in {sum(tally.unknown.values())} "
                f"of {rows} rows: {_few(values)}; such a row counts as none of the known ones"
            )
        if tally.missing and column.content != "category":
            told.append(
                f"column {column.name!r} is missing or infinite in {tally.missing} of {rows} rows, replaced by the "
                f"training rows' median {column.missing_value:g}"
            )
    return told


def _few(texts: list[str]) -> str:
    return ", ".join(texts[:SHOWN]) + (f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else "")
