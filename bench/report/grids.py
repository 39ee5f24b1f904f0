"""Tables for the page: every entry as the text that is shown and the value that it is sorted by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bench.report import render
from bench.report.comparison import METRIC_TITLES, Comparison
from bench.report.render import HOLE, SUMMARY, WIDE
from bench.report.rows import prepare

#: More rows than this make a page slow; the store has all.
MOST_CELLS = 6000
#: So many letters of a key name a cell on a page.
KEY_LETTERS = 12
BEST, SECOND = "best", "second"


@dataclass(frozen=True)
class Entry:
    """A table's entry; ``order`` is what it is sorted by, ``css_class`` of the page, ``link`` to its cells."""

    text: str
    order: str
    css_class: str = ""
    link: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: head, body, rows below the body that sorting leaves in place, what it is, notes under and over it."""

    title: str
    head: tuple[str, ...]
    body: tuple[tuple[Entry, ...], ...]
    foot: tuple[tuple[Entry, ...], ...] = ()
    notes: tuple[str, ...] = ()
    paged: bool = False
    above: str = ""


def of_comparison(comparison: Comparison, explorer: str = "") -> Grid:
    """Methods down and datasets across, or the other way where there are many datasets.

    Parameters
    ----------
    comparison : Comparison
    explorer : str
        The page that shows the cells of an entry (``bench.leaderboard.page``), "" = none.
    """
    marks = render.Markup(lambda text: f"{BEST}\0{text}", lambda text: f"{SECOND}\0{text}", str)
    text = render.entries(comparison, marks)
    order = comparison.mean.copy()
    for name, values in zip(SUMMARY, (comparison.average, comparison.rank, comparison.wins), strict=True):
        order[name] = values
    links = _links(comparison, explorer).reindex(columns=order.columns, fill_value="")
    if comparison.mean.shape[1] <= WIDE:
        head = ("Method", *map(str, text.columns))
        return Grid(comparison.title, head, _lines(text, order, links), notes=comparison.notes, above=comparison.codes)
    body = _lines(text.T, order.T, links.T)
    return Grid(
        comparison.title,
        ("Dataset", *map(str, text.index)),
        body[: -len(SUMMARY)],
        body[-len(SUMMARY) :],
        comparison.notes,
        above=comparison.codes,
    )


def of_table(table: pd.DataFrame, title: str, notes: tuple[str, ...] = (), paged: bool = False) -> Grid:
    """Any small table, numbers rounded as they are."""
    body = tuple(tuple(_plain(value) for value in line) for line in table.itertuples(index=False))
    return Grid(title, tuple(map(str, table.columns)), body, notes=notes, paged=paged)


def link_to(explorer: str, key: str, metric: str = "", pooled: bool = False) -> str:
    """Where the explorer shows a cell with the other seeds of its method there; "" if nowhere.

    ``pooled`` asks for those of every scenario, ``metric`` for another value than the first.
    """
    if not (explorer and key):
        return ""
    return f"{explorer}#cell{'s' if pooled else ''}={key[:KEY_LETTERS]}" + (f"&metric={metric}" if metric else "")


def _links(comparison: Comparison, explorer: str) -> pd.DataFrame:
    metric = "" if comparison.metric == next(iter(METRIC_TITLES)) else comparison.metric
    return comparison.cells.map(lambda key: link_to(explorer, key, metric, comparison.pooled))


def of_cells(frame: pd.DataFrame, explorer: str = "") -> Grid:
    """Every cell with the beginning of its key, for ``mnp-bench rerun``, which leads to where it is shown."""
    rows = prepare(frame)
    shown = rows.head(MOST_CELLS)
    table = pd.DataFrame(
        {
            "dataset": shown["where"],
            "method": shown.variant,
            "scenario": shown.setting,
            "seed": shown.seed,
            "status": shown.status,
            "average precision": shown.average_precision.round(4),
            "AUC-ROC": shown.auc_roc.round(4),
            "fit (s)": shown.fit_seconds.round(3),
            "cell": shown["cell"].str[:KEY_LETTERS],
        }
    )
    if rows.setting.nunique() == 1:
        table = table.drop(columns="scenario")
    note = f"The first {MOST_CELLS:,} of {len(rows):,} cells; the store has all." if len(rows) > MOST_CELLS else ""
    grid = of_table(table, "Every cell", (note,) if note else (), paged=True)
    if not explorer:
        return grid
    body = tuple((*line[:-1], replace(line[-1], link=link_to(explorer, line[-1].text))) for line in grid.body)
    return replace(grid, body=body)


def _lines(text: pd.DataFrame, order: pd.DataFrame, links: pd.DataFrame) -> tuple[tuple[Entry, ...], ...]:
    values, leading = order.to_numpy(dtype=float), links.to_numpy()
    return tuple(
        (
            Entry(str(name), str(name)),
            *(_marked(*entry) for entry in zip(line, values[number], leading[number], strict=True)),
        )
        for number, (name, line) in enumerate(zip(text.index, text.to_numpy(), strict=True))
    )


def _marked(entry: str, value: float, link: str) -> Entry:
    css_class, mark, text = entry.rpartition("\0")
    text = text.replace("± ", "±\N{NO-BREAK SPACE}")  # narrow columns break before it
    missing = text == HOLE or text.startswith("failed")
    return Entry(text, _order(value), css_class if mark else "hole" if missing else "", link)


def _plain(value: object) -> Entry:
    if isinstance(value, float | np.floating):
        return Entry(HOLE if np.isnan(value) else f"{value:g}", _order(float(value)))
    return Entry(str(value), str(value))


def _order(value: float) -> str:
    """Holes below everything."""
    return "-1e9" if np.isnan(value) else repr(round(float(value), 9))
