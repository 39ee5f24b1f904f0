"""What a results folder asks: the title of the suite that it is of, and how many datasets that suite names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.errors import BenchError
from bench.suite.experiment import distinct
from bench.suite.load import parse_suite


@dataclass(frozen=True)
class Question:
    """What the cells of a results folder were computed for.

    Attributes
    ----------
    title : str
        Of the suite, "" if it has none.
    datasets : int
        How many datasets the suite names; 0 where its text cannot be read by this version.
    stored : int
        How many of these have a row.
    seeds : int
        How many seeds it names; 0 likewise.
    methods : tuple of str
        Names of the methods that it names, in its order.
    """

    title: str
    datasets: int
    stored: int
    seeds: int = 0
    methods: tuple[str, ...] = ()

    @property
    def short(self) -> bool:
        """Whether the store lacks datasets that the suite names."""
        return self.stored < self.datasets


def question(folder_name: str, runs: Sequence[Mapping[str, Any]], rows: pd.DataFrame) -> Question:
    """The suite that a folder is of, in a few facts.

    Parameters
    ----------
    folder_name : str
        The last part of its path. A suite of that name is the one that is meant, in the text of its last run.
    runs : sequence of mappings
        Of its manifest. If no suite is called as the folder, the one counts that made the most of ``rows``.
    rows : DataFrame
        Of its store.
    """
    text = _text(folder_name, [run for run in runs if run.get("suite")], rows)
    if not text:
        return Question("", 0, 0)
    title = str(tomllib.loads(text).get("title", ""))
    try:
        suite = parse_suite(text, "the manifest")
    except BenchError:  # written for another version: then nothing is said of what it names
        return Question(title, 0, 0)
    named = {name for part in suite.parts for name in part.datasets}
    chosen = distinct(choice.name for choice in suite.methods)
    return Question(title, len(named), len(named & set(rows.dataset)), len(suite.seeds), chosen)


def _text(folder_name: str, runs: Sequence[Mapping[str, Any]], rows: pd.DataFrame) -> str:
    """The text of the suite that is meant, "" where no run has one."""
    texts = [str(run["suite"]) for run in runs]
    names = [str(tomllib.loads(text).get("name", "")) for text in texts]
    if folder_name in names:
        chosen = folder_name
    else:
        suite_of = {run.get("id"): name for run, name in zip(runs, names, strict=True)}
        cells = rows.provenance.map(suite_of).value_counts()
        # of equals the last that ran, and so where no row names a run of the manifest
        chosen = max(reversed(names), key=lambda name: int(cells.get(name, 0)), default="")
    return next((text for text, name in zip(reversed(texts), reversed(names), strict=True) if name == chosen), "")
