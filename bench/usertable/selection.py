"""Choosing parameters by scikit-learn with few labels: folds that keep labelled anomalies, and a score for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold


class WeakLabelKFold(StratifiedKFold):  # type: ignore[misc]  # scikit-learn ships no types
    """K folds of rows with few labelled anomalies: every fold holds some to test on, and leaves some to learn from.

    scikit-learn's stratified folds, with what few labels need checked instead of warned about. A fold's test rows are
    never among its training rows, so inside ``GridSearchCV`` a ``Pipeline`` learns nothing of them.

    Parameters
    ----------
    n_splits : int
        At most the number of labelled anomalies.
    shuffle : bool
        Deal the rows at random first; files are often sorted by time or label.
    random_state : int
        Of the shuffle; equal numbers give equal folds.
    """

    def __init__(self, n_splits: int = 5, *, shuffle: bool = True, random_state: int | None = 0) -> None:
        super().__init__(n_splits=n_splits, shuffle=shuffle, random_state=random_state if shuffle else None)

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Training and test row numbers of each fold.

        Parameters
        ----------
        X : (n, d)
        y : (n,) of 1 (labelled anomaly) and 0 (unlabelled)
        groups : ignored

        Raises
        ------
        ValueError
            No labels, others than 0 and 1, or fewer labelled anomalies than folds.
        """
        if y is None:
            raise ValueError("WeakLabelKFold needs y: 1 = labelled anomaly, 0 = unlabelled")
        labels = np.asarray(y)
        if not np.isin(labels, (0, 1)).all():
            raise ValueError("WeakLabelKFold takes y of 1 (labelled anomaly) and 0 (unlabelled) only")
        labelled = int((labels == 1).sum())
        least = min(labelled, len(labels) - labelled)
        if least < self.n_splits:
            which = "labelled anomalies" if labelled == least else "unlabelled rows"
            raise ValueError(
                f"WeakLabelKFold with n_splits={self.n_splits} needs as many {which} for every fold to hold one, got "
                f"{least}; take fewer folds"
            )
        yield from super().split(X, labels.astype(np.int8), groups)


def weak_average_precision(detector: Any, X: Any, y: Any) -> float:
    """Average precision of the labelled anomalies among unlabelled rows: a scorer for ``GridSearchCV(scoring=...)``.

    Parameters
    ----------
    detector : fitted, with ``decision_function``
    X : (n, d)
    y : (n,) of 1 (labelled anomaly) and 0 (unlabelled)

    Returns
    -------
    float
        Too low by the anomalies among the unlabelled rows, for all detectors alike.
    """
    return float(average_precision_score(np.asarray(y).astype(int), detector.decision_function(X)))
