"""First reading of a table: what each feature column holds, counted block by block without keeping the values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.datasets.arrays import EXACT_WHOLE, rounded
from bench.datasets.blocks import trimmed
from bench.datasets.wording import UnfitColumn

#: Text that is a number; what arrow's conversion takes, but for the words for missing values.
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity)$"
#: So many different words of a column are kept.
MOST_WORDS = 1001


@dataclass
class Word:
    """A text that is no number: how often it came, and in which row (from 1) first."""

    count: int
    row: int


@dataclass
class ColumnSurvey:
    """What one feature column holds.

    Attributes
    ----------
    name : str
    declared : str
        ``""``, or what the file itself says the column is: ``"category"``.
    numbers, missing, infinite, texts : int
        Rows that hold a number, a null or NaN, an infinite number, any other text.
    words : dict of str to Word
        The first MOST_WORDS different texts.
    inexact : (value, row) or None
        The first number that float32 cannot hold.
    counts_from : float or None
        The column counts the rows from this number, as far as read.
    """

    name: str
    declared: str = ""
    numbers: int = 0
    missing: int = 0
    infinite: int = 0
    texts: int = 0
    words: dict[str, Word] = field(default_factory=dict)
    inexact: tuple[float, int] | None = None
    counts_from: float | None = None
    rows: int = 0
    _counting: bool = True

    def add(self, column: Any, file: str) -> None:
        """Take in the next block.

        Raises
        ------
        DataError
            A number that double precision cannot hold.
        """
        if is_text(column.type):
            self._add_text(trimmed(column), file)
        else:
            self._add_numbers(column, file)
        self.rows += len(column)

    def _add_text(self, text: Any, file: str) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = np.arange(self.rows, self.rows + len(text))
        try:
            values = pc.cast(text, pa.float64())
        except pa.ArrowInvalid:
            is_number = pc.match_substring_regex(text, NUMBER)
            which = np.asarray(is_number.to_numpy(zero_copy_only=False), dtype=bool)
            self._add_words(text.filter(pc.invert(is_number)), rows[~which])
            text, rows = text.filter(is_number), rows[which]
            values = pc.cast(text, pa.float64())
        numbers = np.asarray(values.to_numpy(zero_copy_only=False))
        infinite = np.flatnonzero(np.isinf(numbers))
        if len(infinite):
            there = text.take(infinite)
            spelled = pc.match_substring(there, "inf", ignore_case=True).to_numpy(zero_copy_only=False)
            for i in infinite[~np.asarray(spelled, dtype=bool)][:1]:
                _too_large(file, self.name, str(text[int(i)]), int(rows[i]))
        large = np.flatnonzero(np.abs(numbers) >= EXACT_WHOLE)
        if len(large):
            self._refuse_rounded_text(text.take(large), rows[large], file)
        self._add_values(numbers, rows)

    def _add_words(self, words: Any, rows: np.ndarray) -> None:
        encoded = words.dictionary_encode()
        which, first, counts = np.unique(
            encoded.indices.to_numpy(zero_copy_only=False), return_index=True, return_counts=True
        )
        self._counting = False
        self.texts += len(rows)
        values = encoded.dictionary.take(which).to_pylist()
        for value, start, count in zip(values, first, counts, strict=True):
            if value in self.words:
                self.words[value].count += int(count)
            elif len(self.words) < MOST_WORDS:
                self.words[value] = Word(int(count), int(rows[start]) + 1)

    def _add_numbers(self, column: Any, file: str) -> None:
        import pyarrow as pa

        rows = np.arange(self.rows, self.rows + len(column))
        if pa.types.is_integer(column.type) and column.type.bit_width == 64:
            present = column.is_valid()
            exact = np.asarray(column.filter(present).to_numpy(zero_copy_only=False))
            _refuse_rounded(file, self.name, exact, rows[np.asarray(present.to_numpy(zero_copy_only=False))])
        self._add_values(numbers(column), rows)

    def _add_values(self, values: np.ndarray, rows: np.ndarray) -> None:
        finite = np.isfinite(values)
        self.numbers += int(finite.sum())
        self.missing += int(np.isnan(values).sum())
        self.infinite += int(np.isinf(values).sum())
        if self.inexact is None:
            with np.errstate(over="ignore"):
                rounded = finite & (values.astype(np.float32) != values)
            if rounded.any():
                i = int(rounded.argmax())
                self.inexact = (float(values[i]), int(rows[i]) + 1)
        if self._counting and len(values):
            start = float(values[0]) - float(rows[0]) if self.counts_from is None else self.counts_from
            self._counting = bool(np.array_equal(values, rows + start))
            self.counts_from = start if self._counting else None

    def _refuse_rounded_text(self, text: Any, rows: np.ndarray, file: str) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        whole = pc.match_substring_regex(text, r"^[+-]?\d+$")
        which = np.asarray(whole.to_numpy(zero_copy_only=False), dtype=bool)
        try:
            exact = np.asarray(pc.cast(text.filter(whole), pa.int64()).to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid:  # beyond 64 bits
            exact = np.asarray([int(value) for value in text.filter(whole).to_pylist()], dtype=object)
        _refuse_rounded(file, self.name, exact, rows[which])


def is_text(type_: Any) -> bool:
    """Whether a column of this arrow type holds text."""
    import pyarrow.types as pt

    return any(test(type_) for test in (pt.is_string, pt.is_large_string, pt.is_string_view, pt.is_dictionary))


def numbers(column: Any) -> np.ndarray:
    """A block's column of numbers or true and false as float64; missing is NaN."""
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))


def _refuse_rounded(file: str, name: str, exact: np.ndarray, rows: np.ndarray) -> None:
    """Raise DataError at the first whole number that double precision would turn into another one."""
    beyond_64_bits = exact.dtype == object
    changed = np.asarray([not _fits(value) for value in exact], dtype=bool) if beyond_64_bits else rounded(exact)
    if changed.any():
        i = int(changed.argmax())
        raise UnfitColumn(
            file,
            f"row {int(rows[i]) + 1}, column {name!r} holds {exact[i]}, a whole number that double precision "
            "(53 bits) would round",
            "subtract what all rows have in common",
        )


def _fits(value: int) -> bool:
    return int(float(value)) == value


def _too_large(file: str, name: str, text: str, row: int) -> None:
    raise UnfitColumn(
        file,
        f"row {row + 1}, column {name!r} holds {text}, which is too large for double precision",
        "rescale the column",
    )
