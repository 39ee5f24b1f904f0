"""Overlap: score distribution discrimination (Jiang, Han, Huang, KDD 2023)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from pyod.models.base import BaseDetector

from replicas.detector import ReplicaMixin, pools
from replicas.exact import elementwise
from replicas.layers import chain, dense, relu
from replicas.normalisation import batch_norm, fresh_statistics
from replicas.optimiser import SGD
from replicas.parameters import Layout, Parameter, zeros
from replicas.rows import Table, TrainingRows
from replicas.sampling import passes, with_replacement
from replicas.scaling import min_max, scaled, stacked
from replicas.streams import generator
from replicas.training import Context, Stage, each, train

Views = Mapping[str, torch.Tensor]
EPS = 1e-5  # batch normalisation's default


class Overlap(ReplicaMixin, BaseDetector):
    """Pulls the score distributions of unlabelled rows and labelled anomalies apart, without targets.

    Per batch, half unlabelled and half labelled, Gaussian kernels of width ``bandwidth`` on the scores give
    the densities p_u and p_a on [m - 0.2 r, M + 0.2 r] (m, M, r: the scores' minimum, maximum, range). With
    c a point where they cross, drawn at random if there are several,
    L = integral of p_u above c + integral of p_a below c; without any, half of both whole integrals.
    Score = batch-normalised output of the network.

    Parameters
    ----------
    hidden : tuple of int
        ReLU widths (authors' MLP: 100-20), then one output with batch normalisation.
    epochs, batch : int
        An epoch goes once through the unlabelled rows, batch / 2 at a time; the batches are drawn once.
    bandwidth : float
    grid : int
        Points at which a crossing is looked for.
    lr, momentum, weight_decay : float
        Stochastic gradient descent.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    seed : int

    Notes
    -----
    Source: authors' code, folder ADSD, architecture MLP, loss "ADSD".
    Deviations: the integrals are exact (sums of normal distribution functions) instead of the trapezoid
    rule on the grid with 1e-4 added to each density, which moves the loss by less than 0.01 and hardly its
    gradient; min-max scaling on the training rows is inside; fewer unlabelled rows than a batch, for which
    their sampler yields nothing, make one batch, drawn with replacement.
    """

    def __init__(
        self,
        hidden: Sequence[int] = (100, 20),
        epochs: int = 20,
        batch: int = 256,
        bandwidth: float = 1.0,
        grid: int = 1000,
        lr: float = 1e-3,
        momentum: float = 0.7,
        weight_decay: float = 1e-2,
        contamination: float = 0.1,
        seed: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.hidden = hidden
        self.epochs = epochs
        self.batch = batch
        self.bandwidth = bandwidth
        self.grid = grid
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.seed = seed

    def _shape_key(self, run: TrainingRows) -> int:
        return self._steps(int(np.sum(np.asarray(run.y_train) != 1)))

    def _steps(self, unlabelled: int) -> int:
        return max(1, unlabelled // (self.batch // 2) - 1)

    def _names(self) -> list[str]:
        return [*(f"hidden{i}" for i in range(len(self.hidden))), "score"]

    def _layout(self, width: int) -> Layout:
        sizes = [width, *self.hidden, 1]
        layers = zip(self._names(), sizes[:-1], sizes[1:], strict=True)
        found = [parameter for name, a, b in layers for parameter in dense(name, a, b)]
        return Layout([*found, Parameter("norm.weight", (1, 1), _ones), Parameter("norm.bias", (1, 1), zeros)])

    def _score(self, p: Views, x: torch.Tensor, context: Context, training: bool) -> torch.Tensor:
        output = chain(p, self._names(), scaled(x, context), relu, None)
        normal = batch_norm(output, context, "norm", training, eps=EPS)
        return (normal * p["norm.weight"] + p["norm.bias"])[..., 0]

    def _forward(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        return self._score(p, x, context, training=False)

    def _train(
        self, runs: Sequence[TrainingRows], seeds: Sequence[int], columns: np.ndarray
    ) -> tuple[torch.Tensor, Context, list[dict[str, Any]]]:
        table = Table.join(runs, columns)
        rows = [pools(run, offset) for run, offset in zip(runs, table.offsets, strict=True)]
        streams = [generator("overlap", "batches", seed) for seed in seeds]
        choices = [generator("overlap", "crossings", seed) for seed in seeds]
        half, steps = self.batch // 2, self._steps(len(rows[0][0]))
        batches = [_batches(stream, *pair, steps, half) for stream, pair in zip(streams, rows, strict=True)]
        done = [0] * len(rows)
        scaling = stacked([min_max(run, columns) for run in runs])

        def draw(run: int, count: int) -> tuple[np.ndarray, ...]:
            places = np.arange(done[run], done[run] + count) % steps
            done[run] += count
            return batches[run][places], choices[run].random((count, 1), dtype=np.float32)

        def loss(p: Views, batch: tuple[torch.Tensor, ...], members: Context) -> tuple[torch.Tensor, torch.Tensor]:
            score = self._score(p, table.gather(batch[0]), members, training=True)
            value = overlap(score[:, :half], score[:, half:], batch[1], self.bandwidth, self.grid)
            return value, value[:, None]

        layout = self._layout(len(columns))
        context = {**scaling, **fresh_statistics(len(runs), "norm", 1)}
        optimiser = SGD(self.lr, self.momentum, self.weight_decay)
        stage = Stage(layout, loss, each(draw), optimiser, self.epochs, steps, tracked=("norm.mean", "norm.var"))
        start = layout.start([generator("overlap", "weights", seed) for seed in seeds])
        trained = train(stage, start, context)
        extras = [{"history_": history} for history in trained.history]
        return trained.flat, {**scaling, **trained.tracked}, extras


def overlap(
    unlabelled: torch.Tensor, labelled: torch.Tensor, choice: torch.Tensor, bandwidth: float, grid: int
) -> torch.Tensor:
    """Mass of p_u above a crossing of the two densities and of p_a below it.

    Parameters
    ----------
    unlabelled, labelled : (R, B) scores
    choice : (R, 1) in [0, 1)
        Which crossing, counted from the left, as a share of their number.
    bandwidth : float
    grid : int

    Returns
    -------
    (R,) tensor; gradients flow through the scores, not through the crossing or the ends.
    """
    both = torch.cat([unlabelled, labelled], dim=1).detach()
    low, high = both.amin(dim=1, keepdim=True), both.amax(dim=1, keepdim=True)
    low, high = low - 0.2 * (high - low), high + 0.2 * (high - low)
    points = low + (high - low) * torch.linspace(0.0, 1.0, grid)
    gap = _density(points, labelled.detach(), bandwidth) - _density(points, unlabelled.detach(), bandwidth)
    side = torch.sign(gap)
    crossed = side[:, 1:] != side[:, :-1]
    passed = crossed.cumsum(dim=1)
    count = passed[:, -1:]
    wanted = (choice * count).long().clamp(max=(count - 1).clamp(min=0)) + 1
    place = (passed >= wanted).to(torch.uint8).argmax(dim=1, keepdim=True)
    crossing = points.gather(1, place)
    above = torch.where(count > 0, crossing, low)
    below = torch.where(count > 0, crossing, high)
    area = _mass(unlabelled, above, high, bandwidth) + _mass(labelled, low, below, bandwidth)
    return torch.where(count[:, 0] > 0, area, area / 2)


def _density(points: torch.Tensor, scores: torch.Tensor, bandwidth: float) -> torch.Tensor:
    """Kernel density (R, G) of scores (R, B) at points (R, G), but for its constant factor."""
    distance = (points[:, :, None] - scores[:, None, :]).div_(bandwidth)
    return elementwise(torch.exp, distance.square_().mul_(-0.5)).sum(dim=2)


def _mass(scores: torch.Tensor, low: torch.Tensor, high: torch.Tensor, bandwidth: float) -> torch.Tensor:
    """Integral from low to high (R, 1) of the kernel density of scores (R, B): (R,)."""
    scale = 1.0 / (bandwidth * math.sqrt(2.0))
    upper, lower = (elementwise(torch.erf, (end - scores) * scale) for end in (high, low))
    return (upper - lower).mean(dim=1) / 2


def _batches(
    stream: np.random.Generator, unlabelled: np.ndarray, labelled: np.ndarray, steps: int, half: int
) -> np.ndarray:
    """An epoch's batches, each ``half`` unlabelled then ``half`` labelled rows: (steps, 2 * half)."""
    if len(unlabelled) >= 2 * half:
        first = unlabelled[passes(stream, len(unlabelled), half)[:steps]]
    else:
        first = unlabelled[with_replacement(stream, len(unlabelled), steps, half)]
    second = labelled[with_replacement(stream, len(labelled), steps, half)]
    return np.concatenate([first, second], axis=1)


def _ones(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape, dtype=np.float32)
