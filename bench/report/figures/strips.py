"""Every run as a dot: how much the seeds spread, dataset by dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.report.figures.canvas import (
    HEIGHT,
    Drawing,
    Unsuited,
    capital,
    drawing_styles,
    joined,
    label_of,
    ordered,
    panels,
    shortened,
    styled,
)
from bench.report.rows import natural, prepare, succeeded
from bench.report.words import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: More pages than this are not drawn.
MOST_PAGES = 4
#: With more methods than this the panels are smaller and four to a line.
MANY = 16


@styled
def strips(frame: pd.DataFrame, metric: str = "average_precision", page: int = 0) -> Drawing:
    """One panel per dataset, one line per method: a dot per run, a bar at their mean.

    Parameters
    ----------
    frame : the store's rows of one scenario
    metric : a metric's column
    page : which of the ``pages`` that so many datasets need

    Raises
    ------
    Unsuited
        No results, or more datasets than anybody reads in this way.
    """
    rows = prepare(frame)
    if pages_needed(rows) > MOST_PAGES:
        raise Unsuited(
            f"{count(rows['where'].nunique(), 'dataset')} would need {pages_needed(rows)} pages, which nobody reads; "
            "the table of every cell and the leaderboard show each run"
        )
    good = succeeded(rows)
    if good.empty:
        raise Unsuited("there are no results")
    order = ordered(good, metric)[::-1]
    order = [*sorted(set(rows.variant) - set(order)), *order]
    every = sorted(rows["where"].unique(), key=natural)
    size = _panels_per_page(len(order))
    names = every[page * size : (page + 1) * size]
    columns = _columns(len(order))
    figure, axes = panels(len(names), columns, _panel_height(len(order)), sharey=True, sharex=True)
    style = drawing_styles(rows)
    chosen = good[good["where"].isin(names)].sort_values("seed", kind="stable")
    runs = {key: part.to_numpy() for key, part in chosen.groupby(["where", "variant"])[metric]}
    titles = shortened(names, 28 if columns == 3 else 22)
    for number, (axis, name) in enumerate(zip(axes, names, strict=True)):
        for line, method in enumerate(order):
            _strip(axis, line, runs.get((name, method)), style[method])
        axis.set_title(titles[number], fontsize=8 if columns == 3 else 7)
        axis.set_yticks(range(len(order)), shortened(order, 26), fontsize=6)
        axis.set_ylim(-0.6, len(order) - 0.4)
        axis.set_xlim(-0.02, 1.02)
        axis.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axis.grid(axis="x")
        if number >= len(names) - columns:
            axis.set_xlabel(label_of(metric))
            axis.tick_params(labelbottom=True)
    bad = int((rows.status != "ok").sum())
    return figure, joined([
        f"{capital(label_of(metric))} of every run ({count(len(good), 'run')}, {count(good.seed.nunique(), 'seed')})",
        "by dataset, the bar at the mean over seeds. Methods are ordered by their mean over all that they finished.",
        f"Part {page + 1} of {pages(rows)}." if pages(rows) > 1 else "",
        f"{count(bad, 'run')} ended without a result." if bad else "",
    ])  # fmt: skip


def pages(frame: pd.DataFrame) -> int:
    """How many figures of a page's height are drawn: one per so many datasets, or one that says why there is none."""
    needed = pages_needed(frame)
    return needed if needed <= MOST_PAGES else 1


def pages_needed(frame: pd.DataFrame) -> int:
    """How many figures of a page's height all datasets of these rows need."""
    rows = prepare(frame)
    return -(-rows["where"].nunique() // _panels_per_page(rows.variant.nunique()))


def _strip(axis: Axes, line: int, values: np.ndarray | None, known: dict[str, Any]) -> None:
    if values is None:
        axis.text(0.5, line, "no result", ha="center", va="center", fontsize=5.5, color="0.4")
        return
    lift = np.linspace(-0.18, 0.18, len(values)) if len(values) > 1 else np.zeros(1)
    axis.plot(values, line + lift, known["marker"], color=known["color"], markersize=2.6, alpha=0.75, markeredgewidth=0)
    axis.plot([values.mean()] * 2, [line - 0.36, line + 0.36], color=known["color"], linewidth=1.3)


def _columns(methods: int) -> int:
    return 3 if methods <= MANY else 4


def _panel_height(methods: int) -> float:
    return 0.55 + (0.135 if methods <= MANY else 0.105) * methods


def _panels_per_page(methods: int) -> int:
    return _columns(methods) * max(1, int(HEIGHT / _panel_height(methods)))
