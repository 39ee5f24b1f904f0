"""The deviation loss of DevNet and FeaWAD with its gradient written out."""

from __future__ import annotations

import torch


def deviation_loss(values: torch.Tensor, times: torch.Tensor, margin: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean of |v| over unlabelled rows and max(0, margin - v) over as many labelled ones, and its gradient.

    Parameters
    ----------
    values : (R, half + A), unlabelled rows first
    times : (R, A), how often each labelled row counts; half in all
    margin : float

    Returns
    -------
    loss (R,), slope (R, half + A)
    """
    labelled = times.shape[1]
    near, far = values[:, :-labelled], values[:, -labelled:]
    count = 2 * near.shape[1]
    short = torch.relu(margin - far)
    loss = (near.abs().sum(dim=1) + (short * times).sum(dim=1)) / count
    return loss, torch.cat([near.sign(), -times * (short > 0)], dim=1).div_(count)
