"""What happens in a child process: load the data once, cut splits, fit, score, measure, tell.

Nothing here can end a method that hangs or eats all memory: ``bench.execution.child`` does that from outside.
"""

from __future__ import annotations

import functools
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench import methods
from bench.errors import ConfigError, DataError
from bench.execution import memory, metrics, row_metadata
from bench.execution.context import WorkContext
from bench.execution.failures import failed, reason_of, status_of
from bench.planning.grouping import fits
from bench.scenarios import split as draw
from bench.types import Cell, MethodSpec, Record, Split, Task
from reproducibility.streams import generator


@dataclass(frozen=True, eq=False)
class Prepared:
    """A cell with its arrays cut and its detector made: from here on time and memory are the method's."""

    cell: Cell
    split: Split
    detector: Any
    metadata: Mapping[str, Any]


Begin = Callable[[Sequence[Prepared]], None]
Fit = Callable[[Sequence[Prepared], WorkContext], list[Record]]


def execute(task: Task, context: WorkContext) -> list[Record]:
    """Run a task in this process.

    Parameters
    ----------
    task : Task
        Cells of one dataset and one method with one set of parameters.
    context : WorkContext

    Returns
    -------
    list of Record
        One per cell; those of cells that could not be done say why. In the cells' order unless some
        could not even be prepared.
    """
    return list(stream(task, context))


def stream(task: Task, context: WorkContext, begin: Begin = lambda _: None) -> Iterator[Record]:
    """Run a task and yield each record as soon as it is known.

    ``begin`` is called with the cells whose fitting starts now, after their data are loaded and their
    library is imported. A replicated group that raises is done again cell by cell, so a bad cell costs
    only itself.
    """
    if len({(cell.dataset, cell.method, cell.params) for cell in task.cells}) != 1:
        raise ValueError("a task's cells must share dataset, method and parameters")
    spec = methods.get(task.cells[0].method)
    for cells in [task.cells] if spec.replicated else fits(task.cells, spec):
        ready = [_prepare(cell, spec, context) for cell in cells]
        yield from (record for record in ready if isinstance(record, Record))
        prepared = [cell for cell in ready if isinstance(cell, Prepared)]
        if spec.replicated:
            yield from _together(_fit_group, prepared, context, begin)
            continue
        for alike in _of_same_rows(prepared):
            if spec.shares_rows:
                yield from _together(_fit_labellings, alike, context, begin)
            else:
                begin(alike[:1])  # one fit, so the time of one cell
                yield from _guarded(_fit_once, alike, context)


def _together(fit: Fit, prepared: list[Prepared], context: WorkContext, begin: Begin) -> Iterator[Record]:
    """All cells in one call, or one by one if that raises."""
    if len(prepared) > 1:
        begin(prepared)
        try:
            records = fit(prepared, context)
        except Exception:
            records = []  # the culprit is found, and its error told, below
        yield from records
        prepared = [] if records else prepared
    for single in prepared:
        begin([single])
        yield from _guarded(fit, [single], context)


def _of_same_rows(prepared: Sequence[Prepared]) -> list[list[Prepared]]:
    """Those with the same training and test rows together."""
    together: list[list[Prepared]] = []
    for ready in prepared:
        for alike in together:
            split, other = ready.split, alike[0].split
            same = split.X is other.X and np.array_equal(split.train, other.train)
            if same and np.array_equal(split.test, other.test):
                alike.append(ready)
                break
        else:
            together.append([ready])
    return together


def _prepare(cell: Cell, spec: MethodSpec, context: WorkContext) -> Prepared | Record:
    known = row_metadata.of_cell(cell, context.catalogue)
    try:
        _warm_up()
        _check_source(spec, context)
        dataset = context.catalogue.load(cell.dataset)
        known |= row_metadata.of_data(dataset)
        if dataset.sha256 != cell.dataset_sha256:
            raise DataError(
                f"{cell.dataset} has the hash {dataset.sha256[:12]} here but {cell.dataset_sha256[:12]} in the plan; "
                "give every worker the same data"
            )
        split = draw(dataset, cell.scenario, cell.seed)
        known |= row_metadata.of_split(split, spec.uses_validation)
        detector = methods.create(cell.method, seed=cell.seed, **dict(cell.params))
    except Exception as error:
        return failed(cell, context, status_of(error), reason_of(error), known)
    return Prepared(cell, split, detector, known)


@functools.cache
def _warm_up() -> None:
    """Let the metrics import what they need now, so that no cell's time limit pays for it."""
    metrics.evaluate(np.array([0, 1], dtype=np.int8), np.array([0.0, 1.0]))


@functools.cache
def _own_source(spec: MethodSpec) -> str:
    """As it was when this process began to use the method: what is imported does not follow later edits."""
    return methods.source_hash(spec)


def _check_source(spec: MethodSpec, context: WorkContext) -> None:
    planned = dict(context.sources).get(spec.name)
    if planned is not None and planned != _own_source(spec):
        raise ConfigError(
            f"the code of {spec.name} here is not the code of the plan; give every worker the same version, "
            "leave it alone while a run goes on, and give the command again"
        )


def _guarded(fit: Fit, cells: Sequence[Prepared], context: WorkContext) -> list[Record]:
    try:
        return fit(cells, context)
    except Exception as error:
        why = (status_of(error), reason_of(error))
        return [failed(prepared.cell, context, *why, prepared.metadata) for prepared in cells]


def _fit_group(cells: Sequence[Prepared], context: WorkContext) -> list[Record]:
    spec, first = methods.get(cells[0].cell.method), cells[0].detector
    seeds = [prepared.cell.seed for prepared in cells]
    return _timed(
        cells,
        context,
        lambda: first.fit_replicas([blind(prepared.split, spec) for prepared in cells], seeds),
        lambda fitted: first.decision_function_replicas(fitted, [prepared.split.X_test for prepared in cells]),
    )


def _fit_once(cells: Sequence[Prepared], context: WorkContext) -> list[Record]:
    """One fit for all of these cells, which share its cost: they have the same rows, and labels do not matter to it."""
    prepared, width = cells[0], len(cells)
    cell, split, detector = prepared.cell, prepared.split, prepared.detector
    settle_shared_streams(cell.dataset_sha256, cell.method, cell.seed)
    X, X_test = split.X_train, split.X_test
    extra = {"X_val": split.X_val, "y_val": split.y_val} if prepared.metadata["sees_validation"] else {}
    assert not extra or methods.get(cell.method).uses_validation
    return _timed(
        cells,
        context,
        lambda: [detector.fit(X, split.y_train, **extra)] * width,
        lambda _: [detector.decision_function(X_test)] * width,
    )


def _fit_labellings(cells: Sequence[Prepared], context: WorkContext) -> list[Record]:
    """A fit for each of these cells, which have the same rows; what labels do not matter to is computed once."""
    cell, split, first = cells[0].cell, cells[0].split, cells[0].detector
    settle_shared_streams(cell.dataset_sha256, cell.method, cell.seed)
    X, X_test = split.X_train, split.X_test
    return _timed(
        cells,
        context,
        lambda: first.fit_labellings(X, [prepared.split.y_train for prepared in cells]),
        lambda fitted: first.decision_function_labellings(fitted, X_test),
    )


def _timed(
    cells: Sequence[Prepared],
    context: WorkContext,
    fit: Callable[[], Sequence[Any]],
    score: Callable[[Sequence[Any]], Sequence[Any]],
) -> list[Record]:
    """Records of cells that one call to fit and one to score serve; each bears an equal part of the time."""
    memory.forget_peak()
    start = time.perf_counter()
    fitted = fit()
    middle = time.perf_counter()
    scores = score(fitted)
    end = time.perf_counter()
    width = len(cells)
    if not len(fitted) == len(scores) == width:
        raise DataError(f"{cells[0].cell.method} returned {len(scores)} results for a group of {width}")
    spent = ((middle - start) / width, (end - middle) / width, memory.peak_mb())
    return [_measured(prepared, values, spent, width, context) for prepared, values in zip(cells, scores, strict=True)]


def blind(split: Split, spec: MethodSpec) -> Split:
    """What a method may see of a split: no truth, no test rows, validation only if its card says so."""
    nothing = np.empty(0, dtype=np.int64)
    hidden = replace(split, test=nothing, y_test=nothing, truth_train=nothing, anomaly_type_test=None)
    return hidden if spec.uses_validation else replace(hidden, val=None, y_val=None)


def _measured(
    prepared: Prepared, scores: Any, spent: tuple[float, float, float], width: int, context: WorkContext
) -> Record:
    """Metrics come from the scores as the method returned them; what is stored of them is float32."""
    known = {**prepared.metadata, "group_width": width}
    fit_seconds, score_seconds, peak = spent
    split, scenario = prepared.split, prepared.cell.scenario
    try:
        values = np.asarray(scores, dtype=np.float64)
        measured = metrics.evaluate(split.y_test, values, split.anomaly_type_test, scenario.known_types)
    except Exception as error:
        record = failed(prepared.cell, context, status_of(error), reason_of(error), known)
        return replace(record, fit_seconds=fit_seconds, score_seconds=score_seconds, peak_memory_mb=peak)
    with np.errstate(over="ignore"):
        compact = values.astype(np.float32)
    return Record(
        cell=prepared.cell,
        status="ok",
        metrics=measured,
        fit_seconds=fit_seconds,
        score_seconds=score_seconds,
        peak_memory_mb=peak,
        scores=compact,
        provenance=context.provenance,
        metadata=known,
        truth=split.y_test,
    )


def settle_shared_streams(dataset_sha256: str, method: str, seed: int) -> None:
    """Put the process-wide random streams into a state that depends on data, method and seed only.

    Our own code draws from generators passed in, but some third-party detectors draw from the global
    streams; without this their scores would depend on what ran in this process before.
    """
    rng = generator("shared streams", dataset_sha256, method, seed)
    seed = int(rng.integers(2**32))
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
