"""Overlap: score distribution discrimination (Jiang, Han, Huang, KDD 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import ClassVar

import numpy as np
import torch
from pyod.models.base import BaseDetector

from baselines.overlap_loss import overlap
from replicas.backpropagation import Dense, backward, forward
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, WIDTHS, Constraints, Interval, at_least
from replicas.detector import ReplicaMixin
from replicas.group import Fitted, Group
from replicas.layers import chain, dense, relu
from replicas.normalisation import batch_norm, fresh_statistics, normalised, normalised_backward
from replicas.optimiser import SGD
from replicas.parameters import Layout, Parameter, zeros
from replicas.rows import TrainingRows, labelled_count
from replicas.sampling import counted, counted_width, passes, with_replacement
from replicas.scaling import scaled, scaled_
from replicas.training import Context, Stage, Step, each, train

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
    hidden_dims : tuple of int
        ReLU widths (authors' MLP: 100-20), then one output with batch normalisation.
    epochs, batch_size : int
        An epoch goes once through the unlabelled rows, half a batch at a time; the batches are drawn once. Of a few
        labelled rows each passes once a step, weighed by how often it was drawn.
    bandwidth : float
    grid : int
        Points at which a crossing is looked for, coarsely first: see ``baselines.overlap_loss``.
    lr, momentum, weight_decay : float
        Stochastic gradient descent.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: authors' code, folder ADSD, architecture MLP, loss "ADSD".
    Deviations: the integrals are exact (sums of normal distribution functions) instead of the trapezoid
    rule on the grid with 1e-4 added to each density, which moves the loss by less than 0.01 and hardly its
    gradient; min-max scaling on the training rows is inside; fewer unlabelled rows than a batch, for which
    their sampler yields nothing, make one batch, drawn with replacement.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_dims": WIDTHS,
        "epochs": COUNT,
        "batch_size": at_least(2),
        "bandwidth": POSITIVE,
        "grid": at_least(2),
        "lr": POSITIVE,
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "weight_decay": NOT_NEGATIVE,
    }

    def __init__(
        self,
        hidden_dims: Sequence[int] = (100, 20),
        epochs: int = 20,
        batch_size: int = 256,
        bandwidth: float = 1.0,
        grid: int = 1000,
        lr: float = 1e-3,
        momentum: float = 0.7,
        weight_decay: float = 1e-2,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.hidden_dims = hidden_dims
        self.epochs = epochs
        self.batch_size = batch_size
        self.bandwidth = bandwidth
        self.grid = grid
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.random_state = random_state

    def _shape_key(self, run: TrainingRows) -> tuple[int, int]:
        """Steps of an epoch, and rows that stand for the labelled half of a batch."""
        labelled = labelled_count(run)
        return self._steps(len(run.y_train) - labelled), counted_width(labelled, self.batch_size // 2)

    def _steps(self, unlabelled: int) -> int:
        return max(1, unlabelled // (self.batch_size // 2) - 1)

    def _names(self) -> list[str]:
        return [*(f"hidden{i}" for i in range(len(self.hidden_dims))), "score"]

    def _layout(self, width: int) -> Layout:
        sizes = [width, *self.hidden_dims, 1]
        layers = zip(self._names(), sizes[:-1], sizes[1:], strict=True)
        parameters = [parameter for name, a, b in layers for parameter in dense(name, a, b)]
        return Layout([*parameters, Parameter("norm.weight", (1, 1), _ones), Parameter("norm.bias", (1, 1), zeros)])

    def _forward(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        output = chain(p, self._names(), scaled(x, context), relu, None)
        normal = batch_norm(output, context, "norm", training=False, eps=EPS)
        return (normal * p["norm.weight"] + p["norm.bias"])[..., 0]

    def _train(self, group: Group) -> Fitted:
        streams, choices = group.streams("overlap", "batches"), group.streams("overlap", "crossings")
        half, (steps, width) = self.batch_size // 2, self._shape_key(group.runs[0])
        batches = [
            _batches(stream, *pair, steps, half, width) for stream, pair in zip(streams, group.pools, strict=True)
        ]
        done = [0] * len(batches)

        def draw(run: int, count: int) -> tuple[np.ndarray, ...]:
            places = np.arange(done[run], done[run] + count) % steps
            done[run] += count
            index, weights = batches[run]
            return index[places], weights[places], choices[run].random((count, 1), dtype=np.float32)

        *hidden, last = self._names()
        chained = [*(Dense(name, 0.0) for name in hidden), Dense(last)]

        def gradient(p: Views, batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            index, weights, choice = batch
            trace = forward(p, chained, scaled_(group.table.gather(index), members))
            output, weights = trace.output, weights[..., None]
            normal, inverse = normalised(output, members, "norm", weights=weights, eps=EPS)
            score = (normal * p["norm.weight"]).add_(p["norm.bias"])[..., 0]
            value, slope = overlap(score, batch[1], half, choice, self.bandwidth, self.grid)
            slope = slope[..., None]
            norms = {
                "norm.weight": (slope * normal).sum(dim=1, keepdim=True),
                "norm.bias": slope.sum(dim=1, keepdim=True),
            }
            outer = normalised_backward(slope.mul_(p["norm.weight"]), normal, inverse, weights=weights)
            return value, value[:, None], backward(p, chained, trace, outer) | norms

        layout = self._layout(group.width)
        context = {**group.scaling, **fresh_statistics(len(group.runs), "norm", 1)}
        optimiser = SGD(self.lr, self.momentum, self.weight_decay)
        stage = Stage(layout, gradient, each(draw), optimiser, self.epochs, steps, tracked=("norm.mean", "norm.var"))
        start = layout.start(group.streams("overlap", "weights"))
        trained = train(stage, start, context)
        return Fitted.of(trained, {**group.scaling, **trained.tracked})


def _batches(
    stream: np.random.Generator, unlabelled: np.ndarray, labelled: np.ndarray, steps: int, half: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """An epoch's batches, each ``half`` unlabelled then labelled rows (steps, half + width), and their weights."""
    if len(unlabelled) >= 2 * half:
        first = unlabelled[passes(stream, len(unlabelled), half)[:steps]]
    else:
        first = unlabelled[with_replacement(stream, len(unlabelled), steps, half)]
    second, times = counted(stream, len(labelled), steps, half, width)
    weights = np.concatenate([np.ones_like(first, dtype=np.float32), times], axis=1)
    return np.concatenate([first, labelled[second]], axis=1), weights


def _ones(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape, dtype=np.float32)
