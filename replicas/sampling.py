"""Batches of row positions, drawn for several steps at once from one run's own generator."""

from __future__ import annotations

import numpy as np


def with_replacement(generator: np.random.Generator, pool: int, steps: int, batch: int) -> np.ndarray:
    """(steps, batch) positions in [0, pool), independent."""
    return generator.integers(0, pool, size=(steps, batch))


def without_replacement(generator: np.random.Generator, pool: int, steps: int, batch: int) -> np.ndarray:
    """(steps, batch) positions in [0, pool), distinct within each step.

    Repeated positions are redrawn until none is left, which leaves every set of ``batch`` positions
    equally likely; when the batch is a large part of the pool, rows are permuted instead.

    Raises
    ------
    ValueError
        The batch is larger than the pool.
    """
    if batch > pool:
        raise ValueError(f"cannot draw {batch} distinct rows from {pool}")
    if 3 * batch >= pool:
        rows = np.broadcast_to(np.arange(pool), (steps, pool))
        return generator.permuted(rows, axis=1)[:, :batch]
    drawn = generator.integers(0, pool, size=(steps, batch))
    while True:
        repeats = _repeats(drawn)
        count = int(repeats.sum())
        if count == 0:
            return drawn
        drawn[repeats] = generator.integers(0, pool, size=count)


def passes(generator: np.random.Generator, pool: int, batch: int) -> np.ndarray:
    """One shuffled pass over [0, pool) in whole batches, the rest dropped: (pool // batch, batch)."""
    steps = pool // batch
    return generator.permutation(pool)[: steps * batch].reshape(steps, batch)


def _repeats(drawn: np.ndarray) -> np.ndarray:
    """Mark, in each row, every occurrence of a value but the first."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ordered = np.take_along_axis(drawn, order, axis=1)
    later = np.zeros(drawn.shape, dtype=bool)
    later[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    repeats = np.zeros(drawn.shape, dtype=bool)
    np.put_along_axis(repeats, order, later, axis=1)
    return repeats
