"""What a document's generated blocks may hold: tables and sentences made of the stores of results folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from bench.errors import StoreError
from bench.report import comparison
from bench.report.agreement import agreement, sentence
from bench.report.ahead import ahead
from bench.report.blocks import Block
from bench.report.code import several_codes
from bench.report.held import absent, held
from bench.report.levels import change, curve, place
from bench.report.outcomes import cost
from bench.report.paired import ASSUMES, differences
from bench.report.render import escaped_markdown, markdown_table
from bench.report.rows import method_count, natural, scenario_label, seeds
from bench.report.spending import bound, speedup, spent
from bench.report.stores import FILTERS, Stores, metric_in_words, metric_of, of_the_method, one_folder
from bench.report.summary import claims
from bench.report.titles import Question
from bench.report.words import ALL, count, listed, p_value, seed_count, span


def counts(stores: Stores, block: Block) -> str:
    """``42 datasets in 35 families, weak protocol, ..., 5 seeds, 23 methods (4,830 cells, all with a result)``."""
    rows = stores.rows(block, one_folder(block))
    settings = rows.setting.nunique()
    lost = int((rows.status != "ok").sum())
    phrases = [
        f"{count(rows.dataset.nunique(), 'dataset')} in {count(rows.dataset_family.nunique(), 'family', 'families')}",
        scenario_label(rows.iloc[0]) if settings == 1 else count(settings, "scenario"),
        seed_count(*seeds(rows)),
        f"{count(method_count(rows), 'method')} ({len(rows):,} cells, "
        + (f"{lost:,} without a result)" if lost else "all with a result)"),
    ]
    return ", ".join(phrases)


def table(stores: Stores, block: Block) -> str:
    """Method, average precision, rank, wins and seconds of one scenario; of the first ``rows`` methods."""
    rows = stores.scenario(block, one_folder(block))
    compared = comparison.compare(rows, metric_of(block), "")
    spent = cost(rows).set_index("method")
    seconds = spent.fit_seconds + spent.score_seconds
    shown = compared.rank.dropna().index[: int(block.options.get("rows", ALL))]
    lines = [
        (
            escaped_markdown(compared.marked(name)), f"{compared.average[name]:.3f}",
            f"{compared.rank[name]:.2f}", f"{compared.wins[name]:.0f}", f"{seconds[name]:.2f}",
        )
        for name in shown
    ]  # fmt: skip
    head = (
        "Method",
        comparison.METRIC_TITLES[metric_of(block)],
        "Average rank over datasets",
        "Wins",
        "Seconds per run",
    )
    text = markdown_table(head, lines)
    outside = [escaped_markdown(note) for note in compared.notes if note.startswith(comparison.OUTSIDE)]
    notes = [*compared.signs(shown), *outside]
    return "\n".join([text, "", *notes]) if notes else text


def standing(stores: Stores, block: Block) -> str:
    """Where ``method`` stands in one scenario, and which methods the corrected tests tell from it."""
    folder = one_folder(block)
    rows, verdict = stores.scenario(block, folder), stores.verdict(block, folder)
    compared = comparison.compare(rows, metric_of(block), "")
    order = list(compared.rank.dropna().index)
    names = rows.variant[rows.method == block.options.get("method", "")].unique()
    told = []
    for name in names:
        if name not in order:
            told.append(f"{name} is not in the comparison, for lack of results.")
            continue
        higher = [a for a, b, _ in verdict.significant if b == name]
        lower = [b for a, b, _ in verdict.significant if a == name]
        tied = [other for other in order if other not in {name, *higher, *lower}]
        phrases = [("higher than ", lower), ("lower than ", higher), ("not to be told from ", tied)]
        where = f"{order.index(name) + 1} of {len(order)} by average rank over datasets ({compared.rank[name]:.2f}"
        says = "; ".join(word + listed(group, ALL) for word, group in phrases if group)
        told.append(
            f"{name} is in place {where}; mean {metric_in_words(block)} {compared.average[name]:.3f}; "
            f"{count(int(compared.wins[name]), 'win')} on {count(len(verdict.coverage.complete), 'dataset')}, "
            f"{seed_count(*verdict.seeds)}). "
            + (
                verdict.trouble
                or f"By corrected tests over {count(len(verdict.matrix), 'family', 'families')} it is {says}."
            )
        )
    if not told:
        raise StoreError(
            f"no row of {stores.root / folder} is of method {block.options.get('method', '(not given)')!r}"
        )
    return " ".join(told)


def beside(stores: Stores, block: Block) -> str:
    """``method`` minus each other one, or its ``nearest`` rivals: mean difference over families, interval, test."""
    folder = one_folder(block)
    rows, verdict = stores.scenario(block, folder), stores.verdict(block, folder)
    named = of_the_method(block, rows, verdict.matrix.columns)
    if len(named) != 1 or verdict.holm is None:
        raise StoreError(
            f"{len(named)} compared variants of method={block.options.get('method', '')} on enough families"
        )
    lines = [
        (
            escaped_markdown(str(other)), f"{row.difference:+.3f}", f"{row.low:+.3f} to {row.high:+.3f}",
            f"{row.higher:.0f} / {row.lower:.0f}", p_value(row.p_holm),
        )
        for other, row in differences(verdict.matrix, named[0]).iterrows()
    ]  # fmt: skip
    shown, left_out = _nearest(lines, int(block.options.get("nearest", ALL)))
    head = (f"{escaped_markdown(named[0])} minus", "Difference", "95% interval", "Higher / lower", "p (Holm)")
    rests = f"{count(len(verdict.matrix), 'family', 'families')}, {seed_count(*verdict.seeds)}"
    return f"{markdown_table(head, shown)}\n\n{rests}. {left_out}{ASSUMES}"


def _nearest(lines: Sequence[tuple[str, ...]], number: int) -> tuple[Sequence[tuple[str, ...]], str]:
    """The last so many of lines, and in words how many there are without them."""
    more = len(lines) - number
    if more <= 0:
        return lines, ""
    return lines[more:], f"The {count(more, 'method')} further below are left out here, not of the correction. "


def pairs(stores: Stores, block: Block) -> str:
    """How many pairs of methods differ in one scenario, and whether the leader is among them."""
    return " ".join(claims(stores.verdict(block, one_folder(block))))


def folders(stores: Stores, block: Block) -> str:
    """Each folder that is named (all without names): what it asks, cells, methods, seeds, fitting, failures."""
    named = block.subjects or tuple(sorted((path.parent.name for path in stores.root.glob("*/store")), key=natural))
    lines = []
    for folder in named:
        rows = stores.read(folder)
        asked = stores.asked(folder)
        lost = int((rows.status != "ok").sum())
        lines.append((
            f"`{folder}/`", escaped_markdown(asked.title), f"{len(rows):,}",
            _datasets(rows, asked), str(method_count(rows)), span(*seeds(rows)),
            f"{rows.fit_seconds.fillna(0).sum() / 60:,.0f} min", f"{lost:,}" if lost else "none",
        ))  # fmt: skip
    head = ("folder", "what it asks", "cells", "datasets", "methods", "seeds", "fitting", "without result")
    return markdown_table(head, lines, words=2)


def _datasets(rows: pd.DataFrame, asked: Question) -> str:
    """How many datasets there are, and where the suite names others too, of how many: ``44``, ``115 of 312``."""
    there = rows["where"].nunique()
    if not asked.short:
        return str(there)
    return f"{there} of {asked.datasets}" if there == asked.stored else f"{there} ({asked.stored} of {asked.datasets})"


def order(stores: Stores, block: Block) -> str:
    """Whether two folders order their shared methods alike."""
    if len(block.subjects) != 2:
        raise StoreError("order needs two results folders")
    first, second = (stores.verdict(block, folder) for folder in block.subjects)
    return sentence(agreement(first, second), *block.subjects)


KINDS: dict[str, tuple[Callable[[Stores, Block], str], tuple[str, ...]]] = {
    "counts": (counts, ()),
    "table": (table, ("rows",)),
    "standing": (standing, ("method",)),
    "beside": (beside, ("method", "nearest")),
    "ahead": (ahead, ("method", "by")),
    "pairs": (pairs, ()),
    "curve": (curve, ("over",)),
    "change": (change, ("over",)),
    "place": (place, ("over", "method")),
    "spent": (spent, ("rows",)),
    "bound": (bound, ("hours", "cores", "without")),
    "speedup": (speedup, ("method",)),
    "held": (held, ()),
    "absent": (absent, ()),
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
    if block.name not in KINDS:
        raise StoreError(f"nothing is generated that is called {block.name!r}; there are {', '.join(KINDS)}")
    write, own = KINDS[block.name]
    unknown = sorted(set(block.options) - {*own, *FILTERS})
    if unknown:
        raise StoreError(f"{block.name} has no option {unknown[0]!r}; it has {', '.join((*own, *FILTERS))}")
    codes = [several_codes(stores.rows(block, folder)) for folder in block.subjects]
    return "\n\n".join([*(escaped_markdown(told) for told in codes if told), write(stores, block)])
