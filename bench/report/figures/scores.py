"""Pictures of the stored test scores: distributions by class, precision-recall and ROC curves.

They need the columns ``scores`` and ``truth`` (per test row, 1 = anomaly) of ``store.read(..., scores=True)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.report.figures.canvas import (
    Drawing,
    Unsuited,
    crowds,
    drawing_styles,
    extent,
    joined,
    ordered,
    panel_height,
    panels,
    short,
    shortened,
    styled,
)
from bench.report.rows import fair, prepare, succeeded
from bench.report.words import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRID = np.linspace(0.0, 1.0, 201)
BINS = np.linspace(0.0, 1.0, 21)
SCORES, TRUTH = "scores", "truth"
Curve = Callable[[np.ndarray, np.ndarray], np.ndarray]


@styled
def score_distributions(frame: pd.DataFrame) -> Drawing:
    """Where normals and anomalies fall among the ranked test scores, one panel per method.

    Scores of different methods have different units, so each run's scores are replaced by their rank among
    the test rows (0 lowest, 1 highest), which is all that the metrics use. Each dataset weighs the same.

    Raises
    ------
    Unsuited
        Scores or their truth are not stored, or no dataset is complete.
    """
    rows, notes = stored(frame)
    order = ordered(rows, "average_precision")
    columns = 4 if len(order) <= 16 else 6
    figure, axes = panels(len(order), columns, 1.45 if columns == 4 else 1.25, sharex=True, sharey=True)
    style = drawing_styles(rows)
    shares = _over_datasets(rows, _shares)
    titles = shortened(order, 24 if columns == 4 else 20)
    for number, (axis, name) in enumerate(zip(axes, order, strict=True)):
        normal, anomaly = np.split(shares[name], 2)
        axis.stairs(normal, BINS, fill=True, color="0.8", label="normal rows")
        axis.stairs(anomaly, BINS, color=style[name]["color"], linewidth=1.3, label="anomalies")
        axis.set_title(titles[number], fontsize=8 if columns == 4 else 5.5)
        axis.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        if number >= len(order) - columns:
            axis.set_xlabel("score's rank")
            axis.tick_params(labelbottom=True)
        if number % columns == 0:
            axis.set_ylabel("share of rows")
    return figure, joined([
        "Where the test rows stand in the ranking by score (0 the least, 1 the most anomalous), mean over",
        f"{extent(rows)}: grey the normal rows, coloured line the anomalies, each as shares of its class in 20 bins. A",
        "perfect ranking has all anomalies at the right end.",
        *notes,
    ])  # fmt: skip


@styled
def precision_recall_curves(frame: pd.DataFrame) -> Drawing:
    """Mean precision at each recall, one line per method; see ``score_distributions`` for what it needs."""
    rows, notes = stored(frame)
    share = float(pd.Series([np.mean(truth) for truth in rows.truth], rows["where"]).groupby(level=0).mean().mean())
    figure = _curves(rows, precision_at, "recall", "mean precision", ([0, 1], [share, share]))
    return figure, joined([
        f"Precision against recall from the stored scores, mean over {extent(rows)} at each recall (the highest",
        "precision at that recall or a higher one, so the area is a little larger than average precision).",
        f"Dotted: the mean share of anomalies, {share:.3f}, which a random ranking reaches.",
        *notes,
    ])  # fmt: skip


@styled
def roc_curves(frame: pd.DataFrame) -> Drawing:
    """Mean true-positive rate at each false-positive rate; see ``score_distributions`` for what it needs."""
    rows, notes = stored(frame)
    figure = _curves(rows, hits_at, "false-positive rate", "mean true-positive rate", ([0, 1], [0, 1]))
    return figure, joined([
        f"ROC curves from the stored scores, mean over {extent(rows)} at each false-positive rate.",
        "Dotted: a random ranking.",
        *notes,
    ])  # fmt: skip


def stored(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The comparable rows that have scores and truth, and notes on what is missing.

    Raises
    ------
    Unsuited
        There are none.
    """
    rows = prepare(frame)
    for column, message in ((SCORES, "the test scores are not stored"), (TRUTH, "the test truth is not stored")):
        if column not in rows.columns or rows[column].isna().all():
            raise Unsuited(message)
    without = succeeded(rows)[[SCORES, TRUTH]].isna().any(axis=1)
    lacking = int(without.sum())
    good, covered = fair(rows.drop(index=without.index[without]))
    if good.empty:
        raise Unsuited("no dataset has the stored scores of every compared method with all seeds")
    note = f"{count(lacking, 'run')} left out, having no stored scores." if lacking else ""
    return good, (note, *covered.notes)


def precision_at(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Highest precision at each recall of ``GRID`` or above."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(truth, scores)
    best = np.maximum.accumulate(precision[:-1])  # from recall 1 downwards
    return best[np.searchsorted(-recall[:-1], -GRID, side="right") - 1]


def hits_at(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """True-positive rate at each false-positive rate of ``GRID``."""
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(truth, scores)
    return np.asarray(np.interp(GRID, false, true))


def _curves(rows: pd.DataFrame, of: Curve, x: str, y: str, chance: tuple[list[float], list[float]]) -> Figure:
    split = crowds(rows, ordered(rows, "average_precision"))
    figure, axes = panels(len(split), 1, panel_height(len(split)))
    style = drawing_styles(rows)
    means = _over_datasets(rows, of)
    for axis, (title, names) in zip(axes, split, strict=True):
        for number, name in enumerate(names):
            # markers of different lines at different places, so that they do not hide each other
            axis.plot(GRID, means[name], label=short(name), markevery=(2 * number, 25), **style[name])
        axis.plot(*chance, color="0.5", linewidth=0.9, linestyle=":")
        axis.set_title(title, loc="left")
        axis.set(xlabel=x, ylabel=y, xlim=(0, 1), ylim=(0, 1.02))
        axis.grid()
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _over_datasets(rows: pd.DataFrame, of: Curve) -> dict[str, np.ndarray]:
    """Mean of ``of(truth, scores)`` by method: over the runs of a dataset, then over datasets."""
    from sklearn import config_context

    with config_context(assume_finite=True, skip_parameter_validation=True):  # checked before they were stored
        values = np.array([of(truth, scores) for truth, scores in zip(rows.truth, rows.scores, strict=True)])
    index = pd.MultiIndex.from_frame(rows[["variant", "where"]])
    means = pd.DataFrame(values, index).groupby(level=[0, 1]).mean().groupby(level=0).mean()
    return {str(name): row for name, row in zip(means.index, means.to_numpy(), strict=True)}


def _shares(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Shares of the normal rows in each bin of ranks, then of the anomalies."""
    from scipy.stats import rankdata

    quantile = (rankdata(scores) - 0.5) / len(scores)
    histograms = [np.histogram(quantile[np.asarray(truth) == label], BINS)[0] for label in (0, 1)]
    return np.concatenate([counts / max(1, counts.sum()) for counts in histograms])
