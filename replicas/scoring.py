"""Forward passes over many rows for many runs, in blocks of one fixed shape.

A row's result does not depend on how many rows or runs are scored with it: every block is
(items, ROWS, D) with zero rows as filling, and items are (run, slice of rows) pairs, so that one run
alone fills the replica axis with slices of its own rows. A layout that is not grouped has one item a block, since
every item would have a copy of its run's many parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from replicas.exact import padded
from replicas.parameters import Layout

ROWS = 128
ITEMS = 32
Forward = Callable[[Mapping[str, torch.Tensor], torch.Tensor, dict[str, torch.Tensor]], torch.Tensor]


def evaluate(
    layout: Layout,
    flat: torch.Tensor,
    forward: Forward,
    xs: Sequence[np.ndarray],
    context: Mapping[str, torch.Tensor] | None = None,
) -> list[np.ndarray]:
    """Apply ``forward`` to each run's rows.

    Parameters
    ----------
    layout, flat : the runs' parameters, (n, P)
    forward : callable (views, x (R, ROWS, D), context of R) -> (R, ROWS) or (R, ROWS, k) tensor
    xs : n arrays (rows_i, D) float32
    context : tensors (n, ...)

    Returns
    -------
    list of (rows_i,) or (rows_i, k) float32 arrays
    """
    pieces: list[list[np.ndarray]] = [[] for _ in xs]
    items = [(run, begin) for run, x in enumerate(xs) for begin in range(0, len(x), ROWS)]
    most = ITEMS if layout.grouped else 1
    with torch.no_grad():
        for first in range(0, len(items), most):
            block = items[first : first + most]
            for (run, begin), values in zip(
                block, _block(layout, flat, forward, xs, context or {}, block), strict=False
            ):
                pieces[run].append(values[: len(xs[run]) - begin])
    return [np.concatenate(p) if p else np.empty(0, dtype=np.float32) for p in pieces]


def _block(
    layout: Layout,
    flat: torch.Tensor,
    forward: Forward,
    xs: Sequence[np.ndarray],
    context: Mapping[str, torch.Tensor],
    block: Sequence[tuple[int, int]],
) -> np.ndarray:
    width = padded(len(block)) if layout.grouped else 1
    x = np.zeros((width, ROWS, xs[block[0][0]].shape[1]), dtype=np.float32)
    for number, (run, begin) in enumerate(block):
        rows = xs[run][begin : begin + ROWS]
        x[number, : len(rows)] = rows
    runs = [run for run, _ in block]
    index = torch.tensor(runs + [runs[-1]] * (width - len(runs))) if layout.grouped else slice(runs[0], runs[0] + 1)
    members = {name: value[index] for name, value in context.items()}
    return forward(layout.views(flat[index]), torch.from_numpy(x), members).numpy()
