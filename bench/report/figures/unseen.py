"""How much is lost on anomaly types that no label ever showed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.report.bootstrap import by_dataset, mean_interval
from bench.report.figures.canvas import (
    Drawing,
    NotAsked,
    Unsuited,
    drawing_styles,
    joined,
    ordered,
    panels,
    shortened,
    styled,
)
from bench.report.rows import fair, prepare
from bench.report.words import count

KNOWN, UNSEEN = "average_precision_known", "average_precision_unseen"


@styled
def unseen_types(frame: pd.DataFrame) -> Drawing:
    """Mean average precision on test anomalies of known and of unseen types, side by side.

    Raises
    ------
    NotAsked
        The run has no scenario with unseen types.
    Unsuited
        Nothing in it is complete.
    """
    from matplotlib.patches import Patch

    rows = prepare(frame)
    rows = rows[rows.scenario.str.contains('"known_types"', regex=False)]
    if rows.empty or UNSEEN not in rows.columns:
        raise NotAsked("no scenario of this run keeps anomaly types unseen")
    rows, covered = fair(rows)
    measured = [metric for metric in (KNOWN, UNSEEN) if metric in rows.columns and rows[metric].notna().any()]
    if UNSEEN not in measured:
        raise Unsuited("no choice of known types has every compared method with all seeds")
    order = ordered(rows.dropna(subset=[UNSEEN]), UNSEEN)[::-1]
    style = drawing_styles(rows)
    figure, (axis,) = panels(1, 1, 0.85 + 0.27 * len(order), width=5.4)
    thick = 0.76 / len(measured)
    for number, name in enumerate(order):
        colour = style[name]["color"]
        for side, metric in enumerate(reversed(measured)):
            part = rows[rows.variant == name].dropna(subset=[metric])
            interval = mean_interval(by_dataset(part, metric), "unseen", metric, name)
            y = number - 0.38 + thick * (side + 0.5)
            seen = metric == KNOWN
            axis.barh(
                y,
                interval.value,
                thick * 0.92,
                color="white" if seen else colour,
                edgecolor=colour,
                linewidth=0.8,
                hatch="/////" if seen else None,
            )
            axis.plot([interval.low, interval.high], [y, y], color="black", linewidth=0.9)
            axis.text(1.02, y, f"{interval.value:.2f}", va="center", fontsize=5.5)
    handles = [
        Patch(facecolor="white", edgecolor="0.3", hatch="/////", label="types that were labelled"),
        Patch(facecolor="0.4", edgecolor="0.4", label="types never labelled"),
    ]
    figure.legend(handles=handles[2 - len(measured) :], loc="outside upper center", ncols=2)
    axis.set_yticks(np.arange(len(order)), shortened(order))
    axis.set_ylim(-0.6, len(order) - 0.4)
    axis.set_xlim(0, 1)
    axis.set_xlabel("mean average precision")
    axis.grid(axis="x")
    absent = "" if KNOWN in measured else "The test rows hold no anomalies of the labelled types."
    return figure, joined([
        "Mean average precision on test anomalies of the types that were labelled (hatched) and of types never labelled"
        if not absent else "Mean average precision on test anomalies of types never labelled",
        f"(filled), over {count(rows['where'].nunique(), 'choice')} of known types on",
        f"{count(rows.dataset.nunique(), 'dataset')} and {count(rows.seed.nunique(), 'seed')};",
        "bars are 95% stratified bootstrap intervals over seeds, the datasets and choices fixed.",
        absent or "The two are measured against the same normal rows but with different numbers of anomalies, on which "
        "average precision depends: compare methods within a kind, not the kinds with each other.",
        *covered.notes,
    ])  # fmt: skip
