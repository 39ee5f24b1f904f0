"""The bootstrap's shortcuts give the same bits as drawing run by run."""

from __future__ import annotations

import numpy as np
import pytest

from bench.report import bootstrap
from reproducibility.streams import generator


def one_by_one(pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float, float]:
    """The probability of improvement from every drawn pair of runs, dataset after dataset."""
    stream = generator("bootstrap improvement", "name")
    draws = []
    for a, b in pairs:
        drawn = [values[stream.integers(0, len(values), (bootstrap.DRAWS, len(values)))] for values in (a, b)]
        difference = drawn[0][:, :, None] - drawn[1][:, None, :]
        draws.append(((difference > 0) + 0.5 * (difference == 0)).mean(axis=(1, 2)))
    value = np.mean([((a[:, None] > b) + 0.5 * (a[:, None] == b)).mean() for a, b in pairs])
    low, high = np.quantile(np.average(draws, axis=0), [0.025, 0.975])
    return float(value), float(low), float(high)


@pytest.mark.parametrize("sizes", [[(5, 5)] * 3, [(5, 5)] * 70, [(3, 3)] * 65, [(1, 1)] * 4, [(2, 4), (3, 3), (5, 1)]])
def test_improvement_is_that_of_drawing_run_by_run(sizes: list[tuple[int, int]]) -> None:
    draw = np.random.default_rng(len(sizes))
    pairs = [(draw.uniform(size=n).round(1), draw.uniform(size=m).round(1)) for n, m in sizes]
    interval = bootstrap.improvement(pairs, "name")
    assert (interval.value, interval.low, interval.high) == one_by_one(pairs)
