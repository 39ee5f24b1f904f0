"""A generated block about where a method loses: the datasets on which another one is ahead of it."""

from __future__ import annotations

from bench.errors import StoreError
from bench.report.blocks import Block
from bench.report.render import escaped_markdown, markdown_table
from bench.report.rows import fair
from bench.report.stores import Stores, metric_of, one_folder
from bench.report.words import count


def ahead(stores: Stores, block: Block) -> str:
    """Datasets where another compared method is ahead of ``method`` by at least ``by``, the largest gap first.

    Means over seeds, and over scenarios where the block pools several. Of one dataset all that are so far ahead are
    named, the best first.
    """
    folder = one_folder(block)
    rows = stores.scenario(block, folder)
    good, _ = fair(rows)
    means = good.groupby(["where", "variant"])[metric_of(block)].mean().unstack()
    names = [str(name) for name in means if name in set(rows.variant[rows.method == block.options.get("method")])]
    if len(names) != 1:
        raise StoreError(f"{len(names)} compared variants are of method {block.options.get('method', '(not given)')!r}")
    least = float(block.options.get("by", 0.0))
    own = means.pop(names[0])
    gaps = means.sub(own, axis=0)
    best = gaps.max(axis=1).sort_values(ascending=False, kind="stable")
    shown = best[best > max(least - 1e-12, 0.0)].index
    lines = []
    for where in shown:
        others = gaps.loc[where].sort_values(ascending=False, kind="stable")
        told = [f"{name} {means.loc[where, name]:.3f}" for name in others.index[others >= max(least - 1e-12, 1e-12)]]
        lines.append((escaped_markdown(str(where)), f"{own[where]:.3f}", escaped_markdown(", ".join(told))))
    some = f" by at least {least:g}" if least else ""
    where = f"{len(lines)} of {count(len(means), 'dataset')}"
    text = f"{names[0]} is behind another of {len(means.columns) + 1} methods{some} on {where}."
    return f"{text}\n\n{markdown_table(('Dataset', names[0], 'Ahead of it'), lines, words=3)}" if lines else text
