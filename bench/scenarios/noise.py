"""Changes of the rows themselves: irrelevant features, perturbed anomalies, duplicates removed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bench.datasets.arrays import identical_rows
from bench.types import Dataset
from reproducibility.streams import generator


def irrelevant(X: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Uniform noise columns until they are ``share`` of all columns, as in ADBench.

    Parameters
    ----------
    X : (n, d) float32 or float64
    share : float in [0, 1)
    rng : numpy.random.Generator

    Returns
    -------
    (n, d + k), as X
        k = floor(share / (1 - share) * d); each new column is uniform between the least and the
        greatest value of a column drawn at random. The new columns come last: no method of this
        suite looks at the order of columns, so ADBench's shuffle of them is left out.
    """
    count = int(share / (1 - share) * X.shape[1] + 1e-9)
    like = X[:, rng.integers(X.shape[1], size=count)]
    low, high = like.min(axis=0), like.max(axis=0)
    precision = np.float64 if X.dtype == np.float64 else np.float32
    noise = rng.random((len(X), count), dtype=precision) * (high - low) + low
    return np.concatenate([X, noise], axis=1)


def perturbed(anomalies: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """New anomalies as DevNet's authors make them: one anomaly with 5% of its features from another.

    Parameters
    ----------
    anomalies : (a, d) float32 or float64, a >= 2
    count : int
    rng : numpy.random.Generator
        Row i depends on the first i draws only, so fewer copies are a part of more.

    Returns
    -------
    (count, d), as the anomalies
        At least one feature is swapped (DevNet's own code swaps none below 20 features).
    """
    a, d = anomalies.shape
    swaps = max(1, int(0.05 * d))
    draws = rng.random((count, 2 + d))
    first = (draws[:, 0] * a).astype(int)
    second = (first + 1 + (draws[:, 1] * (a - 1)).astype(int)) % a
    swapped = np.argsort(draws[:, 2:], axis=1)[:, :swaps]
    rows: np.ndarray = anomalies[first].copy()
    each = np.arange(count)[:, None]
    rows[each, swapped] = anomalies[second][each, swapped]
    return rows


@lru_cache(maxsize=8)
def distinct(dataset: Dataset) -> np.ndarray:
    """Row numbers without exact copies, in order: the first of each set of equal rows.

    Where equal rows carry both labels, the more frequent label's first row stays (a tie: the anomaly's),
    so that no copy of a test row is ever trained on.
    """
    group = identical_rows(dataset.X)
    anomalous = np.bincount(group, weights=dataset.y) * 2 >= np.bincount(group)
    stays = dataset.y == anomalous[group]
    candidates = np.flatnonzero(stays)
    _, first = np.unique(group[candidates], return_index=True)
    return np.sort(candidates[first])


def subsample(groups: list[list[np.ndarray]], shares: list[list[int]], rng: np.random.Generator) -> np.ndarray:
    """The given number of rows of each group, drawn at random, in row order."""
    drawn = [
        rng.permutation(group)[:share]
        for class_groups, class_shares in zip(groups, shares, strict=True)
        for group, share in zip(class_groups, class_shares, strict=True)
    ]
    return np.sort(np.concatenate(drawn))


def noise_stream(dataset: Dataset, purpose: str, seed: int) -> np.random.Generator:
    """The stream of one kind of noise; it depends on the data and the seed only."""
    return generator(purpose, dataset.sha256, seed)
