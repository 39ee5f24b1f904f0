"""The contract of a detector of ours: what it checks of its parameters and of every table it is given.

Each begins fit with ``_training_rows`` and scoring with ``_rows_to_score``. Other people's detectors are held to the
same by ``baselines.outside``.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from replicas import constraints, inputs, precision


class Contract:
    """Checks of parameters, columns and precision, shared by all detectors.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : (d,) column names of the training frame; absent when fitted on an array
    single_offset_, single_gain_ : (d,) float64
        Rows become float32 as (x - offset) * gain; absent where float32 holds the training rows as they are.
    """

    #: Of the class's own parameters; those of ``constraints.COMMON`` are added.
    _parameter_constraints: ClassVar[constraints.Constraints] = {}
    n_features_in_: int

    def _validate_params(self: Any) -> None:
        """Raise ValueError for a parameter of the wrong type or out of its range."""
        allowed = {**constraints.COMMON, **self._parameter_constraints}
        constraints.check(allowed, self.get_params(deep=False), type(self).__name__)

    def _training_rows(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Begin a fit: parameters checked, an earlier fit's columns forgotten, rows (n, d) float32 and labels (n,)."""
        self._validate_params()
        array, names = inputs.features(X)
        target = inputs.labels(y, len(array))
        affine = precision.needed(array)
        self._remember(array.shape[1], names, affine)
        return precision.single(array, affine), target

    def _rows_to_score(self, X: Any) -> np.ndarray:
        """Begin scoring: the columns are those of fit; rows (n, d) float32."""
        return self._narrowed(self._checked(X))

    def _checked(self, X: Any) -> np.ndarray:
        """X as an array as given, its columns held to those of fit."""
        array, names = inputs.features(X)
        inputs.same_columns(names, array.shape[1], getattr(self, "feature_names_in_", None), self.n_features_in_)
        return array

    def _narrowed(self, array: np.ndarray) -> np.ndarray:
        """Rows as given to float32 as the detector was fitted on them."""
        offset = getattr(self, "single_offset_", None)
        affine = None if offset is None else precision.Affine(offset, self.single_gain_)
        return precision.single(array, affine)

    def _remember(self, width: int, names: np.ndarray | None, affine: precision.Affine | None) -> None:
        """Keep what later rows are held to; what the table of an earlier fit had is forgotten."""
        for name in ("feature_names_in_", "single_offset_", "single_gain_"):
            self.__dict__.pop(name, None)
        self.n_features_in_ = width
        if names is not None:
            self.feature_names_in_ = names
        if affine is not None:
            self.single_offset_, self.single_gain_ = affine.offset, affine.gain
