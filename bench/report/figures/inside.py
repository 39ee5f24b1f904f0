"""Pictures of a fitted MNP: the embedding with its prototypes, the likelihood of being normal, the losses.

Drawn from the tables that ``mnp-bench inspect`` leaves in a results folder; no method runs here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.atomic import write_text
from bench.report.figures.canvas import Drawing, Unsuited, joined, panels, save, styled
from bench.report.figures.write import CAPTIONS, read_index, write_index
from bench.report.palette import HUES
from bench.report.words import count
from bench.store import inspection

NORMAL, ANOMALY = "0.55", HUES["weak"][0]
#: Colours of the prototypes' own rows; the numbers beside the stars say the same without colour.
OWN = (*HUES["highlight"], *HUES["supervised"])
PLACE = ["nearest", "first", "second"]
LOSSES = {
    "total": "total", "reconstruction": "reconstruction", "score": "anomaly score", "contrast": "contrast",
    "kl": "clustering (KL)",
}  # fmt: skip


@styled
def embedding(seen: pd.DataFrame, dataset: str = "") -> Drawing:
    """Rows in the plane of the embedding's two principal components, with the prototypes.

    Parameters
    ----------
    seen : the table of ``mnp.inspection_tables.seen``
    dataset : its name, for the caption
    """
    rows, stars = seen[seen.role == "row"], seen[seen.role == "prototype"]
    figure, (left, right) = panels(2, 2, 2.9, sharex=True, sharey=True)
    hidden = rows[(rows.truth == 1) & (rows.labelled == 0)]
    labelled = rows[rows.labelled == 1]
    normal = rows[rows.truth == 0]
    left.scatter(normal["first"], normal["second"], s=5, color=NORMAL, alpha=0.5, linewidths=0, label="normal")
    left.scatter(hidden["first"], hidden["second"], s=11, color=ANOMALY, marker="x", linewidths=0.8,
                 label="hidden anomaly")  # fmt: skip
    left.scatter(labelled["first"], labelled["second"], s=24, facecolors="none", edgecolors="black", marker="s",
                 linewidths=0.9, label="labelled anomaly")  # fmt: skip
    left.set_title("what the rows are", loc="left")
    for number in sorted(set(rows.nearest.astype(int))):
        part = rows[rows.nearest == number]
        right.scatter(part["first"], part["second"], s=5, color=OWN[number % len(OWN)], alpha=0.6, linewidths=0)
    right.set_title("nearest prototype", loc="left")
    for axis in (left, right):
        axis.scatter(stars["first"], stars["second"], s=110, marker="*", color="white", edgecolors="black",
                     linewidths=0.9, zorder=5, label="prototype")  # fmt: skip
        axis.set(xlabel="first component", ylabel="second component")
        axis.margins(0.08)
    for number, first, second in stars[stars.nearest.isin(rows.nearest)][PLACE].itertuples(index=False):
        right.annotate(str(number + 1), (first, second), xytext=(6, 4), textcoords="offset points",
                       fontsize=7, zorder=6)  # fmt: skip
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    used = int(rows.nearest.nunique())
    apart = nearest_gap(stars)
    return figure, joined([
        f"MNP's embedding of {count(len(rows), 'training row')}{_of(dataset)} in the plane of its two principal",
        f"components ({100 * float(seen.share.iloc[0]):.0f}% of the variance), with {count(len(stars), 'prototype')},",
        f"of which {used} {'is' if used == 1 else 'are'} nearest to some row. Left: by truth, which the model does not",
        "see; right: by nearest prototype; prototypes that are nearest to some row carry their number.",
        f"The two closest prototypes are {apart:.3f} apart in this plane." if len(stars) > 1 else "",
    ])  # fmt: skip


@styled
def likelihoods(seen: pd.DataFrame, dataset: str = "") -> Drawing:
    """Likelihood of being normal of the unlabelled training rows, split by their truth."""
    rows = seen[(seen.role == "row") & (seen.labelled == 0)]
    normal, hidden = (rows.likelihood[rows.truth == truth].to_numpy() for truth in (0, 1))
    if not len(normal) or not len(hidden):
        raise Unsuited("the unlabelled rows hold no anomaly (or nothing else), so there is nothing to compare")
    figure, (axis,) = panels(1, 1, 2.6, width=4.2)
    bins = np.linspace(rows.likelihood.min(), rows.likelihood.max() + 1e-9, 31)
    for values, name, style in (
        (normal, "normal", {"fill": True, "color": "0.8"}),
        (hidden, "hidden anomaly", {"color": ANOMALY, "linewidth": 1.3}),
    ):
        shares = np.histogram(values, bins)[0] / len(values)
        axis.stairs(shares, bins, label=f"{name} (mean {values.mean():.3f})", **style)  # type: ignore[arg-type]
    axis.set(xlabel="likelihood of being normal", ylabel="share of its class")
    figure.legend(loc="outside lower center", ncols=2)
    lower = float(_share_below(hidden, normal))
    return figure, joined([
        f"MNP's likelihood of being normal of the unlabelled training rows{_of(dataset)}:",
        f"{count(len(normal), 'normal row')} and {count(len(hidden), 'hidden anomaly', 'hidden anomalies')}, each as",
        f"shares of its class. A hidden anomaly lies below a normal row in {100 * lower:.0f}% of pairs",
        "(50% = no difference).",
    ])  # fmt: skip


@styled
def losses(history: pd.DataFrame, dataset: str = "") -> Drawing:
    """Every loss per epoch of the joint stage."""
    shown = [name for name in LOSSES if name in history and history[name].abs().max() > 0]
    figure, (left, right) = panels(2, 2, 2.6)
    for number, name in enumerate(shown):
        style: dict[str, Any] = {
            "color": ("black", *OWN)[number % (len(OWN) + 1)],
            "linestyle": ("-", "--", "-.", ":")[number % 4],
        }
        left.plot(history.epoch, history[name], marker="o", markersize=3, label=LOSSES[name], **style)
    if (history[shown] > 0).all(axis=None):
        left.set_yscale("log")
    left.set(xlabel="epoch", ylabel="mean loss per batch")
    for name, colour, label in (
        ("similarity_unlabelled", NORMAL, "unlabelled rows"), ("similarity_anomalies", ANOMALY, "labelled anomalies")
    ):  # fmt: skip
        right.plot(history.epoch, history[name], color=colour, marker="o", markersize=3, label=label)
    right.set(xlabel="epoch", ylabel="similarity to the nearest prototype")
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    right.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
    for axis in (left, right):
        axis.set_xticks(_epochs(len(history)))
    last = history.iloc[-1]
    return figure, joined([
        f"MNP's losses over {count(len(history), 'epoch')} of its joint stage{_of(dataset)} (left) and the mean",
        f"similarity to the nearest prototype (right), which ends at {last.similarity_unlabelled:.3f} for unlabelled",
        f"rows and {last.similarity_anomalies:.3f} for labelled anomalies.",
    ])  # fmt: skip


KINDS = (
    ("embedding", "MNP's embedding", embedding, 0),
    ("likelihood", "Likelihood of being normal", likelihoods, 0),
    ("losses", "MNP's losses", losses, 1),
)


def write(folder: Path) -> list[Path]:
    """Draw every look of a results folder into its figures/ and name them in the index of captions.

    Returns
    -------
    list of Path
        The files, in a fixed order; none if nothing was inspected.
    """
    about = inspection.read_about(folder / inspection.FOLDER)
    target = folder / "figures"
    written: list[Path] = []
    entries: list[dict[str, Any]] = []
    for stem, fitted in about.items():
        target.mkdir(parents=True, exist_ok=True)
        tables = inspection.read(folder / inspection.FOLDER, stem)
        for name, title, draw, which in KINDS:
            try:
                figure, caption = draw(tables[which], str(fitted["dataset"]))
            except Unsuited:
                continue  # a set without hidden anomalies has no histogram; nobody asked for it
            path = target / f"{name}_{stem}"
            write_text(path.with_name(path.name + ".txt"), caption + "\n")
            written += [*save(figure, path), path.with_name(path.name + ".txt")]
            entries.append({"name": path.name, "title": title, "scenario": str(fitted["dataset"]), "caption": caption})
    if entries:
        _index(target / CAPTIONS, entries)
    return written


def nearest_gap(stars: pd.DataFrame) -> float:
    """Least distance between two prototypes in the plane; 0 for one."""
    points = stars[["first", "second"]].to_numpy()
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2)
    return float(gaps[~np.eye(len(points), dtype=bool)].min()) if len(points) > 1 else 0.0


def _index(path: Path, entries: list[dict[str, Any]]) -> None:
    told = {"figures": [], "not_drawn": [], **read_index(path)}
    names = {entry["name"] for entry in entries}
    told["figures"] = [*(entry for entry in told["figures"] if entry["name"] not in names), *entries]
    write_index(path, told)


def _share_below(low: np.ndarray, high: np.ndarray) -> float:
    """Probability that a value of ``low`` is less than one of ``high``, ties half."""
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(high, low).statistic / (len(low) * len(high)))


def _epochs(count: int) -> list[int]:
    step = max(1, round(count / 6))
    return list(range(1, count + 1, step))


def _of(dataset: str) -> str:
    return f" of {dataset}" if dataset else ""
