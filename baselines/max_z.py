"""The floor of a benchmark: how many standard deviations the most unusual feature lies from its mean."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from pyod.models.base import BaseDetector
from sklearn.utils.validation import check_is_fitted

from replicas.constraints import Constraints
from replicas.contract import Contract


class MaxZ(Contract, BaseDetector):
    """Largest absolute z-score over the features: s(x) = max_j |x_j - mean_j| / std_j, labels ignored.

    Parameters
    ----------
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int
        Unused, as nothing is random; taken so that every method is made alike.

    Attributes
    ----------
    columns_ : (k,) int
        Features that vary over the training rows; the others have no z-score and are left out.
    mean_, std_ : (k,) float64
        Over all training rows, labelled anomalies too.

    Notes
    -----
    Source: none, textbook. A method that does not beat it on a dataset has found nothing there but extreme values.
    """

    _parameter_constraints: ClassVar[Constraints] = {}

    def __init__(self, contamination: float = 0.1, random_state: int = 0) -> None:
        super().__init__(contamination=contamination)
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X; y is checked and then ignored."""
        array, _ = self._training_rows(X, y)
        self.columns_ = np.flatnonzero(array.min(axis=0) < array.max(axis=0))
        rows = array[:, self.columns_].astype(np.float64)
        self.mean_, self.std_ = rows.mean(axis=0), rows.std(axis=0)
        self.decision_scores_ = self._largest(array)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Largest absolute z-score, (n,); 0 where no feature varied over the training rows."""
        check_is_fitted(self, "columns_")
        return self._largest(self._rows_to_score(X))

    def _largest(self, array: np.ndarray) -> np.ndarray:
        standard = np.abs(array[:, self.columns_] - self.mean_) / self.std_
        largest: np.ndarray = standard.max(axis=1, initial=0.0)
        return largest
