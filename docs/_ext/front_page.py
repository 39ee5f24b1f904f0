"""What the first page shows, made from the committed runs: one picture, and the leaderboard to open."""

from __future__ import annotations

import textwrap
from pathlib import Path

import evidence
import matplotlib
from matplotlib.figure import Figure
from method_pages import FAMILIES

from bench.app.leaderboard import build
from bench.methods import specs
from bench.report.bootstrap import Interval, mean_interval
from bench.report.palette import HUES, style_family
from bench.report.rows import fair

METRIC = "average_precision"


def means() -> dict[str, Interval]:
    """Mean average precision of each compared method in the main run by its name, worst first."""
    good, _ = fair(evidence.rows())
    values = {
        str(name): mean_interval([part[METRIC].to_numpy() for _, part in own.groupby("where")], METRIC, str(name))
        for name, own in good.groupby("variant")
    }
    return dict(sorted(values.items(), key=lambda item: item[1].value))


def picture(path: Path) -> None:
    """Draw the means as bars, coloured by how a method learns."""
    shown = means()
    method_of = {variant: method for method, variant in evidence.variants().items()}
    kinds = {name: style_family(method_of[name], specs()[method_of[name]].family) for name in shown}
    words = {
        "highlight": " and ".join(sorted(name for name in shown if kinds[name] == "highlight")),
        **{family: what for family, (_, what) in FAMILIES.items()},
    }
    with matplotlib.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7, 0.19 * len(shown) + 0.7), layout="constrained")
        axis = figure.subplots()
        for kind, what in words.items():
            places = [place for place, name in enumerate(shown) if kinds[name] == kind]
            lengths = [list(shown.values())[place].value for place in places]
            axis.barh(places, lengths, color=_colour(kind), label=textwrap.fill(what, 30))
        axis.set_yticks(range(len(shown)), list(shown))
        for place, interval in enumerate(shown.values()):
            axis.plot([interval.low, interval.high], [place, place], color="0.2", lw=1)
            axis.text(interval.high + 0.006, place, f"{interval.value:.2f}", va="center", fontsize=8)
        axis.set(xlabel="mean average precision", xlim=(0, 1), ylim=(-0.6, len(shown) - 0.4))
        axis.legend(frameon=False, loc="lower right")
        figure.savefig(path, dpi=150, metadata={"Software": None})


def _colour(kind: str) -> str:
    """The first hue of a kind of methods; of the greys one on which an interval can be seen."""
    return HUES[kind][1 if kind == "unsupervised" else 0]


def board(path: Path) -> None:
    """Write the leaderboard of all committed runs."""
    build([str(evidence.REFERENCE)], str(path))
