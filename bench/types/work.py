"""Cells, the tasks they are done in, and the records that come of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from bench.types.scenario import Scenario

Status = Literal["ok", "failed", "timeout", "oom"]


@dataclass(frozen=True)
class Cell:
    """One number in a table: dataset x scenario x method (with parameters) x seed.

    ``key`` is the sha256 of the canonical JSON of the content (dataset sha256, scenario, method,
    parameters, method source hash, protocol version, seed); see ``bench.planning.identity``. ``label`` is what
    tables call the method when a suite names it otherwise ("" = its title); it is not part of the key.
    """

    dataset: str
    dataset_sha256: str
    scenario: Scenario
    method: str
    params: tuple[tuple[str, Any], ...]
    seed: int
    key: str
    label: str = ""


@dataclass(frozen=True)
class Task:
    """Cells that run together in one worker: a replica group of one dataset and method, or one cell."""

    cells: tuple[Cell, ...]
    cost_seconds: float
    memory_mb: float


@dataclass(frozen=True)
class Record:
    """One row of the store: a cell and what became of it.

    ``metadata`` holds what tables need of its dataset, method and split (title, family, sizes), so that
    reports read the store and nothing else; ``scores`` and ``truth`` (1 = anomaly) are per test row.
    """

    cell: Cell
    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)
    fit_seconds: float = float("nan")
    score_seconds: float = float("nan")
    peak_memory_mb: float = float("nan")
    error: str = ""
    scores: np.ndarray | None = None
    provenance: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    truth: np.ndarray | None = None
