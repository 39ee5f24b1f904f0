"""WSAD-DT's networks with their gradient written out: dense layers without biases, SELU between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from replicas.backpropagation import Dense, Trace, Views, backward, backward_through, forward
from replicas.exact import elementwise

#: SELU's (Klambauer et al. 2017), as torch has them.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def embeddings(p: Views, x: torch.Tensor) -> list[torch.Tensor]:
    """The rows x (R, B, D) and every layer's value (R, B, features), rows last in memory, the embeddings at the end."""
    layers = _layers(p)
    values = [x]
    for layer in layers:
        value = forward(p, [layer], values[-1]).output
        values.append(value if layer is layers[-1] else _selu(value))
    return values


def gradients(p: Views, values: Sequence[torch.Tensor], outer: torch.Tensor) -> dict[str, torch.Tensor]:
    """Gradients of the weights.

    Parameters
    ----------
    values : of ``embeddings``
    outer : (R, B, d)
        Gradient with respect to the embeddings, rows last in memory.
    """
    first, *others = _layers(p)
    slopes: dict[str, torch.Tensor] = {}
    for number, layer in reversed(list(enumerate(others, start=1))):
        found, outer = backward_through(p, [layer], Trace(list(values[number : number + 2]), {}), outer)
        slopes |= found
        torch.ops.aten.elu_backward.grad_input(
            outer, SELU_ALPHA, SELU_SCALE, 1.0, True, values[number], grad_input=outer
        )
    return slopes | backward(p, [first], Trace(list(values[:2]), {}), outer)


def clipped(slopes: Mapping[str, torch.Tensor], bound: float) -> dict[str, torch.Tensor]:
    """Gradients (R, ...) with each network's norm over all layers at most ``bound``, as if it trained alone."""
    norm = torch.stack([slope.square().sum(dim=(1, 2)) for slope in slopes.values()]).sum(dim=0).sqrt_()
    factor = (bound / (norm + 1e-6)).clamp_(max=1.0)[:, None, None]
    return {name: slope.mul_(factor) for name, slope in slopes.items()}


def _selu(value: torch.Tensor) -> torch.Tensor:
    """SELU of values whose rows are last in memory, in their place where it may be."""
    return elementwise(torch.selu_, value.transpose(1, 2)).transpose(1, 2)


def _layers(p: Views) -> list[Dense]:
    return [Dense(name.removesuffix(".weight")) for name in p]
