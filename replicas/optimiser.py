"""Element-wise optimisers on flat parameter rows: exactly independent per replica."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

State = list[torch.Tensor]


class Optimiser(Protocol):
    """What training needs of an optimiser: states shaped like the parameters, updated in place."""

    def state(self, flat: torch.Tensor) -> State:
        """Fresh state tensors for (R, P) parameters."""
        ...

    def step(self, flat: torch.Tensor, gradient: torch.Tensor, state: State, count: int) -> None:
        """Update ``flat`` in place, and maybe ``gradient``; ``count`` is 1 for the first step."""
        ...


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma, Ba 2015) with L2 added to the gradient, as ``torch.optim.Adam(fused=True)``.

    torch's fused kernel, called without its optimiser object, whose state could not shrink with the group: one pass
    over memory instead of eight.
    """

    lr: float
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def state(self, flat: torch.Tensor) -> State:
        return [torch.zeros_like(flat), torch.zeros_like(flat)]

    def step(self, flat: torch.Tensor, gradient: torch.Tensor, state: State, count: int) -> None:
        mean, square = state
        first, second = self.betas
        torch._fused_adam_(
            [flat], [gradient], [mean], [square], [], [torch.scalar_tensor(count)],
            lr=self.lr, beta1=first, beta2=second, weight_decay=self.weight_decay, eps=self.eps,
            amsgrad=False, maximize=False,
        )  # fmt: skip


@dataclass(frozen=True)
class RMSprop:
    """RMSprop as the Keras of 2019 ships it: rho 0.9, epsilon 1e-7 outside the root.

    Parameters
    ----------
    clipnorm : float or None
        The norm over all of a replica's gradients is clipped to this value (Keras 2.x before it moved
        into TensorFlow; tf.keras clips each variable by itself).
    """

    lr: float = 1e-3
    rho: float = 0.9
    eps: float = 1e-7
    clipnorm: float | None = None

    def state(self, flat: torch.Tensor) -> State:
        return [torch.zeros_like(flat)]

    def step(self, flat: torch.Tensor, gradient: torch.Tensor, state: State, count: int) -> None:
        (square,) = state
        if self.clipnorm is not None:
            norm = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
            gradient.mul_(self.clipnorm / norm.clamp_(min=self.clipnorm))
        square.mul_(self.rho).addcmul_(gradient, gradient, value=1.0 - self.rho)
        flat.addcdiv_(gradient, square.sqrt().add_(self.eps), value=-self.lr)


@dataclass(frozen=True)
class Adadelta:
    """Adadelta (Zeiler 2012) as the Keras of 2018 ships it: rate 1, rho 0.95, epsilon 1e-7 inside both roots."""

    lr: float = 1.0
    rho: float = 0.95
    eps: float = 1e-7

    def state(self, flat: torch.Tensor) -> State:
        return [torch.zeros_like(flat), torch.zeros_like(flat)]

    def step(self, flat: torch.Tensor, gradient: torch.Tensor, state: State, count: int) -> None:
        square, moved = state
        square.mul_(self.rho).addcmul_(gradient, gradient, value=1.0 - self.rho)
        change = moved.add(self.eps).div_(square.add(self.eps)).sqrt_().mul_(gradient)
        moved.mul_(self.rho).addcmul_(change, change, value=1.0 - self.rho)
        flat.add_(change, alpha=-self.lr)


@dataclass(frozen=True)
class SGD:
    """Gradient descent with momentum and L2 added to the gradient, as ``torch.optim.SGD``."""

    lr: float
    momentum: float = 0.0
    weight_decay: float = 0.0

    def state(self, flat: torch.Tensor) -> State:
        return [torch.zeros_like(flat)]

    def step(self, flat: torch.Tensor, gradient: torch.Tensor, state: State, count: int) -> None:
        (velocity,) = state
        if self.weight_decay:
            gradient = gradient.add(flat, alpha=self.weight_decay)
        velocity.mul_(self.momentum).add_(gradient)
        flat.add_(velocity, alpha=-self.lr)
