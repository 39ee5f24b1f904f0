"""How many anomalies there are among the unlabelled rows, as far as few labelled ones can tell.

Take the labelled anomalies to be a fair sample of all. Where a threshold lets a share q of the held-out labelled
anomalies pass and a share u of the unlabelled rows, at least the share c q of the unlabelled rows that pass are
anomalies, c being the contamination; so c is at most u / q, and near it where hardly any normal row passes (the best
bin of Garg et al. 2021, "Mixture proportion estimation and PU learning", NeurIPS). The lower end is always 0: without
a normal row that is known, labels cannot tell anomalies among the unlabelled rows from rows like them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Confidence of the upper end.
LEVEL = 0.95
#: Fewer labelled anomalies say nothing.
LEAST_LABELS = 3


@dataclass(frozen=True)
class Contamination:
    """Share of anomalies among the unlabelled rows.

    Attributes
    ----------
    estimate : float
    high : float
        Upper end of the 95% interval, which begins at 0.
    labels : int
        Labelled anomalies it rests on.
    """

    estimate: float
    high: float
    labels: int


def contamination(above: np.ndarray, unlabelled: int) -> Contamination | None:
    """Estimate the contamination from the places of held-out labelled anomalies.

    Parameters
    ----------
    above : (l,) float64
        For each the share of a fold's unlabelled rows with a higher score (``bench.usertable.held_out``).
    unlabelled : int
        Unlabelled rows of a fold.

    Returns
    -------
    Contamination or None
        None with fewer than ``LEAST_LABELS``. The upper end takes Clopper and Pearson's bounds on both shares, at
        each of the thresholds that at least half of the labelled anomalies pass, all at once (Bonferroni).
    """
    from scipy.stats import beta

    labels = len(above)
    if labels < LEAST_LABELS:
        return None
    passing = np.arange(1, labels + 1)
    rows = np.minimum(np.sort(above) * unlabelled + 1, unlabelled)  # those that pass with the anomaly itself
    tried = slice((labels - 1) // 2, None)
    doubt = (1 - LEVEL) / (2 * len(passing[tried]))
    least = beta.ppf(doubt, passing, labels - passing + 1)
    most = np.where(rows < unlabelled, beta.ppf(1 - doubt, rows + 1, np.maximum(unlabelled - rows, 1e-9)), 1.0)
    estimate = float((rows / unlabelled * labels / passing)[tried].min())
    return Contamination(min(1.0, estimate), min(1.0, float((most / least)[tried].min())), labels)


def percent(share: float) -> str:
    """A share in percent to two digits: ``0.35%``, ``2%``, ``100%``."""
    return f"{100 * share:.2g}%" if share < 0.095 else f"{100 * share:.0f}%"


def sentence(expected: Contamination) -> str:
    """The estimate in words."""
    return (
        f"expected contamination of the unlabelled rows: {percent(expected.estimate)} (95% interval 0 to "
        f"{percent(expected.high)}, from {expected.labels} labelled anomalies taken as a fair sample of all)"
    )
