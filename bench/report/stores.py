"""The stores below a folder, and which of their rows a generated block is about."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from bench.datasets.select import expanded, split_names
from bench.errors import StoreError
from bench.report.blocks import Block
from bench.report.code import with_code
from bench.report.comparison import METRIC_TITLES
from bench.report.rows import prepare
from bench.report.source import read_source
from bench.report.statistics import Verdict, judge
from bench.report.titles import Question, question
from bench.report.words import uncapitalised
from bench.store.manifest import read_manifest
from bench.suite.narrow import read_seeds

METRIC = "average_precision"
#: Columns by which a block may choose one scenario of a folder.
SCENARIO = ("protocol", "label_budget", "contamination")
#: The same and what else narrows a block: ``seeds=0-2``, ``datasets=adbench:report`` (names and collections); or widens
#: it: ``pooled=yes`` takes the mean over scenarios where there are several. ``metric=average_precision_unseen`` asks
#: for another column than average precision.
FILTERS = (*SCENARIO, "seeds", "datasets", "pooled", "metric")


class Stores:
    """The results folders below one, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read = cache(self._read)
        self._judged: dict[tuple[str, ...], Verdict] = {}

    def rows(self, block: Block, folder: str) -> pd.DataFrame:
        """The prepared rows of a folder that the block's filters choose.

        Raises
        ------
        StoreError
            There are none.
        """
        rows = self.read(folder)
        for name in SCENARIO:
            if name in block.options:
                rows = rows[_equal(rows[name], block.options[name])]
        if "seeds" in block.options:
            rows = rows[rows.seed.isin(read_seeds(block.options["seeds"]))]
        if "datasets" in block.options:
            rows = rows[rows.dataset.isin(expanded(split_names(block.options["datasets"])))]
        if rows.empty:
            chosen = ", ".join(f"{name}={value}" for name, value in block.options.items() if name in FILTERS)
            raise StoreError(f"no row of {self.root / folder} has {chosen}")
        return rows

    def scenario(self, block: Block, folder: str) -> pd.DataFrame:
        """``rows`` of exactly one scenario, or of several whose mean the block wants.

        Raises
        ------
        StoreError
            There are several, and the block does not say ``pooled=yes``.
        """
        rows = self.rows(block, folder)
        if rows.setting.nunique() > 1 and block.options.get("pooled") != "yes":
            raise StoreError(
                f"{self.root / folder} holds {rows.setting.nunique()} scenarios; choose one by {', '.join(SCENARIO)}, "
                "or take their mean by pooled=yes"
            )
        return rows

    def verdict(self, block: Block, folder: str) -> Verdict:
        """The tests of what ``scenario`` gives, without intervals."""
        key = (folder, *(f"{name}={block.options[name]}" for name in FILTERS if name in block.options))
        if key not in self._judged:
            self._judged[key] = judge(self.scenario(block, folder), metric_of(block), folder, bootstrap=False)
        return self._judged[key]

    def asked(self, folder: str) -> Question:
        """What the suite of a folder asks."""
        return question(folder, read_manifest(self.root / folder), self.read(folder))

    def _read(self, folder: str) -> pd.DataFrame:
        source = read_source(self.root / folder)
        if source.rows.empty:
            raise StoreError(f"{self.root / folder} holds no results yet")
        return prepare(*with_code(source))


def metric_of(block: Block) -> str:
    """The column of results that a block is about."""
    metric = block.options.get("metric", METRIC)
    if metric not in METRIC_TITLES:
        raise StoreError(f"there is no metric {metric!r}; there are {', '.join(METRIC_TITLES)}")
    return metric


def metric_in_words(block: Block) -> str:
    """The metric that a block is about, inside a sentence."""
    return uncapitalised(METRIC_TITLES[metric_of(block)])


def of_the_method(block: Block, rows: pd.DataFrame, variants: Iterable[object]) -> list[str]:
    """Those of these variants that are of the block's ``method``, in their order."""
    own = set(rows.variant[rows.method == block.options.get("method")])
    return [str(name) for name in variants if name in own]


def one_folder(block: Block) -> str:
    """The results folder of a block that is about one; ``StoreError`` where none or several are named."""
    if len(block.subjects) != 1:
        raise StoreError(f"{block.name} needs one results folder")
    return block.subjects[0]


def _equal(column: pd.Series, value: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype):
        try:
            return (column - float(value)).abs() < 1e-9
        except ValueError as error:
            raise StoreError(f"{column.name}={value} is not a number") from error
    return column == value
