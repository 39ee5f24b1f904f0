"""Cells -> tasks: which cells run together, at what cost. Pure functions of cells, sizes and method cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any, TypeVar

from bench import methods
from bench.scenarios import without_labels
from bench.scenarios.protocols import ADBENCH_ROWS
from bench.types import Cell, MethodSpec, Scenario, Task

T = TypeVar("T")
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
#: With more features replicas train run by run: ``replicas.parameters.MOST_GROUPED_INPUTS`` (importing it takes torch).
MOST_GROUPED_FEATURES = 256


def tasks(cells: Iterable[Cell], shapes: Mapping[str, Shape]) -> tuple[Task, ...]:
    """Put cells into tasks, longest first.

    Cells of a task share dataset, method and parameters. Cells of a replicated method train together
    when they differ only in seed, contamination, labels and known types; those of other methods are done one
    after another, up to BATCH_SECONDS, and cells that may share a fit (``fits``) are in one task.

    Parameters
    ----------
    cells : iterable of Cell
    shapes : mapping of dataset name to (rows, features)
    """
    grouped: list[Task] = []
    for together in _alike(cells).values():
        spec = methods.get(together[0].method)
        shape = seen(shapes[together[0].dataset], together[0].scenario)
        seconds = cell_seconds(spec, shape, dict(together[0].params))
        width = group_width(spec, shape, seconds)
        grouped += [task(part, spec, shape, seconds) for part in chunks(fits(together, spec), width)]
    return tuple(sorted(grouped, key=lambda task: -task.cost_seconds))


def _alike(cells: Iterable[Cell]) -> dict[object, list[Cell]]:
    replicated: dict[str, bool] = {}
    bases: dict[Scenario, Scenario] = {}
    groups: dict[object, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.method not in replicated:
            replicated[cell.method] = methods.get(cell.method).replicated
        if cell.scenario not in bases:
            bases[cell.scenario] = replace(without_labels(cell.scenario), contamination=None)
        # Only replicas must have equal shapes; others share a task whatever their scenarios are.
        base = bases[cell.scenario] if replicated[cell.method] else None
        groups[cell.dataset, cell.method, cell.params, base].append(cell)
    return groups


def fits(cells: Iterable[Cell], spec: MethodSpec) -> list[tuple[Cell, ...]]:
    """Put together those of one dataset and method that may share a fit; whether they do, their rows decide.

    They are cells of a method that ignores labels, or a part of whose work does, and differ in labels alone. Any other
    cell has a fit to itself.
    """
    sharing = (spec.ignores_labels or spec.shares_rows) and not (spec.replicated or spec.uses_validation)
    shared: dict[object, list[Cell]] = defaultdict(list)
    for cell in cells:
        shared[(cell.seed, without_labels(cell.scenario)) if sharing else cell.key].append(cell)
    return [tuple(alike) for alike in shared.values()]


def task(part: Sequence[tuple[Cell, ...]], spec: MethodSpec, shape: Shape, seconds: float) -> Task:
    """A task of these fits with its cost in seconds and memory in MB, both estimates; ``seconds`` is one fit's."""
    together = trains_together(spec, shape)
    paid = ceil(len(part) / EIGHT) * EIGHT if together else len(part)
    width = paid if together else 1
    cells = tuple(cell for fit in part for cell in fit)
    return Task(cells, paid * seconds, WORKER_MB + data_mb(shape) + width * replica_mb(shape))


def trains_together(spec: MethodSpec, shape: Shape) -> bool:
    """Whether cells of a task train as one program.

    Those of a wide network, and of a method whose steps are large at every width, train one after another.
    """
    return spec.max_group > 1 and spec.inputs_per_feature * shape[1] <= MOST_GROUPED_FEATURES


def seen(shape: Shape, scenario: Scenario) -> Shape:
    """Rows and features that a method sees of a dataset of this shape."""
    rows, features = shape
    most = scenario.max_rows or (ADBENCH_ROWS if scenario.protocol == "adbench" else rows)
    return min(rows, most), max(1, round(features / (1 - scenario.irrelevant_features)))


def group_width(spec: MethodSpec, shape: Shape, seconds: float) -> int:
    """How many fits one task takes.

    Cells that train together: the card's most, less with many features or little memory, in eights. Any
    other: as many as take BATCH_SECONDS.
    """
    if not trains_together(spec, shape):
        return max(1, int(BATCH_SECONDS / seconds))
    worth = next((width for features, width in NARROW_FROM if shape[1] >= features), spec.max_group)
    fitting = int(GROUP_MB / replica_mb(shape))
    return max(EIGHT, min(spec.max_group, worth, fitting) // EIGHT * EIGHT)


def cell_seconds(spec: MethodSpec, shape: Shape, params: Mapping[str, Any]) -> float:
    """Rough seconds of one cell: the card's figure for 1,000 rows and 20 features, scaled as the card says.

    Networks take a fixed number of steps unless their epoch goes over all rows, so rows matter little to most;
    features do beyond some tens, below which the steps themselves cost. Others grow with rows and features.

    Parameters
    ----------
    spec : MethodSpec
    shape : rows and features that the method sees
    params : mapping
        The suite's parameters of the method; ``max_steps_per_epoch`` bounds the rows that cost.
    """
    rows, features = shape
    given = {**dict(spec.params), **params}
    most = given.get("max_steps_per_epoch")
    if spec.rows_per_step and most is not None:
        rows = min(rows, most * spec.rows_per_step)
    growth = spec.rows_growth if spec.rows_growth is not None else 0.2 if spec.replicated else 1.0
    least = 0.5 if spec.replicated else 0.2
    return float(spec.seconds * max(least, rows / 1000) ** growth * max(0.5, features / 20) ** spec.features_growth)


def replica_mb(shape: Shape) -> float:
    """What one replica's batch, parameters and their gradients hold while training."""
    return 2.0 + 0.05 * shape[1]


def data_mb(shape: Shape) -> float:
    """The dataset as float32, and scaled copies of it."""
    return 3 * 4 * shape[0] * shape[1] / 1e6


def chunks(fits: list[T], width: int) -> list[list[T]]:
    """Parts of nearly equal size and at most ``width``; in eights where there are that many."""
    if not fits:
        return []
    number = ceil(len(fits) / width)
    size = ceil(len(fits) / number)
    if width % EIGHT == 0 and number > 1:
        size = ceil(size / EIGHT) * EIGHT
    return [fits[i : i + size] for i in range(0, len(fits), size)]
