"""The rows that runs train on: indices into shared tables, so that many runs keep one copy of X."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from replicas import precision


class TrainingRows(Protocol):
    """What the engine reads of a run's data; ``bench.types.Split`` and ``Rows`` both fit.

    Attributes
    ----------
    X : (n, d) float32 array, shared between runs
    train : (m,) row numbers of X to train on
    y_train : (m,) 1 = labelled anomaly, 0 = unlabelled
    val, y_val : row numbers and their true labels, or None
    """

    @property
    def X(self) -> np.ndarray: ...
    @property
    def train(self) -> np.ndarray: ...
    @property
    def y_train(self) -> np.ndarray: ...
    @property
    def val(self) -> np.ndarray | None: ...
    @property
    def y_val(self) -> np.ndarray | None: ...


@dataclass(frozen=True, eq=False)
class Rows:
    """A run's data from plain arrays."""

    X: np.ndarray
    train: np.ndarray
    y_train: np.ndarray
    val: np.ndarray | None = None
    y_val: np.ndarray | None = None

    @classmethod
    def from_arrays(
        cls, X: np.ndarray, y: np.ndarray, X_val: np.ndarray | None = None, y_val: np.ndarray | None = None
    ) -> Rows:
        """All rows of X are trained on; validation rows, if any, are appended to the table."""
        count = len(X)
        if X_val is None:
            return cls(X, np.arange(count), np.asarray(y))
        table = np.concatenate([X, X_val])
        return cls(table, np.arange(count), np.asarray(y), np.arange(count, len(table)), np.asarray(y_val))


@dataclass(frozen=True, eq=False)
class Table:
    """One (N, D) tensor that holds every run's rows, and where each run's base starts in it."""

    x: torch.Tensor
    offsets: tuple[int, ...]

    @classmethod
    def join(cls, runs: Sequence[TrainingRows], columns: np.ndarray | None = None) -> Table:
        """Stack the distinct base arrays of the runs (usually one), keeping the given columns."""
        bases: list[np.ndarray] = []
        starts: dict[int, int] = {}
        total = 0
        offsets = []
        for run in runs:
            if id(run.X) not in starts:
                starts[id(run.X)] = total
                total += len(run.X)
                bases.append(run.X if columns is None else run.X[:, columns])
            offsets.append(starts[id(run.X)])
        joined = bases[0] if len(bases) == 1 else np.concatenate(bases)
        return cls(as_tensor(joined), tuple(offsets))

    def gather(self, index: torch.Tensor) -> torch.Tensor:
        """Rows of the table: index (R, B) -> (R, B, D)."""
        flat = torch.index_select(self.x, 0, index.reshape(-1))
        return flat.view(*index.shape, self.x.shape[1])


def labelled_count(run: TrainingRows) -> int:
    """Number of a run's labelled anomalies."""
    return int(np.count_nonzero(np.asarray(run.y_train) == 1))


def pools(run: TrainingRows, offset: int) -> tuple[np.ndarray, np.ndarray]:
    """Table rows of a run's unlabelled and labelled training rows."""
    train = np.asarray(run.train) + offset
    labelled = np.asarray(run.y_train) == 1
    return train[~labelled], train[labelled]


def single_runs(runs: Sequence[TrainingRows]) -> list[tuple[TrainingRows, precision.Affine | None]]:
    """Each run with its rows as float32, and how they were moved; runs that share a table still do where they can."""
    tables: dict[int, np.ndarray] = {}
    ready: list[tuple[TrainingRows, precision.Affine | None]] = []
    for run in runs:
        if run.X.dtype == np.float32:
            ready.append((run, None))
            continue
        affine = precision.needed(run.X[run.train])
        if affine is not None:
            X = precision.rounded(run.X, affine)
        elif id(run.X) in tables:
            X = tables[id(run.X)]
        else:
            X = tables[id(run.X)] = precision.rounded(run.X, None)
        ready.append((Rows(X, run.train, run.y_train, run.val, run.y_val), affine))
    return ready


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """View a float32 array as a tensor, also a read-only memory map (which is never written to)."""
    array = np.ascontiguousarray(array, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
