"""Batches of row positions, drawn for several steps at once from one run's own generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: Numbers of distinct rows that ``counted`` passes through a network, few so that runs can share groups.
COUNTED_WIDTHS = (32, 64, 128)


def with_replacement(generator: np.random.Generator, pool: int, steps: int, batch: int) -> np.ndarray:
    """(steps, batch) positions in [0, pool), independent."""
    return generator.integers(0, pool, size=(steps, batch))


def with_replacement_each(
    generators: Sequence[np.random.Generator], pools: Sequence[int], steps: int, batch: int
) -> np.ndarray:
    """(steps, runs, batch) positions in [0, pool of the run), independent; each run draws from its own generator."""
    drawn = np.empty((steps, len(generators), batch), dtype=np.int64)
    for run, (generator, pool) in enumerate(zip(generators, pools, strict=True)):
        drawn[:, run] = with_replacement(generator, pool, steps, batch)
    return drawn


def counted_width(labelled: int, batch: int) -> int:
    """Rows that stand for ``batch`` draws of ``labelled`` rows in ``counted``: the least of 32, 64, 128 to hold all.

    The whole batch where that is no less: a method's ``_shape_key``, since it fixes the shapes of a run's tensors.
    """
    return next((width for width in COUNTED_WIDTHS if labelled <= width < batch), batch)


def counted(
    generator: np.random.Generator, pool: int, steps: int, batch: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draws with replacement from a few rows, each distinct row once with the times it was drawn.

    A mean over ``batch`` draws of a few labelled anomalies passes each of them through the network a dozen times; its
    weighted twin does so once. The stream is used as by ``with_replacement``.

    Parameters
    ----------
    width : int
        ``counted_width(pool, batch)``

    Returns
    -------
    positions : (steps, width) in [0, pool)
    weights : (steps, width) float32, each step's sum is ``batch``; 0 where rows only fill up
    """
    drawn = with_replacement(generator, pool, steps, batch)
    if width == batch:
        return drawn, np.ones((steps, batch), dtype=np.float32)
    places = drawn + width * np.arange(steps)[:, None]
    counts = np.bincount(places.reshape(-1), minlength=steps * width).reshape(steps, width)
    positions = np.minimum(np.arange(width), pool - 1)
    return np.broadcast_to(positions, (steps, width)), counts.astype(np.float32)


def without_replacement(generator: np.random.Generator, pool: int, steps: int, batch: int) -> np.ndarray:
    """(steps, batch) positions in [0, pool), distinct within each step; see ``without_replacement_each``."""
    return without_replacement_each([generator], [pool], steps, batch)[:, 0]


def without_replacement_each(
    generators: Sequence[np.random.Generator],
    pools: Sequence[int],
    steps: int,
    batch: int,
    *,
    repeat_if_fewer: bool = False,
) -> np.ndarray:
    """(steps, runs, batch) positions in [0, pool of the run), distinct within each step and run.

    Repeated positions are redrawn until none is left, which leaves every set of ``batch`` positions
    equally likely; when the batch is a large part of the pool, rows are permuted instead. A run draws the same
    from its generator whatever its companions are; repeats are looked for in all runs at once.

    Parameters
    ----------
    repeat_if_fewer : bool
        Draw with replacement from pools that are smaller than the batch.

    Raises
    ------
    ValueError
        The batch is larger than a pool, without ``repeat_if_fewer``.
    """
    if batch > min(pools) and not repeat_if_fewer:
        raise ValueError(f"cannot draw {batch} distinct rows from {min(pools)}")
    drawn = np.empty((len(generators), steps, batch), dtype=np.int64)
    redrawn = np.array([3 * batch < pool for pool in pools])
    for values, generator, pool, again in zip(drawn, generators, pools, redrawn, strict=True):
        if again or pool < batch:
            values[:] = with_replacement(generator, pool, steps, batch)
        else:
            rows = np.broadcast_to(np.arange(pool), (steps, pool))
            values[:] = generator.permuted(rows, axis=1)[:, :batch]
    flat, most = drawn.reshape(-1, batch), max(pools)
    rows = np.flatnonzero(np.repeat(redrawn, steps))
    while len(rows):
        row, column = _repeats(flat[rows], most)
        row = rows[row]
        counts = np.bincount(row // steps, minlength=len(generators)).tolist()
        found = [
            generator.integers(0, pool, size=count)
            for generator, pool, count in zip(generators, pools, counts, strict=True)
            if count
        ]
        if found:
            flat.reshape(-1)[np.sort(row * batch + column)] = np.concatenate(found)
        last = np.ones(len(row), dtype=bool)
        np.not_equal(row[1:], row[:-1], out=last[:-1])
        rows = row[last]  # only these can hold repeats now
    return drawn.transpose(1, 0, 2)


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
    again = np.flatnonzero(values[:, 1:] == values[:, :-1])  # several times as fast as nonzero of two dimensions
    row = again // (width - 1) if width > 1 else again
    return row, packed.reshape(-1)[again + row + 1] & ((1 << bits) - 1)
