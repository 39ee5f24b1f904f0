"""Supervised classifiers as detectors: unlabelled rows count as normal, the score is P(anomaly)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from pyod.models.base import BaseDetector
from sklearn import ensemble, linear_model, neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted

from baselines.isolation import isolated
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, WIDTHS, Constraints, one_of
from replicas.contract import Contract


class ClassifierDetector(Contract, BaseDetector):
    """Base of classifiers as detectors: labelled anomalies against all other rows; the score is P(anomaly)."""

    random_state: int
    model_: Any

    def decision_function(self, X: Any) -> np.ndarray:
        """P(anomaly | x), (n,)."""
        check_is_fitted(self, "model_")
        array = self._rows_to_score(X)
        with isolated("score", self.random_state):
            return probability(self.model_, array)

    def _fit_classifier(
        self, model: Any, X: Any, y: Any, choose: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> Self:
        """Check the input, fit ``model`` on it as ``model_`` and set PyOD's fitted attributes.

        ``choose`` gets the labels and returns the numbers of the rows to fit on; None takes all.

        Raises
        ------
        ValueError
            Unfit data, or only one class in y.
        """
        array, target = checked(self, X, y)
        if choose is not None:
            rows = choose(target)
            array, target = array[rows], target[rows]
        with isolated("fit", self.random_state), warnings.catch_warnings():
            # a fixed number of iterations is part of these methods' settings
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model_ = model.fit(array, target)
            self.decision_scores_ = probability(self.model_, array)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self


class LogisticRegressionDetector(ClassifierDetector):
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
    random_state : int
        Unused by the solver (lbfgs is deterministic); taken so that every method is made alike.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "C": POSITIVE,
        "class_weight": [*one_of("balanced"), None],
        "max_iter": COUNT,
    }

    def __init__(
        self,
        C: float = 1.0,
        class_weight: str | None = "balanced",
        max_iter: int = 1000,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.C = C
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows."""
        model = linear_model.LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=self.max_iter)
        return self._fit_classifier(make_pipeline(MinMaxScaler(), model), X, y)


class RandomForestDetector(ClassifierDetector):
    """Random forest, scikit-learn's defaults (100 trees, no class weights, as ADBench runs it).

    Parameters
    ----------
    n_estimators : int
    class_weight : str or None
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_estimators": COUNT,
        "class_weight": [*one_of("balanced", "balanced_subsample"), None],
    }

    def __init__(
        self,
        n_estimators: int = 100,
        class_weight: str | None = None,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_estimators = n_estimators
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows."""
        model = ensemble.RandomForestClassifier(
            self.n_estimators, class_weight=self.class_weight, random_state=self.random_state, n_jobs=1
        )
        return self._fit_classifier(model, X, y)


class ExtraTreesDetector(ClassifierDetector):
    """Extremely randomised trees, scikit-learn's defaults (100 trees, every row in every tree).

    Parameters
    ----------
    n_estimators : int
    class_weight : str or None
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_estimators": COUNT,
        "class_weight": [*one_of("balanced", "balanced_subsample"), None],
    }

    def __init__(
        self,
        n_estimators: int = 100,
        class_weight: str | None = None,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_estimators = n_estimators
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows."""
        model = ensemble.ExtraTreesClassifier(
            self.n_estimators, class_weight=self.class_weight, random_state=self.random_state, n_jobs=1
        )
        return self._fit_classifier(model, X, y)


class MLPDetector(ClassifierDetector):
    """Multi-layer perceptron on min-max scaled features, scikit-learn's defaults (as ADBench runs it).

    P(y = 1 | x) = sigmoid(w.relu(W x + b) + c), cross-entropy with L2 penalty, Adam, batches of 200.

    Parameters
    ----------
    hidden_dims : tuple of int
        Widths of the hidden layers.
    max_iter : int
        Epochs at the most; training stops earlier when the loss stands still for ten.
    lr, alpha : float
        Adam's learning rate and the strength of the L2 penalty.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_dims": WIDTHS,
        "max_iter": COUNT,
        "lr": POSITIVE,
        "alpha": NOT_NEGATIVE,
    }

    def __init__(
        self,
        hidden_dims: tuple[int, ...] = (100,),
        max_iter: int = 200,
        lr: float = 1e-3,
        alpha: float = 1e-4,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.hidden_dims = hidden_dims
        self.max_iter = max_iter
        self.lr = lr
        self.alpha = alpha
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows."""
        model = neural_network.MLPClassifier(
            tuple(self.hidden_dims),
            max_iter=self.max_iter,
            learning_rate_init=self.lr,
            alpha=self.alpha,
            random_state=self.random_state,
        )
        return self._fit_classifier(make_pipeline(MinMaxScaler(), model), X, y)


def checked(detector: Any, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Training rows (n, d) float32 and labels (n,) int8 of both classes; remembers width and names.

    Raises
    ------
    ValueError
        Unfit data, or only one class in y.
    """
    array, target = detector._training_rows(X, y)
    if target.min() == target.max():
        raise ValueError(
            f"{type(detector).__name__} needs both labelled anomalies (1) and unlabelled rows (0) in y, "
            f"got only {int(target[0])}"
        )
    return array, target


def probability(model: Any, array: np.ndarray) -> np.ndarray:
    """P(anomaly | x) of a fitted classifier, (n,) float64."""
    return np.asarray(model.predict_proba(array)[:, 1], dtype=np.float64)
