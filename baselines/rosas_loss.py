"""RoSAS's loss with its gradient written out: triplets of embeddings, scores of mixed rows, weights of both.

Tensors (R, B, features) lie in memory with the rows last, as in ``replicas.backpropagation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch

from replicas.exact import elementwise

NEAR_ZERO = 1e-6  # torch's pairwise distance adds it to every difference
SHORTEST = 1e-12  # a shorter vector, whose direction means nothing, pulls the less; zero does not pull


def mix_(x: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Overwrite the second half of x (R, 2n, D), each row's partner, by share * row + (1 - share) * partner."""
    own, other = x.chunk(2, dim=1)
    other.sub_(own).mul_((1.0 - share)[..., None]).add_(own)
    return x


@dataclass(frozen=True, eq=False)
class Triplets:
    """What the triplet loss reads of n rows u, n rows p and n rows a a replica, whose embedding e is linear.

    Attributes
    ----------
    inputs : (R, 3n, H): h(u) - h(p), h(u) - h(a) and h(u) + h(p) + h(a) of the layer before
    codes : (R, 3n, E): their embeddings, e(u) - e(p) and so on
    norms : (R, 3n): the codes' lengths
    length : (R, 1): length of all the sums e(u) + e(p) + e(a) together
    """

    inputs: torch.Tensor
    codes: torch.Tensor
    norms: torch.Tensor
    length: torch.Tensor

    @classmethod
    def of(cls, weight: torch.Tensor, hidden: torch.Tensor) -> Self:
        """Embed rows u, p and a of ``hidden`` (R, 3n, H) by ``weight`` (R, H, E)."""
        u, p, a = hidden.transpose(1, 2).chunk(3, dim=2)
        inputs = torch.cat([u - p, u - a, u + p + a], dim=2)
        count = u.shape[2]
        shift = torch.tensor([NEAR_ZERO, NEAR_ZERO, 0.0]).repeat_interleave(count)
        codes = torch.baddbmm(shift, weight.transpose(1, 2), inputs)
        norms = codes.square().sum(dim=1).sqrt_()  # four times as fast as torch.linalg.vector_norm
        length = torch.linalg.vector_norm(norms[:, 2 * count :], dim=1, keepdim=True)
        return cls(inputs.transpose(1, 2), codes.transpose(1, 2), norms, length)

    def hinge(self, margin: float) -> torch.Tensor:
        """max(0, ||e(u) - e(p)|| - ||e(u) - e(a)|| + margin): (R, n)."""
        near, far, _ = self.norms.chunk(3, dim=1)
        return torch.relu(near - far + margin)

    def backward(
        self, weight: torch.Tensor, hinge: torch.Tensor, pull: torch.Tensor, l2: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Gradient of ``pull`` (R, 1) times the mean hinge plus l2 times the length; overwrites the codes.

        Returns
        -------
        gradient of the weight (R, H, E) and of the rows u, p, a (R, 3n, H)
        """
        apart = (hinge > 0).float() * (pull / hinge.shape[1])
        near, far, _ = self.norms.chunk(3, dim=1)
        scale = torch.cat([near, far, self.length.expand_as(far)], dim=1).clamp_(min=SHORTEST)
        factor = torch.cat([apart, -apart, torch.full_like(apart, l2)], dim=1).div_(scale)
        outer = self.codes.transpose(1, 2).mul_(factor[:, None])
        weight_gradient = torch.bmm(self.inputs.transpose(1, 2), outer.transpose(1, 2))
        first, second, third = torch.bmm(weight, outer).chunk(3, dim=2)
        inner = torch.cat([third + first + second, third - first, third - second], dim=2)
        return weight_gradient, inner.transpose(1, 2)


def score_loss(
    score: torch.Tensor, target: torch.Tensor, partner: torch.Tensor, share: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean smooth L1 of mixed rows' scores against the mixed targets, plus that against the mixed scores.

    Parameters
    ----------
    score : (R, 2n) of n rows, then of the mixed rows
    target : (n,)
    partner, share : (R, n); row i is mixed with row partner_i, share_i of it being itself

    Returns
    -------
    loss : (R,)
    slope : (R, 2n), its gradient with respect to the scores
    """
    own, mixed = score.chunk(2, dim=1)
    rest, count = 1.0 - share, share.shape[1]
    goal = target * share + target[partner] * rest
    between = own * share + torch.gather(own, 1, partner) * rest
    gap = mixed[:, None] - torch.stack([goal, between], dim=1)
    # smooth L1 of d is c (d - c / 2) with c = d cut at +-1, which is its slope too
    cut = gap.clamp(-1.0, 1.0)
    loss = gap.sub_(cut, alpha=0.5).mul_(cut).flatten(1).sum(dim=1) / count
    to_goal, to_between = cut.div_(count).unbind(dim=1)
    back = (to_between * share).neg_().scatter_add_(1, partner, (to_between * rest).neg_())
    return loss, torch.cat([back, to_goal + to_between], dim=1)


def weighted(losses: torch.Tensor, previous: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Sum of losses (R, 2) by their weights, the softmax of loss / previous / temperature, and its gradient.

    A loss that was 0 weighs 0, as in the authors' code. Gradients go through the weights.

    Returns
    -------
    sum (R,), gradient with respect to the losses (R, 2)
    """
    there = previous > 0
    rate = torch.where(there, 1.0 / (previous * temperature), 0.0)
    ratio = losses * rate
    raised = elementwise(torch.exp, ratio - ratio.amax(dim=1, keepdim=True)) * there
    weights = raised / raised.sum(dim=1, keepdim=True).clamp(min=SHORTEST)
    total = (weights * losses).sum(dim=1, keepdim=True)
    return total[:, 0], weights * (1.0 + rate * (losses - total))
