"""The figures: each a function from the store's rows to a figure and its caption, one file per kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd

from bench.report.figures.ablation import ablation
from bench.report.figures.canvas import Drawing, NotAsked, Unsuited, save
from bench.report.figures.cost import cost
from bench.report.figures.critical import critical_difference
from bench.report.figures.curves import AXES, curve
from bench.report.figures.heatmap import heatmap
from bench.report.figures.prototypes import prototypes
from bench.report.figures.scores import precision_recall_curves, roc_curves, score_distributions
from bench.report.figures.strips import pages, strips
from bench.report.figures.unseen import unseen_types

__all__ = ["KINDS", "Drawing", "Kind", "NotAsked", "Unsuited", "save"]


@dataclass(frozen=True)
class Kind:
    """A figure of a report.

    Attributes
    ----------
    name, title : str
        The file's name and what people call it.
    draw : function of prepared rows
        Raises ``NotAsked`` where the run was not made for it (say nothing), ``Unsuited`` where data are missing.
    per_scenario : bool
        Drawn for each scenario.
    pages : function of prepared rows, or None
        How many pages it needs, if it can need several; ``draw(rows, page=number)`` draws one of them.
    per_row : bool
        It needs the scores of single rows.
    """

    name: str
    title: str
    draw: Callable[..., Drawing]
    per_scenario: bool = False
    pages: Callable[[pd.DataFrame], int] | None = None
    per_row: bool = False


_METRICS = {"average_precision": "", "auc_roc": " (AUC-ROC)"}
_CURVES = tuple(
    Kind(f"{over}_{metric}", over.replace("_", " ").capitalize() + note, partial(curve, over=over, metric=metric))
    for over in AXES
    for metric, note in _METRICS.items()
)
KINDS = (
    *_CURVES,
    Kind("unseen_types", "Unseen anomaly types", unseen_types),
    Kind("ablation", "Ablation", ablation),
    Kind("prototypes", "Number of prototypes", prototypes),
    Kind("cost", "Average precision against time", cost),
    Kind("critical_difference", "Critical difference", critical_difference, per_scenario=True),
    Kind("heatmap", "Datasets and methods", heatmap, per_scenario=True),
    Kind("strips", "Every run", strips, per_scenario=True, pages=pages),
    Kind("score_distributions", "Score distributions", score_distributions, per_scenario=True, per_row=True),
    Kind("precision_recall", "Precision and recall", precision_recall_curves, per_scenario=True, per_row=True),
    Kind("roc", "ROC curves", roc_curves, per_scenario=True, per_row=True),
)
