"""Evidence and reference joined into one estimate per method, and what may be said of it.

A method's merit on the user's table is its average precision minus the mean over the methods compared. The reference
expects p; the held-out labelled anomalies say ``SLOPE * e``, where e is the method's mean of ``placing`` minus that of
all methods. With l labelled anomalies the estimate is

    (l SLOPE e + LABELS_WORTH p) / (l + LABELS_WORTH)

so the reference weighs as much as LABELS_WORTH labelled anomalies, and ever less the more there are. SLOPE,
LABELS_WORTH and HALF were fitted on the development halves of ADBench and OddBench (results/reference/pick/README.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.picking.prior import Prior
from bench.usertable.held_out import Evidence
from reproducibility.streams import generator

#: Average precision per unit of ``placing``; the reference's weight in labelled anomalies; see above.
SLOPE, LABELS_WORTH, HALF = 1.5, 5.5, 0.1
#: Methods whose estimates differ by less are as good as each other.
MARGIN = 0.02
DRAWS, LEVEL = 2000, 0.95
#: Fewer anomalies than this are too few to resample.
FEW = 10


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Judged:
    """A method as evidence and reference see it.

    Attributes
    ----------
    method : str
    merit : float
        The joined estimate, in average precision around the mean of the methods compared.
    behind : Interval
        How much more merit the best one has.
    ranking : Interval or None
        Mode few: mean share of unlabelled rows that a held-out labelled anomaly scores above (AUC-ROC against
        unlabelled rows). Mode known: average precision against the truth.
    recall : Interval or None
        Share of the anomalies (mode few: of those held out) within the alert budget.
    expected : float
        p, what the reference expects; NaN where it does not have the method (which then counts as the mean).
    seconds : float
        Rough cost of a fit on the whole table.
    """

    method: str
    merit: float
    behind: Interval
    ranking: Interval | None
    recall: Interval | None
    expected: float
    seconds: float


def placing(above: np.ndarray) -> np.ndarray:
    """Worth of a labelled anomaly's place: 1 at the very top, a half where a share HALF of the rows is above it."""
    return np.asarray(HALF / (above + HALF))


def weight(labels: int) -> float:
    """Weight of the evidence in the estimate, in [0, 1); the rest is the reference's."""
    return labels / (labels + LABELS_WORTH)


def join(
    evidence: Sequence[Evidence], reference: Prior, seconds: Sequence[float], alert_rate: float
) -> tuple[Judged, ...]:
    """Judge methods by their evidence and the reference, the best first.

    Parameters
    ----------
    evidence : sequence of Evidence
        Of the reference's methods in its order, over the same labelled anomalies; their places are empty where there is
        one labelled anomaly, which cannot be held out.
    reference : Prior
    seconds : sequence of float
        Rough cost of each method.
    alert_rate : float
        Share of rows that are looked at.

    Returns
    -------
    tuple of Judged
    """
    above = np.stack([item.above for item in evidence])
    labels = above.shape[1]
    share = weight(labels)
    expected = np.nan_to_num(reference.strength, nan=0.0)
    worth = placing(above)
    stream = generator("picking", labels)
    if labels:
        resampled = stream.multinomial(labels, np.full(labels, 1 / labels), DRAWS) / labels
    else:
        resampled = np.zeros((DRAWS, 0))
    merit = _merit(worth.mean(axis=1) if labels else np.zeros(len(worth)), expected, share)
    drawn = np.stack([_merit(worth @ draw, expected, share) for draw in resampled])
    best = int(np.argmax(merit))
    # What neither says: tables differ from the reference's, the less the labels say the more.
    unknown = np.sqrt(2 * (1 - share)) * np.nan_to_num(reference.spread) * stream.standard_normal(DRAWS)
    judged = []
    for i, method in enumerate(reference.methods):
        behind = drawn[:, best] - drawn[:, i] + (0 if i == best else unknown)
        judged.append(
            Judged(
                method=method,
                merit=float(merit[i]),
                behind=_quantiles(float(merit[best] - merit[i]), behind),
                ranking=_mean_share(1 - above[i], resampled) if labels else None,
                recall=exact(float((above[i] < alert_rate).mean()), labels) if labels else None,
                expected=float(reference.strength[i]),
                seconds=float(seconds[i]),
            )
        )
    return tuple(sorted(judged, key=lambda item: -item.merit))


def equals(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """Methods as good as the best one: less than MARGIN behind, perhaps not behind at all. The cheapest first."""
    near = [candidate for candidate in judged if candidate.behind.value < MARGIN and candidate.behind.low <= 0.0]
    return tuple(sorted(near, key=lambda candidate: candidate.seconds))


def undecided(judged: Sequence[Judged], choice: Judged) -> tuple[Judged, ...]:
    """Methods other than the choice that may be as good as the best or better: their interval holds 0."""
    return tuple(candidate for candidate in judged if candidate is not choice and candidate.behind.low <= 0.0)


def exact(share: float, count: int) -> Interval:
    """A share of so many cases with Clopper and Pearson's interval: 3 of 3 is not sure to be all."""
    from scipy.stats import beta

    hits = share * count
    low = float(beta.ppf((1 - LEVEL) / 2, hits, count - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf((1 + LEVEL) / 2, hits + 1, count - hits)) if hits < count else 1.0
    return Interval(share, low, high)


def _mean_share(shares: np.ndarray, resampled: np.ndarray) -> Interval:
    """Bootstrap over the anomalies; of a few, whose resampling shows too little, the exact interval of a share."""
    if len(shares) < FEW:
        return exact(float(shares.mean()), len(shares))
    return _quantiles(float(shares.mean()), resampled @ shares)


def _merit(placed: np.ndarray, expected: np.ndarray, share: float) -> np.ndarray:
    return np.asarray(share * SLOPE * (placed - placed.mean()) + (1 - share) * expected)


def _quantiles(value: float, draws: np.ndarray) -> Interval:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))
