"""Cells -> tasks: which cells run together, at what cost. Pure functions of cells, sizes and method cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import ceil

from bench import methods
from bench.scenarios.protocols import ADBENCH_ROWS
from bench.types import Cell, MethodSpec, Scenario, Task

#: (rows, features) of a dataset.
Shape = tuple[int, int]
#: Cheap cells of one dataset and method run together up to this cost: long enough to hide the start of
#: a task, short enough for a fine progress bar.
BATCH_SECONDS = 4.0
#: What a group's tensors may hold.
GROUP_MB = 1500.0
#: Interpreter and libraries of a worker.
WORKER_MB = 450.0
#: Training stacks replicas in eights, so a narrower group costs as much as one of eight.
EIGHT = 8
#: Wider groups gain nothing with so many features: arithmetic outweighs what is shared.
NARROW_FROM = ((200, 8), (100, 16))


def tasks(cells: Iterable[Cell], shapes: Mapping[str, Shape]) -> tuple[Task, ...]:
    """Put cells into tasks, longest first.

    Cells of a task share dataset, method and parameters. Cells of a replicated method train together
    when they differ only in seed, contamination, labels and known types; those of other methods are done one
    after another, up to BATCH_SECONDS.

    Parameters
    ----------
    cells : iterable of Cell
    shapes : mapping of dataset name to (rows, features)
    """
    found: list[Task] = []
    for together in _alike(cells).values():
        spec = methods.get(together[0].method)
        shape = seen(shapes[together[0].dataset], together[0].scenario)
        found += [task(tuple(part), spec, shape) for part in chunks(together, group_width(spec, shape))]
    return tuple(sorted(found, key=lambda task: -task.cost_seconds))


def _alike(cells: Iterable[Cell]) -> dict[object, list[Cell]]:
    replicated: dict[str, bool] = {}
    bases: dict[Scenario, Scenario] = {}
    groups: dict[object, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.method not in replicated:
            replicated[cell.method] = methods.get(cell.method).replicated
        if cell.scenario not in bases:
            bases[cell.scenario] = replace(
                cell.scenario, contamination=None, label_budget=1, known_types=(), unseen_only=False, label_noise=0.0
            )
        # Only replicas must have equal shapes; others share a task whatever their scenarios are.
        base = bases[cell.scenario] if replicated[cell.method] else None
        groups[cell.dataset, cell.method, cell.params, base].append(cell)
    return groups


def task(cells: tuple[Cell, ...], spec: MethodSpec, shape: Shape) -> Task:
    """A task with its cost in seconds and memory in MB, both estimates."""
    paid = ceil(len(cells) / EIGHT) * EIGHT if spec.replicated else len(cells)
    width = paid if spec.replicated else 1
    return Task(cells, paid * cell_seconds(spec, shape), WORKER_MB + data_mb(shape) + width * replica_mb(shape))


def seen(shape: Shape, scenario: Scenario) -> Shape:
    """Rows and features that a method sees of a dataset of this shape."""
    rows, features = shape
    most = scenario.max_rows or (ADBENCH_ROWS if scenario.protocol == "adbench" else rows)
    return min(rows, most), max(1, round(features / (1 - scenario.irrelevant_features)))


def group_width(spec: MethodSpec, shape: Shape) -> int:
    """How many cells one task takes.

    A replicated method: the card's most, less with many features or little memory, in eights. Any
    other: as many as take BATCH_SECONDS.
    """
    if not spec.replicated:
        return max(1, int(BATCH_SECONDS / cell_seconds(spec, shape)))
    worth = next((width for features, width in NARROW_FROM if shape[1] >= features), spec.max_group)
    fitting = int(GROUP_MB / replica_mb(shape))
    return max(EIGHT, min(spec.max_group, worth, fitting) // EIGHT * EIGHT)


def cell_seconds(spec: MethodSpec, shape: Shape) -> float:
    """Rough seconds of one cell: the card's figure for 1,000 rows and 20 features, scaled.

    Networks take a fixed number of steps, so rows matter little to them; features do beyond some
    tens, below which the steps themselves cost. Others grow with rows and features.
    """
    rows, features = shape
    if spec.replicated:
        return spec.seconds * max(0.5, features / 20) ** 0.7 * max(0.5, rows / 1000) ** 0.2
    return spec.seconds * max(0.2, rows / 1000) * max(0.5, features / 20) ** 0.7


def replica_mb(shape: Shape) -> float:
    """What one replica's batch, parameters and their gradients hold while training."""
    return 2.0 + 0.05 * shape[1]


def data_mb(shape: Shape) -> float:
    """The dataset as float32, and scaled copies of it."""
    return 3 * 4 * shape[0] * shape[1] / 1e6


def chunks(cells: list[Cell], width: int) -> list[list[Cell]]:
    """Parts of nearly equal size and at most ``width``; in eights where there are that many."""
    if not cells:
        return []
    number = ceil(len(cells) / width)
    size = ceil(len(cells) / number)
    if width % EIGHT == 0 and number > 1:
        size = ceil(size / EIGHT) * EIGHT
    return [cells[i : i + size] for i in range(0, len(cells), size)]
