"""The page of a leaderboard: one HTML file with its styles, its program and its data; nothing is fetched.

The pictures are SVG drawn by a few hundred lines of our own: plotly's bundle alone is 4.8 MB of the 8 that the page
may have and takes its time to start, it has neither a critical-difference diagram nor a win matrix, and SVG takes the
page's colours in the dark and on paper.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from bench.atomic import write_text
from bench.leaderboard.merge import Merged
from bench.leaderboard.payload import payload

#: The page's program, in the order in which it is read.
SCRIPTS = (
    "data", "scope", "compared", "ranking", "elo", "tests", "draws", "svg", "pictures", "diagram", "curves", "filters",
    "links", "board", "sets", "detail", "main",
)  # fmt: skip


def write(path: Path, merged: Merged, title: str = "MNP-Bench leaderboard") -> Path:
    """Write the page whole; the same bytes for the same cells."""
    write_text(path, page(merged, title))
    return path


def page(merged: Merged, title: str) -> str:
    """The page's text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bench.leaderboard", "page"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html").render(
        title=title,
        style=_own("page.css"),
        script="\n".join(_own(f"{name}.js") for name in SCRIPTS),
        data=_json(payload(merged)),
    )


def _json(value: object) -> str:
    """JSON that cannot end the element it stands in, whatever names hold."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _own(name: str) -> str:
    return files("bench.leaderboard").joinpath("page", name).read_text(encoding="utf-8")
