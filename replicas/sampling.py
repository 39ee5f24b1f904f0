"""Batches of row positions, drawn for several steps at once from one run's own generator."""

from __future__ import annotations

from typing import Any

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
    rows = np.arange(steps)
    while True:
        row, column = _repeats(drawn[rows], pool)
        if len(row) == 0:
            return drawn
        places = np.sort(rows[row] * batch + column)
        drawn.reshape(-1)[places] = generator.integers(0, pool, size=len(places))
        rows = np.unique(rows[row])  # only these can hold repeats now


def passes(generator: np.random.Generator, pool: int, batch: int) -> np.ndarray:
    """One shuffled pass over [0, pool) in whole batches, the rest dropped: (pool // batch, batch)."""
    steps = pool // batch
    return generator.permutation(pool)[: steps * batch].reshape(steps, batch)


def _repeats(drawn: np.ndarray, pool: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of every occurrence of a value within its row but the first.

    Values and columns are packed into one integer, whose plain sort is several times faster than a stable argsort.
    """
    width = drawn.shape[1]
    bits = (width - 1).bit_length()
    packed: np.ndarray[Any, np.dtype[np.signedinteger[Any]]] = drawn.astype(
        np.int32 if pool << bits <= 2**31 else np.int64
    )
    packed <<= bits
    packed |= np.arange(width, dtype=packed.dtype)
    packed.sort(axis=1)
    values = packed >> bits
    row, before = np.nonzero(values[:, 1:] == values[:, :-1])
    return row, packed[row, before + 1] & ((1 << bits) - 1)
