"""Tables from the store's rows: methods x datasets, cost and failures, as numbers; ``render`` makes text of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.report import render
from bench.report.comparison import Comparison
from bench.report.outcomes import cost, failures, reasons
from bench.report.rows import coverage, natural, prepare, scenarios, succeeded

METRIC_TITLES = {
    "average_precision": "Average precision",
    "auc_roc": "AUC-ROC",
    "auc_pr_trapezoid": "AUC-PR (trapezoid)",
    "average_precision_known": "Average precision, known anomaly types",
    "average_precision_unseen": "Average precision, unseen anomaly types",
    "auc_roc_unseen": "AUC-ROC, unseen anomaly types",
}
#: The trapezoid area flatters few, far points; it is shown where papers that used it are to be compared with.
PUBLISHED_ONLY = ("auc_pr_trapezoid",)
PUBLISHED = ("paper", "adbench")
#: Differences below this are rounding errors: equal means are ties.
DIGITS = 12
DAGGER = "† used the labelled validation split, which the other methods did not see."
MARKS = "Bold is best, underlined second."
SHORT = "(k/n): only k of n runs succeeded; such a mean is shown but not marked."
SYNTHETIC = "§ synthetic data."
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


def compare(frame: pd.DataFrame, metric: str, title: str) -> Comparison:
    """Compare methods over datasets.

    Parameters
    ----------
    frame : the store's rows of one scenario, or of several whose mean is wanted
    metric : a metric's column
    title : the scenario in words
    """
    rows = prepare(frame)
    found = coverage(rows)
    good = succeeded(rows)
    names, places = sorted(rows.variant.unique()), sorted(rows["where"].unique(), key=natural)

    def grid(values: pd.Series) -> pd.DataFrame:
        return values.unstack().reindex(index=names, columns=places)

    # scenarios are averaged within a seed first, so that the deviation is over seeds alone
    seeds = good.groupby(["variant", "where", "seed"])[metric].mean().groupby(["variant", "where"])
    mean = grid(seeds.mean()).round(DIGITS)
    std = grid(seeds.std(ddof=1)).round(DIGITS)
    got = grid(good.groupby(["variant", "where"]).size()).fillna(0).astype(int)
    asked = grid(rows.groupby(["variant", "where"]).size()).notna()
    inner = mean.loc[list(found.compared), list(found.complete)]
    ranks = inner.rank(ascending=False)
    rank = ranks.mean(axis=1).reindex(names)
    average = inner.mean(axis=1).reindex(names)
    wins = (inner == inner.max(axis=0)).sum(axis=1).reindex(names)
    overall = pd.DataFrame({"rank": rank, "average": -average, "any": -mean.mean(axis=1)})
    order = overall.sort_values(["rank", "average", "any"], kind="stable").index
    daggers = frozenset(rows.variant[rows.sees_validation.fillna(False).astype(bool)])
    synthetic = frozenset(rows["where"][rows.synthetic.fillna(False).astype(bool)])
    short = ((got > 0) & (got < found.runs)).to_numpy().any()
    notes = [MARKS, _spread(rows), *([SHORT] if short else []), *found.notes]
    notes += [DAGGER] if daggers else []
    notes += [SYNTHETIC] if synthetic else []
    return Comparison(
        title=f"{METRIC_TITLES.get(metric, metric)} ({title})",
        mean=mean.loc[order],
        std=std.loc[order],
        succeeded=got.fillna(0).astype(int).loc[order],
        asked=asked.loc[order],
        runs=found.runs,
        average=average.loc[order],
        rank=rank.loc[order],
        wins=wins.loc[order],
        daggers=daggers,
        synthetic=synthetic,
        notes=tuple(notes),
    )


def comparisons(frame: pd.DataFrame, metric: str) -> list[Comparison]:
    """One comparison per scenario that has the metric; before them their mean, where several share a protocol."""
    rows = prepare(frame)
    if metric in PUBLISHED_ONLY:
        rows = rows[rows.protocol.isin(PUBLISHED)]
    parts = [(label, part) for label, part in scenarios(rows) if _measured(part, metric)]
    found = [compare(part, metric, label) for label, part in parts]
    if len(found) > 1 and rows.protocol.nunique() == 1:
        pooled = pd.concat([part for _, part in parts])
        if coverage(pooled).complete:
            found.insert(0, compare(pooled, metric, f"mean over {len(found)} scenarios"))
    return found


def metrics(frame: pd.DataFrame) -> list[str]:
    """The metrics that get a table: the trapezoid area only where a published protocol was followed."""
    return [
        name
        for name in METRIC_TITLES
        if _measured(frame, name) and (name not in PUBLISHED_ONLY or frame.protocol.isin(PUBLISHED).any())
    ]


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
        found = comparisons(rows, metric)
        stem = folder / metric
        written += [
            save_csv(stem.with_suffix(".csv"), pd.concat([_long(one) for one in found])),
            save_csv(folder / f"{metric}_summary.csv", pd.concat([_summary(one) for one in found])),
            _text(stem.with_suffix(".md"), "\n".join(render.markdown(one) for one in found)),
            _text(stem.with_suffix(".tex"), "\n".join(render.latex(one) for one in found)),
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
    table.to_csv(path, index=False, lineterminator="\n", float_format=_positional)
    return path


def _spread(rows: pd.DataFrame) -> str:
    count = rows.seed.nunique()
    if count < 2:
        return "One seed, so there is no standard deviation."
    pooled = " (of the mean over scenarios)" if rows.setting.nunique() > 1 else ""
    return f"± is the standard deviation over {count} seeds{pooled}."


def _positional(value: Any) -> str:
    return np.format_float_positional(value, trim="-")


def _measured(frame: pd.DataFrame, metric: str) -> bool:
    """Whether the rows hold this metric; the headline metrics have a table even when every cell failed."""
    headline = metric in ("average_precision", "auc_roc")
    return metric in frame.columns and (headline or bool(frame[metric].notna().any()))


def _long(found: Comparison) -> pd.DataFrame:
    parts = {"mean": found.mean, "std": found.std, "seeds": found.succeeded, "asked": found.asked}
    long = pd.DataFrame({name: part.stack(future_stack=True) for name, part in parts.items()})
    long = long[long.asked].drop(columns="asked").rename_axis(["method", "dataset"]).reset_index()
    long.insert(0, "table", found.title)
    return long.assign(wanted=found.runs).round({"mean": 6, "std": 6})


def _summary(found: Comparison) -> pd.DataFrame:
    summary = pd.DataFrame({"average": found.average, "rank": found.rank, "wins": found.wins})
    summary = summary.round({"average": 6, "rank": 4}).rename_axis("method").reset_index()
    summary.insert(0, "table", found.title)
    return summary.astype({"wins": "Int64"})


def _text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
