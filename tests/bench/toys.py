"""Small tasks on a bundled dataset, for tests of the worker and the runner."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import faulty_methods

from bench.datasets.catalogue import Catalogue
from bench.datasets.registry import load
from bench.execution.context import WorkContext
from bench.suite.experiment import Limits
from bench.types import Cell, Scenario, Task

DATASET = "synthetic-local"


def cells(method: str, seeds: Iterable[int], scenario: Scenario | None = None, **params: Any) -> tuple[Cell, ...]:
    faulty = hasattr(faulty_methods, method)
    name = f"faulty_methods:{method}" if faulty else method
    scenario = scenario or Scenario()
    sha256 = load(DATASET).sha256
    made = []
    for seed in seeds:
        key = hashlib.sha256(json.dumps([name, seed, str(scenario), sorted(params.items())]).encode()).hexdigest()
        made.append(Cell(DATASET, sha256, scenario, name, tuple(sorted(params.items())), seed, key))
    return tuple(made)


def task(method: str, seeds: Iterable[int], scenario: Scenario | None = None, **params: Any) -> Task:
    return Task(cells(method, seeds, scenario, **params), 1.0, 100.0)


def tasks(method: str, seeds: Iterable[int], **params: Any) -> list[Task]:
    return [task(method, [seed], **params) for seed in seeds]


def context(seconds: float = 30.0, memory_mb: float = 4000.0) -> WorkContext:
    return WorkContext(Catalogue(), Limits(seconds=seconds, memory_mb=memory_mb), "run-1")
