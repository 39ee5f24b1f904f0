"""PyOD's unsupervised detectors with our checks of input and a seed; labels are ignored."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any, ClassVar, Self

import numpy as np
from pyod.models.base import BaseDetector
from sklearn.utils.validation import check_is_fitted

from baselines.isolation import isolated
from replicas.constraints import FLAG, Constraints
from replicas.contract import Contract

#: What a detector is told where it has such a parameter, unless the card or suite says otherwise.
QUIET = {"verbose": 0, "device": "cpu"}
#: Detectors that fail or score infinity on some tables: ``baselines.degenerate`` has them without that.
UNFILLED = ("pyod.models.pca:PCA", "pyod.models.cblof:CBLOF", "pyod.models.knn:KNN")


class Unsupervised(Contract, BaseDetector):
    """A PyOD detector by dotted path, fitted on the training rows without their labels.

    Parameters
    ----------
    path : str
        ``"pyod.models.iforest:IForest"``.
    scale : bool
        Min-max scale on the training rows first, as ADBench does.
    drop_constant : bool
        Leave out columns that are constant over the training rows (PyOD's PCA divides by their variance).
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int
        Passed on where the detector takes one; the process-wide streams that other
        detectors draw from are set by it for the time of the call.
    **options
        The detector's own parameters; PyOD's defaults otherwise.

    Notes
    -----
    Source: the PyOD package as installed; its version is in every run's provenance. PCA, CBLOF and KNN
    are PyOD's own only where those work, see ``baselines.degenerate``; networks of PyOD drop a last partial batch, so
    fewer rows than a batch make one batch.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "path": [str],
        "scale": FLAG,
        "drop_constant": FLAG,
    }

    def __init__(
        self,
        path: str,
        scale: bool = False,
        drop_constant: bool = False,
        contamination: float = 0.1,
        random_state: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(contamination=contamination)
        self.path = path
        self.scale = scale
        self.drop_constant = drop_constant
        self.random_state = random_state
        self.options = options
        unknown = [name for name in options if name not in self._takes()]
        if unknown:
            raise TypeError(f"{path} has no parameter {unknown[0]!r}; it has: {', '.join(self._takes())}")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Own parameters and the detector's."""
        return {**super().get_params(deep), **self.options}

    def set_params(self, **params: Any) -> Self:
        """Set own parameters and the detector's."""
        self.__init__(**{**self.get_params(), **params})  # type: ignore[misc]
        return self

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X; y is checked and then ignored."""
        array, _ = self._training_rows(X, y)
        self.columns_ = _varying(array) if self.drop_constant else np.arange(array.shape[1])
        self.low_, self.gain_ = _scaling(array, self.scale)
        with isolated("fit", self.random_state):
            self.detector_ = self._factory()(**self._arguments(len(array))).fit(self._seen(array))
        self.decision_scores_ = np.asarray(self.detector_.decision_scores_, dtype=np.float64)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """The detector's anomaly score, (n,)."""
        check_is_fitted(self, "detector_")
        array = self._rows_to_score(X)
        with isolated("score", self.random_state):
            scores = self.detector_.decision_function(self._seen(array))
        return np.asarray(scores, dtype=np.float64).reshape(-1)

    def _seen(self, array: np.ndarray) -> np.ndarray:
        """What the detector is given of the rows: a contiguous copy, as some write into their input."""
        return np.ascontiguousarray(((array - self.low_) * self.gain_)[:, self.columns_])

    def _factory(self) -> Any:
        module, _, name = self.path.partition(":")
        # imported here, since it takes the detectors' libraries
        if self.path in UNFILLED:
            from baselines import degenerate

            return getattr(degenerate, name)
        return getattr(import_module(module), name)

    def _takes(self) -> list[str]:
        return list(inspect.signature(self._factory()).parameters)

    def _arguments(self, rows: int) -> dict[str, Any]:
        given = {**QUIET, "random_state": self.random_state, "n_features": len(self.columns_)}
        own = {name: value for name, value in given.items() if name in self._takes()}
        return {**own, "contamination": self.contamination, **self.options, **self._whole_batch(rows)}

    def _whole_batch(self, rows: int) -> dict[str, int]:
        """PyOD's networks drop a batch that is not full: fewer rows than one make a batch of their own."""
        if "BaseDeepLearningDetector" not in [base.__name__ for base in self._factory().__mro__]:
            return {}
        size = self.options.get("batch_size", inspect.signature(self._factory()).parameters["batch_size"].default)
        return {"batch_size": rows} if rows < size else {}


def _varying(array: np.ndarray) -> np.ndarray:
    """Columns that are not constant; all if every one is."""
    columns = np.flatnonzero(array.min(axis=0) < array.max(axis=0))
    return columns if len(columns) else np.arange(array.shape[1])


def _scaling(array: np.ndarray, scale: bool) -> tuple[np.ndarray, np.ndarray]:
    if not scale:
        return np.zeros(array.shape[1], array.dtype), np.ones(array.shape[1], array.dtype)
    low, high = array.min(axis=0), array.max(axis=0)
    return low, 1.0 / np.where(high > low, high - low, 1.0)
