"""Batch normalisation without affine parameters, one set of statistics per replica."""

from __future__ import annotations

import torch

from replicas.training import Context


def fresh_statistics(runs: int, name: str, width: int) -> Context:
    """Running mean 0 and variance 1, (runs, 1, width), as context entries of layer ``name``."""
    return {f"{name}.mean": torch.zeros(runs, 1, width), f"{name}.var": torch.ones(runs, 1, width)}


def batch_norm(
    x: torch.Tensor, context: Context, name: str, training: bool, eps: float = 1e-4, momentum: float = 0.1
) -> torch.Tensor:
    """Normalise x (R, B, H) by the batch (training; updates the running statistics in place) or by them.

    As ``torch.nn.BatchNorm1d(affine=False)``: biased variance to normalise, unbiased to remember.
    """
    if not training:
        return (x - context[f"{name}.mean"]) / (context[f"{name}.var"] + eps).sqrt()
    mean = x.mean(dim=1, keepdim=True)
    centred = x - mean
    var = centred.square().mean(dim=1, keepdim=True)
    with torch.no_grad():
        _remember(context, name, mean, var, x.shape[1], momentum)
    return centred / (var + eps).sqrt()


def normalised(
    x: torch.Tensor,
    context: Context,
    name: str,
    eps: float = 1e-4,
    momentum: float = 0.1,
    weights: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Training's ``batch_norm`` in place, for written gradients.

    Parameters
    ----------
    weights : (R, B, 1) or None
        How often each row counts; None is once.

    Returns
    -------
    normalised : x's storage, (R, B, H)
    inverse : (R, 1, H), one over the standard deviation
    """
    rows = x.shape[1] if weights is None else weights.sum(dim=1, keepdim=True)
    mean = _mean(x, weights, rows)
    if weights is None:
        var = torch.linalg.vector_norm(x.sub_(mean), dim=1, keepdim=True).square_().div_(rows)
    else:
        var = _mean(x.sub_(mean).square(), weights, rows)
    _remember(context, name, mean, var, rows, momentum)
    inverse = (var + eps).rsqrt_()
    return x.mul_(inverse), inverse


def normalised_backward(
    outer: torch.Tensor, normal: torch.Tensor, inverse: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Gradient with respect to the input of ``normalised``, in ``outer``'s storage: (R, B, H)."""
    if weights is None:
        along = (outer * normal).mean(dim=1, keepdim=True)
        outer.sub_(outer.mean(dim=1, keepdim=True)).addcmul_(normal, along, value=-1.0)
        return outer.mul_(inverse)
    # outer already holds a row's gradient times its weight, through the loss; its part in the means has it once more
    rows = weights.sum(dim=1, keepdim=True)
    level = outer.sum(dim=1, keepdim=True).div_(rows)
    along = (outer * normal).sum(dim=1, keepdim=True).div_(rows)
    return outer.sub_((normal * along).add_(level).mul_(weights)).mul_(inverse)


def _mean(x: torch.Tensor, weights: torch.Tensor | None, rows: int | torch.Tensor) -> torch.Tensor:
    return x.mean(dim=1, keepdim=True) if weights is None else (x * weights).sum(dim=1, keepdim=True).div_(rows)


def _remember(
    context: Context, name: str, mean: torch.Tensor, var: torch.Tensor, rows: int | torch.Tensor, momentum: float
) -> None:
    unbiased = rows / (rows - 1).clamp(min=1) if isinstance(rows, torch.Tensor) else rows / max(rows - 1, 1)
    context[f"{name}.mean"].lerp_(mean, momentum)
    context[f"{name}.var"].lerp_(var * unbiased, momentum)
