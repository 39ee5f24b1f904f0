"""What the page holds: small tables as JSON, the cells as columns of numbers in base64."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bench.leaderboard import tables
from bench.leaderboard.merge import Merged
from bench.report.comparison import METRIC_TITLES
from bench.report.grids import KEY_LETTERS
from bench.report.outcomes import reason_line
from bench.store.manifest import MANIFEST

#: So many letters of a reason are shown.
MOST_LETTERS = 240
STATUSES = ("ok", "failed", "timeout", "oom")
#: Packages of which a source's table speaks.
TOLD = ("torch", "numpy", "scikit-learn", "pyod")


def payload(merged: Merged) -> dict[str, Any]:
    """Everything that the page computes from, JSON-able; the same for the same cells."""
    rows = merged.rows
    sets, _ = tables.numbered(rows, ["dataset"])
    settings, _ = tables.numbered(rows, ["scenario"])
    tasks, task = tables.numbered(rows, tables.TASK)
    methods, entry = tables.numbered(rows, tables.ENTRY)
    told_metrics = [name for name in METRIC_TITLES if name in rows and rows[name].notna().any()]
    return {
        "metrics": [{"name": name, "title": METRIC_TITLES[name]} for name in told_metrics],
        "sources": [_source(number, merged) for number in range(len(merged.sources))],
        "leftOut": [str(reason) for reason in merged.left_out],
        "datasets": tables.datasets(sets),
        "scenarios": tables.scenarios(settings),
        "tasks": {
            "dataset": _indices(tasks.dataset, sets.dataset),
            "scenario": _indices(tasks.scenario, settings.scenario),
        },
        "entries": tables.entries(methods, rows),
        **_cells(rows, task, entry, told_metrics),
    }


def _cells(rows: pd.DataFrame, task: pd.Series, entry: pd.Series, metrics: list[str]) -> dict[str, Any]:
    reasons = rows.error.fillna("").where(rows.status != "ok", "").map(reason_line).str.slice(0, MOST_LETTERS)
    texts = sorted({"", *reasons})
    columns: dict[str, tuple[str, pd.Series]] = {
        "task": ("<u2" if task.max() < 2**16 else "<u4", task),
        "entry": ("<u2", entry),
        "seed": ("<u4", rows.seed),
        "source": ("<u2", rows.source),
        "status": ("<u1", rows.status.map({name: number for number, name in enumerate(STATUSES)})),
        "reason": ("<u2", reasons.map({text: number for number, text in enumerate(texts)})),
        "fit": ("<f4", rows.fit_seconds),
        "score": ("<f4", rows.score_seconds),
        "memory": ("<f4", rows.peak_memory_mb),
        "labelled": ("<u4", rows.n_labelled.fillna(0)),
        "train": ("<u4", rows.n_train.fillna(0)),
        "test": ("<u4", rows.n_test.fillna(0)),
    }
    return {
        "reasons": texts,
        "statuses": list(STATUSES),
        "keyLetters": KEY_LETTERS,
        "keys": "".join(rows["cell"].str.slice(0, KEY_LETTERS).str.pad(KEY_LETTERS, "right")),
        "columns": {
            name: {"type": data_type, "data": _packed(values, data_type)}
            for name, (data_type, values) in columns.items()
        },
        "values": {name: {"type": "<f8", "data": _packed(rows[name], "<f8")} for name in metrics},
    }


def _packed(values: pd.Series, data_type: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values.to_numpy(dtype=data_type)).tobytes()).decode()


def _indices(values: pd.Series, known: pd.Series) -> list[int]:
    order = {value: number for number, value in enumerate(known)}
    return [order[value] for value in values]


def _source(number: int, merged: Merged) -> dict[str, Any]:
    """A source in a few words: what ran it, and how many of its cells are shown."""
    source = merged.sources[number]
    runs = [run for run in source.runs if run.get("id") in set(source.rows.provenance)]
    return {
        "path": source.path,
        "shown": int((merged.rows.source == number).sum()),
        "cells": len(source.rows),
        "started": sorted({str(run.get("started", ""))[:10] for run in runs}),
        "code": sorted({_commit(run) for run in runs}),
        "python": sorted({str(run.get("python", "")) for run in runs}),
        "processor": sorted({str((run.get("cpu") or {}).get("model", "")) for run in runs}),
        "packages": sorted({_packages(run) for run in runs}),
    } | ({} if runs else {"note": f"no {MANIFEST} names its runs"})


def _commit(run: Mapping[str, Any]) -> str:
    git = run.get("git") or {}
    return str(git.get("commit", "no checkout"))[:10] + (" with changes" if git.get("diff_sha256") else "")


def _packages(run: Mapping[str, Any]) -> str:
    known = run.get("packages") or {}
    return ", ".join(f"{name} {known[name]}" for name in TOLD if name in known)
