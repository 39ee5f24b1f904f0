"""PyOD's unsupervised detectors with our checks of input and a seed; labels are ignored."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any, Self

import numpy as np
from pyod.models.base import BaseDetector
from sklearn.utils.validation import check_is_fitted

from replicas import inputs


class Unsupervised(BaseDetector):
    """A PyOD detector by dotted path, fitted on the training rows without their labels.

    Parameters
    ----------
    path : str
        ``"pyod.models.iforest:IForest"``.
    options : dict or None
        Its constructor's parameters; PyOD's defaults otherwise.
    scale : bool
        Min-max scale on the training rows first.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    seed : int
        Passed as ``random_state`` where the detector takes one.

    Notes
    -----
    Source: the PyOD package as installed; its version is in every run's provenance.
    """

    def __init__(
        self,
        path: str,
        options: dict[str, Any] | None = None,
        scale: bool = False,
        contamination: float = 0.1,
        seed: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.path = path
        self.options = options
        self.scale = scale
        self.seed = seed

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X; y is checked and then ignored."""
        array, names = inputs.features(X)
        inputs.labels(y, len(array))
        self.n_features_in_ = array.shape[1]
        if names is not None:
            self.feature_names_in_ = names
        self.low_, self.gain_ = _scaling(array, self.scale)
        self.detector_ = self._make().fit((array - self.low_) * self.gain_)
        self.decision_scores_ = np.asarray(self.detector_.decision_scores_, dtype=np.float64)
        self._set_n_classes(None)
        return self._process_decision_scores()

    def decision_function(self, X: Any) -> np.ndarray:
        """The detector's anomaly score, (n,)."""
        check_is_fitted(self, "detector_")
        array, _ = inputs.features(X)
        inputs.same_width(array, self.n_features_in_)
        return np.asarray(self.detector_.decision_function((array - self.low_) * self.gain_), dtype=np.float64)

    def _make(self) -> Any:
        module, _, name = self.path.partition(":")
        factory = getattr(import_module(module), name)
        taken = inspect.signature(factory).parameters
        options = dict(self.options or {}, contamination=self.contamination)
        if "random_state" in taken:
            options["random_state"] = self.seed
        return factory(**options)


def _scaling(array: np.ndarray, scale: bool) -> tuple[np.ndarray, np.ndarray]:
    if not scale:
        return np.zeros(array.shape[1], array.dtype), np.ones(array.shape[1], array.dtype)
    low, high = array.min(axis=0), array.max(axis=0)
    return low, 1.0 / np.where(high > low, high - low, 1.0)
