"""Held-out labelled anomalies, ranked fold by fold among unlabelled rows that the method has not seen either."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.execution.fitting import blind, settle_shared_streams
from bench.methods import create, get
from bench.types import Split
from bench.usertable.selection import WeakLabelKFold

#: Folds, where there are as many labelled anomalies.
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Evidence:
    """How a method ranks the labelled anomalies that it was not fitted on.

    Attributes
    ----------
    method : str
    above : (l,) float64
        For each labelled anomaly, in the table's order, the share of its fold's unlabelled rows with a higher score;
        equal scores count half. 0 = above all of them. NaN does not occur.
    seconds : float
        Of all fits and scores.
    """

    method: str
    above: np.ndarray
    seconds: float


def folds(X: np.ndarray, y: np.ndarray, seed: int = 0) -> list[Split]:
    """The table cut into folds: each holds out some labelled anomalies and the same share of unlabelled rows.

    Parameters
    ----------
    X : (n, d)
    y : (n,) of 1 (labelled anomaly) and 0 (unlabelled), at least two of each
    seed : int
        Deals the rows.

    Returns
    -------
    list of Split
        ``y_test`` is 1 for a held-out labelled anomaly and 0 for an unlabelled row: no truth.
    """
    number = min(FOLDS, int(y.sum()), int((y == 0).sum()))
    return [
        Split(X=X, train=train, y_train=y[train], test=test, y_test=y[test], truth_train=y[train])
        for train, test in WeakLabelKFold(number, random_state=seed).split(X, y)
    ]


def hold_out(method: str, cut: Sequence[Split], seed: int = 0, params: Mapping[str, Any] | None = None) -> Evidence:
    """Fit a method on every fold and rank the labelled anomalies held out.

    Parameters
    ----------
    method : str
    cut : sequence of Split
        From ``folds``: every labelled anomaly is in one test part.
    seed : int
    params : mapping, optional
        The method's own parameters.

    Returns
    -------
    Evidence

    Raises
    ------
    ValueError
        The method cannot learn from a fold, or gives a row no finite score.
    """
    start = time.perf_counter()
    scores = fit_and_score(method, cut, seed, params)
    seconds = time.perf_counter() - start
    if not all(np.isfinite(values).all() for values in scores):
        raise ValueError("it gives rows no finite score")
    rows = np.concatenate([split.test[split.y_test == 1] for split in cut])
    above = np.concatenate([share_above(values, split.y_test) for values, split in zip(scores, cut, strict=True)])
    return Evidence(method, above[np.argsort(rows)], seconds)


def fit_and_score(
    method: str, splits: Sequence[Split], seed: int, params: Mapping[str, Any] | None = None
) -> list[np.ndarray]:
    """Scores of each split's test rows by the method fitted on its training rows; replicated methods fit together."""
    spec, given = get(method), dict(params or {})
    if spec.replicated:
        first = create(method, seed, **given)
        fitted = first.fit_replicas([blind(split, spec) for split in splits], [seed] * len(splits))
        scores: list[np.ndarray] = first.decision_function_replicas(fitted, [split.X_test for split in splits])
        return scores
    scores = []
    for split in splits:
        detector = create(method, seed, **given)
        settle_shared_streams(f"fold of {len(split.train)} rows", method, seed)
        detector.fit(split.X_train, split.y_train)
        scores.append(np.asarray(detector.decision_function(split.X_test), dtype=np.float64))
    return scores


def share_above(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """For each row with y = 1 the share of rows with y = 0 that score higher, equal scores counting half."""
    others = np.sort(scores[y == 0])
    mine = scores[y == 1]
    higher = len(others) - np.searchsorted(others, mine, side="right")
    equal = len(others) - higher - np.searchsorted(others, mine, side="left")
    return np.asarray((higher + 0.5 * equal) / len(others))
