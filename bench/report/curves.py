"""Curves of a metric over contamination or label budget, with bootstrap intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.report.palette import styles
from replicas.streams import generator

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABELS = {
    "contamination": "anomalies among the unlabelled training rows",
    "label_budget": "labelled anomalies",
    "average_precision": "average precision",
    "auc_roc": "AUC-ROC",
}
DRAWS = 2000


def curve(frame: pd.DataFrame, over: str, metric: str = "average_precision") -> tuple[Figure, str]:
    """Mean of ``metric`` over datasets and seeds against ``over``, one line per method.

    Parameters
    ----------
    frame : the store's rows
    over : {"contamination", "label_budget"}

    Returns
    -------
    figure, caption : the caption is written from the data
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    good = frame[(frame.status == "ok") & frame[over].notna()]
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    levels = sorted(good[over].unique())
    order = good.groupby("method")[metric].mean().sort_values(ascending=False).index
    look = {name: dict[str, Any](style) for name, style in styles(good.method.unique()).items()}
    step = (max(levels) - min(levels)) * 0.006 if len(levels) > 1 else 0.0
    for place, method in enumerate(order):
        rows = good[good.method == method]
        found = [(level, *interval(rows[rows[over] == level], metric, method)) for level in levels]
        points = np.array([row for row in found if np.isfinite(row[1])])
        offset = step * (place - (len(order) - 1) / 2)
        bars = np.abs(points[:, 2:].T - points[:, 1])
        axes.errorbar(
            points[:, 0] + offset, points[:, 1], yerr=bars, label=rows.method_title.iloc[0],
            markersize=5, linewidth=1.4, elinewidth=0.8, capsize=2, **look[method],
        )  # fmt: skip
    axes.set_xlabel(LABELS[over])
    axes.set_ylabel(LABELS.get(metric, metric))
    axes.set_xticks(levels)
    axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    return figure, _caption(good, frame, over, metric)


def interval(rows: pd.DataFrame, metric: str, name: str) -> tuple[float, float, float]:
    """Mean over datasets of seed means, with a 95% stratified bootstrap interval (seeds resampled within datasets).

    Agarwal et al. (2021); the datasets are fixed, so the interval says nothing about other datasets.
    """
    groups = [part.to_numpy() for _, part in rows.sort_values(["dataset", "seed"]).groupby("dataset")[metric]]
    if not groups:
        return float("nan"), float("nan"), float("nan")
    stream = generator("bootstrap", metric, name)
    draws = np.mean(
        [values[stream.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1) for values in groups], axis=0
    )
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(np.mean([values.mean() for values in groups])), float(low), float(high)


def _caption(good: pd.DataFrame, frame: pd.DataFrame, over: str, metric: str) -> str:
    failed = int((frame.status != "ok").sum())
    axis = f"the share of {LABELS[over]}" if over == "contamination" else f"the number of {LABELS[over]}"
    return (
        f"Mean {LABELS.get(metric, metric)} over {good.dataset.nunique()} datasets and {good.seed.nunique()} seeds "
        f"against {axis}; bars are 95% stratified bootstrap intervals over seeds, datasets fixed. "
        f"{failed} of {len(frame)} cells failed and are left out."
    )
