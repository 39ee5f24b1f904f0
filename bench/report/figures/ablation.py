"""One method with parts taken out: what each part is worth."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from bench.report.bootstrap import by_dataset, mean_interval
from bench.report.figures.canvas import (
    Drawing,
    NotAsked,
    Unsuited,
    drawing_styles,
    extent,
    joined,
    label_of,
    panels,
    short,
    shortened,
    styled,
)
from bench.report.palette import DEFAULTS
from bench.report.rows import fair, of_one_code, prepare

PROTOTYPES = "n_prototypes"


@styled
def ablation(frame: pd.DataFrame, metric: str = "average_precision") -> Drawing:
    """Mean of each variant of one method, and its difference from the method with default parameters.

    Differences are between runs on the same split, averaged over seeds; the interval is over datasets.

    Raises
    ------
    NotAsked
        No method comes with defaults and with parameters other than the number of prototypes alone.
    Unsuited
        No dataset has every variant with all seeds.
    """
    rows = prepare(frame)
    subject = varied(rows)
    if not subject:
        raise NotAsked("no method was run with its defaults and with other choices of parameters")
    rows = of_one_code(rows[rows["method"] == subject])
    alone = rows.params.map({text: set(json.loads(text)) == {PROTOTYPES} for text in rows.params.unique()})
    if rows.params[alone].nunique() > 1:
        rows = rows[~alone]  # a series of K has a figure of its own
    rows, covered = fair(rows)
    if not (rows.params == DEFAULTS).any() or rows.variant.nunique() < 2:
        raise Unsuited(f"no dataset has {subject} with its defaults and another choice of parameters for all seeds")
    whole = str(rows.variant[rows.params == DEFAULTS].iloc[0])
    values = rows.groupby(["where", "variant"])[metric].mean().unstack("variant")
    order = [whole, *values.mean().drop(whole).sort_values(ascending=False, kind="stable").index]
    colour = drawing_styles(rows)[whole]["color"]
    figure, (left, right) = panels(2, 2, 0.75 + 0.24 * len(order), sharey=True)
    y = np.arange(len(order))[::-1]
    for line, name in zip(y, order, strict=True):
        interval = mean_interval(by_dataset(rows[rows.variant == name], metric), "ablation", metric, name)
        left.barh(line, interval.value, 0.62, color=colour if name == whole else "0.75")
        left.plot([interval.low, interval.high], [line, line], color="black", linewidth=0.9)
        left.text(1.02, line, f"{interval.value:.3f}", va="center", fontsize=6.5)
        if name == whole:
            continue
        change = (values[name] - values[whole]).to_numpy()
        loss = mean_interval([change], "ablation difference", metric, name)
        right.plot(change, np.full(len(change), line), "o", color="0.7", markersize=2.6, markeredgewidth=0)
        right.plot([loss.low, loss.high], [line, line], color="black", linewidth=1.2)
        right.plot(loss.value, line, "D", color="black", markersize=4)
    right.axvline(0, color=colour, linewidth=1.0, zorder=0)
    left.set_xlim(0, 1)
    left.set_yticks(y, shortened(order))
    left.set_xlabel(f"mean {label_of(metric)}", loc="left")
    right.set_xlabel(f"difference from {short(whole)}")
    right.tick_params(left=False)
    right.grid(axis="x")
    worse = [name for name in order[1:] if (values[name] - values[whole]).mean() < 0]
    told = [
        f"{whole} and its variants on {extent(rows)}.",
        f"Left: mean {label_of(metric)} with 95% stratified bootstrap intervals over seeds, the datasets fixed.",
        f"Right: difference from {whole} on the same splits, a dot per dataset; diamonds are means and bars their 95%",
        "bootstrap intervals over datasets, which take the datasets for a sample of those of interest.",
        f"The mean is lower than that of {whole} for {len(worse)} of {len(order) - 1} variants.",
        *covered.notes,
    ]
    return figure, joined(told)


def varied(rows: pd.DataFrame) -> str:
    """The method that was run with its defaults and most other parameters than the number of prototypes; "" if none."""
    known = rows[["method", "params"]].drop_duplicates()
    other = known[[bool(set(json.loads(text)) - {PROTOTYPES}) for text in known.params]]
    plain = set(known.method[known.params == DEFAULTS])
    counts = other[other["method"].isin(plain)].groupby("method").size()
    return str(counts.idxmax()) if len(counts) else ""
