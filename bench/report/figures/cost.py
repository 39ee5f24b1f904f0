"""Average precision against time: who is worth waiting for."""

from __future__ import annotations

import pandas as pd

from bench.report.figures.canvas import (
    Drawing,
    Unsuited,
    drawing_styles,
    joined,
    label_of,
    legend,
    ordered,
    panels,
    styled,
)
from bench.report.rows import fair, prepare
from bench.report.words import count

#: The time axis spans at least this factor, so that there are numbers on it and equal methods look equal.
LEAST_SPAN = 6.0


@styled
def cost(frame: pd.DataFrame, metric: str = "average_precision") -> Drawing:
    """Mean of ``metric`` against seconds per run (log), with the Pareto front.

    Seconds are the median over cells of fit and score together; a group's time is shared by its cells.

    Raises
    ------
    Unsuited
        Fewer than two comparable methods.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    rows, covered = fair(prepare(frame))
    if rows.variant.nunique() < 2:
        raise Unsuited("fewer than two methods can be compared")
    order = ordered(rows, metric)
    means = rows.groupby(["variant", "where"])[metric].mean().groupby("variant").mean()
    seconds = (rows.fit_seconds + rows.score_seconds).groupby(rows.variant).median()
    front = pareto(seconds, means)
    figure, (axis,) = panels(1, 1, max(3.1, 0.6 + 0.145 * (len(order) + 1)))
    style = drawing_styles(rows)
    for name in order:
        known = style[name]
        axis.plot(
            seconds[name], means[name], known["marker"], color=known["color"], markersize=6.5, label=name,
            markeredgecolor="white", markeredgewidth=0.4, zorder=known["zorder"],
        )  # fmt: skip
    edge = pd.concat([means[front], means[front].iloc[-1:]])
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.margins(0.06)
    start, end = axis.get_xlim()
    wider = max(1.0, (LEAST_SPAN / (end / start)) ** 0.5)
    start, end = start / wider, end * wider
    if end / start < 100:
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))  # a decade alone would show one number or none
    axis.step([*seconds[front], end], edge, where="post", color="0.55", linewidth=0.9, zorder=1, label="Pareto front")
    axis.set_xlim(start, end)
    axis.set_xlabel("time of a run: fit and score, median [s, log scale]")
    axis.set_ylabel(f"mean {label_of(metric)}")
    axis.grid()
    legend(figure, axis)
    width = rows.groupby("variant").group_width.median()
    grouped = [name for name in order if width[name] > 1]
    told = [
        f"Mean {label_of(metric)} over {count(rows['where'].nunique(), 'dataset')} against the median time of a run.",
        f"On the Pareto front (no other method is both as fast and as high): {', '.join(front)}.",
        f"Trained in groups, whose time is shared equally by their runs: {', '.join(grouped)}." if grouped else "",
        *covered.notes,
    ]
    return figure, joined(told)


def pareto(seconds: pd.Series, value: pd.Series) -> list[str]:
    """Names of the methods that none beats in both, fastest first."""
    order = pd.DataFrame({"seconds": seconds, "value": -value}).sort_values(["seconds", "value"], kind="stable").index
    best = value[order].cummax().shift(fill_value=float("-inf"))
    return [str(name) for name in order[value[order] > best]]
