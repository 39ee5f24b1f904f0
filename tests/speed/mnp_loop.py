"""MNP the ordinary way: torch modules, torch.optim, one run; the same stages, batches and k-means as the detector."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from mnp.material import PROTOTYPE_ROWS
from mnp.prototypes import separated_prototypes
from tests.speed.loops import Score, pick, pools

NOISE = 0.05


def block(wide: int, narrow: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(wide, narrow), nn.LeakyReLU(0.01))


def pretrain(
    parameters: Any, loss: Callable[[], torch.Tensor], watched: Callable[[], torch.Tensor], model: Any
) -> None:
    """Adam on ``loss``, stopping on ``watched``, best weights kept."""
    parameters = list(parameters)
    optimiser = torch.optim.Adam(parameters, lr=model.lr, weight_decay=model.weight_decay)
    lowest, kept, waited = float("inf"), None, 0
    for _ in range(model.pretraining_epochs):
        for _ in range(model.steps_per_epoch):
            optimiser.zero_grad()
            torch.autograd.backward(loss())
            optimiser.step()
        with torch.no_grad():
            value = watched().item()
        if value < lowest - 1e-4:
            lowest, kept, waited = value, copy.deepcopy([p.data for p in parameters]), 0
        else:
            waited += 1
            if waited >= model.patience:
                break
    for parameter, best in zip(parameters, kept or [], strict=False):
        parameter.data.copy_(best)


def mnp(model: Any, X: torch.Tensor, y: torch.Tensor, seed: int) -> Score:
    torch.manual_seed(seed)
    unlabelled, labelled = pools(y)
    width, narrow = X.shape[1], model.embedding_dim
    hidden = width - (width - narrow) // 2
    encoder1, encoder2, decoder1, decoder2 = (
        block(*sizes) for sizes in ((width, hidden), (hidden, narrow), (narrow, hidden), (hidden, width))
    )
    order = unlabelled[torch.randperm(len(unlabelled))]
    held, rows = X[order[: len(order) // 10]], order[len(order) // 10 :]
    noise = torch.randn(len(X), max(width, hidden))

    def codes(x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            code: torch.Tensor = encoder1(x)
            return code

    def layer(encode: nn.Module, decode: nn.Module, below: Callable[[torch.Tensor], torch.Tensor], size: int) -> None:
        def loss() -> torch.Tensor:
            drawn = rows[torch.randperm(len(rows))[: model.batch_size]]
            target = below(X[drawn])
            return F.mse_loss(decode(encode(target + NOISE * noise[drawn, :size])), target)

        def watched() -> torch.Tensor:
            return F.mse_loss(decode(encode(below(held))), below(held))

        pretrain([*encode.parameters(), *decode.parameters()], loss, watched, model)

    layer(encoder1, decoder2, lambda x: x, width)
    layer(encoder2, decoder1, codes, hidden)
    encoder, decoder = nn.Sequential(encoder1, encoder2), nn.Sequential(decoder1, decoder2)

    def whole() -> torch.Tensor:
        x = X[rows[torch.randperm(len(rows))[: model.batch_size]]]
        return F.mse_loss(decoder(encoder(x)), x)

    pretrain(
        [*encoder.parameters(), *decoder.parameters()], whole, lambda: F.mse_loss(decoder(encoder(held)), held), model
    )
    with torch.no_grad():
        embedded = encoder(X[order[:PROTOTYPE_ROWS]]).numpy()
    prototypes = nn.Parameter(torch.from_numpy(separated_prototypes(embedded, seed)[0]))
    head = nn.Sequential(nn.Linear(narrow + 2, 16), nn.LeakyReLU(0.01), nn.Linear(16, 1), nn.Sigmoid())

    def outputs(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        z = encoder(x)
        error = F.smooth_l1_loss(decoder(z), x, reduction="none").mean(dim=1)
        unit = F.normalize(z, dim=1)
        similarity = 1 / (1 + (2 - 2 * unit @ F.normalize(prototypes, dim=1).T).clamp(min=0))
        nearest = similarity.amax(dim=1)
        return head(torch.cat([unit, error[:, None], nearest[:, None]], dim=1))[:, 0], error, similarity, nearest

    previous = torch.ones(3)

    def losses() -> torch.Tensor:
        size = min(model.batch_size, len(rows))
        drawn = torch.cat([rows[torch.randperm(len(rows))[:size]], pick(labelled, model.labelled_batch_size)])
        score, error, similarity, nearest = outputs(X[drawn])
        weight = torch.sigmoid(model.beta * nearest[:size])
        weight = weight / weight.mean()
        normal = (weight * error[:size]).mean()
        reconstruction = normal + F.relu(model.margin + normal - error[size:]).mean()
        ranking = (
            F.smooth_l1_loss(score[size:], torch.ones(len(score) - size))
            + (weight * F.smooth_l1_loss(score[:size], torch.zeros(size), reduction="none")).mean()
        )
        contrast = F.softplus(nearest[size:].mean() - (weight * nearest[:size]).mean())
        q = similarity[:size] / similarity[:size].sum(dim=1, keepdim=True)
        target = q.square() / q.sum(dim=0)
        p = target / target.sum(dim=1, keepdim=True)
        return torch.stack([reconstruction, ranking, contrast + (p * (p / q).log()).sum()])

    everything = nn.ModuleList([encoder, decoder, head])
    optimiser = torch.optim.Adam([*everything.parameters(), prototypes], lr=model.lr, weight_decay=model.weight_decay)
    for _ in range(model.epochs):
        mean = torch.zeros(3)
        for _ in range(model.steps_per_epoch):
            optimiser.zero_grad()
            values = losses()
            torch.autograd.backward((torch.softmax(values / previous / model.temperature, dim=0) * values).sum())
            optimiser.step()
            mean += values.detach() / model.steps_per_epoch
        previous = mean
    return lambda x: outputs(x)[0]
