"""Which columns make a row anomalous: each is replaced by what similar usual rows have, and the drop is measured.

Holds for every method, as it asks for scores only. Columns are taken one after another: the one whose replacement
lowers the score most, then the one that lowers it most beside the first, until little of the excess is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.usertable.frames import encode_frame
from bench.usertable.model import Model
from bench.usertable.own_words import closest_prototype, reconstruction, reconstruction_sentence

#: Usual rows whose values stand in for a column's.
NEIGHBOURS = 20
#: At most so many columns are named for a row.
MOST_CAUSES = 5
#: A further column must take away at least this share of what the row scores above the usual rows' median.
LEAST_SHARE = 0.1
#: Differences beyond so many spreads count as much as this one, so that one wild value does not choose the neighbours.
FARTHEST = 3.0


@dataclass(frozen=True)
class Cause:
    """A column's part in what makes a row anomalous.

    Attributes
    ----------
    column : str
    value : str
        Of the row.
    usual : str
        The 5% to 95% range over the unlabelled training rows, or the most frequent categories of usual rows.
    score_before, score_after : float
        Mean score with the columns named before replaced, and with this one replaced too.
    share : float
        What this takes away of the excess, the row's score less the usual rows' median; 0 where there is none.
    prototype : str
        What the method's closest normal prototype has here; "" where the method has none.
    reconstruction : str
        What the method's reconstruction of the row has here; "" where the method has none.
    """

    column: str
    value: str
    usual: str
    score_before: float
    score_after: float
    share: float
    prototype: str = ""
    reconstruction: str = ""


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a row has its score.

    Attributes
    ----------
    row : (d,) float64
        As the detector sees it.
    score, usual_score : float
        Of the row, and the median of the usual rows.
    causes : tuple of Cause
        The columns that make it anomalous, the weightiest first; empty for a row that scores no higher than the median.
    others : tuple of Cause
        All other columns, each beside the causes: replaced alone after them.
    reconstruction : str
        In a sentence, the columns that the method's reconstruction of the row misses; "" where the method has none.
    """

    row: np.ndarray
    score: float
    usual_score: float
    causes: tuple[Cause, ...]
    others: tuple[Cause, ...]
    reconstruction: str


def explain(model: Model, frame: Any) -> list[Explanation]:
    """Explain the scores of rows.

    Parameters
    ----------
    model : Model
    frame : pandas, polars or arrow table
        Rows with the user's own columns, matched by name.

    Returns
    -------
    list of Explanation
        One per row; each takes about as long as scoring 100 rows per column of the table.

    Raises
    ------
    DataError
        Columns are missing, or hold text where the model was fitted on numbers.
    """
    return [explain_row(model, row) for row in encode_frame(frame, model.schema)]


def explain_row(model: Model, row: np.ndarray) -> Explanation:
    """Explain the score of a row (d,) float64 as the detector sees it (``bench.usertable.encode``)."""
    score = float(model.detector.decision_function(row[None])[0])
    usual_score = float(np.median(model.detector.decision_function(model.usual_rows)))
    excess, current = score - usual_score, score
    apart = _distances(model, row)
    told = _Columns(model, row, excess)
    replaced: list[int] = []
    causes: list[Cause] = []
    while True:
        free = [c for c in range(len(model.schema.columns)) if c not in replaced]
        after = _scores_without(model, row, apart, replaced, free)
        if len(causes) == MOST_CAUSES or excess <= 0 or not free:
            break
        best = int(np.argmin(after))
        if current - after[best] < LEAST_SHARE * excess:
            break
        causes.append(told.cause(free[best], current, float(after[best])))
        replaced.append(free[best])
        current = float(after[best])
    others = [told.cause(free[i], current, float(after[i])) for i in np.argsort(after, kind="stable")]
    return Explanation(row, score, usual_score, tuple(causes), tuple(others), reconstruction_sentence(model, row))


def sentence(cause: Cause) -> str:
    """A cause in words."""
    like = f", closest prototype {cause.prototype}" if cause.prototype else ""
    like += f", reconstructed as {cause.reconstruction}" if cause.reconstruction else ""
    return (
        f"{cause.column} = {cause.value} (usual: {cause.usual}{like}): "
        f"score {cause.score_before:.4g} -> {cause.score_after:.4g} without it"
    )


class _Columns:
    """What is told of a row column by column."""

    def __init__(self, model: Model, row: np.ndarray, excess: float) -> None:
        self.model, self.row, self.excess = model, row, excess
        self.prototype, self.rebuilt = closest_prototype(model, row), reconstruction(model, row)

    def cause(self, number: int, before: float, after: float) -> Cause:
        column, span = self.model.schema.columns[number], self.model.schema.slices[number]
        return Cause(
            column=column.name,
            value=column.shown(self.row[span]),
            usual=column.shown_usual(self.model.usual_rows[:, span]),
            score_before=before,
            score_after=after,
            share=(before - after) / self.excess if self.excess > 0 else 0.0,
            prototype="" if self.prototype is None else column.shown(self.prototype[span]),
            reconstruction="" if self.rebuilt is None else column.shown(self.rebuilt[span]),
        )


def _distances(model: Model, row: np.ndarray) -> np.ndarray:
    """(k, c): how far each usual row is from this one in each column of the table, in that column's spreads."""
    usual = model.usual_rows
    apart = np.empty((len(usual), len(model.schema.columns)))
    for c, (column, span) in enumerate(zip(model.schema.columns, model.schema.slices, strict=True)):
        if column.content == "category":
            apart[:, c] = np.any(usual[:, span] != row[span], axis=1)
        else:
            values = usual[:, span.start]
            low, high = np.quantile(values, (0.25, 0.75))
            spread = float(high - low) or float(values.std()) or 1.0
            apart[:, c] = np.minimum(np.abs(values - row[span.start]) / spread, FARTHEST)
    return apart


def _scores_without(
    model: Model, row: np.ndarray, apart: np.ndarray, replaced: list[int], free: list[int]
) -> np.ndarray:
    """Mean score (len(free),) with the columns replaced so far and each free one taken from the row's neighbours.

    Neighbours are near in all other columns, so that a value that is usual alone but not beside the others counts.
    """
    if not free:
        return np.empty(0)
    rows, total = [], apart.sum(axis=1)
    count = min(NEIGHBOURS, len(apart))
    for c in free:
        taken = [*replaced, c]
        near = np.argsort(total - apart[:, taken].sum(axis=1), kind="stable")[:count]
        made = np.tile(row, (count, 1))
        for other in taken:
            span = model.schema.slices[other]
            made[:, span] = model.usual_rows[near, span]
        rows.append(made)
    scores = np.asarray(model.detector.decision_function(np.concatenate(rows)), dtype=np.float64)
    return np.asarray(scores.reshape(len(free), count).mean(axis=1))
