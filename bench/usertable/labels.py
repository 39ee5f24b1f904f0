"""From the texts of a label column to labelled anomalies and unlabelled rows: few labels, and no truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.datasets.label_column import MOST_FRACTIONS, is_fraction, plain_label
from bench.datasets.missing import MISSING_LABELS
from bench.errors import DataError
from bench.report.words import count

#: Values that, beside a missing one, never name an anomaly unless the user says so.
UNLABELLED_WORDS = frozenset(
    {"0", "normal", "no", "n", "ok", "none", "good", "benign", "legit", "legitimate", "genuine", "unknown",
     "unlabelled", "unlabeled", "inlier", "negative"}
)  # fmt: skip
SHOWN = 8


@dataclass(frozen=True)
class LabelRule:
    """Which values of the label column mark a labelled anomaly.

    Attributes
    ----------
    column : str
    anomalies : tuple of str
        Plain values (1.0 and True are 1).
    rows : tuple of (str, int)
        Every value with its number of rows, most frequent first; ``""`` stands for a missing one.
    """

    column: str
    anomalies: tuple[str, ...]
    rows: tuple[tuple[str, int], ...]

    @property
    def labelled(self) -> int:
        """Rows that are labelled anomalies."""
        return sum(rows for value, rows in self.rows if value in self.anomalies)

    @property
    def unlabelled(self) -> int:
        """All other rows."""
        return sum(rows for value, rows in self.rows if value not in self.anomalies)


def rule(counts: Mapping[str, int], column: str, named: tuple[str, ...], file: str, guessed: bool = False) -> LabelRule:
    """Decide which values mean a labelled anomaly.

    Parameters
    ----------
    counts : mapping of str to int
        Rows of each text in the label column.
    column, file : str
        Named in errors.
    named : tuple of str
        Values that mean anomaly, if the user says so; () = 1, true, or the one text that is no word for normal.
    guessed : bool
        The column was taken for the label because it is the last one.

    Returns
    -------
    LabelRule

    Raises
    ------
    DataError
        A value named that no row has, values that could be either, a column that is no label, no labelled anomaly, or
        no unlabelled row.
    """
    rows: dict[str, int] = {}
    wanted = {plain_label(value) for value in named}
    for text, number in counts.items():
        value = plain_label(text)
        if value.lower() in MISSING_LABELS and value not in wanted:
            value = ""
        rows[value] = rows.get(value, 0) + number
    ordered = tuple(sorted(rows.items(), key=lambda pair: (-pair[1], pair[0])))
    shown = ", ".join(repr(value) for value, _ in ordered[:SHOWN]) + (", ..." if len(ordered) > SHOWN else "")
    absent = [value for value in named if plain_label(value) not in rows]
    if absent:
        raise DataError(f"{file}: no row has the label {absent[0]!r}; column {column!r} holds {shown}")
    if not wanted:
        candidates = [value for value, _ in ordered if value and value.lower() not in UNLABELLED_WORDS]
        if len(candidates) > 1:
            refuse_no_label(list(rows), column, file)
            if guessed:
                raise DataError(
                    f"{file}: no column has a label's name, and the last one, {column!r}, holds {shown}; name the "
                    "label column with --label"
                )
            raise DataError(
                f"{file}: label column {column!r} holds {shown}; say which of them mean a labelled anomaly with "
                f"--anomaly {candidates[-1]!r} (everything else counts as unlabelled)"
            )
        wanted = set(candidates)
    made = LabelRule(column, tuple(sorted(wanted)), ordered)
    if not made.labelled:
        raise DataError(
            f"{file}: no row of label column {column!r} is a labelled anomaly (it holds {shown}); write 1 where one is "
            "known, or say with --anomaly which value means that"
        )
    if not made.unlabelled:
        raise DataError(
            f"{file}: every row of label column {column!r} is a labelled anomaly (it holds {shown}); a detector needs "
            "unlabelled rows too: add them with 0 or an empty field"
        )
    return made


def refuse_no_label(values: Sequence[str], column: str, file: str) -> None:
    """Raise DataError for a column whose values are measurements rather than labels."""
    fractions = [value for value in values if is_fraction(value)]
    if len(fractions) > MOST_FRACTIONS:
        raise DataError(
            f"{file}: column {column!r} has {len(values)} values ({', '.join(sorted(fractions)[:3])}, ...) with "
            "fractions, so it is no label; name another one with --label"
        )


def labels(texts: np.ndarray, made: LabelRule) -> np.ndarray:
    """1 for labelled anomalies, 0 for all other rows: (n,) int8 of texts (n,)."""
    known, which = np.unique(texts, return_inverse=True)
    anomalous = np.asarray([plain_label(value) in made.anomalies for value in known.tolist()], dtype=np.int8)
    return anomalous[which]


def sentence(made: LabelRule) -> str:
    """What the labels were read as."""
    marked = ", ".join(map(repr, made.anomalies))
    others = [repr(value) if value else "empty" for value, _ in made.rows if value not in made.anomalies]
    told = ", ".join(others[:SHOWN]) + (", ..." if len(others) > SHOWN else "")
    several = 2 * made.labelled > made.labelled + made.unlabelled
    doubt = "; over half of the rows are labelled anomalies, is that meant?" if several else ""
    return (
        f"label {made.column!r}: {marked} = labelled anomaly ({count(made.labelled, 'row')}); everything else ({told}) "
        f"counts as unlabelled, not as normal ({count(made.unlabelled, 'row')}){doubt}"
    )
