"""What a document's generated blocks may hold: tables and sentences made of the stores of results folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pandas as pd

from bench.errors import StoreError
from bench.report import comparison
from bench.report.agreement import agreement, sentence
from bench.report.blocks import Block
from bench.report.outcomes import cost
from bench.report.render import escaped_markdown
from bench.report.rows import fair, natural, prepare, scenario_label
from bench.report.statistics import Verdict, judge
from bench.report.summary import claims
from bench.report.words import count, listed
from bench.store import read
from bench.store.manifest import read_manifest

METRIC = "average_precision"
#: Columns by which a block may choose one scenario of a folder.
FILTERS = ("protocol", "label_budget", "contamination")
#: What a curve may run over, and how its levels read.
LEVELS = {"contamination": "{:.0%}", "label_budget": "{:g}"}
#: More names than this do not stand in a sentence; no table has so many methods.
ALL = 1000


class Stores:
    """The results folders below one, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read = cache(self._read)
        self.tested = cache(self._tested)

    def rows(self, block: Block, folder: str) -> pd.DataFrame:
        """The prepared rows of a folder that the block's filters choose.

        Raises
        ------
        StoreError
            There are none.
        """
        rows = self.read(folder)
        for name in FILTERS:
            if name in block.options:
                rows = rows[_equal(rows[name], block.options[name])]
        if rows.empty:
            chosen = ", ".join(f"{name}={value}" for name, value in block.options.items() if name in FILTERS)
            raise StoreError(f"no row of {self.root / folder} has {chosen}")
        return rows

    def scenario(self, block: Block, folder: str) -> pd.DataFrame:
        """``rows`` of exactly one scenario.

        Raises
        ------
        StoreError
            There are several.
        """
        rows = self.rows(block, folder)
        if rows.setting.nunique() > 1:
            raise StoreError(
                f"{self.root / folder} holds {rows.setting.nunique()} scenarios; choose one by {', '.join(FILTERS)}"
            )
        return rows

    def verdict(self, block: Block, folder: str) -> Verdict:
        """The tests of the block's one scenario, without intervals."""
        return self.tested(folder, str(self.scenario(block, folder).setting.iloc[0]))

    def _read(self, folder: str) -> pd.DataFrame:
        frame = read(self.root / folder)
        if frame.empty:
            raise StoreError(f"{self.root / folder} holds no results yet")
        return prepare(frame)

    def _tested(self, folder: str, setting: str) -> Verdict:
        rows = self.read(folder)
        return judge(rows[rows.setting == setting], METRIC, folder, bootstrap=False)


def counts(stores: Stores, block: Block) -> str:
    """``42 datasets in 35 families, weak protocol, ..., 5 seeds, 23 methods (4,830 cells, all with a result)``."""
    rows = stores.rows(block, _one(block))
    settings = rows.setting.nunique()
    lost = int((rows.status != "ok").sum())
    parts = [
        f"{count(rows.dataset.nunique(), 'dataset')} in {count(rows.dataset_family.nunique(), 'family', 'families')}",
        scenario_label(rows.iloc[0]) if settings == 1 else count(settings, "scenario"),
        count(rows.seed.nunique(), "seed"),
        f"{count(rows.variant.nunique(), 'method')} ({len(rows):,} cells, "
        + (f"{lost:,} without a result)" if lost else "all with a result)"),
    ]
    return ", ".join(parts)


def table(stores: Stores, block: Block) -> str:
    """Method, average precision, rank, wins and seconds of one scenario; of the first ``rows`` methods.

    ``pooled=yes`` takes the mean over scenarios where there are several.
    """
    pooled = block.options.get("pooled") == "yes"
    rows = (stores.rows if pooled else stores.scenario)(block, _one(block))
    found = comparison.compare(rows, METRIC, "")
    spent = cost(rows).set_index("method")
    seconds = spent.fit_seconds + spent.score_seconds
    shown = found.rank.dropna().index[: int(block.options.get("rows", ALL))]
    lines = [
        (
            escaped_markdown(name + "†" * (name in found.daggers)), f"{found.average[name]:.3f}",
            f"{found.rank[name]:.2f}", f"{found.wins[name]:.0f}", f"{seconds[name]:.2f}",
        )
        for name in shown
    ]  # fmt: skip
    text = _markdown(("Method", "Average precision", "Average rank", "Wins", "Seconds per run"), lines)
    outside = [escaped_markdown(note) for note in found.notes if note.startswith(comparison.OUTSIDE)]
    notes = [*([comparison.DAGGER] if found.daggers else []), *outside]
    return "\n".join([text, "", *notes]) if notes else text


def standing(stores: Stores, block: Block) -> str:
    """Where ``method`` stands in one scenario, and which methods the corrected tests tell from it."""
    folder = _one(block)
    rows, verdict = stores.scenario(block, folder), stores.verdict(block, folder)
    found = comparison.compare(rows, METRIC, "")
    order = list(found.rank.dropna().index)
    names = rows.variant[rows.method == block.options.get("method", "")].unique()
    told = []
    for name in names:
        if name not in order:
            told.append(f"{name} is not in the comparison, for lack of results.")
            continue
        higher = [a for a, b, _ in verdict.significant if b == name]
        lower = [b for a, b, _ in verdict.significant if a == name]
        tied = [other for other in order if other not in {name, *higher, *lower}]
        parts = [("higher than ", lower), ("lower than ", higher), ("not to be told from ", tied)]
        told.append(
            f"{name} is in place {order.index(name) + 1} of {len(order)} by average rank ({found.rank[name]:.2f}; mean "
            f"average precision {found.average[name]:.3f}; {count(int(found.wins[name]), 'win')} on "
            f"{count(len(verdict.coverage.complete), 'dataset')}). "
            + (verdict.trouble or f"By corrected tests over {count(len(verdict.matrix), 'family', 'families')} it is ")
            + ("" if verdict.trouble else "; ".join(word + listed(group, ALL) for word, group in parts if group) + ".")
        )
    if not told:
        raise StoreError(
            f"no row of {stores.root / folder} is of method {block.options.get('method', '(not given)')!r}"
        )
    return " ".join(told)


def pairs(stores: Stores, block: Block) -> str:
    """How many pairs of methods differ in one scenario, and whether the leader is among them."""
    return " ".join(claims(stores.verdict(block, _one(block))))


def curve(stores: Stores, block: Block) -> str:
    """Mean average precision of every compared method at each level of ``over``, and the mean over the levels."""
    means, over = _means(stores, block)
    lines = [
        (escaped_markdown(str(name)), *(f"{value:.3f}" for value in values), f"{values.mean():.3f}")
        for name, values in means.iterrows()
    ]
    return _markdown(("Method", *(LEVELS[over].format(level) for level in means.columns), "mean"), lines)


def change(stores: Stores, block: Block) -> str:
    """What every method gains or loses from the first level of ``over`` to the last, best first."""
    means, over = _means(stores, block)
    first, last = means.iloc[:, 0], means.iloc[:, -1]
    moved = (last - first).sort_values(ascending=False, kind="stable")
    told = [f"{name} {moved[name]:+.3f} ({first[name]:.3f} to {last[name]:.3f})" for name in moved.index]
    levels = [LEVELS[over].format(level) for level in (means.columns[0], means.columns[-1])]
    return f"From {levels[0]} to {levels[1]} the mean changes for {listed(told, ALL)}."


def folders(stores: Stores, block: Block) -> str:
    """Each folder that is named (all without names): what it asks, cells, methods, seeds, fitting, failures."""
    import tomllib

    named = block.subjects or tuple(sorted((path.parent.name for path in stores.root.glob("*/store")), key=natural))
    lines = []
    for folder in named:
        rows = stores.read(folder)
        suites = [tomllib.loads(run["suite"]) for run in read_manifest(stores.root / folder) if run.get("suite")]
        lost = int((rows.status != "ok").sum())
        lines.append((
            f"`{folder}/`", escaped_markdown(suites[-1].get("title", "") if suites else ""), f"{len(rows):,}",
            str(rows["where"].nunique()), str(rows.variant.nunique()), str(rows.seed.nunique()),
            f"{rows.fit_seconds.fillna(0).sum() / 60:,.0f} min", f"{lost:,}" if lost else "none",
        ))  # fmt: skip
    head = ("folder", "what it asks", "cells", "datasets", "methods", "seeds", "fitting", "without result")
    return _markdown(head, lines, words=2)


def order(stores: Stores, block: Block) -> str:
    """Whether two folders order their shared methods alike."""
    if len(block.subjects) != 2:
        raise StoreError("order needs two results folders")
    first, second = (stores.verdict(block, folder) for folder in block.subjects)
    return sentence(agreement(first, second), *block.subjects)


KINDS: dict[str, tuple[Callable[[Stores, Block], str], tuple[str, ...]]] = {
    "counts": (counts, ()),
    "table": (table, ("rows", "pooled")),
    "standing": (standing, ("method",)),
    "pairs": (pairs, ()),
    "curve": (curve, ("over",)),
    "change": (change, ("over",)),
    "folders": (folders, ()),
    "order": (order, ()),
}


def written(stores: Stores, block: Block) -> str:
    """A block's text.

    Raises
    ------
    StoreError
        Unknown kind or option, or the store does not hold what is asked for.
    """
    if block.kind not in KINDS:
        raise StoreError(f"nothing is generated that is called {block.kind!r}; there are {', '.join(KINDS)}")
    write, own = KINDS[block.kind]
    unknown = sorted(set(block.options) - {*own, *FILTERS})
    if unknown:
        raise StoreError(f"{block.kind} has no option {unknown[0]!r}; it has {', '.join((*own, *FILTERS))}")
    return write(stores, block)


def _one(block: Block) -> str:
    if len(block.subjects) != 1:
        raise StoreError(f"{block.kind} needs one results folder")
    return block.subjects[0]


def _equal(column: pd.Series, value: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype):
        try:
            return (column - float(value)).abs() < 1e-9
        except ValueError as error:
            raise StoreError(f"{column.name}={value} is not a number") from error
    return column == value


def _means(stores: Stores, block: Block) -> tuple[pd.DataFrame, str]:
    """Methods x levels over the complete datasets, highest mean first."""
    over = block.options.get("over", "")
    if over not in LEVELS:
        raise StoreError(f"{block.kind} needs over={' or over='.join(LEVELS)}")
    good, _ = fair(stores.rows(block, _one(block)).dropna(subset=[over]))
    means = good.groupby(["variant", over, "where"])[METRIC].mean().groupby(level=[0, 1]).mean().unstack()
    if means.empty:
        raise StoreError("no dataset has every level with all seeds of any method")
    return means.loc[means.mean(axis=1).sort_values(ascending=False, kind="stable").index], over


def _markdown(head: tuple[str, ...], lines: Sequence[tuple[str, ...]], words: int = 1) -> str:
    """A table whose first ``words`` columns are words and the others numbers."""
    rule = "|" + "|".join(":--" if number < words else "--:" for number in range(len(head))) + "|"
    title, *body = ("| " + " | ".join(line) + " |" for line in (head, *lines))
    return "\n".join((title, rule, *body))
