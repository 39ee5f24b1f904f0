"""What comes before a cell is fitted: its data loaded, its split cut, its detector made."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import methods
from bench.errors import ConfigError, DataError
from bench.execution import metrics, row_metadata
from bench.execution.context import WorkContext
from bench.execution.failures import failed, reason_of, status_of
from bench.scenarios import split as draw
from bench.types import Cell, MethodSpec, Record, Split


@dataclass(frozen=True, eq=False)
class Prepared:
    """A cell with its arrays cut and its detector made: from here on time and memory are the method's."""

    cell: Cell
    split: Split
    detector: Any
    metadata: Mapping[str, Any]


def prepare(cell: Cell, spec: MethodSpec, context: WorkContext) -> Prepared | Record:
    """A cell ready to be fitted, or its record if that failed."""
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
