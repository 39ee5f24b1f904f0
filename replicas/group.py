"""A group of runs as a method's training reads it, and what that training leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch

from replicas.rows import Table, TrainingRows, pools
from replicas.scaling import min_max, stacked
from replicas.training import Context, Trained
from reproducibility.streams import generator


@dataclass(frozen=True, eq=False)
class Group:
    """Runs that train together.

    Attributes
    ----------
    runs : sequence of TrainingRows
    seeds : sequence of int, one per run
    columns : (d,) the features that vary, the same in all runs
    table : Table
        Every run's rows.
    scaling : Context
        ``low`` and ``gain`` (n, 1, d) of each run's training rows.
    """

    runs: Sequence[TrainingRows]
    seeds: Sequence[int]
    columns: np.ndarray
    table: Table
    scaling: Context

    @classmethod
    def of(cls, runs: Sequence[TrainingRows], seeds: Sequence[int], columns: np.ndarray) -> Self:
        """Join the runs' tables and measure their training rows."""
        return cls(runs, seeds, columns, Table.join(runs, columns), stacked([min_max(run, columns) for run in runs]))

    @property
    def width(self) -> int:
        """Number of features."""
        return len(self.columns)

    @cached_property
    def pools(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Table rows of each run's unlabelled and labelled training rows."""
        return [pools(run, offset) for run, offset in zip(self.runs, self.table.offsets, strict=True)]

    def streams(self, *axes: str) -> list[np.random.Generator]:
        """The random stream of this name of each run."""
        return [generator(*axes, seed) for seed in self.seeds]

    def rows(self, index: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Raw rows of the table by their numbers, an array for each."""
        return [self.table.x[torch.from_numpy(numbers)].numpy() for numbers in index]


@dataclass(frozen=True, eq=False)
class Fitted:
    """What training a group leaves.

    Attributes
    ----------
    flat : (n, P) weights
    context : tensors (n, ...) that the score needs
    attributes : per run, further attributes of its detector
    """

    flat: torch.Tensor
    context: Context
    attributes: list[dict[str, Any]]

    @classmethod
    def of(cls, trained: Trained, context: Context) -> Self:
        """The weights of a stage with its losses, (epochs, m), as ``history_``."""
        return cls(trained.flat, context, [{"history_": history} for history in trained.history])
