"""The PyOD face of a replicated method: fit alone or in a group, through the same code."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from replicas import inputs, saving
from replicas.contract import Contract
from replicas.group import Fitted, Group
from replicas.parameters import Layout
from replicas.rows import Rows, TrainingRows, labelled_count, single_runs
from replicas.scaling import varying
from replicas.scoring import evaluate
from replicas.training import Context
from reproducibility.environment import one_thread


class ReplicaMixin(Contract):
    """fit, fit_replicas, decision_function and decision_function_replicas for a PyOD detector.

    A method supplies its network (``_layout``), its training of a whole group (``_train``) and its score
    (``_forward``).

    Attributes
    ----------
    weights_ : (P,) float32 tensor, the run's flat parameters
    context_ : dict of tensors that ``_forward`` needs (scaling, centre ...)
    columns_ : (k,) int, the features that vary over the training rows
    n_features_in_ : int
    """

    labels_needed = 1
    random_state: int
    weights_: torch.Tensor
    context_: Context
    columns_: np.ndarray

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies and 0 for unlabelled rows.

        Parameters
        ----------
        X : (n, d) array or frame, finite numbers (see ``replicas.inputs.features``)
        y : (n,) of 0 and 1; None = nothing labelled

        Returns
        -------
        self

        Raises
        ------
        ValueError
            NaN, text, wrong shapes, parameters out of range, or fewer labelled anomalies than the method needs.
        """
        array, names = inputs.features(X)
        return self._fit_alone(Rows.from_arrays(array, inputs.labels(y, len(array))), names)

    def fit_replicas(self, splits: Sequence[TrainingRows], seeds: Sequence[int]) -> list[Self]:
        """Fit one detector per (split, seed) in one program; each is bit for bit as if fitted alone.

        Runs whose networks differ in shape (other columns vary, another batch size) train in groups
        of their own.

        Parameters
        ----------
        splits : sequence of TrainingRows
        seeds : sequence of int

        Returns
        -------
        list of fitted detectors, in the order given
        """
        self._validate_params()
        ready = single_runs(splits)
        splits = [split for split, _ in ready]
        for split in splits:
            self._check(split)
        groups: dict[Any, list[int]] = defaultdict(list)
        for number, split in enumerate(splits):
            columns = self._columns(split)
            groups[(columns.tobytes(), self._shape_key(split))].append(number)
        detectors: list[Self | None] = [None] * len(splits)
        with one_thread():
            for numbers in groups.values():
                runs = [splits[i] for i in numbers]
                fitted = self._fit_group(runs, [int(seeds[i]) for i in numbers])
                for number, detector in zip(numbers, fitted, strict=True):
                    detectors[number] = detector
        fitted_all = [detector for detector in detectors if detector is not None]
        for detector, (split, affine) in zip(fitted_all, ready, strict=True):
            detector._remember(split.X.shape[1], None, affine)
        return fitted_all

    def decision_function(self, X: Any) -> np.ndarray:
        """Anomaly scores (n,), higher = more anomalous; a row's score does not depend on other rows."""
        check_is_fitted(self, "weights_")
        return self.decision_function_replicas([self], [self._scored(X)])[0]

    def decision_function_replicas(self, detectors: Sequence[Self], Xs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Score each detector's own rows, all in one program."""
        return [values.astype(np.float64) for values in self.evaluate_replicas(detectors, Xs, self._forward)]

    def evaluate_replicas(self, detectors: Sequence[Self], Xs: Sequence[np.ndarray], forward: Any) -> list[np.ndarray]:
        """Apply any forward function (views, x, context) of this method to each detector's rows."""
        groups: dict[bytes, list[int]] = defaultdict(list)
        rows: list[np.ndarray] = []
        for number, (detector, X) in enumerate(zip(detectors, Xs, strict=True)):
            inputs.same_width(X, detector.n_features_in_)
            rows.append(detector._narrowed(X))
            groups[detector.columns_.tobytes()].append(number)
        evaluated: list[np.ndarray] = [np.empty(0)] * len(detectors)
        with one_thread():
            for numbers in groups.values():
                members = [detectors[i] for i in numbers]
                columns = members[0].columns_
                flat = torch.stack([member.weights_ for member in members])
                context = {
                    name: torch.stack([member.context_[name] for member in members]) for name in members[0].context_
                }
                xs = [_columns_of(rows[i], columns) for i in numbers]
                values = evaluate(self._layout(len(columns)), flat, forward, xs, context)
                for number, value in zip(numbers, values, strict=True):
                    evaluated[number] = value
        return evaluated

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the fitted detector to one safetensors file; see ``replicas.saving``."""
        return saving.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a detector that ``save`` wrote; scores are the same bits. ValueError for any other file."""
        loaded: Self = saving.load(cls, path)
        return loaded

    def _fit_group(self: Any, runs: Sequence[TrainingRows], seeds: Sequence[int]) -> list[Any]:
        columns = self._columns(runs[0])
        fitted = self._train(Group.of(runs, seeds, columns))
        detectors = []
        for number, run in enumerate(runs):
            detector = type(self)(**{**self.get_params(), "random_state": seeds[number]})
            detector.columns_ = columns
            detector.n_features_in_ = run.X.shape[1]
            detector.weights_ = fitted.flat[number].detach().clone()
            detector.context_ = {name: value[number].clone() for name, value in fitted.context.items()}
            for name, value in fitted.attributes[number].items():
                setattr(detector, name, value)
            detectors.append(detector)
        scores = self.decision_function_replicas(detectors, [run.X[run.train] for run in runs])
        for detector, values in zip(detectors, scores, strict=True):
            detector.decision_scores_ = values
            detector._set_n_classes(None)
            detector._process_decision_scores()
        return detectors

    def _check(self, run: TrainingRows) -> None:
        labelled = labelled_count(run)
        if labelled < self.labels_needed:
            raise ValueError(
                f"{type(self).__name__} needs at least {self.labels_needed} labelled anomaly (y == 1), got {labelled}"
            )
        if labelled == len(run.y_train):
            raise ValueError(f"{type(self).__name__} needs unlabelled rows (y == 0), but every row is labelled")

    def _layout(self, width: int) -> Layout:
        """The network's parameters for this many features."""
        raise NotImplementedError

    def _train(self, group: Group) -> Fitted:
        """Train a group; each of its runs as if it were alone."""
        raise NotImplementedError

    def _forward(self, p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        """Scores (R, B) of raw rows x (R, B, D)."""
        raise NotImplementedError

    def _columns(self, run: TrainingRows) -> np.ndarray:
        return varying(run)

    def _shape_key(self, run: TrainingRows) -> Any:
        """What besides the columns fixes the shapes of a run's tensors; equal keys may share a group."""
        return None

    def _scored(self, X: Any) -> np.ndarray:
        """X as an array, its columns checked against the training table's; ``_narrowed`` makes float32 of it."""
        return self._checked(X)

    def _fit_alone(self, rows: Rows, names: np.ndarray | None) -> Self:
        """Fit a group of one run and become its detector."""
        self._take(self.fit_replicas([rows], [self.random_state])[0])
        if names is not None:
            self.feature_names_in_ = names
        return self

    def _take(self, fitted: Any) -> None:
        """Become ``fitted``; nothing stays of an earlier fit."""
        for name in [name for name in vars(self) if name.endswith("_") and not name.startswith("_")]:
            delattr(self, name)
        self.__dict__.update(fitted.__dict__)


def _columns_of(X: np.ndarray, columns: np.ndarray) -> np.ndarray:
    if len(columns) == X.shape[1]:
        return X
    return np.ascontiguousarray(X[:, columns])
