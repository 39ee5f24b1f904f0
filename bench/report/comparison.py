"""One metric in one scenario, compared: methods x datasets with means, ranks and wins of the complete methods."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from bench.report.code import several_codes
from bench.report.rows import FEW, Coverage, coverage, natural, prepare, scenarios, succeeded
from bench.report.words import count, listed

METRIC_TITLES = {
    "average_precision": "Average precision",
    "auc_roc": "AUC-ROC",
    "auc_pr_trapezoid": "AUC-PR (trapezoid)",
    "average_precision_known": "Average precision, known anomaly types",
    "average_precision_unseen": "Average precision, unseen anomaly types",
    "auc_roc_unseen": "AUC-ROC, unseen anomaly types",
}
#: The trapezoid area flatters few, far points; it is shown where papers that used it are to be compared with.
PUBLISHED_ONLY = ("auc_pr_trapezoid",)
PUBLISHED = ("paper", "adbench")
#: Differences below this are rounding errors: equal means are ties.
DIGITS = 12
DAGGER = "† used the labelled validation split, which the other methods did not see."
DOUBLE_DAGGER = "‡ uses no labels."
MARKS = "Bold is best, underlined second."
SHORT = "(k/n): only k of n runs succeeded; such a mean is shown but not marked."
SYNTHETIC = "§ synthetic data."
OUTSIDE = "Not in the comparison: "


@dataclass(frozen=True, eq=False)
class Comparison:
    """One metric in one scenario: methods x datasets.

    Attributes
    ----------
    title, metric : str
    mean, std : DataFrame (methods x datasets)
        Over the seeds that succeeded; methods by average rank. NaN where there are none.
    succeeded : DataFrame of int
        Runs with a result; ``asked`` says which entries have a row in the store at all.
    cells : DataFrame of str
        The key of one cell of each entry, "" where none was asked for: what leads to the others.
    asked : DataFrame of bool
    runs : int
        How many each entry should have.
    average, rank, wins : Series by method
        Of the compared methods, over the datasets where they are complete; NaN for the others.
    daggers, double_daggers, synthetic : frozenset of str
        Methods that saw validation labels, methods that use no labels (if others do), datasets that are made up.
    notes : tuple of str
    pooled : bool
        Whether it is the mean over several scenarios.
    codes : str
        What stands above the table: which methods have results of several codes; "" if none has.
    """

    title: str
    metric: str
    mean: pd.DataFrame
    std: pd.DataFrame
    succeeded: pd.DataFrame
    cells: pd.DataFrame
    asked: pd.DataFrame
    runs: int
    average: pd.Series
    rank: pd.Series
    wins: pd.Series
    daggers: frozenset[str]
    double_daggers: frozenset[str]
    synthetic: frozenset[str]
    notes: tuple[str, ...]
    pooled: bool
    codes: str

    def marked(self, method: str) -> str:
        """The method's name with the sign of what it sees, if that is not what most see."""
        return method + "†" * (method in self.daggers) + "‡" * (method in self.double_daggers)

    def signs(self, methods: Iterable[str]) -> tuple[str, ...]:
        """What the signs behind the names of these methods mean."""
        told = ((DAGGER, self.daggers), (DOUBLE_DAGGER, self.double_daggers))
        return tuple(meaning for meaning, marked in told if not marked.isdisjoint(methods))


def compare(frame: pd.DataFrame, metric: str, title: str) -> Comparison:
    """Compare methods over datasets.

    Parameters
    ----------
    frame : the store's rows of one scenario, or of several whose mean is wanted
    metric : a metric's column
    title : the scenario in words
    """
    rows = prepare(frame)
    covered = coverage(rows)
    good = succeeded(rows)
    names, datasets = sorted(rows.variant.unique()), sorted(rows["where"].unique(), key=natural)

    def grid(values: pd.Series) -> pd.DataFrame:
        return values.unstack().reindex(index=names, columns=datasets)

    # scenarios are averaged within a seed first, so that the deviation is over seeds alone
    seeds = good.groupby(["variant", "where", "seed"])[metric].mean().groupby(["variant", "where"])
    mean = grid(seeds.mean()).round(DIGITS)
    std = grid(seeds.std(ddof=1)).round(DIGITS)
    got = grid(good.groupby(["variant", "where"]).size()).fillna(0).astype(int)
    asked = grid(rows.groupby(["variant", "where"]).size()).notna()
    cells = grid(rows.groupby(["variant", "where"])["cell"].first()).fillna("")
    inner = mean.loc[list(covered.compared), list(covered.complete)]
    ranks = inner.rank(ascending=False)
    rank = ranks.mean(axis=1).reindex(names)
    average = inner.mean(axis=1).reindex(names)
    wins = (inner == inner.max(axis=0)).sum(axis=1).reindex(names)
    overall = pd.DataFrame({"rank": rank, "average": -average, "any": -mean.mean(axis=1)})
    order = overall.sort_values(["rank", "average", "any"], kind="stable").index
    daggers = frozenset(rows.variant[rows.sees_validation.fillna(False).astype(bool)])
    blind = frozenset(rows.variant[rows.method_family == "unsupervised"])
    synthetic = frozenset(rows["where"][rows.synthetic.fillna(False).astype(bool)])
    short = ((got > 0) & (got < covered.runs)).to_numpy().any()
    notes = [MARKS, _spread(rows), *([SHORT] if short else []), *covered.policy]
    notes += outside(good, covered, metric)
    compared = Comparison(
        title=f"{METRIC_TITLES.get(metric, metric)} ({title})",
        metric=metric,
        mean=mean.loc[order],
        std=std.loc[order],
        succeeded=got.fillna(0).astype(int).loc[order],
        cells=cells.loc[order],
        asked=asked.loc[order],
        runs=covered.runs,
        average=average.loc[order],
        rank=rank.loc[order],
        wins=wins.loc[order],
        daggers=daggers,
        double_daggers=blind if len(blind) < len(names) else frozenset(),
        synthetic=synthetic,
        notes=(),
        pooled=rows.setting.nunique() > 1,
        codes=several_codes(rows),
    )
    return replace(compared, notes=(*notes, *compared.signs(names), *([SYNTHETIC] if synthetic else [])))


def outside(good: pd.DataFrame, covered: Coverage, metric: str) -> list[str]:
    """A sentence for each method that is not compared: what it lacks, and how it does on the runs that it has.

    Its mean is over its own runs on the complete datasets; its place is among the compared methods on the same runs.
    """
    cells = good[good["where"].isin(covered.complete)].set_index(["where", "setting", "seed"])
    compared = cells[cells.variant.isin(covered.compared)]
    return [_one_outside(name, good, cells, compared, covered, metric) for name in covered.left_out]


def _one_outside(
    name: str, good: pd.DataFrame, cells: pd.DataFrame, compared: pd.DataFrame, covered: Coverage, metric: str
) -> str:
    have = good[good.variant == name].groupby("where").size()
    if have.empty:
        return f"{OUTSIDE}{name}, without any result."
    if have.nunique() == 1 and len(have) == covered.datasets:
        lacks = f"with {have.iloc[0]} of {covered.runs} runs on every dataset"
    else:
        full = set(have[have == covered.runs].index)
        short = sorted(set(good["where"]) - full, key=natural)
        lacks = f"with {covered.results[name]:,} of {covered.wanted:,} runs, not all on {listed(short, FEW)}"
    own = cells[cells.variant == name]
    same = compared[compared.index.isin(own.index)]
    if own.empty or same.empty:
        return f"{OUTSIDE}{name}, {lacks}."
    means = pd.concat([own, same]).groupby(["variant", "where"])[metric].mean().groupby("variant").mean().round(DIGITS)
    others = means.drop(name)
    return (
        f"{OUTSIDE}{name}, {lacks}; its mean over them is {means[name]:.3f}, place "
        f"{1 + int((others > means[name]).sum())} beside {count(len(others), 'compared method')} on the same runs."
    )


def comparisons(frame: pd.DataFrame, metric: str) -> list[Comparison]:
    """One comparison per scenario that has the metric; before them their mean, where several share a protocol."""
    rows = prepare(frame)
    if metric in PUBLISHED_ONLY:
        rows = rows[rows.protocol.isin(PUBLISHED)]
    measured = [(label, part) for label, part in scenarios(rows) if _measured(part, metric)]
    compared = [compare(part, metric, label) for label, part in measured]
    if len(compared) > 1 and rows.protocol.nunique() == 1:
        pooled = pd.concat([part for _, part in measured])
        if coverage(pooled).complete:
            compared.insert(0, compare(pooled, metric, f"mean over {len(compared)} scenarios"))
    return compared


def metrics(frame: pd.DataFrame) -> list[str]:
    """The metrics that get a table: the trapezoid area only where a published protocol was followed."""
    return [
        name
        for name in METRIC_TITLES
        if _measured(frame, name) and (name not in PUBLISHED_ONLY or frame.protocol.isin(PUBLISHED).any())
    ]


def _spread(rows: pd.DataFrame) -> str:
    count = rows.seed.nunique()
    if count < 2:
        return "One seed, so there is no standard deviation."
    pooled = " (of the mean over scenarios)" if rows.setting.nunique() > 1 else ""
    return f"± is the standard deviation over {count} seeds{pooled}."


def _measured(frame: pd.DataFrame, metric: str) -> bool:
    """Whether the rows hold this metric; the headline metrics have a table even when every cell failed."""
    headline = metric in ("average_precision", "auc_roc")
    return metric in frame.columns and (headline or bool(frame[metric].notna().any()))
