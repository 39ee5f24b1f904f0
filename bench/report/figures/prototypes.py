"""How much the number of prototypes K matters."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from bench.report.bootstrap import by_dataset, mean_interval
from bench.report.figures.ablation import PROTOTYPES
from bench.report.figures.canvas import Drawing, NotAsked, Unsuited, capital, joined, label_of, panels, styled
from bench.report.palette import DEFAULTS, drawing_style, style_family, style_numbers
from bench.report.rows import fair, of_one_code, prepare
from bench.report.words import count


@styled
def prototypes(frame: pd.DataFrame, metric: str = "average_precision") -> Drawing:
    """Mean of ``metric`` against K with each dataset behind it, and the K that the method chooses from the data.

    Raises
    ------
    NotAsked
        No method with two values of K.
    Unsuited
        No dataset with two values of K and all seeds.
    """
    rows = prepare(frame)
    fields = {text: json.loads(text) for text in rows.params.unique()}
    number = rows.params.map({text: params.get(PROTOTYPES) for text, params in fields.items()}).astype(float)
    other = rows.params.map({text: bool(set(params) - {PROTOTYPES}) for text, params in fields.items()})
    rows = rows.assign(k=number)[~other]
    subjects = rows.groupby("method").k.nunique()
    if subjects.empty or subjects.max() < 2:
        raise NotAsked("no method was run with two values of n_prototypes")
    subject = str(subjects.idxmax())
    rows, params = fair(of_one_code(rows[rows["method"] == subject]))
    fixed = rows.dropna(subset=["k"])
    if fixed.k.nunique() < 2:
        raise Unsuited("no dataset has two values of n_prototypes with all seeds")
    levels = sorted(fixed.k.unique())
    figure, (axis,) = panels(1, 1, 3.1, width=4.6)
    curves = fixed.groupby(["where", "k"])[metric].mean().unstack()
    axis.plot(levels, curves.to_numpy().T, color="0.75", linewidth=0.7, zorder=1)
    axis.plot([], [], color="0.75", linewidth=0.7, label="one dataset")
    means = [mean_interval(by_dataset(fixed[fixed.k == k], metric), "prototypes", metric, float(k)) for k in levels]
    centre = np.array([interval.value for interval in means])
    error = np.maximum(
        [[interval.value - interval.low for interval in means], [interval.high - interval.value for interval in means]],
        0,
    )
    style = drawing_style(
        style_numbers([(subject, DEFAULTS)])[subject, DEFAULTS], style_family(subject, rows.method_family.iloc[0])
    )
    axis.errorbar(levels, centre, yerr=error, capsize=2, elinewidth=0.8, linewidth=1.8,
                  label=f"mean of {count(len(curves), 'dataset')}", **style)  # fmt: skip
    chosen = rows[rows.k.isna()]
    told = ""
    if len(chosen):
        interval = mean_interval(by_dataset(chosen, metric), "prototypes", metric, "chosen")
        axis.axhspan(interval.low, interval.high, color=style["color"], alpha=0.12, linewidth=0)
        axis.axhline(
            interval.value, color=style["color"], linestyle="--", linewidth=1.0, label="K chosen from the data"
        )
        told = f"Dashed: K chosen from the data ({interval.value:.3f}), with its interval."
    best, worst = int(np.argmax(centre)), int(np.argmin(centre))
    axis.set_xticks(levels, [f"{k:g}" for k in levels])
    axis.set_xlabel("number of prototypes K")
    axis.set_ylabel(label_of(metric))
    axis.grid(axis="y")
    figure.legend(*axis.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure, joined([
        f"{capital(label_of(metric))} against the number of prototypes K, mean over",
        f"{count(rows.seed.nunique(), 'seed')}: thin each dataset, thick their mean with 95% stratified bootstrap",
        f"intervals over seeds, the datasets fixed. The highest mean is at K = {levels[best]:g} ({centre[best]:.3f}),",
        f"the lowest at K = {levels[worst]:g} ({centre[worst]:.3f}).",
        told,
        *params.notes,
    ])  # fmt: skip
