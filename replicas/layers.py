"""Dense layers with a leading replica axis, as plain functions of named parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
import torch.nn.functional as F

from replicas.parameters import Parameter, bounded, glorot_uniform, uniform_fan_in, zeros

Activation = Callable[[torch.Tensor], torch.Tensor]
SLOPE = 0.01


def dense(
    name: str,
    inputs: int,
    outputs: int,
    *,
    bias: bool = True,
    style: Literal["torch", "keras"] = "torch",
) -> list[Parameter]:
    """Parameters of one dense layer: ``name.weight`` (in, out) and ``name.bias`` (1, out).

    ``style`` chooses the default initialisation of torch (uniform by fan-in, bias too) or Keras
    (Glorot uniform, zero bias).
    """
    start = uniform_fan_in if style == "torch" else glorot_uniform
    parameters = [Parameter(f"{name}.weight", (inputs, outputs), start)]
    if bias:
        first = bounded(inputs**-0.5) if style == "torch" else zeros
        parameters.append(Parameter(f"{name}.bias", (1, outputs), first))
    return parameters


def linear(p: Mapping[str, torch.Tensor], name: str, x: torch.Tensor) -> torch.Tensor:
    """x (R, B, in) -> (R, B, out)."""
    bias = p.get(f"{name}.bias")
    weight = p[f"{name}.weight"]
    return torch.bmm(x, weight) if bias is None else torch.baddbmm(bias, x, weight)


def chain(
    p: Mapping[str, torch.Tensor],
    names: Sequence[str],
    x: torch.Tensor,
    activation: Activation,
    last: Activation | None,
) -> torch.Tensor:
    """Apply dense layers in turn, ``activation`` between them and ``last`` (or nothing) at the end."""
    for name in names[:-1]:
        x = activation(linear(p, name, x))
    x = linear(p, names[-1], x)
    return x if last is None else last(x)


def leaky(x: torch.Tensor) -> torch.Tensor:
    """LeakyReLU with torch's default slope 0.01."""
    return F.leaky_relu(x, SLOPE)


def relu(x: torch.Tensor) -> torch.Tensor:
    """max(0, x)."""
    return torch.relu(x)
