"""Tables from the store's rows: methods x datasets, cost and failures, as numbers; ``render`` makes text of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.atomic import write_text
from bench.report import render
from bench.report.comparison import METRIC_TITLES, Comparison, comparisons, metrics
from bench.report.outcomes import cost, failures, reasons
from bench.report.rows import prepare

COST = (
    "Time and memory by method. Seconds are medians over the cells that succeeded; runs that trained together share "
    "their group's time equally. Memory is the largest peak of a worker process, libraries included."
)
COST_TITLES = {
    "fit_seconds": "fit (s)",
    "score_seconds": "score (s)",
    "slowest_fit_seconds": "slowest fit (s)",
    "total_seconds": "all cells (s)",
    "peak_memory_mb": "memory (MB)",
}


def write(folder: Path, frame: pd.DataFrame) -> list[Path]:
    """Write every table of a run as CSV, Markdown and LaTeX; returns the files, the same bytes each time.

    Tables of an earlier call for metrics that these rows do not have are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = prepare(frame)
    written: list[Path] = []
    shown = metrics(rows)
    for name in METRIC_TITLES.keys() - set(shown):
        for ending in (".csv", "_summary.csv", ".md", ".tex"):
            (folder / f"{name}{ending}").unlink(missing_ok=True)
    for metric in shown:
        compared = comparisons(rows, metric)
        stem = folder / metric
        written += [
            save_csv(stem.with_suffix(".csv"), pd.concat([_long(comparison) for comparison in compared])),
            save_csv(folder / f"{metric}_summary.csv", pd.concat([_summary(comparison) for comparison in compared])),
            _text(stem.with_suffix(".md"), "\n".join(render.markdown(comparison) for comparison in compared)),
            _text(stem.with_suffix(".tex"), "\n".join(render.latex(comparison) for comparison in compared)),
        ]
    for name, table, text, caption in (
        ("cost", cost(rows), cost(rows).rename(columns=COST_TITLES), COST),
        ("failures", failures(rows), reasons(rows), "Cells without a result."),
    ):
        written += [
            save_csv(folder / f"{name}.csv", table),
            _text(folder / f"{name}.md", render.plain_markdown(text, caption)),
            _text(folder / f"{name}.tex", render.plain_latex(text, caption)),
        ]
    return written


def save_csv(path: Path, table: pd.DataFrame) -> Path:
    """Write a table with unix line ends and numbers as they are, without exponents."""
    write_text(path, table.to_csv(index=False, lineterminator="\n", float_format=_positional))
    return path


def _positional(value: Any) -> str:
    return np.format_float_positional(value, trim="-")


def _long(comparison: Comparison) -> pd.DataFrame:
    columns = {"mean": comparison.mean, "std": comparison.std, "seeds": comparison.succeeded, "asked": comparison.asked}
    long = pd.DataFrame({name: part.stack(future_stack=True) for name, part in columns.items()})
    long = long[long.asked].drop(columns="asked").rename_axis(["method", "dataset"]).reset_index()
    long.insert(0, "table", comparison.title)
    return long.assign(wanted=comparison.runs).round({"mean": 6, "std": 6})


def _summary(comparison: Comparison) -> pd.DataFrame:
    summary = pd.DataFrame({"average": comparison.average, "rank": comparison.rank, "wins": comparison.wins})
    summary = summary.round({"average": 6, "rank": 4}).rename_axis("method").reset_index()
    summary.insert(0, "table", comparison.title)
    return summary.astype({"wins": "Int64"})


def _text(path: Path, text: str) -> Path:
    write_text(path, text)
    return path
