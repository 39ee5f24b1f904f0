"""The ordinary way: one run of each weak method with torch modules and torch.optim, nothing shared, nothing clever.

Each loop takes a detector (for its settings), scaled rows X (n, D), y (n,) and a seed, and returns the trained
score as a function of rows. They draw batches by index: a DataLoader would only make them slower.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

Score = Callable[[torch.Tensor], torch.Tensor]
Loop = Callable[[Any, torch.Tensor, torch.Tensor, int], Score]


def pick(rows: torch.Tensor, count: int) -> torch.Tensor:
    return rows[torch.randint(len(rows), (count,))]


def pools(y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.nonzero(y == 0)[:, 0], torch.nonzero(y == 1)[:, 0]


def fit(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    loss: Callable[[], torch.Tensor],
    epochs: int,
    steps: int,
    *,
    clip: float | None = None,
    best: bool = False,
) -> None:
    """Take ``epochs * steps`` steps; with ``best``, end at the epoch of the lowest mean loss."""
    lowest, kept = float("inf"), None
    for _ in range(epochs):
        mean = 0.0
        for _ in range(steps):
            optimiser.zero_grad()
            value = loss()
            torch.autograd.backward(value)
            if clip is not None:
                nn.utils.clip_grad_norm_(network.parameters(), clip)
            optimiser.step()
            mean += value.item() / steps
        if best and mean < lowest:
            lowest, kept = mean, copy.deepcopy(network.state_dict())
    if kept is not None:
        network.load_state_dict(kept)


def devnet(model: Any, X: torch.Tensor, y: torch.Tensor, seed: int) -> Score:
    torch.manual_seed(seed)
    unlabelled, labelled = pools(y)
    hidden = nn.Linear(X.shape[1], model.hidden_dim)
    network = nn.Sequential(hidden, nn.ReLU(), nn.Linear(model.hidden_dim, 1))
    prior, half = torch.randn(model.n_references), model.batch_size // 2
    mean, std = prior.mean(), prior.std()

    def loss() -> torch.Tensor:
        x = X[torch.cat([pick(unlabelled, half), pick(labelled, half)])]
        deviation = (network(x)[:, 0] - mean) / std
        fit = deviation[:half].abs().sum() + F.relu(model.margin - deviation[half:]).sum()
        total: torch.Tensor = fit / (2 * half) + model.l2 * hidden.weight.square().sum()
        return total

    optimiser = torch.optim.RMSprop(network.parameters(), lr=model.lr, alpha=0.9, eps=1e-7)
    fit(network, optimiser, loss, model.epochs, model.steps_per_epoch, clip=model.clipnorm, best=True)
    return lambda x: network(x)[:, 0]


def prenet(model: Any, X: torch.Tensor, y: torch.Tensor, seed: int) -> Score:
    torch.manual_seed(seed)
    unlabelled, labelled = pools(y)
    hidden, head = nn.Linear(X.shape[1], model.hidden_dim), nn.Linear(2 * model.hidden_dim, 1)
    quarter = model.batch_size // 4
    goal = torch.repeat_interleave(torch.tensor(model.targets), torch.tensor([2 * quarter, quarter, quarter]))

    def pair(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = head(torch.cat([hidden(first).relu(), hidden(second).relu()], dim=1))
        return output[:, 0]

    def loss() -> torch.Tensor:
        first = torch.cat([pick(unlabelled, 3 * quarter), pick(labelled, quarter)])
        second = torch.cat([pick(unlabelled, 2 * quarter), pick(labelled, 2 * quarter)])
        total: torch.Tensor = F.l1_loss(pair(X[first], X[second]), goal) + model.l2 * hidden.weight.square().sum()
        return total

    network = nn.ModuleList([hidden, head])
    optimiser = torch.optim.RMSprop(network.parameters(), lr=model.lr, alpha=0.9, eps=1e-7)
    fit(network, optimiser, loss, model.epochs, model.steps_per_epoch, clip=model.clipnorm, best=True)

    def score(x: torch.Tensor, pairs: int = 30) -> torch.Tensor:
        """Row by row with partners of its own, as the published re-implementations do."""
        scores = []
        for row in x:
            same = row.expand(pairs, -1)
            scores.append((pair(X[pick(unlabelled, pairs)], same) + pair(same, X[pick(labelled, pairs)])).mean() / 2)
        return torch.stack(scores)

    return score


def deep_sad(model: Any, X: torch.Tensor, y: torch.Tensor, seed: int) -> Score:
    torch.manual_seed(seed)
    sizes = [X.shape[1], *model.hidden_dims, model.representation_dim]
    encoder, decoder = bias_free(sizes), bias_free(sizes[::-1])
    network = nn.Sequential(encoder, decoder, nn.Sigmoid())
    batch, steps = min(model.batch_size, len(X)), max(1, len(X) // model.batch_size)
    order: Iterator[torch.Tensor] = iter(())

    def rows() -> torch.Tensor:
        nonlocal order
        drawn = next(order, None)
        if drawn is None:
            order = iter(torch.split(torch.randperm(len(X))[: steps * batch], batch))
            drawn = next(order)
        return drawn

    def reconstruct() -> torch.Tensor:
        x = X[rows()]
        return F.mse_loss(network(x), x)

    def adam(module: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(module.parameters(), lr=model.lr, weight_decay=model.weight_decay)

    fit(network, adam(network), reconstruct, model.pretraining_epochs, steps)
    encoder.eval()
    with torch.no_grad():
        centre = encoder(X).mean(0)
    centre = torch.where(centre.abs() < 0.1, 0.1 * torch.where(centre < 0, -1.0, 1.0), centre)
    encoder.train()

    def loss() -> torch.Tensor:
        index = rows()
        distance = (encoder(X[index]) - centre).square().sum(1)
        return torch.where(y[index] == 1, model.eta / (distance + 1e-6), distance).mean()

    fit(encoder, adam(encoder), loss, model.epochs, steps)
    encoder.eval()
    return lambda x: (encoder(x) - centre).square().sum(1)


def bias_free(sizes: list[int]) -> nn.Sequential:
    """Linear, batch norm and LeakyReLU for every layer but the last."""
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes[:-1]):
        layers += [nn.Linear(a, b, bias=False), nn.BatchNorm1d(b, eps=1e-4, affine=False), nn.LeakyReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1], bias=False))


class FeaWADNetwork(nn.Module):
    def __init__(self, width: int, hidden: int, code: int, head: tuple[int, ...]) -> None:
        super().__init__()
        sizes = [width, width, hidden, code]
        self.encoder = relu_layers(sizes)
        self.decoder = relu_layers([code, hidden, width])
        inputs, outputs = [width + code + 1, *(size + 1 for size in head)], [*head, 1]
        self.head = nn.ModuleList(nn.Linear(a, b) for a, b in zip(inputs, outputs, strict=True))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        code = self.encoder(x)
        residual = x - self.decoder(code)
        norm = residual.norm(dim=1, keepdim=True)
        value: torch.Tensor = self.head[0](torch.cat([residual / norm, code, norm], dim=1))
        for layer in self.head[1:]:
            value = layer(torch.cat([value.relu(), norm], dim=1))
        return value[:, 0]


def relu_layers(sizes: list[int]) -> nn.Sequential:
    return nn.Sequential(*[m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.ReLU())])


def feawad(model: Any, X: torch.Tensor, y: torch.Tensor, seed: int) -> Score:
    torch.manual_seed(seed)
    unlabelled, labelled = pools(y)
    network = FeaWADNetwork(X.shape[1], model.hidden_dim, model.code_dim, tuple(model.head_dims))
    autoencoder, half = nn.Sequential(network.encoder, network.decoder), model.batch_size // 2

    def reconstruct() -> torch.Tensor:
        x = X[pick(unlabelled, model.batch_size)]
        return F.mse_loss(autoencoder(x), x)

    def loss() -> torch.Tensor:
        score: torch.Tensor = network(X[torch.cat([pick(unlabelled, half), pick(labelled, half)])])
        total: torch.Tensor = (score[:half].abs().sum() + F.relu(model.margin - score[half:]).sum()) / (2 * half)
        return total

    first = torch.optim.Adam(autoencoder.parameters(), lr=model.lr)
    fit(autoencoder, first, reconstruct, model.pretraining_epochs, model.steps_per_epoch, best=True)
    second = torch.optim.Adam(network.parameters(), lr=model.lr)
    fit(network, second, loss, model.epochs, model.steps_per_epoch, best=True)
    return network


def repen(model: Any, X: torch.Tensor, y: torch.Tensor, seed: int) -> Score:
    torch.manual_seed(seed)
    unlabelled, labelled = pools(y)
    network = nn.Sequential(nn.Linear(X.shape[1], model.hidden_dim), nn.ReLU())

    def loss() -> torch.Tensor:
        e, p = network(X[pick(unlabelled, model.batch_size)]), network(X[pick(unlabelled, model.batch_size)])
        a = network(X[pick(labelled, model.batch_size)])
        near, far = (e - p).square().sum(1), (e - a).square().sum(1)
        return F.relu(model.margin - (far - near)).mean()

    optimiser = torch.optim.Adadelta(network.parameters(), lr=model.lr, rho=0.95, eps=1e-7)
    fit(network, optimiser, loss, model.epochs, model.steps_per_epoch, best=True)
    samples = [network(X[torch.randperm(len(X))[: model.max_samples]]) for _ in range(model.n_estimators)]

    def score(x: torch.Tensor) -> torch.Tensor:
        code = network(x)
        nearest = [torch.cdist(code, s).topk(model.n_neighbors, largest=False).values.mean(1) for s in samples]
        return torch.stack(nearest).mean(0)

    return score


class RoSASNetwork(nn.Module):
    def __init__(self, width: int, embedding: int) -> None:
        super().__init__()
        between, half = width + int((embedding - width) * 0.5), embedding // 2
        layers = [nn.Linear(width, between, bias=False), nn.LeakyReLU(), nn.Linear(between, embedding, bias=False)]
        self.embed = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(embedding, half, bias=False), nn.LeakyReLU(), nn.Linear(half, 1), nn.Tanh())

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        code = self.embed(x)
        return code, self.head(code)[:, 0]


def rosas(model: Any, X: torch.Tensor, y: torch.Tensor, seed: int) -> Score:
    """All epochs, without early stopping; the rows' forward pass is taken once, not thrice as published."""
    torch.manual_seed(seed)
    unlabelled, labelled = pools(y)
    network = RoSASNetwork(X.shape[1], model.embedding_dim)
    optimiser = torch.optim.Adam(network.parameters(), lr=model.lr, weight_decay=model.weight_decay)
    triplet, size = nn.TripletMarginLoss(margin=model.margin), model.batch_size
    target = torch.repeat_interleave(torch.tensor([-1.0, -1.0, 1.0]), size)
    shares = torch.distributions.Beta(model.alpha, model.alpha)
    previous = torch.ones(2)
    for _ in range(model.epochs):
        seen = []
        for _ in range(model.steps_per_epoch):
            first = unlabelled[torch.randperm(len(unlabelled))[:size]]
            second = unlabelled[torch.randperm(len(unlabelled))[:size]]
            x = X[torch.cat([first, second, pick(labelled, size)])]
            other, share = torch.randperm(3 * size), shares.sample((3 * size,))
            code, score = network(x)
            mixed = network(torch.lerp(x[other], x, share[:, None]))[1]
            fit = F.smooth_l1_loss(mixed, torch.lerp(target[other], target, share))
            fit = fit + F.smooth_l1_loss(mixed, torch.lerp(score[other], score, share))
            u, p, a = torch.split(code, size)
            losses = torch.stack([triplet(u, p, a), fit])
            weight = (losses / previous / model.temperature).softmax(0)
            optimiser.zero_grad()
            torch.autograd.backward((weight * losses).sum() + model.l2 * (u + p + a).norm())
            optimiser.step()
            seen.append(losses.detach())
        previous = torch.stack(seen).mean(0)
    return lambda x: network(x)[1]


def overlap(model: Any, X: torch.Tensor, y: torch.Tensor, seed: int) -> Score:
    """Densities and integrals on the grid, as published."""
    torch.manual_seed(seed)
    unlabelled, labelled = pools(y)
    network = nn.Sequential(
        relu_layers([X.shape[1], *model.hidden_dims]), nn.Linear(model.hidden_dims[-1], 1), nn.BatchNorm1d(1)
    )
    half = model.batch_size // 2
    steps = max(1, len(unlabelled) // half - 1)

    def density(scores: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        kernel = torch.exp(-0.5 * ((scores[:, None] - points) / model.bandwidth) ** 2)
        mean: torch.Tensor = kernel.mean(0) / (model.bandwidth * (2 * torch.pi) ** 0.5) + 1e-4
        return mean

    def loss() -> torch.Tensor:
        x = X[torch.cat([pick(unlabelled, half), pick(labelled, half)])]
        score = network(x)[:, 0]
        low, high = score.detach().aminmax()
        points = torch.linspace(low - 0.2 * (high - low), high + 0.2 * (high - low), model.grid)
        p_u, p_a = density(score[:half], points), density(score[half:], points)
        crossings = torch.nonzero(torch.diff(torch.sign(p_a - p_u)))[:, 0]
        if len(crossings) == 0:
            return (torch.trapezoid(p_u, points) + torch.trapezoid(p_a, points)) / 2
        c = int(pick(crossings, 1))
        return torch.trapezoid(p_u[c + 1 :], points[c + 1 :]) + torch.trapezoid(p_a[:c], points[:c])

    settings = {"lr": model.lr, "momentum": model.momentum, "weight_decay": model.weight_decay}
    optimiser = torch.optim.SGD(network.parameters(), **settings)
    fit(network, optimiser, loss, model.epochs, steps)
    network.eval()
    return lambda x: network(x)[:, 0]


LOOPS: dict[str, Loop] = {
    "devnet": devnet,
    "prenet": prenet,
    "deep-sad": deep_sad,
    "feawad": feawad,
    "repen": repen,
    "rosas": rosas,
    "overlap": overlap,
}
