"""What the cells cost and how they ended: time and memory by method, failures with their reasons."""

from __future__ import annotations

import pandas as pd

from bench.report.rows import natural, prepare, succeeded
from bench.report.words import listed

#: So many names are told, the rest is counted.
FEW = 4


def failures(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells without a result, with the reason's one line; empty when all went well."""
    bad = prepare(frame)
    bad = bad[bad.status != "ok"]
    reason = bad.error.fillna("").map(reason_line).astype(object)
    columns = ["dataset", "variant", "seed", "scenario", "status"]
    told = bad[columns].assign(reason=reason.where(reason != "", "no reason was recorded"))
    return told.rename(columns={"variant": "method"}).reset_index(drop=True)


def reason_line(error: str) -> str:
    """The line of a stored error that says why: below a traceback's frames, above the place of a killed process."""
    lines = [line for line in error.strip().splitlines() if line.strip()]
    frames = [number for number, line in enumerate(lines) if line.startswith("  ")]
    if frames:
        return (lines[frames[-1] + 1 :] or lines[-1:])[0].strip()
    return next((line for line in reversed(lines) if not line.startswith('File "')), "")


def reasons(frame: pd.DataFrame) -> pd.DataFrame:
    """The failures for a reader: one row per method, kind and reason, with the datasets hit."""
    bad = failures(frame)
    if bad.empty:
        return bad
    groups = bad.groupby(["method", "status", "reason"], sort=True)
    counted = groups.agg(
        cells=("seed", "size"), datasets=("dataset", lambda names: listed(sorted(set(names), key=natural), FEW))
    )
    return counted.reset_index()[["method", "status", "cells", "datasets", "reason"]]


def cost(frame: pd.DataFrame) -> pd.DataFrame:
    """Time and memory by method.

    Seconds are medians over the cells that succeeded; the time of a group that trained together is shared
    equally by its cells (``runs_together`` is the group's median width). Memory is the largest peak of a
    worker process, libraries and companions included.
    """
    rows = prepare(frame)
    good = succeeded(rows)
    costs = (
        good.assign(seconds=good.fit_seconds + good.score_seconds)
        .groupby("variant")
        .agg(
            cells=("cell", "size"),
            fit_seconds=("fit_seconds", "median"),
            score_seconds=("score_seconds", "median"),
            slowest_fit_seconds=("fit_seconds", "max"),
            total_seconds=("seconds", "sum"),
            peak_memory_mb=("peak_memory_mb", "max"),
            runs_together=("group_width", "median"),
        )
    )
    failed = (rows.status != "ok").groupby(rows.variant).sum()
    costs = costs.reindex(failed.index).assign(cells=lambda all: all.cells.fillna(0).astype(int), failed=failed)
    costs = costs.sort_values("fit_seconds", kind="stable")
    digits = {"fit_seconds": 3, "score_seconds": 4, "slowest_fit_seconds": 3, "total_seconds": 1, "peak_memory_mb": 0}
    return costs.round(digits).rename_axis("method").reset_index()
