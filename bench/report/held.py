"""Generated blocks about what results folders hold: who has which runs, what their suites ask, who is absent."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from bench import methods
from bench.errors import StoreError
from bench.report.blocks import Block
from bench.report.levels import LEVELS, level_text
from bench.report.render import escaped_markdown
from bench.report.stores import Stores, one_folder
from bench.report.titles import Question
from bench.report.words import ALL, count, listed, seed_count

#: A dataset with its known types, a scenario without them, a seed.
Run = tuple[str, str, int]
UNITS = {"label_budget": "labels", "contamination": "contamination"}


def held(stores: Stores, block: Block) -> str:
    """Of each folder the runs that most methods have, those of the others, and what its suite names beyond them."""
    if not block.subjects:
        raise StoreError(f"{block.name} needs results folders")
    return "\n".join(f"- `{folder}/`: {_of_folder(stores, block, folder)}" for folder in block.subjects)


def absent(stores: Stores, block: Block) -> str:
    """The methods that come with this package of which a folder has no run."""
    folder = one_folder(block)
    names = sorted(methods.ours() - set(stores.rows(block, folder).method))
    titles = [escaped_markdown(methods.get(name).title) for name in names]
    lacks = f"has no run of {listed(titles, ALL)}" if titles else "has runs of all"
    return f"Of the {len(methods.ours())} registered methods `{folder}/` {lacks}."


def _of_folder(stores: Stores, block: Block, folder: str) -> str:
    rows = stores.rows(block, folder)
    runs = {
        escaped_markdown(str(name)): frozenset(zip(part["where"], part.setting, part.seed, strict=True))
        for name, part in rows.groupby("variant", sort=True)
    }
    sizes = Counter(runs.values())
    usual = max(sizes, key=lambda kept: (sizes[kept], len(kept)))
    told = [f"{_who(sizes[usual], len(runs))} {_in_words(usual, rows)}"]
    for kept in sorted(sizes.keys() - {usual}, key=lambda kept: (-len(kept), -sizes[kept])):
        names = [name for name, own in runs.items() if own == kept]
        told.append(f"{listed(names, ALL)} {_has(len(names))} {_in_words(kept, rows)}")
    return " ".join(f"{sentence}." for sentence in ["; ".join(told), *_asked(stores.asked(folder), rows)])


def _who(number: int, every: int) -> str:
    if every == 1:
        return "its one method has"
    return f"all {every} methods have" if number == every else f"{number} of {every} methods {_has(number)}"


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _in_words(kept: frozenset[Run], rows: pd.DataFrame) -> str:
    """``5 seeds on 44 datasets at 1%, 5% and 10% labels``; ``70 runs on ...`` where some combinations are not there."""
    wheres, settings, seeds = ({run[column] for run in kept} for column in range(3))
    whole = len(kept) == len(wheres) * len(settings) * len(seeds)
    number = seed_count(len(seeds), len(seeds)) if whole else count(len(kept), "run")
    return f"{number} on {count(len(wheres), 'dataset')} {_levels(rows[rows.setting.isin(settings)])}"


def _levels(rows: pd.DataFrame) -> str:
    """The levels of what distinguishes the scenarios: ``at 1%, 5% and 10% labels``."""
    over = next((name for name in LEVELS if rows[name].nunique() > 1), "label_budget")
    levels = sorted(rows[over].dropna().unique())
    if len(levels) != rows.setting.nunique():  # they differ in more than that
        return f"in {count(rows.setting.nunique(), 'scenario')}"
    return f"at {listed([level_text(over, float(level)) for level in levels], ALL)} {UNITS[over]}"


def _asked(asked: Question, rows: pd.DataFrame) -> list[str]:
    """What the suite names and no row has."""
    lacking = [
        *([count(asked.datasets, "dataset")] if asked.short else []),
        *([seed_count(asked.seeds, asked.seeds)] if asked.seeds > rows.seed.nunique() else []),
    ]
    without = [escaped_markdown(name) for name in asked.methods if name not in set(rows.method)]
    return [
        *([f"Its suite asks {listed(lacking, ALL)}"] if lacking else []),
        *([f"Not run of its suite: {listed(without, ALL)}"] if without else []),
    ]
