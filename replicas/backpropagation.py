"""Chains of dense layers with their gradient written out, for losses that are simple in the chain's output.

Weak detectors are small: autograd's graph and the orientation of the matrix products cost more than the arithmetic.
Values (R, B, features) here lie in memory with the rows last, since MKL's product is two to five times as fast with
many rows along its long side than with few features there. Values and gradients agree with autograd's to rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from replicas.normalisation import normalised, normalised_backward
from replicas.training import Context

Views = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Dense:
    """A layer of a chain.

    Attributes
    ----------
    name : str
        Its parameters are ``name.weight`` (R, in, out) and, if there, ``name.bias`` (R, 1, out).
    slope : float or None
        Of the LeakyReLU after it; 0 = ReLU, None = nothing.
    norm : bool
        Batch normalisation before that, with running statistics ``name.mean`` and ``name.var`` in the context.
    """

    name: str
    slope: float | None = None
    norm: bool = False


@dataclass(frozen=True, eq=False)
class Trace:
    """What a forward pass leaves for the backward pass.

    Attributes
    ----------
    values : the chain's input and every layer's value, (R, B, features)
    normed : {layer: (normalised value, inverse standard deviation)}
    """

    values: list[torch.Tensor]
    normed: dict[str, tuple[torch.Tensor, torch.Tensor]]

    @property
    def output(self) -> torch.Tensor:
        return self.values[-1]


def forward(
    p: Views, layers: Sequence[Dense], x: torch.Tensor, context: Context | None = None, *, rows_last: bool = True
) -> Trace:
    """Pass rows through the chain as in training.

    Parameters
    ----------
    p : parameters with a replica axis
    layers : sequence of Dense
    x : (R, B, in) in any memory order
    context : running statistics of normalised layers, updated in place
    rows_last : bool
        False lays the output as (R, B, out) in memory, for losses that compare it with rows laid so.
    """
    trace = Trace([x], {})
    for layer in layers:
        weight, bias, value = p[f"{layer.name}.weight"], p.get(f"{layer.name}.bias"), trace.output
        if rows_last or layer is not layers[-1]:
            value = _product(bias, weight, value)
        else:
            value = torch.bmm(value, weight) if bias is None else torch.baddbmm(bias, value, weight)
        if layer.norm:
            assert context is not None
            trace.normed[layer.name] = normalised(value, context, layer.name)
            value = value if layer.slope is None else F.leaky_relu(value, layer.slope)
        elif layer.slope is not None:
            value = F.leaky_relu_(value, layer.slope)
        trace.values.append(value)
    return trace


def backward(p: Views, layers: Sequence[Dense], trace: Trace, outer: torch.Tensor) -> dict[str, torch.Tensor]:
    """Gradients of the chain's parameters.

    Parameters
    ----------
    trace : of the forward pass
    outer : (R, B, out), the gradient with respect to the chain's output, in its memory order; overwritten

    Returns
    -------
    {parameter: gradient (R, *shape)}, in any memory order
    """
    first, *others = layers
    gradients, outer = backward_through(p, others, Trace(trace.values[1:], trace.normed), outer)
    return gradients | _layer_backward(p, first, trace, 0, outer)[0]


def backward_through(
    p: Views, layers: Sequence[Dense], trace: Trace, outer: torch.Tensor
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """As ``backward``, and the gradient of the chain's input (R, B, in), rows last: for one with further readers."""
    gradients: dict[str, torch.Tensor] = {}
    for number in reversed(range(len(layers))):
        layer_gradients, outer = _layer_backward(p, layers[number], trace, number, outer)
        gradients |= layer_gradients
        outer = torch.bmm(p[f"{layers[number].name}.weight"], outer.transpose(1, 2)).transpose(1, 2)
    return gradients, outer


def _layer_backward(
    p: Views, layer: Dense, trace: Trace, number: int, outer: torch.Tensor
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Gradients of a layer's parameters, and of its value before activation and normalisation, in ``outer``'s place."""
    x, value = trace.values[number : number + 2]
    if layer.slope is not None:
        torch.ops.aten.leaky_relu_backward.grad_input(outer, value, layer.slope, True, grad_input=outer)
    if layer.norm:
        outer = normalised_backward(outer, *trace.normed[layer.name])
    gradients = {f"{layer.name}.weight": _outer_product(x, outer)}
    if f"{layer.name}.bias" in p:
        gradients[f"{layer.name}.bias"] = outer.sum(dim=1, keepdim=True)
    return gradients, outer


def squared_error(
    p: Views, layers: Sequence[Dense], x: torch.Tensor, target: torch.Tensor
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Mean over rows and features of (chain(x) - target)^2 for each replica, and its gradient.

    Parameters
    ----------
    x : (R, B, in)
    target : (R, B, out), laid so in memory; overwritten unless it is x

    Returns
    -------
    error : (R,)
    gradients : {parameter: (R, *shape)}
    """
    trace, difference = _difference(p, layers, x, target)
    count = difference[0].numel()
    error = torch.linalg.vector_norm(difference.flatten(1), dim=1).square_().div_(count)
    return error, backward(p, layers, trace, difference.mul_(2.0 / count))


def squared_error_gradient(
    p: Views, layers: Sequence[Dense], x: torch.Tensor, target: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The gradient of ``squared_error`` alone, for a stage whose losses nobody reads."""
    trace, difference = _difference(p, layers, x, target)
    return backward(p, layers, trace, difference.mul_(2.0 / difference[0].numel()))


def _difference(p: Views, layers: Sequence[Dense], x: torch.Tensor, target: torch.Tensor) -> tuple[Trace, torch.Tensor]:
    trace = forward(p, layers, x, rows_last=False)
    return trace, torch.sub(trace.output, target, out=None if target is x else target)


def _product(bias: torch.Tensor | None, weight: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Weight times x plus bias: (R, B, out), rows last in memory."""
    weight, x = weight.transpose(1, 2), x.transpose(1, 2)
    product = torch.bmm(weight, x) if bias is None else torch.baddbmm(bias.transpose(1, 2), weight, x)
    return product.transpose(1, 2)


def _outer_product(x: torch.Tensor, outer: torch.Tensor) -> torch.Tensor:
    """Sum over rows of x_i outer_j: (R, in, out).

    MKL computes a product's columns by sixteens, so the side that fills them better comes last; a transposed result
    has to be better by a tenth, since it costs a slower copy.
    """
    if _filling(outer.shape[2]) * 1.1 < _filling(x.shape[2]):
        return torch.bmm(outer.transpose(1, 2), x).transpose(1, 2)
    return torch.bmm(x.transpose(1, 2), outer)


def _filling(columns: int) -> float:
    """Share of used columns in products of sixteen."""
    return columns / (16 * -(-columns // 16))
