"""The detector: PyOD's contract, nothing of MNP-Bench is imported."""

from __future__ import annotations

import numpy as np
from pyod.models.base import BaseDetector
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted


class NearestAnomaly(BaseDetector):
    """Distance to the usual rows, less the distance to the nearest labelled anomaly.

    Parameters
    ----------
    n_neighbors : int, default 2
        Unlabelled rows whose mean distance counts.
    contamination : float, default 0.1
        PyOD's: share of training rows above ``threshold_``.
    """

    def __init__(self, n_neighbors: int = 2, contamination: float = 0.1) -> None:
        super().__init__(contamination=contamination)
        self.n_neighbors = n_neighbors

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> NearestAnomaly:
        """Keep the training rows; y is 1 for labelled anomalies and 0 for unlabelled rows."""
        if y is None or not np.any(y == 1):
            raise ValueError("NearestAnomaly needs labelled anomalies (y == 1), got none")
        self._set_n_classes(None)
        self.scaler_ = MinMaxScaler().fit(X)
        rows = self.scaler_.transform(X)
        self.usual_ = NearestNeighbors(n_neighbors=self.n_neighbors).fit(rows[y == 0])
        self.known_ = NearestNeighbors(n_neighbors=1).fit(rows[y == 1])
        self.decision_scores_ = self.decision_function(X)
        self._process_decision_scores()
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """One score a row; higher means more anomalous."""
        check_is_fitted(self, "known_")
        rows = self.scaler_.transform(X)
        far: np.ndarray = self.usual_.kneighbors(rows)[0].mean(axis=1) - self.known_.kneighbors(rows)[0][:, 0]
        return far
