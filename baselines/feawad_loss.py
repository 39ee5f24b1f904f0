"""The gradient of FeaWAD's end-to-end stage written out: a residual's direction, length and code, scored by a head.

Tensors (R, B, features) lie in memory with the rows last, as in ``replicas.backpropagation``; names with ``_t`` are
their transposes (R, features, B).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from baselines.deviation import deviation_loss
from replicas.backpropagation import Dense, Trace, Views, backward, backward_through, forward

ENCODER = tuple(Dense(name, 0.0) for name in ("input", "encoder1", "encoder2"))
DECODER = tuple(Dense(name, 0.0) for name in ("decoder1", "decoder2"))
SHORTEST = 1e-6  # a shorter residual counts as so long, and its length is constant


def stage_gradient(
    p: Views, head: Sequence[Dense], x: torch.Tensor, times: torch.Tensor, margin: float, residual_in_loss: bool
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Loss of scaled rows x (R, half + A, D), each replica's own, and its gradient by parameter."""
    encoded = forward(p, ENCODER, x)
    decoded = forward(p, DECODER, encoded.output)
    joined_t, alive = _joined(x, decoded.output, encoded.output)
    norm_t = joined_t[:, -1:]
    traces = _head(p, head, joined_t, norm_t)
    loss, slope = deviation_loss(traces[-1].output[..., 0], times, margin)
    if residual_in_loss:
        more, pull = deviation_loss(norm_t[:, 0], times, margin)
        loss, pull = loss + more, pull[:, None]
    else:
        loss, pull = loss + 0.5 + 0.5 * max(0.0, margin - 1.0), torch.zeros_like(norm_t)

    gradients: dict[str, torch.Tensor] = {}
    outer = slope[..., None]
    for layer, trace in zip(reversed(head), reversed(traces), strict=True):
        layer_gradients, inner = backward_through(p, (layer,), trace, outer)
        gradients |= layer_gradients
        outer, last = inner[..., :-1], inner[..., -1:]
        pull += last.transpose(1, 2)
    width = x.shape[2]
    direction_t, outer_t = joined_t[:, :width], outer[..., :width].transpose(1, 2)
    back_t = _residual_backward_(outer_t, direction_t, norm_t, pull, alive)
    layer_gradients, inner = backward_through(p, DECODER, decoded, back_t.neg_().transpose(1, 2))
    inner += outer[..., width:]
    return loss, gradients | layer_gradients | backward(p, ENCODER, encoded, inner)


def _joined(x: torch.Tensor, decoded: torch.Tensor, code: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """[residual / its norm, code, norm] of rows x and what the decoder found: (R, D + C + 1, B).

    Also which residuals are long enough for their norm to have a gradient, (R, 1, B).
    """
    runs, rows, width = x.shape
    joined_t = x.new_empty(runs, width + code.shape[2] + 1, rows)
    residual_t, code_t, norm_t = torch.split(joined_t, [width, code.shape[2], 1], dim=1)
    torch.sub(x.transpose(1, 2), decoded.transpose(1, 2), out=residual_t)
    length = residual_t.square().sum(dim=1, keepdim=True).sqrt_()
    torch.clamp(length, min=SHORTEST, out=norm_t)
    residual_t.div_(norm_t)
    code_t.copy_(code.transpose(1, 2))
    return joined_t, length >= SHORTEST


def _head(p: Views, head: Sequence[Dense], joined_t: torch.Tensor, norm_t: torch.Tensor) -> list[Trace]:
    """Pass rows through the head, the norm appended before each further layer; one trace a layer."""
    traces = [forward(p, head[:1], joined_t.transpose(1, 2))]
    for layer in head[1:]:
        value_t = torch.cat([traces[-1].output.transpose(1, 2), norm_t], dim=1)
        traces.append(forward(p, (layer,), value_t.transpose(1, 2)))
    return traces


def _residual_backward_(
    outer_t: torch.Tensor, direction_t: torch.Tensor, norm_t: torch.Tensor, pull: torch.Tensor, alive: torch.Tensor
) -> torch.Tensor:
    """Gradient with respect to r from those to r / ||r|| and to ||r||; overwrites the first two."""
    along = (outer_t * direction_t).sum(dim=1, keepdim=True)
    factor = (pull - along / norm_t) * alive
    return outer_t.div_(norm_t).add_(direction_t.mul_(factor))
