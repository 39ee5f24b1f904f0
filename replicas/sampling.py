"""Batches of row positions, drawn for several steps at once from one run's own generator."""

from __future__ import annotations

import math
from collections import defaultdict
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


def passing_once(drawn: np.ndarray, pool: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of a few rows pass through the network in each step, and where each draw of them is found there.

    Parameters
    ----------
    drawn : (steps, batch) positions in [0, pool)
    width : int
        ``counted_width(pool, batch)``

    Returns
    -------
    positions : (steps, width) in [0, pool)
    places : (steps, batch) in [0, width); ``positions`` at these places are ``drawn``
    """
    steps, batch = drawn.shape
    if width == batch:
        return drawn, np.broadcast_to(np.arange(batch), drawn.shape)
    return np.broadcast_to(np.minimum(np.arange(width), pool - 1), (steps, width)), drawn


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
    positions, places = passing_once(with_replacement(generator, pool, steps, batch), pool, width)
    counts = np.bincount((places + width * np.arange(steps)[:, None]).reshape(-1), minlength=steps * width)
    return positions, counts.reshape(steps, width).astype(np.float32)


def halves(
    generator: np.random.Generator, unlabelled: np.ndarray, labelled: np.ndarray, steps: int, half: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Batches of ``half`` unlabelled rows, then as many labelled ones by ``counted``, all drawn with replacement.

    Returns
    -------
    rows : (steps, half + width)
    times : (steps, width) float32
        How often each labelled row was drawn.
    """
    first = unlabelled[with_replacement(generator, len(unlabelled), steps, half)]
    second, times = counted(generator, len(labelled), steps, half, width)
    return np.concatenate([first, labelled[second]], axis=1), times


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

    Somewhat more positions than asked for are drawn, and the first distinct ones are kept: a sequence of draws without
    replacement. (The few rows where these do not suffice are filled up by further draws; when the batch is a large part
    of the pool, rows are permuted instead.) A run draws the same from its generator whatever its companions are;
    repeats are looked for in all runs with equal pools at once.

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
    positions = np.empty((len(generators), steps, batch), dtype=np.int64)
    drawing: dict[int, list[int]] = defaultdict(list)
    for run, (generator, pool) in enumerate(zip(generators, pools, strict=True)):
        if pool < batch:
            positions[run] = with_replacement(generator, pool, steps, batch)
        elif pool <= 3 * batch:
            rows = np.broadcast_to(np.arange(pool), (steps, pool))
            positions[run] = generator.permuted(rows, axis=1)[:, :batch]
        else:
            drawing[pool].append(run)
    for pool, runs in drawing.items():
        positions[runs] = _drawn([generators[run] for run in runs], pool, steps, batch)
    return positions.transpose(1, 0, 2)


def passes(generator: np.random.Generator, pool: int, batch: int) -> np.ndarray:
    """One shuffled pass over [0, pool) in whole batches, the rest dropped: (pool // batch, batch)."""
    steps = pool // batch
    return generator.permutation(pool)[: steps * batch].reshape(steps, batch)


def _drawn(generators: Sequence[np.random.Generator], pool: int, steps: int, batch: int) -> np.ndarray:
    """(runs, steps, batch) positions in [0, pool), the first distinct ones of sufficiently many."""
    width = batch + _spare(pool, batch)
    drawn = np.empty((len(generators), steps, width), dtype=np.int32)
    for values, generator in zip(drawn, generators, strict=True):
        values[:] = generator.integers(0, pool, size=values.shape, dtype=np.int32)
    rows = drawn.reshape(-1, width)
    row, column = _repeats(rows, pool)
    keep = np.ones(rows.shape, dtype=bool)
    keep[row, column] = False
    kept = width - np.bincount(row, minlength=len(rows))
    for number in np.flatnonzero(kept < batch).tolist():  # once in a million rows
        rows[number, :batch] = _filled_up(rows[number], batch, generators[number // steps], pool)
        keep[number], kept[number] = np.arange(width) < batch, batch
    last = np.flatnonzero(keep)[np.cumsum(kept) - kept + batch - 1]
    keep &= np.arange(width) <= (last - width * np.arange(len(rows)))[:, None]
    # as rows[keep], in half the time
    return np.compress(keep.reshape(-1), rows.reshape(-1)).reshape(len(generators), steps, batch)


def _spare(pool: int, batch: int) -> int:
    """Draws beyond ``batch`` that leave this many distinct values but for once in a million times."""
    repeats = -pool * math.log1p(-batch / pool) - batch  # in the mean
    return math.ceil(repeats + 5.0 * math.sqrt(repeats)) + 4


def _filled_up(drawn: np.ndarray, count: int, generator: np.random.Generator, pool: int) -> list[int]:
    """The distinct values of ``drawn`` in order, and as many new ones as ``count`` needs."""
    values = dict.fromkeys(drawn.tolist())
    while len(values) < count:
        values[int(generator.integers(0, pool))] = None
    return list(values)


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
