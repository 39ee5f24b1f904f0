"""Element-wise functions whose bits do not depend on where a replica sits in its group.

A vectorised kernel computes whole vectors with one polynomial and the last few elements of the whole
tensor with another (the scalar library call). For arithmetic both agree; for exp, log or sigmoid they
differ in the last bit. If each replica's element count is a multiple of LANES no replica ever meets
that tail.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

LANES = 32
GROUP_MULTIPLE = 8


def padded(count: int, multiple: int = GROUP_MULTIPLE) -> int:
    """Round up to a multiple."""
    return -(-count // multiple) * multiple


def elementwise(function: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Apply a transcendental function to x of shape (R, ...), tail-free per replica.

    Parameters
    ----------
    function : callable
        Element-wise, defined at 0 (or giving any value there: the padding is cut off again, and
        its gradient is exactly zero as long as the derivative at ``1`` is finite).
    x : (R, ...) tensor

    Returns
    -------
    tensor of x's shape
    """
    flat = x.reshape(x.shape[0], -1)
    count = flat.shape[1]
    if count % LANES == 0:
        return function(flat).view(x.shape)
    wide = F.pad(flat, (0, padded(count, LANES) - count), value=1.0)
    return function(wide)[:, :count].reshape(x.shape)
