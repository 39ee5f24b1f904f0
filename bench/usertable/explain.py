"""Which columns make a row anomalous: each is replaced by what similar usual rows have, and the drop is measured.

Holds for every method, as it asks for scores only. Columns are taken one after another: the one whose replacement
lowers the score most, then the one that lowers it most beside the first, until little of the excess is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.usertable.model import Model
from bench.usertable.own_words import closest_prototype, reconstruction, residuals
from bench.usertable.schema import Column

#: Usual rows whose values stand in for a column's.
NEIGHBOURS = 20
#: At most so many columns are named for a row.
MOST_CAUSES = 5
#: A further column must take away at least this share of what the row scores above the usual rows' median.
LEAST_SHARE = 0.1
#: At most so many columns are named that the method's reconstruction misses by more than it usually does.
MOST_RESIDUALS = 3
#: Differences beyond so many spreads count as much as this one, so that one wild value does not choose the neighbours.
FARTHEST = 3.0


@dataclass(frozen=True)
class Cause:
    """A column that makes a row anomalous.

    Attributes
    ----------
    column : str
    value : str
        Of the row.
    usual : str
        The 5% to 95% range over the unlabelled training rows, or the most frequent categories of usual rows.
    score_before, score_after : float
        Mean score with the columns named before replaced, and with this one replaced too.
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
    prototype: str = ""
    reconstruction: str = ""


def explain(model: Model, row: np.ndarray) -> tuple[Cause, ...]:
    """Name the columns that make a row anomalous, the weightiest first.

    Parameters
    ----------
    model : Model
    row : (d,) float64
        As the detector sees it (``bench.usertable.encode``).

    Returns
    -------
    tuple of Cause
        Empty for a row that scores no higher than the usual rows' median.
    """
    usual = model.usual_rows
    current = float(model.detector.decision_function(row[None])[0])
    excess = current - float(np.median(model.detector.decision_function(usual)))
    apart = _distances(model, row)
    prototype, rebuilt = closest_prototype(model, row), reconstruction(model, row)
    replaced: list[int] = []
    causes: list[Cause] = []
    while len(causes) < min(MOST_CAUSES, len(model.schema.columns)) and excess > 0:
        free = [c for c in range(len(model.schema.columns)) if c not in replaced]
        after = _scores_without(model, row, apart, replaced, free)
        best = int(np.argmin(after))
        if current - after[best] < LEAST_SHARE * excess:
            break
        column, span = model.schema.columns[free[best]], model.schema.slices[free[best]]
        causes.append(
            Cause(
                column=column.name,
                value=shown(column, row[span]),
                usual=_usual(column, usual[:, span]),
                score_before=current,
                score_after=float(after[best]),
                prototype="" if prototype is None else shown(column, prototype[span]),
                reconstruction="" if rebuilt is None else shown(column, rebuilt[span]),
            )
        )
        replaced.append(free[best])
        current = float(after[best])
    return tuple(causes)


def sentence(cause: Cause) -> str:
    """A cause in words."""
    like = f", closest prototype {cause.prototype}" if cause.prototype else ""
    like += f", reconstructed as {cause.reconstruction}" if cause.reconstruction else ""
    return (
        f"{cause.column} = {cause.value} (usual: {cause.usual}{like}): "
        f"score {cause.score_before:.4g} -> {cause.score_after:.4g} without it"
    )


def reconstruction_sentence(model: Model, row: np.ndarray) -> str:
    """The columns that the method's reconstruction misses by more than in 95% of usual rows; "" if it has none."""
    rebuilt = reconstruction(model, row)
    if rebuilt is None:
        return ""
    told = []
    for residual in residuals(model, row)[:MOST_RESIDUALS]:
        column, span = model.schema.columns[residual.column], model.schema.slices[residual.column]
        if residual.times > 1:
            values = f"{shown(column, row[span])}, reconstructed as {shown(column, rebuilt[span])}"
            told.append(f"{column.name} by {residual.size:.4g} ({values}; usually below {residual.usual:.4g})")
    return f"the reconstruction of {model.method} misses {', '.join(told) if told else 'no column more than usual'}"


def shown(column: Column, values: np.ndarray) -> str:
    """A column's value as its user writes it; of a mean of categories the most frequent."""
    if column.content == "category":
        most = int(np.argmax(values))
        return (column.categories[most] or "missing") if values[most] > 0 else "a value the model does not know"
    if column.content == "boolean" and values[0] in (0.0, 1.0):
        return "true" if values[0] else "false"
    return f"{values[0]:.6g}"


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


def _usual(column: Column, values: np.ndarray) -> str:
    if column.content == "number":
        return f"{column.low:.6g} to {column.high:.6g}"
    if column.content == "boolean":
        return f"true in {100 * values.mean():.0f}% of rows"
    shares = values.mean(axis=0)
    most = np.argsort(-shares, kind="stable")[:3]
    return ", ".join(f"{column.categories[i] or 'missing'} {100 * shares[i]:.0f}%" for i in most if shares[i] > 0)
