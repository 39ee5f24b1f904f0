"""Whether two collections of datasets order the methods alike: a rank correlation with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.errors import StoreError
from bench.report.bootstrap import DRAWS, LEVEL
from bench.report.statistics import Verdict, average_ranks
from bench.report.words import count, seed_count
from reproducibility.streams import generator

#: Of fewer methods no rank correlation is told.
FEWEST = 3


@dataclass(frozen=True)
class Agreement:
    """How alike two orders of methods are.

    Attributes
    ----------
    methods : tuple of str
        Compared in both, by the mean of both average ranks.
    families : tuple of (int, int)
        Dataset families of the first and of the second.
    seeds : tuple of two (fewest, most)
        Seeds of a method on a dataset, of the first and of the second.
    correlation, low, high : float
        Spearman's, of average ranks among the shared methods; its 95% interval, families resampled in both.
    both, same : int
        Pairs that the corrected tests tell apart in both, and how many of these in the same direction.
    """

    methods: tuple[str, ...]
    families: tuple[int, int]
    seeds: tuple[tuple[int, int], tuple[int, int]]
    correlation: float
    low: float
    high: float
    both: int
    same: int


def agreement(first: Verdict, second: Verdict) -> Agreement:
    """Hold the order of methods on one collection against that on another.

    Parameters
    ----------
    first, second : Verdict
        The tests of each; a method counts where it is compared in both.

    Raises
    ------
    StoreError
        Fewer than three methods are compared in both.
    """
    shared = _shared(first, second)
    if not agreeable(first, second):
        raise StoreError(f"{count(len(shared), 'method')} compared in both; a rank correlation needs {FEWEST}")
    values, other_values = first.matrix[shared], second.matrix[shared]
    ranks = pd.DataFrame({"first": average_ranks(values), "second": average_ranks(other_values)})
    draws = spearman(_resampled(values, "first"), _resampled(other_values, "second"))
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    higher = [{(a, b) for a, b, _ in verdict.significant if {a, b} <= set(shared)} for verdict in (first, second)]
    same = len(higher[0] & higher[1])
    opposed = len(higher[0] & {(b, a) for a, b in higher[1]})
    value = spearman(ranks["first"].to_numpy()[None], ranks["second"].to_numpy()[None])[0]
    return Agreement(
        methods=tuple(ranks.mean(axis=1).sort_values(kind="stable").index),
        families=(len(values), len(other_values)),
        seeds=(first.seeds, second.seeds),
        correlation=float(value),
        low=float(low),
        high=float(high),
        both=same + opposed,
        same=same,
    )


def agreeable(first: Verdict, second: Verdict) -> bool:
    """Whether enough methods are compared in both, on some dataset."""
    return len(_shared(first, second)) >= FEWEST


def _shared(first: Verdict, second: Verdict) -> list[str]:
    return [name for name in first.matrix.columns if name in set(second.matrix.columns)]


def spearman(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each row (n, methods) with its counterpart, (n,); 0 where all of a row is equal."""
    a, b = (pd.DataFrame(values).rank(axis=1).to_numpy() - (values.shape[1] + 1) / 2 for values in (first, second))
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    correlation: np.ndarray = (a * b).sum(axis=1) / np.where(scale > 0, scale, 1.0)
    return correlation


def _resampled(matrix: pd.DataFrame, name: str) -> np.ndarray:
    """Average ranks (draws, methods) over families drawn with replacement."""
    ranks = matrix.rank(axis=1, ascending=False).to_numpy()
    stream = generator("bootstrap agreement", name)
    return np.stack([ranks[stream.integers(0, len(ranks), len(ranks))].mean(axis=0) for _ in range(DRAWS)])


def sentence(agreed: Agreement, first: str, second: str) -> str:
    """The agreement in words."""
    pairs = len(agreed.methods) * (len(agreed.methods) - 1) // 2
    told = "no pair is told apart in both"
    if agreed.both:
        told = f"{agreed.both} are told apart in both, {agreed.same} of them in the same direction"
    on = [
        f"on {name} ({count(families, 'family', 'families')}, {seed_count(*seeds)})"
        for name, families, seeds in zip((first, second), agreed.families, agreed.seeds, strict=True)
    ]
    return (
        f"The order of {count(len(agreed.methods), 'method')} {on[0]} and {on[1]} has a rank correlation of "
        f"{agreed.correlation:.2f} (Spearman; 95% bootstrap interval over families {agreed.low:.2f} to "
        f"{agreed.high:.2f}). Of {pairs} pairs {told} (Wilcoxon signed-rank over families, Holm within each)."
    )
