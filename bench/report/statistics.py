"""What may be claimed: Friedman and Wilcoxon-Holm over datasets, bootstrap over seeds, each with its assumptions.

Datasets, not seeds, are the unit of the rank tests: seeds are averaged first, then near-duplicate datasets
(one ``dataset_family``) count once. After Demsar (2006), JMLR 7, and Benavoli, Corani & Mangili (2016), JMLR 17.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from bench.report import pairwise
from bench.report.bootstrap import (
    IMPROVEMENT_ASSUMES,
    MEAN_ASSUMES,
    ONE_SEED,
    by_dataset,
    family_weights,
    improvement,
    mean_interval,
)
from bench.report.rows import Coverage, fair, prepare, seeds
from bench.report.words import count, p_text

ALPHA = 0.05
#: With fewer dataset families than this no test is run.
FEWEST = 3
#: Values closer than this are ties (rounding errors of a mean).
DIGITS = 10
UNIT = (
    "The unit of the tests is the dataset family, not the seed: seeds are averaged, then the datasets of a family, "
    "which are near duplicates, so that each family counts once."
)
FRIEDMAN_ASSUMES = (
    "The Friedman test assumes that the dataset families are independent of each other and compares ranks within them, "
    "with a chi-squared approximation that is rough for few of them."
)
WILCOXON_ASSUMES = (
    "The Wilcoxon signed-rank test assumes independent dataset families and differences distributed symmetrically "
    "about their median; Holm's correction holds the chance of any false claim over the pairs of this table at 5%."
)


@dataclass(frozen=True, eq=False)
class Verdict:
    """All tests of one metric in one scenario.

    Attributes
    ----------
    title, metric : str
    matrix : DataFrame (families x methods)
        The dense matrix tested: means over seeds, then over the datasets of a family.
    ranks : Series
        Average rank by method, best first.
    friedman : tuple of (statistic, p) or None
        None with fewer than three methods or three families.
    wilcoxon, holm : DataFrame (methods x methods) or None
        Pairwise p-values, plain and corrected; None with fewer than two methods or three families, or without SciPy.
    intervals : DataFrame
        method, mean, low, high over the complete datasets, families weighing the same.
    improvements : DataFrame
        first, second, probability, low, high.
    trouble : str
        "" or why no claim can be made.
    coverage : Coverage
    seeds : tuple of (fewest, most)
        Of a compared method on a dataset; they differ only where scenarios are pooled.
    """

    title: str
    metric: str
    matrix: pd.DataFrame
    ranks: pd.Series
    friedman: tuple[float, float] | None
    wilcoxon: pd.DataFrame | None
    holm: pd.DataFrame | None
    intervals: pd.DataFrame
    improvements: pd.DataFrame
    trouble: str
    coverage: Coverage
    seeds: tuple[int, int]

    @property
    def significant(self) -> list[tuple[str, str, float]]:
        """(better, worse, corrected p) of the pairs that differ, after a Friedman test that rejects."""
        if self.trouble or self.holm is None or (self.friedman is not None and self.friedman[1] >= ALPHA):
            return []
        pairs = [(a, b, float(self.holm.loc[a, b])) for a, b in combinations(self.ranks.index, 2)]
        return [
            (a, b, p) if signed_ranks(self.matrix[a] - self.matrix[b]) > 0 else (b, a, p)
            for a, b, p in pairs
            if p < ALPHA
        ]


def judge(frame: pd.DataFrame, metric: str, title: str, bootstrap: bool = True) -> Verdict:
    """Run every test on the rows of one scenario.

    Parameters
    ----------
    frame : the store's rows of one scenario
    metric : a metric's column
    title : the scenario in words
    bootstrap : whether to make intervals and improvements, which take most of the time; they are empty otherwise
    """
    rows, covered = fair(prepare(frame))
    drawn = rows if bootstrap else rows.head(0)
    matrix = unit_matrix(rows, metric)
    ranks = average_ranks(matrix)
    tested = matrix.shape[0] >= FEWEST and matrix.shape[1] >= 2 and pairwise.testable()
    plain = pairwise.wilcoxon(matrix) if tested else None
    return Verdict(
        title=title,
        metric=metric,
        matrix=matrix,
        ranks=ranks,
        friedman=friedman(matrix),
        wilcoxon=plain,
        holm=None if plain is None else pairwise.holm_pairs(plain),
        intervals=intervals(drawn, metric),
        improvements=improvements(drawn, metric),
        trouble=trouble(matrix),
        coverage=covered,
        seeds=seeds(rows),
    )


def unit_matrix(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Families x methods: the mean over seeds, then over the family's datasets; dense by assertion.

    Raises
    ------
    ValueError
        A method lacks a value: rank tests on holes would compare different datasets.
    """
    seeds = rows.groupby(["dataset_family", "where", "variant"])[metric].mean()
    matrix = seeds.groupby(level=["dataset_family", "variant"]).mean().unstack().round(DIGITS)
    if matrix.isna().to_numpy().any():
        raise ValueError(f"{metric} has holes in the methods x datasets matrix; test only what rows.fair returns")
    return matrix


def average_ranks(matrix: pd.DataFrame) -> pd.Series:
    """Average rank by method over the families (1 is best), best first; ties get their mean rank."""
    return matrix.rank(axis=1, ascending=False).mean().sort_values(kind="stable")


def friedman(matrix: pd.DataFrame) -> tuple[float, float] | None:
    """Friedman's statistic and p-value, or None with fewer than three methods or three families, or without SciPy."""
    if matrix.shape[1] < 3 or matrix.shape[0] < FEWEST or not pairwise.testable():
        return None
    from scipy.stats import friedmanchisquare

    if (matrix.nunique(axis=1) == 1).all():
        return 0.0, 1.0  # all methods tie everywhere, where the statistic is 0 / 0
    statistic, p = friedmanchisquare(*matrix.to_numpy().T)
    return float(statistic), float(p)


def signed_ranks(differences: pd.Series) -> float:
    """Wilcoxon's sum of signed ranks: its sign is the direction that the test speaks of."""
    return float((differences.abs().rank() * np.sign(differences)).sum())


def intervals(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean of each method with its 95% stratified bootstrap interval, best first; no interval from one seed."""
    entries = []
    for name, part in rows.groupby("variant"):
        axes = (metric, str(part.setting.iloc[0]), str(name))
        interval = mean_interval(by_dataset(part, metric), *axes, weights=family_weights(part))
        entries.append((name, interval.value, interval.low, interval.high))
    table = pd.DataFrame(entries, columns=["method", "mean", "low", "high"])
    return _honest(table, rows).sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)


def improvements(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Probability of improvement of each method over each that has a lower mean, with intervals."""
    weights = family_weights(rows)
    setting = str(rows.setting.iloc[0]) if len(rows) else ""
    values = {str(name): by_dataset(part, metric) for name, part in rows.groupby("variant")}
    means = {
        name: float(np.average([family_values.mean() for family_values in gains], weights=weights))
        for name, gains in values.items()
    }
    order = sorted(values, key=lambda name: (-means[name], name))
    gains = []
    for a, b in combinations(order, 2):
        pairs = list(zip(values[a], values[b], strict=True))
        family_values = improvement(pairs, metric, setting, a, b, weights=weights)
        gains.append((a, b, family_values.value, family_values.low, family_values.high))
    return _honest(pd.DataFrame(gains, columns=["first", "second", "probability", "low", "high"]), rows)


def _honest(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The table without the bounds that one seed cannot give."""
    return table.assign(low=np.nan, high=np.nan) if rows.seed.nunique() < 2 else table


def sentences(verdict: Verdict) -> list[str]:
    """The verdict in words; says "higher" of two methods only where the corrected test allows it."""
    families, datasets = len(verdict.matrix), len(verdict.coverage.complete)
    told = [
        *verdict.coverage.notes,
        f"Datasets: {datasets}, in {count(families, 'family', 'families')}.",
    ]
    if verdict.friedman is not None:
        statistic, p = verdict.friedman
        says = "some methods differ" if p < ALPHA else "no difference between the methods is shown"
        told.append(f"Friedman: chi-squared {statistic:.2f}, {p_text(p)}: {says}.")
    if verdict.trouble:
        return [*told, verdict.trouble]
    claims = [f"{a} is higher than {b} ({p_text(p)})" for a, b, p in verdict.significant]
    differences = "; ".join(claims) if claims else "no pair of methods can be told apart"
    return [*told, f"Pairwise Wilcoxon signed-rank tests with Holm's correction: {differences}."]


def assumptions(seeds: int) -> list[str]:
    """What the tests and intervals assume, a sentence each; ``seeds`` is the number of runs per dataset."""
    told = [UNIT, FRIEDMAN_ASSUMES, WILCOXON_ASSUMES, MEAN_ASSUMES, IMPROVEMENT_ASSUMES]
    return [*told, ONE_SEED] if seeds == 1 else told


def trouble(matrix: pd.DataFrame) -> str:
    """Why no pair could be told apart whatever the data: the smallest p that Wilcoxon and Holm can reach."""
    families, methods = matrix.shape
    if methods < 2:
        return f"{'One method' if methods else 'No method'} can be compared, so there is nothing to test."
    if families < FEWEST:
        return f"No test is possible: a rank test over datasets needs {FEWEST} dataset families, here are {families}."
    if not pairwise.testable():
        return pairwise.UNTESTED
    pairs = methods * (methods - 1) // 2
    smallest = pairs * 2.0 ** (1 - families)
    if smallest < ALPHA:
        return ""
    needed = 1 + int(np.floor(np.log2(pairs / ALPHA))) + 1
    return (
        f"Too few datasets for any claim that one method is better: with {families} dataset families and {pairs} pairs "
        f"the smallest corrected p-value that can occur is {min(1.0, smallest):.2g}; {needed} families are needed."
    )
