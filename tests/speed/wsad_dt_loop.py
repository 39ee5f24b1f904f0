"""WSAD-DT the ordinary way: one network after the other, torch modules, torch.optim, one run."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn

from baselines.wsad_dt_loss import EPS, FEW, SAME, SHARPNESS, WIDTHS, pushed, student
from tests.speed.loops import Score, fit, pick, pools


def wsad_dt(model: Any, X: torch.Tensor, y: torch.Tensor, seed: int) -> Score:
    torch.manual_seed(seed)
    unlabelled, labelled = pools(y)
    members = [
        member(model, X, part, labelled, len(unlabelled))
        for part in unlabelled[torch.randperm(len(unlabelled))].tensor_split(model.n_estimators)
    ]
    return lambda x: torch.stack([score(x) for score in members]).mean(dim=0)


def member(model: Any, X: torch.Tensor, part: torch.Tensor, labelled: torch.Tensor, every: int) -> Score:
    layers = [
        nn.Linear(a, b, bias=False) for a, b in pairwise([X.shape[1], *model.hidden_dims, model.representation_dim])
    ]
    network = nn.Sequential(*(module for layer in layers[:-1] for module in (layer, nn.SELU())), layers[-1])
    with torch.no_grad():
        normal, abnormal = (pushed(network(X[rows]).mean(dim=0)) for rows in (part, labelled))
    share, size = torch.tensor(1.0 / (1.0 + 2.0 * len(part) / every)), model.batch_size

    def loss() -> torch.Tensor:
        count = size - int(torch.binomial(torch.tensor(float(size)), share))
        z = network(X[torch.cat([pick(part, count), pick(labelled, size - count)])])
        to_normal, to_abnormal = ((z - centre).square().sum(dim=1) for centre in (normal, abnormal))
        total = torch.zeros(())
        for rows, own, other, sharpness in (
            (slice(count), to_normal, to_abnormal, SHARPNESS[0]),
            (slice(count, size), to_abnormal, to_normal, SHARPNESS[1]),
        ):
            if len(z[rows]):
                near, far = torch.exp(-sharpness * own[rows]), student(other[rows])
                q, q_other = ((kernel / (near + far + EPS)).clamp(EPS, 1.0 - EPS) for kernel in (near, far))
                total = total - (q.log() + (1.0 - q_other).log()).mean()
        return total + closeness(z[:count][:FEW], WIDTHS[0]) + closeness(z[count:][-FEW:], WIDTHS[1])

    optimiser = torch.optim.Adam(network.parameters(), lr=model.lr, weight_decay=model.weight_decay, fused=True)
    steps = min(-(-len(X) // size), model.max_steps_per_epoch or len(X))
    fit(network, optimiser, loss, model.epochs, steps, clip=model.clipnorm)

    def score(x: torch.Tensor) -> torch.Tensor:
        z = network(x)
        t_n, t_a = (student((z - centre).square().sum(dim=1)) for centre in (normal, abnormal))
        return 1.0 - t_n / (t_n + t_a + EPS)

    return score


def closeness(rows: torch.Tensor, width: float) -> torch.Tensor:
    """Mean Gaussian kernel between rows that differ."""
    distance = (rows[:, None] - rows).square().sum(dim=2)
    pairs = distance > SAME**2
    return (torch.exp(-distance / (2.0 * width**2)) * pairs).sum() / pairs.sum().clamp(min=1)
