"""Fit, score and measure prepared cells: a replicated group, one fit for several cells, or one for each labelling."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bench import methods
from bench.errors import DataError
from bench.execution import memory, metrics
from bench.execution.context import WorkContext
from bench.execution.failures import failed, reason_of, status_of
from bench.execution.preparation import Prepared
from bench.types import MethodSpec, Record, Split
from reproducibility.streams import generator


def fit_group(cells: Sequence[Prepared], context: WorkContext) -> list[Record]:
    """A fit for each cell, all in one program."""
    spec, first = methods.get(cells[0].cell.method), cells[0].detector
    seeds = [prepared.cell.seed for prepared in cells]
    return _timed(
        cells,
        context,
        lambda: first.fit_replicas([blind(prepared.split, spec) for prepared in cells], seeds),
        lambda fitted: first.decision_function_replicas(fitted, [prepared.split.X_test for prepared in cells]),
    )


def fit_once(cells: Sequence[Prepared], context: WorkContext) -> list[Record]:
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


def fit_labellings(cells: Sequence[Prepared], context: WorkContext) -> list[Record]:
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
