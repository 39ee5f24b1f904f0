"""One self-contained page: the three sentences, the methods compared with their intervals, and how it was found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from bench.atomic import write_text
from bench.picking.joining import LABELS_WORTH, MARGIN, Interval, Judged, weight
from bench.picking.picked import Picked, sentences
from bench.usertable.held_out import FOLDS

NAME = "pick.html"
#: Where the axis lies in the drawing.
LEFT, RIGHT = 200.0, 680.0


def write(folder: Path, picked: Picked, notes: Sequence[str]) -> Path:
    """Write the page into a folder, which is made.

    Parameters
    ----------
    folder : Path
    picked : Picked
    notes : sequence of str
        How the table was read.

    Returns
    -------
    Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    write_text(path, page(picked, notes))
    return path


def page(picked: Picked, notes: Sequence[str] = ()) -> str:
    """The page's text; the same for the same findings."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bench.picking", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html").render(
        picked=picked,
        sentences=sentences(picked),
        style=files("bench.report").joinpath("page.css").read_text(encoding="utf-8"),
        caption="How much average precision the best estimate is ahead of each method, with 95% interval; 0 = as good.",
        bars=[_bar(judged, _highest(picked)) for judged in picked.judged],
        ticks=[{"x": _x(at, _highest(picked)), "label": f"{at:.2f}"} for at in _ticks(_highest(picked))],
        columns=_columns(picked.mode),
        rows=[{"cells": _cells(judged, picked.mode), "chosen": judged is picked.choice} for judged in picked.judged],
        how=_how(picked),
        notes=[*notes, *picked.notes],
    )


def _highest(picked: Picked) -> float:
    """The axis goes from minus this to this."""
    ends = [abs(end) for judged in picked.judged for end in (judged.behind.low, judged.behind.high)]
    return math.ceil(10 * max(0.1, *ends)) / 10


def _ticks(highest: float) -> list[float]:
    return [highest * step / 2 for step in (-2, -1, 0, 1, 2)]


def _x(value: float, highest: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * (value + highest) / (2 * highest), 1)


def _bar(judged: Judged, highest: float) -> dict[str, str | float]:
    ends = {"value": judged.behind.value, "low": judged.behind.low, "high": judged.behind.high}
    return {"name": judged.method, **{name: _x(value, highest) for name, value in ends.items()}}


def _columns(mode: str) -> tuple[str, ...]:
    if mode == "known":
        return ("method", "behind the best", "average precision", "anomalies within the budget", "seconds a fit")
    return ("method", "behind the best", "unlabelled rows below a held-out anomaly", "anomalies within the budget",
            "reference expects", "seconds a fit")  # fmt: skip


def _cells(judged: Judged, mode: str) -> tuple[str, ...]:
    expected = () if mode == "known" else ("not known" if math.isnan(judged.expected) else f"{judged.expected:+.3f}",)
    return (
        judged.method,
        _shown(judged.behind),
        _shown(judged.ranking),
        _shown(judged.recall),
        *expected,
        f"about {judged.seconds:.2g}",
    )


def _shown(interval: Interval | None) -> str:
    return "no evidence" if interval is None else f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _how(picked: Picked) -> tuple[str, ...]:
    chosen = (
        f"Methods less than {MARGIN:g} average precision behind the best estimate, with an interval that holds 0, "
        "count as "
        "equals; the cheapest of them is named."
    )
    if picked.mode == "known":
        return (
            "Every row's label was taken as the truth. As in the suites, the table was split at random, some "
            "anomalies of "
            "the training part labelled, all its other rows left unlabelled, and the scores of the test part held "
            "against "
            "the truth. Intervals resample the splits within each number of labels: they say nothing of other tables.",
            chosen,
        )
    return (
        f"The rows were dealt into {min(FOLDS, picked.labels)} folds. Each method was fitted without a fold's rows, "
        "then ranked "
        "the labelled anomalies of that fold among its unlabelled rows. Anomalies among the unlabelled rows make all "
        "methods look worse than they are, and alike. Intervals resample the labelled anomalies; they take them to be "
        "a "
        "fair sample of the anomalies there are, which anomalies that somebody has found may not be.",
        f"The reference says what each method reached on tables of known truth with like numbers of rows, features and "
        f"labels, relative to the others. It weighs as much as {LABELS_WORTH:g} labelled anomalies: here "
        f"{100 * (1 - weight(picked.labels)) if picked.choice.recall else 100:.0f}%.",
        chosen,
    )
