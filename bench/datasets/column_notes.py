"""What the names and values of a loaded set's columns tell: identifiers, times, offsets, names that are no names.

OddBench's cards name such columns (``oddbench.csv``); in any other set they are looked for by the rules below once its
data are here. A rule needs a name and values that agree, so that it is silent rather than wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from bench.types import Dataset

#: Words that identifiers have in their names; and those that count at the end, where "id" ends a word too (offerid).
IDENTIFIER_WORDS = frozenset({"id", "ids", "index", "uuid", "zip", "zipcode", "fips", "bin", "bbl", "unnamed"})
IDENTIFIER_ENDS = frozenset({"key", "phone", "phone number", "post code", "bin number"})
TIME_WORDS = frozenset({"year", "years", "date", "time", "timestamp", "deadline", "at", "built"})
#: Words of names that the output of a detector or a benchmark, or a truth, has.
RESULT_WORDS = frozenset({"score", "scores", "label", "outlier", "anomaly", "prediction", "predicted", "probability"})
#: A column of fewer different values is a category, not an identifier.
LEAST_DIFFERENT = 20
YEARS = (1700.0, 2100.0)
#: 1973 to 2286 in seconds since 1970, or in milliseconds.
SECONDS = (1e8, 1e10)
#: The range of an offset column is below this share of its values.
RANGE = 0.01
#: So many columns are named, the rest is counted.
NAMED = 6


def column_notes(dataset: Dataset) -> list[str]:
    """Sentences on the columns of a loaded set, each naming those of one kind; none where nothing is odd.

    Parameters
    ----------
    dataset : Dataset
        Where its columns have no names, only offsets are looked for, and columns are told by number.

    Returns
    -------
    list of str
        In the words of the cards of OddBench's given sets. What such a card tells already is left out.
    """
    named: dict[str, list[str]] = {what: [] for what in (*BY_VALUES, *BY_NAME)}
    for number in range(dataset.X.shape[1]):
        x = np.asarray(dataset.X[:, number], dtype=np.float64)
        name = dataset.feature_names[number] if dataset.feature_names else ""
        for what, holds in BY_VALUES.items():
            if holds(name, x):
                named[what].append(name or f"column {number}")
        for what, says in BY_NAME.items():
            if says(name):
                named[what].append(name)
    return [
        f"{what}: {shortened(names)}"
        for what, names in named.items()
        if names and not any(oddity.startswith(f"{what}:") for oddity in dataset.card.oddities)
    ]


def shortened(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    return "; ".join(first_of(list(names), NAMED))


def first_of(names: list[str], most: int) -> list[str]:
    """So many names, and in the place of the rest how many more there are."""
    more = len(names) - most
    return names[:most] + ([f"{more} more"] if more > 0 else [])


def is_identifier(name: str, x: np.ndarray) -> bool:
    """Whether a column (n,) is named as identifiers are and holds whole numbers of many kinds."""
    words = _words(name)
    ends = {" ".join(words[-1:]), " ".join(words[-2:])}
    joined = len(words) > 0 and len(words[-1]) > 3 and words[-1].endswith("id")
    if not (joined or IDENTIFIER_WORDS & set(words) or IDENTIFIER_ENDS & ends):
        return False
    return bool(np.array_equal(x, np.floor(x))) and len(np.unique(x)) >= LEAST_DIFFERENT


def is_time(name: str, x: np.ndarray) -> bool:
    """Whether a column (n,) is named as times are and holds years or seconds or milliseconds since 1970."""
    if not TIME_WORDS & set(_words(name)):
        return False
    low, high = float(x.min()), float(x.max())
    return any(start <= low and high < end for start, end in (YEARS, SECONDS, tuple(1000 * s for s in SECONDS)))


def has_large_offset(x: np.ndarray) -> bool:
    """Whether single precision would merge values of a column (n,), or its range is small beside its values."""
    low, high = float(x.min()), float(x.max())
    if low == high:
        return False
    if min(abs(low), abs(high)) * RANGE >= high - low:
        return True
    with np.errstate(over="ignore"):
        single = x.astype(np.float32)
    return len(np.unique(single)) < len(np.unique(x))


def is_number(name: str) -> bool:
    """Whether a name is a number, with what readers add to a second column of one name (``672.1``)."""
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?(\.\d+)?", name.strip()) is not None


def is_result(name: str) -> bool:
    """Whether a name has a word that the output of a detector, or a truth, is named by."""
    return bool(RESULT_WORDS & set(_words(name)))


def _words(name: str) -> list[str]:
    """The words of a name, at blanks, marks, digits and capitals, in lower case: ``ZipCode`` is zip and code."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+", name)]


#: What is told of columns by name and values, and by name alone, in this order.
BY_VALUES: dict[str, Callable[[str, np.ndarray], bool]] = {
    "identifiers (by name and values)": is_identifier,
    "times (by name and values)": is_time,
    "large offsets (float32 would merge values, or the range is under 1% of the values)": (
        lambda _, x: has_large_offset(x)
    ),
}
BY_NAME: dict[str, Callable[[str], bool]] = {
    "names that are numbers (the file's first row may have been taken for names)": is_number,
    "named as a detector's output or a truth is": is_result,
}
