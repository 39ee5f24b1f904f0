"""Deep SAD: deep semi-supervised anomaly detection (Ruff et al., ICLR 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

import numpy as np
import torch
from pyod.models.base import BaseDetector

from replicas.backpropagation import Dense, backward, forward
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, WIDTHS, Constraints
from replicas.detector import ReplicaMixin
from replicas.exact import elementwise
from replicas.group import Fitted, Group
from replicas.layers import SLOPE, dense, leaky, linear
from replicas.normalisation import batch_norm, fresh_statistics
from replicas.optimiser import Adam
from replicas.parameters import Layout
from replicas.rows import TrainingRows
from replicas.sampling import passes
from replicas.scaling import scaled, scaled_
from replicas.scoring import evaluate
from replicas.training import Context, Gradient, Stage, Step, Trained, each, train

Views = Mapping[str, torch.Tensor]


class DeepSAD(ReplicaMixin, BaseDetector):
    """Deep semi-supervised one-class network: unlabelled rows near a centre, labelled anomalies far.

    d(x) = ||phi(x) - c||^2; per batch L = mean( d for unlabelled rows, eta / (d + 1e-6) for labelled
    anomalies ). phi is a bias-free MLP whose weights come from an autoencoder; c is the mean
    embedding of the training rows, entries within 0.1 of 0 moved to +-0.1. Score = d(x).

    Parameters
    ----------
    hidden_dims : tuple of int
    representation_dim : int
        Widths of phi (authors' tabular setting 32-16-8; ADBench uses 100-20-10).
    epochs, pretraining_epochs, batch_size : int
        Shuffled passes over all training rows; the last partial batch is dropped.
    max_steps_per_epoch : int or None
        Ends an epoch of either stage after so many batches; the next one goes on with the pass. None, as the authors
        have it: the cost grows with the rows.
    lr, weight_decay : float
        Adam. The authors' defaults state 1e-3, but their schedule (milestone 0, factor 0.1) makes it
        1e-4 from the first step, in both stages; that is what is used here.
    eta : float
        Weight of labelled anomalies.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: authors' PyTorch code (MLP with BatchNorm(affine=False, eps 1e-4) and LeakyReLU).
    Deviations: when there are fewer rows than one batch, the batch is all rows. Their z-score
    followed by min-max equals min-max alone, which is done inside, on the training rows.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_dims": WIDTHS,
        "representation_dim": COUNT,
        "epochs": COUNT,
        "pretraining_epochs": COUNT,
        "batch_size": COUNT,
        "max_steps_per_epoch": [*COUNT, None],
        "lr": POSITIVE,
        "weight_decay": NOT_NEGATIVE,
        "eta": NOT_NEGATIVE,
    }

    def __init__(
        self,
        hidden_dims: Sequence[int] = (32, 16),
        representation_dim: int = 8,
        epochs: int = 50,
        pretraining_epochs: int = 100,
        batch_size: int = 128,
        max_steps_per_epoch: int | None = None,
        lr: float = 1e-4,
        weight_decay: float = 1e-6,
        eta: float = 1.0,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.hidden_dims = hidden_dims
        self.representation_dim = representation_dim
        self.epochs = epochs
        self.pretraining_epochs = pretraining_epochs
        self.batch_size = batch_size
        self.max_steps_per_epoch = max_steps_per_epoch
        self.lr = lr
        self.weight_decay = weight_decay
        self.eta = eta
        self.random_state = random_state

    def _shape_key(self, run: TrainingRows) -> tuple[int, int]:
        return self._sizes(len(run.train))

    def _sizes(self, rows: int) -> tuple[int, int]:
        """Rows in a batch, batches in an epoch."""
        batch = min(self.batch_size, rows)
        steps = rows // batch
        return batch, steps if self.max_steps_per_epoch is None else min(steps, self.max_steps_per_epoch)

    def _encoder(self, width: int) -> list[tuple[str, int, int]]:
        sizes = [width, *self.hidden_dims, self.representation_dim]
        return [(f"encoder{i}", a, b) for i, (a, b) in enumerate(pairwise(sizes))]

    def _decoder(self, width: int) -> list[tuple[str, int, int]]:
        sizes = [self.representation_dim, *reversed(self.hidden_dims), width]
        return [(f"decoder{i}", a, b) for i, (a, b) in enumerate(pairwise(sizes))]

    def _layout(self, width: int) -> Layout:
        return _bias_free(self._encoder(width))

    def _forward(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        code = _network(p, self._encoder(x.shape[2]), scaled(x, context), context)
        return (code - context["centre"]).square().sum(dim=2)

    def _train(self, group: Group) -> Fitted:
        labels = [np.asarray(run.y_train) == 1 for run in group.runs]
        encoder, statistics = self._pretrain(group)
        context = {**group.scaling, **statistics}
        context["centre"] = self._centre(group, encoder, context)
        names = tuple(statistics)

        layers = _chain(self._encoder(group.width))

        def gradient(p: Views, batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            trace = forward(p, layers, scaled_(group.table.gather(batch[0]), members), members)
            away = trace.output - members["centre"]
            distance = away.square().sum(dim=2)
            inverse = self.eta / (distance + 1e-6)
            value = torch.where(batch[1], inverse, distance).mean(dim=1)
            share = torch.where(batch[1], inverse.square().div_(-self.eta), 1.0).mul_(2.0 / distance.shape[1])
            return value, value[:, None], backward(p, layers, trace, away.mul_(share[..., None]))

        trained = self._stage(
            self._layout(group.width), "train", group, gradient, self.epochs, encoder, context, names, labels
        )
        return Fitted.of(trained, {**group.scaling, **trained.tracked, "centre": context["centre"]})

    def _pretrain(self, group: Group) -> tuple[torch.Tensor, Context]:
        """Train the autoencoder; return the encoder's weights and batch statistics."""
        width = group.width
        both = [*self._encoder(width), *self._decoder(width)]
        statistics: Context = {}
        for name, _, size in both:
            statistics |= fresh_statistics(len(group.runs), name, size)

        layers = [*_chain(self._encoder(width)), *_chain(self._decoder(width))]

        def gradient(p: Views, batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            x = scaled_(group.table.gather(batch[0]), members)
            trace = forward(p, layers, x, members, rows_last=False)
            output = elementwise(torch.sigmoid, trace.output)
            gap, count = output - x, x[0].numel()
            value = torch.linalg.vector_norm(gap.flatten(1), dim=1).square_().div_(count)
            outer = torch.ops.aten.sigmoid_backward(gap, output).mul_(2.0 / count)
            return value, value[:, None], backward(p, layers, trace, outer)

        layout = _bias_free(both)
        start = layout.start(group.streams("deep_sad", "weights"))
        names = tuple(statistics)
        trained = self._stage(
            layout,
            "pretrain",
            group,
            gradient,
            self.pretraining_epochs,
            start,
            {**group.scaling, **statistics},
            names,
        )
        weights = layout.unpack(trained.flat)
        kept = {f"{name}.{statistic}" for name, _, _ in self._encoder(width)[:-1] for statistic in ("mean", "var")}
        encoder = self._layout(width)
        return torch.from_numpy(encoder.pack(weights)), {n: v for n, v in trained.tracked.items() if n in kept}

    def _stage(
        self,
        layout: Layout,
        name: str,
        group: Group,
        gradient: Gradient,
        epochs: int,
        start: torch.Tensor,
        context: Context,
        tracked: tuple[str, ...],
        labels: list[np.ndarray] | None = None,
    ) -> Trained:
        rows, streams = _rows(group), group.streams("deep_sad", name)
        batch, steps = self._sizes(len(rows[0]))
        passing: list[np.ndarray] = [np.empty((0, batch), dtype=np.int64) for _ in rows]

        def draw(run: int, count: int) -> tuple[np.ndarray, ...]:
            while len(passing[run]) < count:
                positions = passes(streams[run], len(rows[run]), batch)
                passing[run] = np.concatenate([passing[run], positions])
            taken, passing[run] = passing[run][:count], passing[run][count:]
            drawn = (rows[run][taken],)
            return drawn if labels is None else (*drawn, labels[run][taken])

        stage = Stage(
            layout,
            gradient,
            each(draw),
            Adam(self.lr, self.weight_decay),
            epochs,
            steps,
            tracked=tracked,
        )
        return train(stage, start, context)

    def _centre(self, group: Group, flat: torch.Tensor, context: Context) -> torch.Tensor:
        def embed(p: Views, x: torch.Tensor, members: Context) -> torch.Tensor:
            return _network(p, self._encoder(group.width), scaled(x, members), members)

        codes = evaluate(self._layout(group.width), flat, embed, group.rows(_rows(group)), context)
        centres = np.stack([code.mean(axis=0, dtype=np.float64) for code in codes])
        near = np.abs(centres) < 0.1
        centres[near] = np.where(centres[near] < 0, -0.1, 0.1)
        return torch.from_numpy(centres.astype(np.float32))[:, None, :]


def _rows(group: Group) -> list[np.ndarray]:
    """Table rows that each run trains on, labelled or not."""
    return [np.asarray(run.train) + offset for run, offset in zip(group.runs, group.table.offsets, strict=True)]


def _bias_free(layers: Sequence[tuple[str, int, int]]) -> Layout:
    return Layout([parameter for name, a, b in layers for parameter in dense(name, a, b, bias=False)])


def _chain(layers: Sequence[tuple[str, int, int]]) -> list[Dense]:
    """The same layers for training: all but the last normalised, then LeakyReLU."""
    return [*(Dense(name, SLOPE, norm=True) for name, _, _ in layers[:-1]), Dense(layers[-1][0])]


def _network(p: Views, layers: Sequence[tuple[str, int, int]], x: torch.Tensor, context: Context) -> torch.Tensor:
    """Linear, batch norm by running statistics and LeakyReLU for every layer but the last, which is linear."""
    for name, _, _ in layers[:-1]:
        x = leaky(batch_norm(linear(p, name, x), context, name, training=False))
    return linear(p, layers[-1][0], x)
