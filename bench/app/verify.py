"""Compute cells of a results folder again from the store's own record, and say whether the bits are the same."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench import methods
from bench.app.cells import find, names
from bench.datasets.catalogue import EVERYWHERE, Catalogue
from bench.datasets.table import TableSource
from bench.errors import StoreError
from bench.execution import pool
from bench.execution.context import WorkContext
from bench.planning import identity
from bench.store import manifest, read
from bench.store.manifest_diff import changes
from bench.store.schema import SCORES, metrics_of
from bench.suite.load import parse_suite
from bench.types import Cell, Record, Task
from reproducibility.streams import generator

__all__ = ["find", "repeat", "repeat_together", "sample", "sentences"]


@dataclass(frozen=True)
class Repeated:
    """A cell done again.

    Attributes
    ----------
    cell : str, its key in the store
    name : str, dataset:method:seed with what tells it from others, see ``bench.app.cells``
    record : Record of the new run
    same : bool, nothing differs
    compared : str, what was held against the store
    differences : tuple of str, where the two results differ
    changes : tuple of str, what differs between then and now: data, code of the method, packages, machine, settings
    """

    cell: str
    name: str
    record: Record
    same: bool
    compared: str
    differences: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass
class _Sink:
    """Stands where a run has its store: records are compared, not kept."""

    records: list[Record] = field(default_factory=list)

    def append(self, records: list[Record]) -> None:
        self.records += records


def sample(folder: str | os.PathLike[str], count: int, seed: int) -> list[pd.Series]:
    """So many random rows of a results folder (all, if it has fewer), drawn by the seed."""
    frame = read(folder, scores=True)
    if frame.empty:
        raise StoreError(f"{folder} holds no results yet; run its suite first")
    frame = frame.sort_values("cell", ignore_index=True)
    chosen = np.sort(generator("verify", seed).permutation(len(frame))[:count])
    return [frame.iloc[number] for number in chosen]


def repeat(
    folder: str | os.PathLike[str],
    rows: Iterable[pd.Series],
    catalogue: Catalogue = EVERYWHERE,
    jobs: int = 1,
    tell: Callable[[Repeated], None] = lambda _: None,
) -> list[Repeated]:
    """Do cells again, each alone: see ``repeat_together``."""
    return repeat_together(folder, [[row] for row in rows], catalogue, jobs, tell)


def repeat_together(
    folder: str | os.PathLike[str],
    groups: Iterable[Sequence[pd.Series]],
    catalogue: Catalogue = EVERYWHERE,
    jobs: int = 1,
    tell: Callable[[Repeated], None] = lambda _: None,
) -> list[Repeated]:
    """Do cells again, on the same path as a run, and compare.

    Parameters
    ----------
    folder : results folder
    groups : rows of its store, with scores where it has them; those of a group run as one task, as in a run
    catalogue : where the data files lie; the tables are those of the stored run
    jobs : worker processes
    tell : called with each cell as soon as it is compared

    Returns
    -------
    list of Repeated
        In the order in which they were done.

    Raises
    ------
    StoreError, UnknownName, DataError
        The manifest lacks the run, or the method or the data are not there any more.
    """
    runs = {run["id"]: run for run in manifest.read_manifest(folder)}
    stored_rows = read(folder)
    called = dict(zip(stored_rows["cell"], names(stored_rows), strict=True))
    by_run: dict[str, list[Sequence[pd.Series]]] = {}
    for group in groups:
        by_run.setdefault(group[0].provenance, []).append(group)
    repeated: list[Repeated] = []
    for run_id, members in by_run.items():
        if run_id not in runs:
            raise StoreError(f"{Path(folder) / manifest.MANIFEST} does not hold the run {run_id} of these cells")
        run = runs[run_id]
        used = {group[0].method for group in members}
        sources = tuple((name, methods.source_hash(methods.get(name))) for name in sorted(used))
        context = replace(context_of(run, folder, catalogue), sources=sources)
        tasks: list[Task] = []
        stored: dict[str, pd.Series] = {}
        for group in members:
            cells = tuple(cell_of(row, context) for row in group)
            stored |= {cell.key: row for cell, row in zip(cells, group, strict=True)}
            tasks.append(Task(cells, 1.0, 1.0))

        def compare(
            records: list[Record], stored: Mapping[str, pd.Series] = stored, run: Mapping[str, Any] = run
        ) -> None:
            for record in records:
                row = stored[record.cell.key]
                repeated.append(compared(row, record, run, called[row["cell"]]))
                tell(repeated[-1])

        pool.run(tasks, context, _Sink(), jobs, on_records=compare)
    return repeated


def context_of(run: Mapping[str, Any], folder: str | os.PathLike[str], catalogue: Catalogue) -> WorkContext:
    """What the tasks of a stored run knew: its own tables and limits."""
    suite = parse_suite(run["suite"], f"the suite stored in {folder}")
    return WorkContext(catalogue.with_tables(located(suite.tables, run["command"])), suite.limits, run["id"])


def cell_of(row: pd.Series, context: WorkContext) -> Cell:
    """The cell of a stored row with the data and the code of today; its key tells whether they are the same."""
    return todays(row, context.catalogue.load(row.dataset).sha256)


def todays(row: pd.Series, dataset_sha256: str, source: str | None = None) -> Cell:
    """The cell of a stored row with these data, and the code (its ``source_hash``) and parameter names of today."""
    spec = methods.get(row.method)
    scenario = identity.scenario_of(row.scenario)
    params = identity.renamed(spec, identity.params_of(row.params))
    what = identity.content(
        dataset_sha256, scenario, spec, dict(params), source or methods.source_hash(spec), int(row.seed), row.dataset
    )
    return Cell(row.dataset, dataset_sha256, scenario, row.method, params, int(row.seed), identity.cell_key(what))


def compared(row: pd.Series, record: Record, run: Mapping[str, Any], name: str) -> Repeated:
    """Hold a new record against a stored row; where they differ, or not, say what changed since."""
    differences = []
    if row.status != record.status:
        reason = f" ({record.error.splitlines()[-1]})" if record.error else ""
        differences.append(f"status: {row.status} stored, {record.status} now{reason}")
    elif row.status != "ok" and _last(row.error) != _last(record.error):
        differences.append(f"reason: {_last(row.error)!r} stored, {_last(record.error)!r} now")
    before = metrics_of(row)
    for metric in (name for name in record.metrics if name in before):
        old, new = before[metric], float(record.metrics[metric])
        if old != new and not (math.isnan(old) and math.isnan(new)):
            differences.append(f"{metric}: {old!r} stored, {new!r} now")
    stored = row.get(SCORES)
    scores = np.asarray(stored, dtype=np.float32) if isinstance(stored, np.ndarray) else None
    if scores is not None and record.scores is not None and not np.array_equal(scores, record.scores):
        differences.append(_of_scores(scores, record.scores))
    what = "status and reason" if row.status != "ok" else "metrics" if scores is None else "scores and metrics"
    if row.status == record.status == "ok":
        what += _not_compared(before, record.metrics)
    return Repeated(
        cell=row["cell"],
        name=name,
        record=record,
        same=not differences,
        compared=what,
        differences=tuple(differences),
        changes=tuple(changed(row, record.cell, run)),
    )


def _not_compared(before: Mapping[str, float], now: Mapping[str, float]) -> str:
    """Metrics that one side has alone: versions measure more or other things, and that is no difference of a cell."""
    alone = [*(f"{name} is stored only" for name in sorted(set(before) - set(now)))]
    alone += [f"{name} is new" for name in sorted(set(now) - set(before))]
    return f"; not compared: {', '.join(alone)}" if alone else ""


def changed(row: pd.Series, cell: Cell, run: Mapping[str, Any]) -> list[str]:
    """What differs between the stored run and this moment, as sentences."""
    told = []
    if row.dataset_sha256 != cell.dataset_sha256:
        told.append(f"data of {cell.dataset}: sha256 {row.dataset_sha256[:12]} then, {cell.dataset_sha256[:12]} now")
    elif row["cell"] != cell.key:
        told.append(f"code or default parameters of {cell.method} (its cell key differs)")
    now = manifest.collect(run["suite"], "rerun", run["datasets"])
    return told + [
        f"{change.fact}: {' and '.join(change.first)} then, {' and '.join(change.second)} now"
        for change in changes([run], [now])
    ]


def located(tables: Iterable[TableSource], command: str | Sequence[str]) -> tuple[TableSource, ...]:
    """The user's own tables, found beside the suite file that the stored command names, as in the first run."""
    words = command.split() if isinstance(command, str) else command
    folders = [Path(word).parent for word in words if word.endswith(".toml")]

    def beside(source: TableSource) -> TableSource:
        there = [folder / source.path for folder in folders if (folder / source.path).is_file()]
        return replace(source, path=str(there[0])) if there and not Path(source.path).is_absolute() else source

    return tuple(beside(source) for source in tables)


def sentences(done: Repeated, verify: bool = True) -> str:
    """One result as text: its metrics, and under ``verify`` whether it is what was stored."""
    record = done.record
    lines = [f"{done.name}  {done.cell[:12]}  {record.status}"]
    lines += [f"  {name:<24}{value!r}" for name, value in record.metrics.items()]
    if record.error:
        lines += [f"  {line}" for line in record.error.splitlines()]
    if verify:
        lines.append(f"bit-identical ({done.compared})" if done.same else "DIFFERENT:")
        lines += [f"  {line}" for line in done.differences]
        lines.append("changed since:" if done.changes else "nothing that is recorded has changed since")
        lines += [f"  {line}" for line in done.changes]
    return "\n".join(lines)


def _of_scores(old: np.ndarray, new: np.ndarray) -> str:
    if len(old) != len(new):
        return f"scores: {len(old)} stored, {len(new)} now"
    apart = old != new
    return f"scores: {int(apart.sum())} of {len(old)} differ, by at most {float(np.abs(old - new).max()):.3g}"


def _last(text: str) -> str:
    """The last line of a reason: the lines above it hold paths."""
    lines = (text or "").strip().splitlines()
    return lines[-1] if lines else ""
