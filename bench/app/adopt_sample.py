"""Which cells of a method are done again before its rows are carried over: spread over all that could differ."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench import methods
from bench.app.verify import context_of
from bench.datasets.catalogue import Catalogue
from bench.errors import BenchError
from bench.execution.context import WorkContext
from bench.planning import grouping
from bench.store import manifest
from bench.types import Cell
from reproducibility.streams import generator

#: A group is done again with so many of its cells: training stacks them in eights.
TOGETHER = grouping.EIGHT
#: Cells that ended so are not waited for again.
NOT_REPEATED = ("timeout", "oom")


@dataclass(frozen=True, eq=False)
class Claim:
    """A method's rows of other code, today's cell of each stored key, and why there is none ("" = there is)."""

    method: str
    stale: pd.DataFrame
    cells: Mapping[str, Cell]
    reason: str


def groups(
    folder: str | os.PathLike[str], claim: Claim, drawn: tuple[int, int], catalogue: Catalogue
) -> Iterator[list[pd.Series]]:
    """Rows that are to be done again, each alone and in a group."""
    if claim.reason:
        return
    runs = {run["id"]: run for run in manifest.read_manifest(folder)}
    contexts = {name: context_of(runs[name], folder, catalogue) for name in set(claim.stale.provenance) & set(runs)}
    for row in _sampled(claim.stale, *drawn, contexts):
        yield [row]
        together = _mates(row, claim.stale, claim.cells)
        if len(together) > 1:
            yield together


def _sampled(rows: pd.DataFrame, count: int, seed: int, contexts: dict[str, WorkContext]) -> Iterator[pd.Series]:
    """Cells spread over parameters, datasets, and those that trained alone or in a group."""
    stream = generator("adopt", seed, str(rows.method.iloc[0]))
    rows = rows[~rows.status.isin(NOT_REPEATED)].sort_values("cell", ignore_index=True)
    rows = rows.iloc[stream.permutation(len(rows))]
    settings = list(dict.fromkeys(rows.params))
    used: set[str] = set()
    usable: dict[tuple[str, str], bool] = {}
    for turn in range(max(count, len(settings)) if settings else 0):
        some = rows[(rows.params == settings[turn % len(settings)]) & ~rows["cell"].isin(used)]
        order = np.lexsort(
            (
                (some.group_width > 1) == bool(turn % 2),  # by turns one that trained in a group and one alone
                some.dataset.isin(set(rows[rows["cell"].isin(used)].dataset)),  # a new dataset first of all
                some.status != "ok",
            )
        )
        for number in order:
            row = some.iloc[number]
            which = (row.provenance, row.dataset)
            if which not in usable:
                usable[which] = row.provenance in contexts and _same_data(row, contexts[row.provenance])
            if usable[which]:
                used.add(row["cell"])
                yield row
                break


def _same_data(row: pd.Series, context: WorkContext) -> bool:
    try:
        return context.catalogue.load(row.dataset).sha256 == str(row.dataset_sha256)
    except BenchError:
        return False


def _mates(row: pd.Series, rows: pd.DataFrame, cells: Mapping[str, Cell]) -> list[pd.Series]:
    """The row and others that a run would train with it; itself alone for a method without groups."""
    if not methods.get(row.method).replicated or pd.isna(row.dataset_rows):
        return [row]
    same = rows[
        (rows.dataset == row.dataset)
        & (rows.params == row.params)
        & (rows.dataset_sha256 == row.dataset_sha256)
        & ~rows.status.isin(NOT_REPEATED)
    ]
    shapes = {row.dataset: (int(row.dataset_rows), int(row.dataset_features))}
    tasks = grouping.tasks([cells[key] for key in same["cell"]], shapes)
    mine = cells[row["cell"]]
    (task,) = [task for task in tasks if mine in task.cells]
    others = [cell.key for cell in task.cells if cell is not mine][: TOGETHER - 1]
    by_key = {cells[other["cell"]].key: other for _, other in same.iterrows()}
    return [row, *(by_key[key] for key in others)]
