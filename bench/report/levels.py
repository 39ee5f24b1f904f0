"""Generated blocks about the levels of one setting: curves over contamination or labels, a method's place at each."""

from __future__ import annotations

import pandas as pd

from bench.errors import StoreError
from bench.report.blocks import Block
from bench.report.render import escaped_markdown, markdown_table
from bench.report.rows import fair, seeds
from bench.report.stores import Stores, metric_in_words, metric_of, of_the_method, one_folder
from bench.report.words import ALL, count, listed, seed_count

#: What a curve may run over.
LEVELS = ("contamination", "label_budget")


def curve(stores: Stores, block: Block) -> str:
    """Mean average precision of every compared method at each level of ``over``, and the mean over the levels."""
    means, over, _ = _means(stores, block)
    lines = [
        (escaped_markdown(str(name)), *(f"{value:.3f}" for value in values), f"{values.mean():.3f}")
        for name, values in means.iterrows()
    ]
    return markdown_table(("Method", *_levels(means, over), "mean"), lines)


def change(stores: Stores, block: Block) -> str:
    """What every method gains or loses from the first level of ``over`` to the last, best first."""
    means, over, on = _means(stores, block)
    first, last = means.iloc[:, 0], means.iloc[:, -1]
    moved = (last - first).sort_values(ascending=False, kind="stable")
    told = [f"{name} {moved[name]:+.3f} ({first[name]:.3f} to {last[name]:.3f})" for name in moved.index]
    levels = _levels(means, over)
    return f"From {levels[0]} to {levels[-1]} the mean ({on}) changes for {listed(told, ALL)}."


def place(stores: Stores, block: Block) -> str:
    """The place of ``method`` by the mean of the metric at each level of ``over``, beside the first or the second."""
    means, over, on = _means(stores, block)
    rows = stores.rows(block, one_folder(block))
    names = of_the_method(block, rows, means.index)
    if not names:
        raise StoreError(f"no compared variant is of method {block.options.get('method', '(not given)')!r}")
    told = []
    for level in means.columns.to_numpy(float):
        order = means[level].sort_values(ascending=False, kind="stable")
        where = list(order.index).index(names[0])
        other = order.index[0] if where else order.index[1]
        told.append(f"{_with(over, level)} in place {where + 1} ({order[names[0]]:.3f}; {other} {order[other]:.3f})")
    return f"Of {len(means)} methods {names[0]} is, by mean {metric_in_words(block)} ({on}), {listed(told, ALL)}."


def level_text(over: str, level: float) -> str:
    """``20%`` of contamination or of the anomalies labelled, ``5`` labels."""
    return f"{level:g}" if over == "label_budget" and level >= 1 else f"{level:.0%}"


def _levels(means: pd.DataFrame, over: str) -> list[str]:
    return [level_text(over, level) for level in means.columns.to_numpy(float)]


def _with(over: str, level: float) -> str:
    """``with 5 labels``, ``with 5% labels``, ``at 20% contamination``."""
    if over == "contamination":
        return f"at {level:.0%} contamination"
    return f"with {count(int(level), 'label')}" if level >= 1 else f"with {level:.0%} labels"


def _means(stores: Stores, block: Block) -> tuple[pd.DataFrame, str, str]:
    """Methods x levels over the complete datasets, highest mean first; what they run over; on how many seeds."""
    over = block.options.get("over", "")
    if over not in LEVELS:
        raise StoreError(f"{block.name} needs over={' or over='.join(LEVELS)}")
    good, _ = fair(stores.rows(block, one_folder(block)).dropna(subset=[over]))
    means = good.groupby(["variant", over, "where"])[metric_of(block)].mean().groupby(level=[0, 1]).mean().unstack()
    if means.empty:
        raise StoreError("no dataset has every level with all seeds of any method")
    order = means.mean(axis=1).sort_values(ascending=False, kind="stable").index
    return means.loc[order], over, seed_count(*seeds(good))
