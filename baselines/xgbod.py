"""XGBOD: unsupervised scores as further features of boosted trees (Zhao, Hryniewicki, IJCNN 2018)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import copy
from typing import Any, ClassVar, Self

import numpy as np
from pyod.models.base import BaseDetector
from pyod.models.xgbod import XGBOD as Pooled
from sklearn.base import clone
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted

from baselines.isolation import isolated
from baselines.supervised import checked
from replicas.constraints import COUNT, POSITIVE, Constraints
from replicas.contract import Contract


class XGBOD(Contract, BaseDetector):
    """Boosted trees on [x, s_1(x), ..., s_41(x)], where the s_i are scores of unsupervised detectors.

    PyOD's default pool: kNN and LOF with 1 to 50 neighbours, HBOS with 5 to 50 bins, OCSVM with nu 0.01
    to 0.99, isolation forests of 10 to 200 trees; then XGBoost with 100 trees of depth 3.
    Score = P(y = 1 | x, s(x)).

    Parameters
    ----------
    n_estimators, max_depth : int
    learning_rate : float
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: PyOD's implementation, as ADBench uses it: fitted on the min-max scaled training rows with
    unlabelled rows as normal; the pool does not see the labels. Its eleven OCSVMs cost time that grows
    with the square of the rows.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_estimators": COUNT,
        "max_depth": COUNT,
        "learning_rate": POSITIVE,
    }

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int = 3,
        learning_rate: float = 0.1,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows."""
        self.__dict__.update(vars(self.fit_labellings(X, [y])[0]))
        return self

    def fit_labellings(self, X: Any, ys: Sequence[Any]) -> list[Self]:
        """Fit a detector for each y on the same rows, the pool once: each the same bits as if it were fitted alone.

        Parameters
        ----------
        X : (n, d) array or frame
        ys : sequence of (n,) of 0 and 1

        Returns
        -------
        list of fitted detectors with this one's parameters, in the order given
        """
        targets = []
        for y in ys:
            array, target = checked(self, X, y)
            targets.append(target)
        self.scaler_ = MinMaxScaler().fit(array)
        with isolated("fit", self.random_state), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "y should not be presented in unsupervised learning")
            first = Pooled(
                max_depth=self.max_depth,
                learning_rate=self.learning_rate,
                n_estimators=self.n_estimators,
                random_state=self.random_state,
                verbosity=0,
            ).fit(self.scaler_.transform(array), targets[0])
            pooled = [first, *(_labelled_otherwise(first, target) for target in targets[1:])]
        return [self._of(detector) for detector in pooled]

    def decision_function(self, X: Any) -> np.ndarray:
        """P(anomaly | x), (n,)."""
        check_is_fitted(self, "detector_")
        return self.decision_function_labellings([self], X)[0]

    def decision_function_labellings(self, detectors: Sequence[Self], X: Any) -> list[np.ndarray]:
        """Scores (n,) of the same rows by each of ``fit_labellings``' detectors, which have one pool."""
        first = detectors[0]
        scaled = first.scaler_.transform(first._rows_to_score(X))
        with isolated("score", self.random_state):
            seen = np.concatenate([scaled, first.detector_._generate_new_features(scaled)], axis=1)
        return [np.asarray(each.detector_.clf_.predict_proba(seen)[:, 1], dtype=np.float64) for each in detectors]

    def _of(self, pooled: Pooled) -> Self:
        fitted = copy(self)
        fitted.detector_ = pooled
        fitted.decision_scores_ = np.asarray(pooled.decision_scores_, dtype=np.float64)
        fitted._set_n_classes(None)
        fitted._process_decision_scores()
        return fitted


def _labelled_otherwise(pooled: Pooled, target: np.ndarray) -> Pooled:
    """The same pool with boosted trees of other labels."""
    other = copy(pooled)
    other._set_n_classes(target)
    other.clf_ = clone(pooled.clf_).fit(pooled.X_train_new_, target)
    other.decision_scores_ = other.clf_.predict_proba(other.X_train_new_)[:, 1]
    other.labels_ = other.clf_.predict(other.X_train_new_).ravel()
    return other
