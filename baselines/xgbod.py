"""XGBOD: unsupervised scores as further features of boosted trees (Zhao, Hryniewicki, IJCNN 2018)."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np
from pyod.models.base import BaseDetector
from pyod.models.xgbod import XGBOD as Pooled
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
        array, target = checked(self, X, y)
        self.scaler_ = MinMaxScaler().fit(array)
        with isolated("fit", self.random_state), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "y should not be presented in unsupervised learning")
            self.detector_ = Pooled(
                max_depth=self.max_depth,
                learning_rate=self.learning_rate,
                n_estimators=self.n_estimators,
                random_state=self.random_state,
                verbosity=0,
            ).fit(self.scaler_.transform(array), target)
        self.decision_scores_ = np.asarray(self.detector_.decision_scores_, dtype=np.float64)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """P(anomaly | x), (n,)."""
        check_is_fitted(self, "detector_")
        array = self._rows_to_score(X)
        with isolated("score", self.random_state):
            scores = self.detector_.decision_function(self.scaler_.transform(array))
        return np.asarray(scores, dtype=np.float64)
