"""A generated block about where a method loses: the datasets on which another one is ahead of it."""

from __future__ import annotations

from bench.errors import StoreError
from bench.report.blocks import Block
from bench.report.comparison import DIGITS
from bench.report.render import escaped_markdown, markdown_table
from bench.report.rows import fair, seeds
from bench.report.stores import Stores, metric_of, of_the_method, one_folder
from bench.report.words import count, seed_count


def ahead(stores: Stores, block: Block) -> str:
    """Datasets where another compared method is ahead of ``method`` by at least ``by``, the largest gap first.

    Means over seeds, and over scenarios where the block pools several. Of one dataset all that are so far ahead are
    named, the best first.
    """
    folder = one_folder(block)
    rows = stores.scenario(block, folder)
    good, _ = fair(rows)
    means = good.groupby(["where", "variant"])[metric_of(block)].mean().unstack()
    names = of_the_method(block, rows, means)
    if len(names) != 1:
        raise StoreError(f"{len(names)} compared variants are of method {block.options.get('method', '(not given)')!r}")
    least = float(block.options.get("by", 0.0))
    own = means.pop(names[0])
    gaps = means.sub(own, axis=0).round(DIGITS)
    gaps = gaps.where((gaps > 0) & (gaps >= least))
    shown = gaps.max(axis=1).dropna().sort_values(ascending=False, kind="stable").index
    lines = []
    for where in shown:
        others = gaps.loc[where].dropna().sort_values(ascending=False, kind="stable").index
        told = ", ".join(f"{name} {means.loc[where, name]:.3f}" for name in others)
        lines.append((escaped_markdown(str(where)), f"{own[where]:.3f}", escaped_markdown(told)))
    some = f" by at least {least:g}" if least else ""
    where = f"{len(lines)} of {count(len(means), 'dataset')} ({seed_count(*seeds(good))})"
    text = f"{names[0]} is behind another of {len(means.columns) + 1} methods{some} on {where}."
    return f"{text}\n\n{markdown_table(('Dataset', names[0], 'Ahead of it'), lines, words=3)}" if lines else text
