"""The critical-difference diagram: average ranks, and bars over methods that cannot be told apart (Demsar, 2006).

Not drawn by ``scikit_posthocs.critical_difference_diagram``: its bars are the maximal cliques of pairs that no test
tells apart, so a bar whose members are no neighbours by rank crosses a method that does differ from them. Here a bar
covers neighbours only, and the caption counts the pairs that this leaves out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.report.figures.canvas import WIDTH, Drawing, Unsuited, drawing_styles, joined, label_of, short, styled
from bench.report.pairwise import holm_pairs, wilcoxon
from bench.report.rows import fair, prepare
from bench.report.statistics import ALPHA, FEWEST, WILCOXON_ASSUMES, average_ranks, friedman, trouble, unit_matrix
from bench.report.words import count, p_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Heights in inches: the scale with its numbers, a bar, a label.
SCALE, BAR, LINE = 0.5, 0.075, 0.175
#: Inches on either side for the labels.
MARGIN = 2.0


@styled
def critical_difference(frame: pd.DataFrame, metric: str = "average_precision") -> Drawing:
    """Average ranks, with a bar over each run of neighbours among whom no corrected pairwise test rejects.

    Parameters
    ----------
    frame : the store's rows of one scenario
    metric : a metric's column

    Raises
    ------
    Unsuited
        Fewer than two comparable methods.
    """
    from matplotlib.figure import Figure

    rows, covered = fair(prepare(frame))
    if rows.variant.nunique() < 2:
        raise Unsuited("fewer than two methods can be compared")
    matrix = unit_matrix(rows, metric)
    ranks = average_ranks(matrix)
    test = friedman(matrix)
    rejects = test is None or test[1] < ALPHA
    apart = np.zeros((len(ranks), len(ranks)), dtype=bool)
    if rejects and len(matrix) >= FEWEST:
        apart = holm_pairs(wilcoxon(matrix)).loc[ranks.index, ranks.index].to_numpy() < ALPHA
    bars = groups(apart)
    lines = -(-len(ranks) // 2)
    height = SCALE + BAR * (len(bars) + 1) + LINE * (lines + 0.5)
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine("none")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_axis_off()
    axis.set(xlim=(0, WIDTH), ylim=(height, 0))  # in inches, from the top
    _draw(axis, ranks, bars, drawing_styles(rows))
    told = [
        f"Average rank by {label_of(metric)} over {_families(len(matrix))} (1 is best).",
        _bars_mean(apart, bars),
        "" if test is None else f"Friedman test: {p_text(test[1])}.",
        "" if rejects else "As it does not reject, no pair is compared.",
        trouble(matrix) or WILCOXON_ASSUMES,
        *covered.notes,
    ]
    return figure, joined(told)


def groups(apart: np.ndarray) -> list[tuple[int, int]]:
    """First and last of every longest run of neighbours of whom no two are apart.

    Parameters
    ----------
    apart : (n, n) bool, methods in the order of their ranks; symmetric
    """
    cliques: list[tuple[int, int]] = []
    for first in range(len(apart)):
        last = first
        while last + 1 < len(apart) and not apart[first : last + 1, last + 1].any():
            last += 1
        if last > first and (not cliques or last > cliques[-1][1]):
            cliques.append((first, last))
    return cliques


def _draw(axis: Axes, ranks: pd.Series, bars: list[tuple[int, int]], style: dict[str, dict[str, Any]]) -> None:
    low, high = int(np.floor(ranks.iloc[0])), int(np.ceil(ranks.iloc[-1]))
    high = max(high, low + 1)
    inner = WIDTH - 2 * MARGIN

    def at(rank: float) -> float:
        return MARGIN + inner * (rank - low) / (high - low)

    axis.plot([at(low), at(high)], [SCALE, SCALE], color="black", linewidth=0.8)
    step = max(1, -(-(high - low) // 10))
    for tick in range(low, high + 1):
        labelled = (tick - low) % step == 0
        axis.plot([at(tick)] * 2, [SCALE, SCALE - (0.07 if labelled else 0.04)], color="black", linewidth=0.8)
        if labelled:
            axis.text(at(tick), SCALE - 0.1, str(tick), ha="center", va="bottom", fontsize=7)
    axis.text(MARGIN + inner / 2, 0.04, "average rank (1 is best)", ha="center", va="top", fontsize=8)
    for number, (first, last) in enumerate(bars):
        y = SCALE + BAR * (number + 1)
        ends = [at(ranks.iloc[first]) - 0.04, at(ranks.iloc[last]) + 0.04]
        axis.plot(ends, [y, y], color="0.25", linewidth=2.4, solid_capstyle="butt", zorder=3)
    top = SCALE + BAR * (len(bars) + 1) + LINE * 0.5
    half = -(-len(ranks) // 2)
    for number, (name, rank) in enumerate(ranks.items()):
        left = number < half
        y = top + LINE * (number if left else len(ranks) - 1 - number)
        side = MARGIN - 0.12 if left else WIDTH - MARGIN + 0.12
        known = style[str(name)]
        axis.plot([at(rank), at(rank), side], [SCALE, y, y], color=known["color"], linewidth=0.8, zorder=2)
        axis.plot(side, y, known["marker"], color=known["color"], markersize=4.5)
        words = f"{short(str(name), 25)}  {rank:.2f}" if left else f"{rank:.2f}  {short(str(name), 25)}"
        axis.text(
            side - 0.07 if left else side + 0.07, y, words, ha="right" if left else "left", va="center", fontsize=7
        )


def _bars_mean(apart: np.ndarray, bars: list[tuple[int, int]]) -> str:
    """What the bars say and what they leave out: pairs that are not apart but have no common bar."""
    if not bars:
        return "No bars: every pair is told apart (Wilcoxon signed-rank, Holm-corrected, 5%)."
    joint = np.zeros_like(apart)
    for first, last in bars:
        joint[first : last + 1, first : last + 1] = True
    rest = int(np.triu(~apart & ~joint, 1).sum())
    return joined([
        "Bars join neighbours of whom no two can be told apart (Wilcoxon signed-rank, Holm-corrected, 5%).",
        f"{count(rest, 'further pair')} cannot be told apart either, but a method between them differs from one of the"
        " two." if rest else "",
    ])  # fmt: skip


def _families(number: int) -> str:
    return count(number, "dataset family", "dataset families")
