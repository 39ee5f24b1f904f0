"""Which of the two modes a table's labels call for, told from what the labels mean."""

from __future__ import annotations

from typing import Literal

from bench.errors import DataError
from bench.report.words import count
from bench.usertable.labels import UNLABELLED_WORDS, LabelRule

Mode = Literal["known", "few"]
#: Values that say nobody has looked, rather than normal.
NOT_LOOKED_AT = frozenset({"", "unknown", "unlabelled", "unlabeled", "none"})
#: Fewer anomalies than this leave too few to simulate with: some are labelled, some unlabelled, some tested on.
LEAST_KNOWN = 20


def mode_of(made: LabelRule, asked: Mode | None) -> tuple[Mode, str]:
    """The mode, and the sentence that says why.

    Parameters
    ----------
    made : LabelRule
        What the label column holds.
    asked : {"known", "few"} or None
        What the user says.

    Returns
    -------
    (mode, sentence)

    Raises
    ------
    DataError
        ``known`` is asked for, and rows without a label are there.
    """
    unlooked = sum(count for value, count in made.rows if value.lower() in NOT_LOOKED_AT)
    others = [value for value, _ in made.rows if value not in made.anomalies]
    normal = " and ".join(map(repr, others[:3]))
    if asked == "known" and unlooked:
        raise DataError(
            f"--mode known needs the truth of every row, and {unlooked} rows of column {made.column!r} have no label; "
            "take them out of the file, or leave the mode out"
        )
    if asked == "few":
        return "few", f"mode few, as --mode says: {normal or 'empty'} counts as unlabelled, not as normal"
    if asked == "known":
        return "known", f"mode known, as --mode says: {normal} counts as normal, which must be the truth of these rows"
    if unlooked:
        return "few", (
            f"mode few: {unlooked} rows have no label, so a label means a known anomaly and everything else is "
            "unlabelled; there is no truth to measure against"
        )
    if any(value.lower() not in UNLABELLED_WORDS for value in others):
        return "few", f"mode few: {normal} is no word for normal; if it means normal in every row: --mode known"
    if made.labelled < LEAST_KNOWN:
        return "few", (
            f"mode few: every row has a label, but {count(made.labelled, 'anomaly', 'anomalies')} are too few to label "
            f"some, hide some and test on others ({LEAST_KNOWN} are needed)"
        )
    return "known", (
        f"mode known: every row has a label, so {normal} is taken as the truth; if it only means that nobody has "
        "looked: --mode few"
    )
