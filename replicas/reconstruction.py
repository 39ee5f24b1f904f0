"""Mean squared error of a chain of dense layers against a target, with its gradient worked out in the same pass.

Pre-training spends nearly all of a run's time here. Next to autograd's graph of the same operations, no intermediate
is written twice and half of the kernel launches go; values and gradients are the same bits (tested against the chain).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F

SLOPE = 0.01


def squared_error(
    p: Mapping[str, torch.Tensor], names: Sequence[str], x: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Mean over rows and features of (chain(x) - target)^2 for each replica.

    Parameters
    ----------
    p : parameters with a replica axis, ``name.weight`` and ``name.bias`` of every layer
    names : layers in order; LeakyReLU (slope 0.01) follows each of them, the last one included
    x : (R, B, in), no gradient is taken with respect to it
    target : (R, B, out), no gradient either

    Returns
    -------
    (R,) tensor, differentiable once with respect to the parameters
    """
    parameters = [p[f"{name}.{kind}"] for name in names for kind in ("weight", "bias")]
    error: torch.Tensor = _SquaredError.apply(x, target, *parameters)
    return error


class _SquaredError(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, target: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        weights, biases = parameters[::2], parameters[1::2]
        values = [x]
        for weight, bias in zip(weights, biases, strict=True):
            values.append(F.leaky_relu_(torch.baddbmm(bias, values[-1], weight), SLOPE))
        difference = values[-1] - target
        error = difference.square().flatten(1).mean(dim=1)
        slope = difference.mul_(2.0 / difference[0].numel())
        gradients: list[torch.Tensor] = []
        for layer in reversed(range(len(weights))):
            slope = torch.ops.aten.leaky_relu_backward(slope, values[layer + 1], SLOPE, True)
            gradients[:0] = [torch.bmm(values[layer].transpose(1, 2), slope), slope.sum(dim=1, keepdim=True)]
            if layer:
                slope = torch.bmm(slope, weights[layer].transpose(1, 2))
        ctx.save_for_backward(*gradients)
        return error

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        by_replica = outer[0][:, None, None]
        return None, None, *(by_replica * gradient for gradient in ctx.saved_tensors)
