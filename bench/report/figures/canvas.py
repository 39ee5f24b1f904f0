"""What all figures share: the style file, panels, the look of a method, legends, and how a figure is saved."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import pandas as pd

from bench.methods import highlighted
from bench.report.comparison import METRIC_TITLES
from bench.report.palette import drawing_style, style_family
from bench.report.words import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: A figure and its caption.
Drawing = tuple["Figure", str]
#: A page's text in inches: width, and height with room for a caption.
WIDTH = 6.3
HEIGHT = 8.8
#: So many methods share a panel of lines before they are drawn apart, one panel per family.
CROWD = 10
FAMILIES = {"weak": "weakly supervised", "supervised": "supervised", "unsupervised": "unsupervised"}
INTERVALS = "bars are 95% stratified bootstrap intervals over seeds, the datasets fixed"
P = ParamSpec("P")


class Unsuited(ValueError):
    """These rows cannot carry this figure; the message says why in one sentence."""


class NotAsked(Unsuited):
    """The run was not made for this figure (it varies nothing that the figure shows), so nobody misses it."""


def styled(draw: Callable[P, Drawing]) -> Callable[P, Drawing]:
    """Draw with the project's style file, whatever the process has set elsewhere."""

    @functools.wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Drawing:
        with _style():
            return draw(*args, **kwargs)

    return inner


def panels(count: int, columns: int, height: float, width: float = WIDTH, **shared: Any) -> tuple[Figure, list[Axes]]:
    """A figure with ``count`` axes in rows of at most ``columns``, each ``height`` inches."""
    from matplotlib.figure import Figure

    columns = min(count, columns)
    lines = -(-count // columns)
    figure = Figure(figsize=(width, height * lines))
    axes = list(figure.subplots(lines, columns, squeeze=False, **shared).flat)
    for unused in axes[count:]:
        unused.remove()
    return figure, axes[:count]


def panel_height(panels: int) -> float:
    """Inches of each of so many panels one above the other, so that they share a page while they can be read."""
    return max(1.9, min(2.9, HEIGHT / panels))


def drawing_styles(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Colour, marker and line of every variant in prepared rows; highlighted methods are drawn thicker and on top."""
    known = rows[["variant", "place", "method", "method_family"]].drop_duplicates("variant").sort_values("variant")
    by_name = {}
    for name, number, method, family in known.itertuples(index=False):
        emphasis = {"linewidth": 2.0, "zorder": 4.0} if method in highlighted() else {"linewidth": 1.1, "zorder": 3.0}
        by_name[str(name)] = drawing_style(int(number), style_family(method, family)) | emphasis
    return by_name


def ordered(rows: pd.DataFrame, metric: str) -> list[str]:
    """Variants by mean over datasets, best first."""
    means = rows.groupby(["variant", "where"])[metric].mean().groupby("variant").mean()
    return [str(name) for name in means.sort_values(ascending=False, kind="stable").index]


def crowds(rows: pd.DataFrame, order: Sequence[str]) -> list[tuple[str, list[str]]]:
    """(title, variants) of the panels these variants need: one, or one per family with the highlighted in each."""
    if len(order) <= CROWD:
        return [("", list(order))]
    known = (
        rows[["variant", "method_family", "method"]].drop_duplicates("variant").set_index("variant").loc[list(order)]
    )
    always = [name for name in order if known.method[name] in highlighted()]
    groups = []
    for family, title in FAMILIES.items():
        members = [name for name in order if known.method_family[name] == family and name not in always]
        count = -(-len(members) // CROWD)
        size = -(-len(members) // max(1, count))
        for part in range(count):
            chosen = {*always, *members[part * size : (part + 1) * size]}
            note = f" ({part + 1} of {count})" if count > 1 else ""
            groups.append((title + note, [name for name in order if name in chosen]))
    return groups


def legend(figure: Figure, axes: Axes) -> None:
    """One legend for a figure of one panel, on its right."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, shortened(labels), loc="outside right upper")


def short(name: str, length: int = 30) -> str:
    """A name cut in its middle to so many letters, for places where a long one would push out the data."""
    half = (length - 1) // 2
    return name if len(name) <= length else f"{name[:half].rstrip()}\N{HORIZONTAL ELLIPSIS}{name[-half:].lstrip()}"


def shortened(names: Iterable[object], length: int = 30) -> list[str]:
    """Names cut as by ``short``; those that would look alike are cut less, until they do not."""
    whole = [str(name) for name in names]
    allowed = [length] * len(whole)
    while True:
        texts = [short(name, letters) for name, letters in zip(whole, allowed, strict=True)]
        shared = Counter(texts)
        alike = [i for i, text in enumerate(texts) if shared[text] > 1 and text != whole[i]]
        if not alike:
            return texts
        for i in alike:
            allowed[i] += 4


def label_of(metric: str) -> str:
    """A metric's title inside a sentence."""
    title = METRIC_TITLES.get(metric, metric.replace("_", " "))
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def extent(rows: pd.DataFrame) -> str:
    """How much a mean rests on: ``10 datasets and 5 seeds``."""
    return f"{count(rows['where'].nunique(), 'dataset')} and {count(rows.seed.nunique(), 'seed')}"


def capital(text: str) -> str:
    """The text with a capital to begin a sentence, abbreviations as they are."""
    return text[:1].upper() + text[1:]


def joined(sentences: Iterable[str]) -> str:
    """Sentences in one line."""
    return " ".join(part for part in sentences if part)


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write PNG (300 dpi) and PDF without dates or versions, so that equal figures are equal bytes."""
    paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in ("png", "pdf")]
    with _style():
        figure.savefig(paths[0], metadata={"Software": None})
        figure.set_layout_engine("none")  # everything is in its place; laying it out again takes as long as drawing
        figure.savefig(paths[1], metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return paths


def _style() -> Any:
    import matplotlib

    return matplotlib.rc_context(fname=str(files("bench.report") / "style.mplstyle"))
