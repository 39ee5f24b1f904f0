"""Curves of a metric over a part of the scenario: contamination, label budget, noise; with bootstrap intervals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.report.bootstrap import by_dataset, mean_interval
from bench.report.figures.canvas import (
    INTERVALS,
    Drawing,
    NotAsked,
    Unsuited,
    crowds,
    drawing_styles,
    joined,
    label_of,
    ordered,
    panel_height,
    panels,
    short,
    styled,
)
from bench.report.rows import Coverage, fair, prepare, scenario_label, without
from bench.report.words import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What a curve may run over: (x label, in a sentence, the value of a scenario that does not say).
AXES = {
    "contamination": ("share of anomalies among the unlabelled training rows", "contamination", np.nan),
    "label_budget": ("labelled anomalies", "label budget", np.nan),
    "label_noise": ("share of normal rows among the labelled anomalies", "label noise", 0.0),
    "irrelevant_features": ("irrelevant features as a share of all features", "number of irrelevant features", 0.0),
    "duplicated_anomalies": ("copies of each anomaly", "number of copies of each anomaly", 1.0),
}
Panel = tuple[str, pd.DataFrame, list[str]]


@styled
def curve(frame: pd.DataFrame, over: str, metric: str = "average_precision") -> Drawing:
    """Mean of ``metric`` against ``over``, one line per method, one panel per remaining scenario.

    Every point of a scenario is over the same datasets: those where each compared method has all seeds at
    all levels. More methods than a panel can show get one panel per family.

    Parameters
    ----------
    frame : the store's rows
    over : a name in ``AXES``
    metric : a metric's column

    Raises
    ------
    NotAsked
        Fewer than two levels.
    Unsuited
        No dataset with all levels.
    """
    rows = _levels(prepare(frame), over)
    rest = rows.setting.map({text: without(text, over) for text in rows.setting.unique()})
    groups = [part for _, part in rows.groupby([rest, "label_budget_kind"], sort=True) if part.level.nunique() > 1]
    if not groups:
        raise NotAsked(f"there are not two levels of {AXES[over][1]} to draw a curve over")
    covered = [(good, cover) for good, cover in map(fair, groups) if len(good)]
    if not covered:
        raise Unsuited(f"no dataset has every level of {AXES[over][1]} with all seeds of every compared method")
    drawn: list[Panel] = []
    for good, _ in covered:
        title = _rest(good, over) if len(covered) > 1 else ""
        split = crowds(good, ordered(good, metric))
        drawn += [(", ".join(filter(None, (title, family))), good, names) for family, names in split]
    figure, axes = panels(len(drawn), 1, panel_height(len(drawn)))
    style = drawing_styles(rows)
    for axis, (title, good, names) in zip(axes, drawn, strict=True):
        _panel(axis, good, names, over, metric, style)
        axis.set_title(title, loc="left")
    return figure, _caption(covered, over, metric, len(groups) - len(covered))


def _levels(rows: pd.DataFrame, over: str) -> pd.DataFrame:
    """The rows that have a level, in the column ``level``."""
    if over in rows.columns:
        return rows.assign(level=rows[over].astype(float)).dropna(subset=["level"])
    known = {text: json.loads(text).get(over, AXES[over][2]) for text in rows.scenario.unique()}
    return rows.assign(level=rows.scenario.map(known).astype(float))


def _panel(
    axis: Axes, good: pd.DataFrame, names: list[str], over: str, metric: str, style: dict[str, dict[str, Any]]
) -> None:
    levels = np.array(sorted(good.level.unique()), dtype=float)
    logarithmic = bool(levels[0] > 0 and levels[-1] / levels[0] >= 8)
    shift = np.linspace(-1, 1, len(names)) if len(names) > 1 else np.zeros(1)
    scale = np.log(levels) if logarithmic else levels
    gap = min(np.diff(scale).min() * min(0.12, 0.03 * len(names)), 0.003 * len(names) * np.ptp(scale))
    for move, name in zip(shift * gap, names, strict=True):
        part = good[good.variant == name]
        at = [by_dataset(part[part.level == level], metric) for level in levels]
        means = [
            mean_interval(at_level, over, level, metric, name)
            for at_level, level in zip(at, levels.tolist(), strict=True)
        ]
        values = np.array(
            [(at_level.value, at_level.value - at_level.low, at_level.high - at_level.value) for at_level in means]
        )
        x = levels * np.exp(move) if logarithmic else levels + move
        bars = np.maximum(values[:, 1:].T, 0)
        axis.errorbar(x, values[:, 0], yerr=bars, label=short(name), elinewidth=0.7, capsize=1.5, **style[name])
    if logarithmic:
        axis.set_xscale("log")
        axis.minorticks_off()
    axis.set_xticks(levels, [f"{level:g}" for level in levels])
    share = over == "label_budget" and good.label_budget_kind.iloc[0] == "ratio"
    axis.set_xlabel(
        ("labelled share of the training anomalies" if share else AXES[over][0])
        + (" (log scale)" if logarithmic else "")
    )
    axis.set_ylabel(f"mean {label_of(metric)}")
    axis.grid(axis="y")
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _rest(good: pd.DataFrame, over: str) -> str:
    """The scenario without what the curve runs over."""
    row = good.iloc[0]
    label = scenario_label(row).split(", ")
    own = {"contamination": "contamination ", "label_budget": f"{row.label_budget:g} "}
    start = own.get(over, over.replace("_", " "))
    ratio = "of the training anomalies" if over == "label_budget" else None
    return ", ".join(part for part in label if not part.startswith(start) and not (ratio and ratio in part))


def _caption(covered: list[tuple[pd.DataFrame, Coverage]], over: str, metric: str, incomplete: int) -> str:
    every = pd.concat([good for good, _ in covered])
    seeds = count(every.seed.nunique(), "seed")
    notes = list(dict.fromkeys(note for _, cover in covered for note in cover.notes))
    return joined([
        f"Mean {label_of(metric)} against the {AXES[over][1]}"
        f" ({count(every['where'].nunique(), 'dataset')}, {seeds}); {INTERVALS}.",
        "Methods at one level are moved apart a little, so that their bars can be seen.",
        _extremes(covered[0][0], metric) if len(covered) == 1 else "",
        *notes,
        f"{count(incomplete, 'scenario')} had no dataset with all levels and seeds." if incomplete else "",
    ])  # fmt: skip


def _extremes(good: pd.DataFrame, metric: str) -> str:
    means = good.groupby(["variant", "level", "where"])[metric].mean().groupby(level=[0, 1]).mean().unstack()
    change = (means.iloc[:, -1] - means.iloc[:, 0]).sort_values(kind="stable")
    span = f"From {means.columns[0]:g} to {means.columns[-1]:g} the mean changes"
    if len(change) == 1:
        return f"{span} by {change.iloc[0]:+.3f}."
    return (
        f"{span} least favourably for {change.index[0]} ({change.iloc[0]:+.3f}) "
        f"and most favourably for {change.index[-1]} ({change.iloc[-1]:+.3f})."
    )
