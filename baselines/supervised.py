"""Supervised classifiers as detectors: unlabelled rows count as normal, the score is P(anomaly)."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pyod.models.base import BaseDetector
from sklearn import ensemble, linear_model
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted

from replicas import inputs


class LogisticRegression(BaseDetector):
    """Balanced logistic regression on min-max scaled features.

    P(y = 1 | x) = sigmoid(w.x + b), L2-penalised, classes weighted to equal shares.

    Parameters
    ----------
    C : float
        Inverse strength of the L2 penalty (scikit-learn's default 1).
    class_weight : str or None
    max_iter : int
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    seed : int
        Unused by the solver (lbfgs is deterministic); taken so that every method is made alike.
    """

    def __init__(
        self,
        C: float = 1.0,
        class_weight: str | None = "balanced",
        max_iter: int = 1000,
        contamination: float = 0.1,
        seed: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.C = C
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.seed = seed

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows."""
        model = linear_model.LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=self.max_iter)
        return fit_classifier(self, make_pipeline(MinMaxScaler(), model), X, y)

    def decision_function(self, X: Any) -> np.ndarray:
        """P(anomaly | x), (n,)."""
        return score_classifier(self, X)


class RandomForest(BaseDetector):
    """Random forest, scikit-learn's defaults (100 trees, no class weights, as ADBench runs it).

    Parameters
    ----------
    n_estimators : int
    class_weight : str or None
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    seed : int
    """

    def __init__(
        self,
        n_estimators: int = 100,
        class_weight: str | None = None,
        contamination: float = 0.1,
        seed: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_estimators = n_estimators
        self.class_weight = class_weight
        self.seed = seed

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows."""
        model = ensemble.RandomForestClassifier(
            self.n_estimators, class_weight=self.class_weight, random_state=self.seed, n_jobs=1
        )
        return fit_classifier(self, model, X, y)

    def decision_function(self, X: Any) -> np.ndarray:
        """P(anomaly | x), (n,)."""
        return score_classifier(self, X)


def fit_classifier(detector: Any, model: Any | Pipeline, X: Any, y: Any) -> Any:
    """Check the input, fit ``model`` on it as ``detector.model_`` and set PyOD's fitted attributes.

    Raises
    ------
    ValueError
        Unfit data, or only one class in y.
    """
    array, names = inputs.features(X)
    target = inputs.labels(y, len(array))
    if target.min() == target.max():
        raise ValueError(
            f"{type(detector).__name__} needs both labelled anomalies (1) and unlabelled rows (0) in y, "
            f"got only {int(target[0])}"
        )
    detector.n_features_in_ = array.shape[1]
    if names is not None:
        detector.feature_names_in_ = names
    detector.model_ = model.fit(array, target)
    detector.decision_scores_ = detector.model_.predict_proba(array)[:, 1]
    detector._set_n_classes(None)
    return detector._process_decision_scores()


def score_classifier(detector: Any, X: Any) -> np.ndarray:
    """P(anomaly | x) of the fitted ``detector.model_``, (n,) float64."""
    check_is_fitted(detector, "model_")
    array, _ = inputs.features(X)
    inputs.same_width(array, detector.n_features_in_)
    return np.asarray(detector.model_.predict_proba(array)[:, 1], dtype=np.float64)
