"""Generated blocks about cost: where a folder's time went, several folders beside a bound, what replicas save."""

from __future__ import annotations

import pandas as pd

from bench.errors import StoreError
from bench.methods import get
from bench.report.blocks import Block
from bench.report.render import escaped_markdown
from bench.report.stores import Stores, one_folder
from bench.report.words import ALL, count, listed


def spent(stores: Stores, block: Block) -> str:
    """What fitting and scoring a folder took on one core, and the methods that took the most of it."""
    rows = stores.rows(block, one_folder(block))
    seconds = _seconds(rows).groupby(rows.variant).sum()
    shares = (seconds / seconds.sum()).sort_values(ascending=False, kind="stable")
    shown = shares.index[: int(block.options.get("rows", 5))]
    dear = [f"{escaped_markdown(str(name))} {shares[name]:.0%}" for name in shown]
    every = f"all {len(shares)} methods together" if len(shares) > 1 else "its one method"
    return f"{seconds.sum() / 60:,.0f} minutes of one core for {every}, of which {listed(dear, ALL)}."


def bound(stores: Stores, block: Block) -> str:
    """Whether folders together keep within ``hours`` on ``cores``: all their methods, and those that their suites name.

    The method ``without`` is left out of both.
    """
    if not block.subjects:
        raise StoreError(f"{block.name} needs results folders")
    hours, cores = _number(block, "hours"), _number(block, "cores")
    rows = pd.concat([stores.rows(block, folder).assign(folder=folder) for folder in block.subjects])
    counted, but = rows, ""
    if "without" in block.options:
        dropped = rows.method == block.options["without"]
        if not dropped.any():
            raise StoreError(f"no row is of method {block.options['without']!r}")
        counted, but = rows[~dropped], f" without {escaped_markdown(rows.method_title[dropped].iloc[0])}"
    own = pd.concat([_of_its_suite(stores, str(folder), part) for folder, part in counted.groupby("folder")])
    taken, named = (float(_seconds(part).sum()) / 3600 / cores for part in (counted, own))
    folders = listed([f"`{folder}/`" for folder in block.subjects], ALL)
    return (
        f"{folders} took {taken:.1f} hours of {count(int(cores), 'core')}{but}, where {hours:g} were asked: "
        f"{_verdict(taken, hours)}. Of that the {count(own.method.nunique(), 'method')} that their suites name took "
        f"{named:.1f}: {_verdict(named, hours)}."
    )


def speedup(stores: Stores, block: Block) -> str:
    """What a run of ``method`` in a group of 32 costs beside an ordinary loop, by the table of ``nox -s speed``."""
    path = stores.root / "speed" / "speed.csv"
    try:
        table = pd.read_csv(path)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
    method = block.options.get("method", "")
    rows = table[table.method == method].sort_values("ratio", ascending=False)
    if rows.empty:
        raise StoreError(f"no row of {path} is of method {method or '(not given)'!r}")
    ends = [f"1/{row.ratio:.0f} ({row.D:.0f} features)" for row in rows.iloc[[0, -1]].itertuples()]
    costs = f"In a group of 32 a run of {get(method).title} takes {' to '.join(ends)} of the time"
    return f"{costs} of the same run in ordinary torch modules."


def _number(block: Block, option: str) -> float:
    try:
        return float(block.options[option])
    except (KeyError, ValueError) as error:
        raise StoreError(f"{block.name} needs {option}=NUMBER") from error


def _of_its_suite(stores: Stores, folder: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.method.isin(stores.asked(folder).methods)]


def _verdict(taken: float, asked: float) -> str:
    return "kept" if taken <= asked else f"missed by {60 * (taken - asked):,.0f} minutes"


def _seconds(rows: pd.DataFrame) -> pd.Series:
    return rows.fit_seconds.fillna(0) + rows.score_seconds.fillna(0)
