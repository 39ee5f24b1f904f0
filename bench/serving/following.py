"""What is known of a run while it goes on: progress, failures as they come, first means with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.execution.progress import duration, read_status
from bench.report.bootstrap import by_dataset, mean_interval
from bench.report.code import several_codes, with_code
from bench.report.outcomes import reasons
from bench.report.rows import method_count, of_one_code, prepare, succeeded
from bench.report.source import read_source

METRIC = "average_precision"
#: So many reasons of failures are told.
MOST = 20
CELL = ["where", "setting", "seed"]


def progress(folder: Path) -> dict[str, Any]:
    """What the status file says, ready for JSON; empty if no run has written one."""
    now = read_status(folder)
    if now is None:
        return {}
    left = None if now.eta_seconds is None else duration(now.eta_seconds)
    return {
        "state": now.state,
        "done": now.done,
        "total": now.total,
        "failed": now.failed,
        "running": list(now.running),
        "left": left,
    }


def outcomes(folder: Path) -> dict[str, Any]:
    """Stored cells, failures and means so far, ready for JSON."""
    source = read_source(folder)
    if source.rows.empty:
        return {"cells": 0, "means": [], "failures": [], "common": 0, "codes": ""}
    rows = prepare(*with_code(source))
    lost = reasons(rows).head(MOST)
    table, common = means(rows)
    return {
        "cells": len(rows),
        "common": common,
        "codes": several_codes(rows),
        "means": [{str(name): _plain(value) for name, value in line.items()} for line in table.to_dict("records")],
        "failures": [{str(name): _plain(value) for name, value in line.items()} for line in lost.to_dict("records")],
    }


def means(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Per method how far it is, and its mean over the cells that every method has by now; and how many these are.

    Of a method with rows of several codes, that which most of them are of has a mean.
    """
    good = succeeded(of_one_code(rows))
    having = good.groupby(CELL).variant.nunique()
    shared = having[having == method_count(rows)].index
    fair = good[pd.MultiIndex.from_frame(good[CELL]).isin(shared)]
    lines = []
    for name, own in rows.groupby("variant", sort=True):
        part = fair[fair.variant == name]
        several = part.seed.nunique() > 1
        interval = mean_interval(by_dataset(part, METRIC), "following", str(name)) if len(part) else None
        lines.append(
            {
                "method": name,
                "done": len(own),
                "failed": int((own.status != "ok").sum()),
                "mean": np.nan if interval is None else interval.value,
                "low": np.nan if interval is None or not several else interval.low,
                "high": np.nan if interval is None or not several else interval.high,
            }
        )
    table = pd.DataFrame(lines).sort_values(["mean", "method"], ascending=[False, True], kind="stable")
    return table, len(shared)


def _plain(value: Any) -> Any:
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else round(float(value), 6)
    return value
