"""Experiment -> cells -> tasks: what is to be done, in which groups, and every reason why it cannot be."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bench import methods
from bench.config import Experiment, MethodChoice
from bench.datasets import registry, table
from bench.errors import BenchError, ConfigError
from bench.scenarios import canonical, problems
from bench.types import Cell, Dataset, MethodSpec, Scenario, Task

#: Raised when the meaning of a scenario or a metric changes, so that old cells are not taken for new ones.
PROTOCOL_VERSION = 1
#: A replica group's tensors should stay below this.
GROUP_MB = 1024.0
#: Cheap cells of one dataset and method run together up to this cost, so that data load once.
BATCH_SECONDS = 10.0


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Attributes
    ----------
    cells : tuple of Cell
        All of the experiment.
    tasks : tuple of Task
        What is left to do, longest first.
    done : int
        Cells that the store has.
    problems : tuple of str
        Sentences; any one of them stops the run before work starts.
    skipped : tuple of str
        Methods left out because a library is missing, with the pip command.
    """

    cells: tuple[Cell, ...]
    tasks: tuple[Task, ...]
    done: int
    problems: tuple[str, ...]
    skipped: tuple[str, ...]


def make_plan(
    experiment: Experiment, data_dir: str | os.PathLike[str] | None = None, done: Iterable[str] = frozenset()
) -> Plan:
    """Expand an experiment, check all of it, and group what is not done yet."""
    finished = frozenset(done)
    found: list[str] = []
    chosen, skipped = _methods(experiment, found)
    datasets = _datasets(experiment, data_dir, found)
    for dataset in datasets.values():
        for scenario in experiment.scenarios:
            found += problems(dataset, scenario, list(experiment.seeds))
    if found:
        return Plan((), (), 0, tuple(dict.fromkeys(found)), tuple(skipped))
    cells: list[Cell] = []
    tasks: list[Task] = []
    for name, dataset in datasets.items():
        for choice, spec in chosen:
            own = [c for s in experiment.scenarios for c in _cells(name, dataset, s, choice, spec, experiment.seeds)]
            cells += own
            tasks += _tasks([c for c in own if c.key not in finished], dataset, spec)
    tasks.sort(key=lambda task: -task.cost_seconds)
    known = sum(cell.key in finished for cell in cells)
    return Plan(tuple(cells), tuple(tasks), known, (), tuple(skipped))


def cell_key(content: dict[str, Any]) -> str:
    """sha256 of the canonical JSON of a cell's content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _methods(experiment: Experiment, found: list[str]) -> tuple[list[tuple[MethodChoice, MethodSpec]], list[str]]:
    chosen, skipped = [], []
    for choice in experiment.methods:
        try:
            spec = methods.get(choice.name)
        except BenchError as error:
            found.append(str(error))
            continue
        lacking = methods.missing(spec)
        if lacking:
            skipped.append(lacking)
            continue
        wrong = sorted({s.protocol for s in experiment.scenarios} - set(spec.protocols))
        if wrong:
            found.append(f"{choice.name} cannot run under protocol {wrong[0]!r}; it knows {', '.join(spec.protocols)}")
        chosen.append((choice, spec))
    return chosen, skipped


def _datasets(experiment: Experiment, data_dir: Any, found: list[str]) -> dict[str, Dataset]:
    datasets: dict[str, Dataset] = {}
    for source in experiment.tables:
        try:
            datasets[table.table_name(source)] = table.load_table(source, data_dir)
        except BenchError as error:
            found.append(str(error))
    for name in experiment.datasets:
        try:
            lacking = registry.available(registry.card(name), data_dir)
            if lacking:
                found.append(lacking)
            else:
                datasets[name] = registry.load(name, data_dir)
        except BenchError as error:
            found.append(str(error))
    return datasets


def _cells(
    name: str, dataset: Dataset, scenario: Scenario, choice: MethodChoice, spec: MethodSpec, seeds: tuple[int, ...]
) -> list[Cell]:
    content = {
        "protocol_version": PROTOCOL_VERSION,
        "dataset": dataset.sha256,
        "scenario": canonical(scenario),
        "method": spec.factory,
        "params": {**dict(spec.params), **dict(choice.params)},
        "source": methods.source_hash(spec),
    }
    try:
        return [
            Cell(name, dataset.sha256, scenario, choice.name, choice.params, seed, cell_key({**content, "seed": seed}))
            for seed in seeds
        ]
    except TypeError as error:
        raise ConfigError(f"parameters of {choice.name} must be plain TOML values: {error}") from error


def _tasks(cells: list[Cell], dataset: Dataset, spec: MethodSpec) -> list[Task]:
    if not cells:
        return []
    rows, width = dataset.X.shape
    one = cost_seconds(spec, rows, width)
    if not spec.replicated:
        size = max(1, int(BATCH_SECONDS / one))
        memory = 4.0 * rows * width * 8 / 2**20 + 200.0
        return [Task(tuple(part), one * len(part), memory) for part in _chunks(cells, size)]
    size = group_width(spec, width)
    groups: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.scenario.protocol].append(cell)
    return [
        Task(tuple(part), one * max(8, len(part)), len(part) * group_mb(width) + 4.0 * rows * width / 2**20 + 400.0)
        for group in groups.values()
        for part in _chunks(group, size)
    ]


def cost_seconds(spec: MethodSpec, rows: int, width: int) -> float:
    """Rough seconds of one cell: the card's figure for 1,000 x 20, scaled."""
    per_step = max(1.0, width / 20.0)
    if spec.replicated:
        return spec.seconds * per_step * max(1.0, math.log10(rows / 100.0))
    return spec.seconds * per_step * max(0.2, rows / 1000.0)


def group_width(spec: MethodSpec, width: int) -> int:
    """Replicas that train together: the card's most, less for many features; a multiple of eight."""
    fitting = int(GROUP_MB / group_mb(width)) // 8 * 8
    return max(8, min(spec.max_group or 8, fitting, 32 if width <= 100 else 16))


def group_mb(width: int) -> float:
    """Rough megabytes one replica's tensors take while training."""
    return 1.0 + 512 * width * 4 * 12 / 2**20


def _chunks(cells: list[Cell], size: int) -> list[list[Cell]]:
    return [cells[i : i + size] for i in range(0, len(cells), size)]
