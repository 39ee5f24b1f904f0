"""Carry stored results over to today's code, after a sample of them, computed again, has proven every bit equal.

A refactoring changes the fingerprint of a method's code, and with it the key of each of its cells. Here cells of each
method are done again, alone and in a group, and held against the store as ``verify`` does. Where all bits are equal
the rows get today's keys; where one differs the method's rows stay as they are. The manifest records what was carried
over, from what, when and on which evidence.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pandas as pd
import pyarrow as pa

from bench import methods
from bench.app.adopt_sample import Claim
from bench.app.adopt_sample import groups as groups_to_repeat
from bench.app.verify import Repeated, repeat_together, todays
from bench.datasets.catalogue import EVERYWHERE, Catalogue
from bench.errors import BenchError, StoreError
from bench.json_values import json_text
from bench.store import Store, manifest, read
from bench.store.schema import ADOPTED
from bench.types import Cell


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
        claims = [claim for method, own in rows.groupby("method", sort=True) if (claim := _claim(str(method), own))]
        groups = [group for claim in claims for group in groups_to_repeat(folder, claim, (sample, seed), catalogue)]
        # All methods in one go: workers start once, and none waits for the last cell of each method.
        evidence = repeat_together(folder, groups, catalogue, jobs, tell) if groups else []
        verdicts = [_verdict(claim, evidence) for claim in claims]
        adopted = {verdict.method for verdict in verdicts if verdict.adopted}
        keys = {key: claim.cells[key] for claim in claims if claim.method in adopted for key in claim.stale["cell"]}
        if keys:
            record = _record(folder, rows, keys, verdicts)
            # The record comes first: without rows that name it, it never was an adoption, and the next one drops it.
            manifest.write_adoptions(folder, [*_in_force(folder, rows), record])
            store.rewrite(lambda table: _carried(table, keys, record["id"]))
    return verdicts


def _claim(method: str, rows: pd.DataFrame) -> Claim | None:
    cells, reason = _of_today(method, rows)
    stale = rows[[reason != "" or cells[key].key != key for key in rows["cell"]]]
    return None if stale.empty else Claim(method, stale, cells, reason)


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


def _verdict(claim: Claim, evidence: Sequence[Repeated]) -> Verdict:
    own = tuple(done for done in evidence if done.record.cell.method == claim.method)
    wrong = next((done for done in own if not done.same), None)
    reason = claim.reason
    if not reason and not own:
        reason = "no cell of it can be done again here: its data or its run are gone"
    elif wrong is not None:
        reason = f"{wrong.name} ({wrong.cell[:12]}) differs: {wrong.differences[0]}"
    return Verdict(claim.method, len(claim.stale), own, reason)


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
