"""What the committed runs say of a method or a dataset, read from their stores when the site is built."""

from __future__ import annotations

import functools
from pathlib import Path

import pandas as pd

from bench.report.code import with_code
from bench.report.comparison import Comparison, comparisons
from bench.report.rows import prepare
from bench.report.source import read_source

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
#: The run that method pages compare over.
MAIN = "adbench"


@functools.cache
def rows(run: str = MAIN) -> pd.DataFrame:
    """A committed run's rows, with the names that reports use."""
    return prepare(*with_code(read_source(REFERENCE / run)))


@functools.cache
def comparison() -> Comparison:
    """Average precision in the main run, over all its scenarios where it has several."""
    return comparisons(rows(), "average_precision")[0]


@functools.cache
def variants() -> dict[str, str]:
    """Method to its name in the main run; methods that ran with several settings there are left out."""
    known = rows()[["method", "variant"]].drop_duplicates()
    return {str(method): str(variant) for method, variant in known.itertuples(index=False)}


def against_others(method: str) -> pd.DataFrame:
    """For each dataset of the main run: the method's mean, the best other, the median of all, and its place."""
    mean = comparison().mean
    name = variants()[method]
    others = mean.drop(index=name).dropna(axis=1, how="all")
    return pd.DataFrame(
        {
            "own": mean.loc[name],
            "best": others.max(),
            "best_name": others.idxmax(),
            "over_median": mean.loc[name] - others.median(),
            "place": mean.rank(ascending=False, method="min").loc[name],
        }
    ).dropna(subset=["own", "best"])


def told_apart(method: str) -> tuple[list[str], list[str]]:
    """Methods that a corrected pairwise test tells from this one in the main run: those better, those worse."""
    pairs = pd.read_csv(REFERENCE / MAIN / "tables" / "pairwise.csv")
    name = variants()[method]
    pairs = pairs[(pairs.metric == "average_precision") & ((pairs["first"] == name) | (pairs["second"] == name))]
    pairs = pairs[pairs.scenario == pairs.scenario.iloc[0]] if len(pairs) else pairs
    told = pairs[pairs.higher.notna()]
    other = told["first"].where(told["first"] != name, told["second"])
    return sorted(other[told.higher != name]), sorted(other[told.higher == name])


def cost(method: str) -> pd.Series:
    """Median seconds of fitting and scoring, and the peak of memory, over the method's cells in the main run."""
    own = rows()[(rows().method == method) & (rows().status == "ok")]
    numbers: pd.Series = own[["fit_seconds", "score_seconds", "peak_memory_mb"]].median()
    return numbers


def groups_gain(method: str) -> pd.DataFrame:
    """How much faster a run is in a group of 32 than in an ordinary loop, by number of features."""
    speed = pd.read_csv(REFERENCE / "speed" / "speed.csv")
    return speed[speed.method == method][["D", "solo_s", "group_s", "ratio"]]


def printed(method: str) -> pd.DataFrame:
    """Held against ADBench's printed tables, in points of average precision."""
    table = pd.read_csv(REFERENCE / "parity" / "adbench_published.csv")
    return table[table.method == method]


def beside(method: str, file: str, name: str = "name") -> pd.DataFrame:
    """Held against other people's code on the same splits."""
    table = pd.read_csv(REFERENCE / "parity" / file)
    return table[table[name] == method] if name in table else table


def best_on(dataset: str, count: int = 5) -> pd.Series:
    """The best methods on a dataset of the main run, with their mean average precision."""
    mean = comparison().mean
    if dataset not in mean.columns:
        return pd.Series(dtype=float)
    best: pd.Series = mean[dataset].dropna().sort_values(ascending=False, kind="stable").head(count)
    return best
