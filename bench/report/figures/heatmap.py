"""Datasets x methods as colours, alike datasets and alike methods side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.report.figures.canvas import WIDTH, Drawing, Unsuited, joined, label_of, shortened, styled
from bench.report.rows import coverage, prepare, succeeded
from bench.report.words import count

#: With more columns than this, values are printed in hundredths to fit.
NARROW = 11


@styled
def heatmap(frame: pd.DataFrame, metric: str = "average_precision") -> Drawing:
    """Mean over seeds per dataset and method, both ordered by hierarchical clustering.

    Entries without a result are grey with a dash; entries with fewer seeds than wanted carry an asterisk.

    Raises
    ------
    Unsuited
        No results.
    """
    from matplotlib.figure import Figure

    rows = prepare(frame)
    good = succeeded(rows)
    if good.empty:
        raise Unsuited("there are no results")
    table = good.groupby(["where", "variant"])[metric].mean().unstack()
    table = table.reindex(index=sorted(rows["where"].unique()), columns=sorted(rows.variant.unique()))
    seeds = good.groupby(["where", "variant"]).size().unstack().reindex_like(table).fillna(0)
    table = table.iloc[similar(table), similar(table.T)]
    seeds = seeds.loc[table.index, table.columns]
    runs = coverage(rows).runs
    lines, columns = table.shape
    line = 0.19 if lines <= 30 else 0.155
    figure = Figure(figsize=(min(WIDTH, 2.5 + 0.55 * columns), 1.5 + line * lines))
    axis = figure.add_subplot()
    axis.set_facecolor("0.92")
    shades = axis.imshow(np.ma.masked_invalid(table.to_numpy()), cmap="cividis", vmin=0, vmax=1, aspect="auto")
    narrow = columns > NARROW
    filled = seeds.to_numpy()
    size = 5 if narrow or line < 0.19 else 6.5
    for (dataset, method), value in np.ndenumerate(table.to_numpy()):
        if np.isnan(value):
            axis.text(method, dataset, "-", ha="center", va="center", fontsize=size, color="0.3")
            continue
        note = "*" if filled[dataset, method] < runs else ""
        words = f"{100 * value:.0f}" if narrow else f"{value:.2f}"
        shade = "black" if value > 0.55 else "white"
        axis.text(method, dataset, words + note, ha="center", va="center", fontsize=size, color=shade)
    axis.set_xticks(range(columns), shortened(table.columns, 26),
                    rotation=60 if narrow else 35, ha="right", rotation_mode="anchor")  # fmt: skip
    axis.set_yticks(range(lines), shortened(table.index, 26), fontsize=6 if line < 0.19 else None)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    bar = figure.colorbar(shades, ax=axis, shrink=min(1.0, 12 / lines), aspect=18, pad=0.01)
    bar.set_label(label_of(metric))
    bar.outline.set_visible(False)
    holes = int(table.isna().to_numpy().sum())
    few = int(((filled > 0) & (filled < runs)).sum())
    told = [
        f"Mean {label_of(metric)} over {'up to ' if few or holes else ''}{count(runs, 'run')} for",
        f"{count(lines, 'dataset')} and {count(columns, 'method')}{', in hundredths' if narrow else ''};",
        "rows and columns are ordered by average-linkage clustering of their values.",
        f"{count(holes, 'entry has', 'entries have')} no result (grey, dash)." if holes else "",
        f"{count(few, 'entry is', 'entries are')} a mean over fewer runs (asterisk)." if few else "",
    ]
    return figure, joined(told)


def similar(table: pd.DataFrame) -> np.ndarray:
    """An order of the rows that puts alike ones next to each other; holes count as the column's mean."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    values = table.fillna(table.mean()).fillna(0.0).to_numpy()
    if len(values) < 3:
        return np.asarray(np.argsort(-values.mean(axis=1), kind="stable"))
    order: np.ndarray = leaves_list(linkage(values, method="average", optimal_ordering=True))
    # the tree's mirror image is as good: begin with the higher end
    means = values.mean(axis=1)[order]
    half = len(order) // 2
    return order if means[:half].mean() >= means[-half:].mean() else order[::-1]
