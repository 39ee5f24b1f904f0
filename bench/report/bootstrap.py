"""Stratified bootstrap of means and of the probability of improvement: seeds are resampled within datasets.

After Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical precipice",
NeurIPS. Written here because the known implementation ignores the random state it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reproducibility.streams import generator

DRAWS = 2000
LEVEL = 0.95
#: So many datasets of one size are drawn together: faster, and a bound on memory.
AT_ONCE = 64
MEAN_ASSUMES = (
    "The interval of a mean assumes that the seeds of a dataset are independent draws of one procedure; the datasets "
    "are fixed, so it says nothing about other datasets."
)
ONE_SEED = "There is one seed only, so no interval can be given."
IMPROVEMENT_ASSUMES = (
    "The probability of improvement is the chance that a run of the first method beats a run of the second on the same "
    "dataset, ties counting half, averaged over the dataset families with equal weight; it assumes independent seeds "
    "and fixed datasets, and says nothing about how large the difference is."
)


@dataclass(frozen=True)
class Interval:
    """An estimate and its bootstrap interval; low and high equal the estimate where there is one seed only."""

    value: float
    low: float
    high: float


def mean_interval(
    groups: Sequence[np.ndarray], *axes: str | int | float | None, weights: np.ndarray | None = None
) -> Interval:
    """Mean over datasets of the mean over seeds.

    Parameters
    ----------
    groups : one (n_seeds,) array per dataset
    *axes : the name of the random stream
    weights : (n_datasets,) array, optional
        How much each dataset counts; default equal. See ``family_weights``.

    Returns
    -------
    Interval
        95%, by percentiles of 2,000 draws. NaN without datasets.
    """
    if not groups:
        return Interval(np.nan, np.nan, np.nan)
    stream = generator("bootstrap mean", *axes)
    draws = np.average([_resampled(values, stream).mean(axis=1) for values in groups], axis=0, weights=weights)
    return _interval(float(np.average([values.mean() for values in groups], weights=weights)), draws)


def improvement(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    *axes: str | int | float | None,
    weights: np.ndarray | None = None,
) -> Interval:
    """Probability that the first method's run beats the second's on the same dataset.

    Parameters
    ----------
    pairs : per dataset the values of both methods, (n_seeds,) each
    *axes : the name of the random stream
    weights : (n_datasets,) array, optional
        How much each dataset counts; default equal.
    """
    if not pairs:
        return Interval(np.nan, np.nan, np.nan)
    stream = generator("bootstrap improvement", *axes)
    sizes = {len(values) for pair in pairs for values in pair}
    at_once = AT_ONCE if len(sizes) == 1 else 1
    shares = [_shares(pairs[start : start + at_once], stream) for start in range(0, len(pairs), at_once)]
    draws = np.average(np.concatenate(shares), axis=0, weights=weights)
    return _interval(float(np.average([_wins(a, b).mean() for a, b in pairs], weights=weights)), draws)


def by_dataset(rows: pd.DataFrame, metric: str) -> list[np.ndarray]:
    """One array of seed values per dataset; several settings of a seed are averaged first."""
    seeds = rows.groupby(["where", "seed"])[metric].mean()
    return [part.to_numpy(float) for _, part in seeds.groupby(level="where")]


def family_weights(rows: pd.DataFrame) -> np.ndarray:
    """Weights of the datasets, in the order of ``by_dataset``, by which each family of near duplicates counts once."""
    families = rows.groupby("where").dataset_family.first()
    return 1.0 / families.map(families.value_counts()).to_numpy(float)


def _resampled(values: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    return values[stream.integers(0, len(values), (DRAWS, len(values)))]


def _shares(pairs: Sequence[tuple[np.ndarray, np.ndarray]], stream: np.random.Generator) -> np.ndarray:
    """(datasets, draws): the share of pairs of seeds that the first wins in each draw; several datasets of one size.

    A draw is how often it holds each seed, so that its wins are two small products; every number is a sum of halves
    and thus exact.
    """
    (n, m) = (len(values) for values in pairs[0])
    if n == m:
        picks = stream.integers(0, n, (len(pairs), 2, DRAWS, n))
        first, second = _counts(picks[:, 0], n), _counts(picks[:, 1], n)
    else:
        first = _counts(stream.integers(0, n, (len(pairs), DRAWS, n)), n)
        second = _counts(stream.integers(0, m, (len(pairs), DRAWS, m)), m)
    wins = np.stack([_wins(a, b) for a, b in pairs])
    shares: np.ndarray = np.einsum("kdm,kdm->kd", first @ wins, second) / (n * m)
    return shares


def _counts(picks: np.ndarray, size: int) -> np.ndarray:
    """How often each of ``size`` numbers stands in the last axis."""
    rows = picks.reshape(-1, picks.shape[-1])
    flat = rows + size * np.arange(len(rows))[:, None]
    counts: np.ndarray = np.bincount(flat.ravel(), minlength=size * len(rows)).reshape(*picks.shape[:-1], size)
    return counts.astype(float)


def _wins(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, m): whether each of the first is higher than each of the second, ties half."""
    difference = a[:, None] - b[None, :]
    table: np.ndarray = (difference > 0) + 0.5 * (difference == 0)
    return table


def _interval(value: float, draws: np.ndarray) -> Interval:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))
