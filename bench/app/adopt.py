"""Carry stored results over to today's code, after a sample of them, computed again, has proven every bit equal.

A refactoring changes the fingerprint of a method's code, and with it the key of each of its cells. Here cells of each
method are done again, alone and in a group, and held against the store as ``verify`` does. Where all bits are equal
the rows get today's keys; where one differs the method's rows stay as they are. The manifest records what was carried
over, from what, when and on which evidence.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bench import methods
from bench.app.verify import Repeated, context_of, repeat_together, todays
from bench.datasets.catalogue import EVERYWHERE, Catalogue
from bench.errors import BenchError, StoreError
from bench.execution.evaluate import WorkContext
from bench.json_values import json_text
from bench.planning import grouping
from bench.store import Store, manifest, read
from bench.store.schema import ADOPTED
from bench.types import Cell
from reproducibility.streams import generator

#: A group is done again with so many of its cells: training stacks them in eights.
TOGETHER = grouping.EIGHT
#: Cells that ended so are not waited for again.
NOT_REPEATED = ("timeout", "oom")


@dataclass(frozen=True)
class Verdict:
    """What became of a method's cells.

    Attributes
    ----------
    method : str
    cells : int, rows whose key is not of today's code
    evidence : tuple of Repeated, what was computed again
    reason : str, why nothing was carried over; "" if it was
    """

    method: str
    cells: int
    evidence: tuple[Repeated, ...] = ()
    reason: str = ""

    @property
    def adopted(self) -> bool:
        """Whether the method's rows were carried over."""
        return not self.reason


def adopt(
    folder: str | os.PathLike[str],
    sample: int = 3,
    seed: int = 0,
    catalogue: Catalogue = EVERYWHERE,
    jobs: int = 1,
    tell: Callable[[Repeated], None] = lambda _: None,
) -> list[Verdict]:
    """Prove by a sample that today's code gives the stored bits, and carry the rows over to it.

    Parameters
    ----------
    folder : results folder
    sample : int
        So many cells of each method at least, of different datasets where there are; each set of parameters once. Of
        a method that trains in groups each is done alone and in a group.
    seed : int
        Which ones.
    catalogue : where the data files lie
    jobs : worker processes
    tell : called with each cell as soon as it is compared

    Returns
    -------
    list of Verdict
        One per method with rows of other code.

    Raises
    ------
    StoreError
        No results, or another process holds the folder.
    """
    with Store(folder) as store:  # nobody else may write between the proof and its use
        rows = read(folder, scores=True)
        if rows.empty:
            raise StoreError(f"{folder} holds no results yet; run its suite first")
        verdicts: list[Verdict] = []
        keys: dict[str, Cell] = {}
        for method, own in rows.groupby("method", sort=True):
            cells, reason = _of_today(str(method), own)
            stale = own[[reason != "" or cells[key].key != key for key in own["cell"]]]
            if stale.empty:
                continue
            verdict = Verdict(str(method), len(stale), (), reason)
            if not reason:
                verdict = _proven(folder, stale, cells, (sample, seed), catalogue, jobs, tell)
            verdicts.append(verdict)
            if verdict.adopted:
                keys |= {key: cells[key] for key in stale["cell"]}
        if keys:
            record = _record(folder, rows, keys, verdicts)
            # The record comes first: without rows that name it, it never was an adoption, and the next one drops it.
            manifest.write_adoptions(folder, [*_in_force(folder, rows), record])
            store.rewrite(lambda table: _carried(table, keys, record["id"]))
    return verdicts


def _of_today(method: str, rows: pd.DataFrame) -> tuple[dict[str, Cell], str]:
    """Today's cell of each stored key, or why there is none."""
    try:
        lacking = methods.missing(methods.get(method))
        if lacking:
            return {}, lacking
        source = methods.source_hash(methods.get(method))
        return {row["cell"]: todays(row, row.dataset_sha256, source) for _, row in rows.iterrows()}, ""
    except (BenchError, TypeError) as error:  # TypeError: a scenario with a field that is no more
        return {}, str(error)


def _proven(
    folder: str | os.PathLike[str],
    rows: pd.DataFrame,
    cells: dict[str, Cell],
    drawn: tuple[int, int],
    catalogue: Catalogue,
    jobs: int,
    tell: Callable[[Repeated], None],
) -> Verdict:
    method = str(rows.method.iloc[0])
    runs = {run["id"]: run for run in manifest.read_manifest(folder)}
    contexts = {name: context_of(runs[name], folder, catalogue) for name in set(rows.provenance) & set(runs)}
    groups = []
    for row in _sampled(rows, *drawn, contexts):
        groups += [[row]]
        together = _mates(row, rows, cells)
        groups += [together] if len(together) > 1 else []
    if not groups:
        return Verdict(method, len(rows), (), "no cell of it can be done again here: its data or its run are gone")
    evidence = tuple(repeat_together(folder, groups, catalogue, jobs, tell))
    wrong = next((done for done in evidence if not done.same), None)
    reason = "" if wrong is None else f"{wrong.name} ({wrong.cell[:12]}) differs: {wrong.differences[0]}"
    return Verdict(method, len(rows), evidence, reason)


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


def _mates(row: pd.Series, rows: pd.DataFrame, cells: dict[str, Cell]) -> list[pd.Series]:
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


def _carried(table: pa.Table, keys: dict[str, Cell], name: str) -> pa.Table:
    """The rows under their keys and parameters of today; what is stored under such a key already stays."""
    old = table["cell"].to_pylist()
    present = set(old) - set(keys)
    kept = [number for number, key in enumerate(old) if key not in keys or keys[key].key not in present]
    table = table.take(pa.array(kept, pa.int64()))
    old = table["cell"].to_pylist()
    values = {"cell": [keys[key].key if key in keys else key for key in old]}
    params = table["params"].to_pylist()
    values["params"] = [
        json_text(dict(keys[key].params)) if key in keys else text for key, text in zip(old, params, strict=True)
    ]
    before = table[ADOPTED].to_pylist() if ADOPTED in table.column_names else [None] * len(old)
    values[ADOPTED] = [name if key in keys else earlier for key, earlier in zip(old, before, strict=True)]
    for column, entries in values.items():
        array = pa.array(entries, pa.string())
        if column in table.column_names:
            table = table.set_column(table.column_names.index(column), column, array)
        else:
            table = table.append_column(column, array)
    return table


def _record(
    folder: str | os.PathLike[str], rows: pd.DataFrame, keys: dict[str, Cell], verdicts: Sequence[Verdict]
) -> dict[str, Any]:
    """What the manifest says of this adoption."""
    runs = {run["id"]: run for run in manifest.read_manifest(folder)}
    today = manifest.collect("", "adopt")
    entries = {}
    for verdict in (verdict for verdict in verdicts if verdict.adopted):
        own = rows[(rows.method == verdict.method) & rows["cell"].isin(keys)]
        earlier = set(own[ADOPTED].dropna()) if ADOPTED in own else set[str]()
        entries[verdict.method] = {
            "cells": len(own),
            "from": {
                "runs": sorted(set(own.provenance)),
                "commits": sorted({str((runs.get(run, {}).get("git") or {}).get("commit")) for run in own.provenance}),
                "adoptions": sorted(earlier),
                "keys_sha256": sha256("\n".join(sorted(own["cell"])).encode()).hexdigest(),
            },
            "to": methods.source_hash(methods.get(verdict.method)),
            "renamed": dict(methods.get(verdict.method).renamed),
            "evidence": [
                {
                    "cell": keys[done.cell].key,
                    "was": done.cell,
                    "name": done.name,
                    "group_width": int(done.record.metadata.get("group_width", 1)),
                    "compared": done.compared,
                }
                for done in verdict.evidence
            ],
        }
    told = {name: today[name] for name in ("started", "git", "packages", "python", "platform", "cpu")}
    record = {**told, "methods": entries}
    name = sha256(json_text(record).encode()).hexdigest()[:16]
    return {"id": name, **record}


def _in_force(folder: str | os.PathLike[str], rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The adoptions that rows speak of, and those before them."""
    known = {record["id"]: record for record in manifest.read_adoptions(folder)}
    waiting = list(set(rows[ADOPTED].dropna())) if ADOPTED in rows else []
    wanted: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            waiting += [earlier for entry in known[name]["methods"].values() for earlier in entry["from"]["adoptions"]]
    return [record for name, record in known.items() if name in wanted]
