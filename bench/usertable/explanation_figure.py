"""The picture of an explained row: its values beside what is usual, columns in the order of their part in the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.report.figures.canvas import WIDTH, Drawing, short, styled
from bench.usertable.explain import Cause, Explanation
from bench.usertable.model import Model
from bench.usertable.own_words import closest_prototype, mode_rows, reconstruction
from bench.usertable.schema import Column

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Columns that a picture shows at the most.
MOST_SHOWN = 8
#: Fewer usual rows with the row's own prototype than these tell no range; then all usual rows do.
LEAST_ROWS = 20
#: The usual range is drawn from 0 to 1; what lies beyond these is drawn there, the row's own value as an arrow.
LEFT, RIGHT = -1.0, 2.0
#: Where a category is drawn that no usual row has.
ELSEWHERE = 1.5
ROW, PROTOTYPE, REBUILT, BAND = "#D55E00", "#0072B2", "#000000", "#D9D9D9"


@dataclass(frozen=True)
class _Mark:
    label: str
    colour: str
    marker: str
    size: float
    order: float


MARKS = {
    "row": _Mark("this row", ROW, "o", 6.5, 5.0),
    "prototype": _Mark("closest normal prototype", PROTOTYPE, "D", 4.5, 4.0),
    "rebuilt": _Mark("reconstruction of the row", REBUILT, "x", 5.0, 6.0),
}


@styled
def explanation_figure(model: Model, explanation: Explanation, title: str = "") -> Drawing:
    """Draw an explanation.

    Parameters
    ----------
    model : Model
        That the row was scored by.
    explanation : Explanation
        Of one row, see ``explain``.
    title : str
        Above the picture, before the score.

    Returns
    -------
    figure : matplotlib.figure.Figure
        A line per column, at most 8: on the left its value beside the range of normal rows, from 5% to 95%, and what
        the method's closest prototype and reconstruction have; on the right its share of the excess of the score.
    caption : str
        What is seen, in sentences.
    """
    from matplotlib.figure import Figure

    shown = [*explanation.causes, *explanation.others][:MOST_SHOWN]
    alike = mode_rows(model, explanation.row)
    own_mode = len(alike) >= LEAST_ROWS and len(alike) < len(model.usual_rows)
    rows = alike if own_mode else model.usual_rows
    marked = {"row": explanation.row, "prototype": closest_prototype(model, explanation.row),
              "rebuilt": reconstruction(model, explanation.row)}  # fmt: skip
    present = {name: values for name, values in marked.items() if values is not None}
    figure = Figure(figsize=(WIDTH, 1.15 + 0.36 * len(shown)))
    values, shares = figure.subplots(1, 2, sharey=True, width_ratios=(2.6, 1.0))
    by_name = {column.name: number for number, column in enumerate(model.schema.columns)}
    for line, cause in enumerate(shown):
        number = by_name[cause.column]
        span = model.schema.slices[number]
        here = {name: row[span] for name, row in present.items()}
        _draw_column(values, line, model.schema.columns[number], rows[:, span], here)
    _finish_values(values, [f"{short(cause.column, 24)} = {short(cause.value, 18)}" for cause in shown])
    _draw_shares(shares, shown, len(explanation.causes))
    of = "the usual rows with the same prototype" if own_mode else "the usual rows"
    _legend(figure, list(present), f"5% to 95% of {of}; of categories their shares")
    named = f"{title}: " if title else ""
    heading = f"{named}score {explanation.score:.4g}, usual rows {explanation.usual_score:.4g}"
    figure.suptitle(heading, fontsize=9, parse_math=False)
    return figure, _caption(explanation, of)


def _draw_column(axes: Axes, line: int, column: Column, usual: np.ndarray, marked: dict[str, np.ndarray]) -> None:
    """One line: the usual range from 0 to 1, or the shares of the usual categories, and the marks on it."""
    if column.content == "number":
        low, high = (float(end) for end in np.quantile(usual[:, 0], (0.05, 0.95)))
        _band(axes, line, 0.0, 1.0, BAND)
        _ends(axes, line, f"{low:.4g}", f"{high:.4g}")
        at = {name: _relative(float(values[0]), low, high, usual[:, 0]) for name, values in marked.items()}
    else:
        at = _draw_shares_of(axes, line, column, usual, marked)
    for name, x in at.items():
        mark = MARKS[name]
        shape = {LEFT: "<", RIGHT: ">"}.get(x, mark.marker) if name == "row" else mark.marker
        axes.plot([x], [line], shape, color=mark.colour, markersize=mark.size, zorder=mark.order,
                  markeredgewidth=1.4 if mark.marker == "x" else 0.5, clip_on=False)  # fmt: skip


def _relative(value: float, low: float, high: float, usual: np.ndarray) -> float:
    """Where a value lies if the usual range goes from 0 to 1, no further out than the picture."""
    unit = high - low or float(usual.std()) or abs(value - low) or 1.0
    base = low if high > low else low - unit / 2
    return float(np.clip((value - base) / unit, LEFT, RIGHT))


def _draw_shares_of(
    axes: Axes, line: int, column: Column, usual: np.ndarray, marked: dict[str, np.ndarray]
) -> dict[str, float]:
    """Usual categories side by side, as wide as they are frequent; where each mark lies: in its own, or beyond."""
    begin, middles = 0.0, {}
    for number, (name, share) in enumerate(column.shares(usual)):
        _band(axes, line, begin, begin + share, BAND if number % 2 == 0 else "#F0F0F0")
        if share >= 0.12:
            text = short(name, max(3, int(22 * share)))
            axes.text(begin + share / 2, line + 0.34, text, ha="center", va="center", fontsize=6, color="0.35",
                      parse_math=False)  # fmt: skip
        middles[name] = begin + share / 2
        begin += share
    return {name: middles.get(_category(column, values), ELSEWHERE) for name, values in marked.items()}


def _category(column: Column, values: np.ndarray) -> str:
    if column.content == "boolean":
        return "true" if values[0] >= 0.5 else "false"
    return column.shown(values)


def _band(axes: Axes, line: int, begin: float, end: float, colour: str) -> None:
    axes.barh(line, end - begin, 0.36, left=begin, color=colour, edgecolor="white", linewidth=0.5, zorder=1)


def _ends(axes: Axes, line: int, low: str, high: str) -> None:
    for x, text, side in ((0.0, low, "left"), (1.0, high, "right")):
        axes.text(x, line + 0.34, text, ha=side, va="center", fontsize=6, color="0.35")


def _finish_values(axes: Axes, labels: list[str]) -> None:
    axes.set_xlim(LEFT - 0.12, RIGHT + 0.12)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_yticks(range(len(labels)), labels, parse_math=False)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_xlabel("below usual  \N{LEFTWARDS ARROW}  usual range  \N{RIGHTWARDS ARROW}  above usual")


def _draw_shares(axes: Axes, shown: list[Cause], named: int) -> None:
    for line, cause in enumerate(shown):
        share = max(0.0, cause.share)
        axes.barh(line, share, 0.5, color=ROW if line < named else "0.6", hatch=None if line < named else "////",
                  edgecolor="white", linewidth=0.0)  # fmt: skip
        axes.text(share + 0.02, line, f"{round(100 * cause.share)}%", va="center", fontsize=7)
    axes.set_xlim(0, max(1.0, *(cause.share for cause in shown)) * 1.25)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xlabel("share of the excess")


def _legend(figure: Figure, present: list[str], band: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = [
        Line2D([], [], color=MARKS[name].colour, marker=MARKS[name].marker, linestyle="none", label=MARKS[name].label)
        for name in present
    ]
    handles.append(Patch(facecolor=BAND, label=band))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _caption(explanation: Explanation, of: str) -> str:
    causes = ", ".join(f"{cause.column} ({round(100 * cause.share)}%)" for cause in explanation.causes)
    first = f"The score rests on {causes}." if causes else "No column alone takes a tenth of the excess of the score."
    return (
        f"{first} Columns are in the order in which replacing them by values of similar usual rows lowers the score "
        "most, each beside the causes above it; hatched ones lower it by less than a tenth of the excess. "
        f"Grey: the range from 5% to 95% of {of}."
    )
