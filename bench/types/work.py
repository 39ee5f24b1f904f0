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

    Attributes
    ----------
    dataset, dataset_sha256 : str
        The dataset's name, and the hash of its arrays, which is its identity.
    scenario : Scenario
    method : str
        A registered name or ``package.module:Class``.
    params : tuple of (name, value)
        Parameters that differ from the card's.
    seed : int
    key : str
        sha256 of the canonical JSON of the content (dataset sha256, scenario, method, parameters, method source
        hash, protocol version, seed); see ``bench.planning.identity``.
    label : str
        What tables call the method when a suite names it otherwise ("" = its title); not part of the key.
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
    """Cells that run together in one worker: a replica group of one dataset and method, or one cell.

    Attributes
    ----------
    cells : tuple of Cell
    cost_seconds, memory_mb : float
        Estimates for the whole task, in seconds and megabytes.
    """

    cells: tuple[Cell, ...]
    cost_seconds: float
    memory_mb: float


@dataclass(frozen=True)
class Record:
    """One row of the store: a cell and what became of it.

    Attributes
    ----------
    cell : Cell
    status : {"ok", "failed", "timeout", "oom"}
    metrics : mapping of str to float
        Empty unless the status is "ok".
    fit_seconds, score_seconds, peak_memory_mb : float
        Seconds and megabytes; NaN where not known.
    error : str
        Why it failed.
    provenance : str
        The run of the manifest that made it.
    scores, truth : (t,) arrays or None
        Test scores, and which of these rows are anomalies (1).
    metadata : mapping
        What tables need of its dataset, method and split (title, family, sizes), so that reports read the store and
        nothing else.
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
