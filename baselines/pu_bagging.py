"""Positive-unlabelled bagging (Mordelet, Vert, Pattern Recognition Letters 2014) with extremely random trees."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Self

import numpy as np
from pyod.models.base import BaseDetector
from sklearn.utils.validation import check_is_fitted

from baselines.supervised import checked
from replicas import inputs
from replicas.bagging import bagged_trees
from replicas.streams import generator
from replicas.tree_scores import mean_value
from replicas.trees import Trees


class PUBagging(BaseDetector):
    """Bagged classifiers of the labelled anomalies against small random draws of the unlabelled rows.

    p(x) = mean over t of tree_t(x), each tree fully grown on all labelled anomalies and its own draw of unlabelled
    rows, both with the same total weight. A small draw seldom holds an anomaly nobody has labelled.

    Parameters
    ----------
    n_estimators : int
        Trees.
    max_samples : int or None
        Unlabelled rows of each tree's draw; None = max(16, 2 x labelled anomalies).
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Deviations from the source: extremely random trees (Geurts, Ernst, Wehenkel 2006, sqrt(d) features a node) in the
    place of SVMs; more unlabelled than labelled rows in a draw, without replacement; training rows are scored by all
    trees, like any other row.
    """

    trees_: Trees

    def __init__(
        self,
        n_estimators: int = 200,
        max_samples: int | None = None,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows.

        Raises
        ------
        ValueError
            Unfit data, only one class in y, or a parameter out of its range.
        """
        for name, value in (("n_estimators", self.n_estimators), ("max_samples", self.max_samples)):
            if name == "max_samples" and value is None:
                continue
            if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < 1:
                raise ValueError(f"PUBagging: {name} must be a whole number of at least 1, got {value!r}")
        array, target = checked(self, X, y)
        stream = generator("pu-bagging", "trees", self.random_state)
        labelled, unlabelled = np.flatnonzero(target == 1), np.flatnonzero(target == 0)
        self.trees_ = bagged_trees(array, labelled, unlabelled, self.n_estimators, stream, self.max_samples)
        self.decision_scores_ = mean_value(self.trees_, array)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Mean probability of being labelled, (n,) float64."""
        check_is_fitted(self, "trees_")
        array, _ = inputs.features(X)
        inputs.same_width(array, self.n_features_in_)
        return mean_value(self.trees_, array)
