"""WSAD-DT: weakly supervised anomaly detection via a dual-tailed kernel (Durani et al., ICML 2025)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

import numpy as np
import torch
from pyod.models.base import BaseDetector

from baselines.wsad_dt_loss import dual_tailed_loss, pushed, soft_assignment
from baselines.wsad_dt_network import clipped, embeddings, gradients
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, WIDTHS, Constraints, at_least
from replicas.detector import ReplicaMixin
from replicas.group import Fitted, Group
from replicas.layers import dense
from replicas.optimiser import Adam
from replicas.parameters import Layout, Parameter
from replicas.rows import TrainingRows
from replicas.scaling import scaled, scaled_
from replicas.scoring import evaluate
from replicas.training import Context, Stage, Step, each, train
from reproducibility.streams import generator


class WSADDT(ReplicaMixin, BaseDetector):
    """Networks that draw unlabelled rows to one centre and labelled anomalies to another.

    With d_n, d_a the squared distances of an embedding to the two centres, a row is compared with its own centre by a
    Gaussian (exp(-2 d_n) of unlabelled rows, exp(-d_a) of labelled ones) and with the other by Student's t kernel
    (1 + d / 0.2)^-0.6; q_n and q_a are these two, divided by their sum. The loss is -log q - log(1 - q') of both
    classes, q of the own and q' of the other centre, plus the mean Gaussian kernel between up to eight rows of each
    class, which keeps a class from falling into one point. Score = mean over the networks of t_a / (t_n + t_a), with
    the t kernel for both centres.

    Parameters
    ----------
    n_estimators : int
        Networks; each sees its own part of the unlabelled rows (all of them where there are fewer than networks) and
        all labelled anomalies.
    hidden_dims, representation_dim
        Widths of the SELU layers and of the embedding; no biases.
    epochs, batch_size : int
        An epoch draws as many rows as there are training rows, with replacement.
    max_steps_per_epoch : int or None
        Bound on the batches of an epoch; None = no bound, as the authors.
    lr, weight_decay, clipnorm : float
        Adam's rate and L2, and the bound on a network's gradient.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: the authors' package wsad-dt (class weights 2 and 1 over the counts of the whole table, so that with five
    networks 71% of a batch are labelled anomalies; centres fixed at the mean embeddings before training).
    Deviations: unlabelled anomalies stay in the training rows, from which the authors' experiment removes them; at
    most 20 batches an epoch; centres are means over the rows instead of over a weighted draw of them; min-max scaling
    on the training rows is inside.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_estimators": COUNT,
        "hidden_dims": WIDTHS,
        "representation_dim": COUNT,
        "epochs": COUNT,
        "batch_size": at_least(2),
        "max_steps_per_epoch": [*COUNT, None],
        "lr": POSITIVE,
        "weight_decay": NOT_NEGATIVE,
        "clipnorm": POSITIVE,
    }

    def __init__(
        self,
        n_estimators: int = 5,
        hidden_dims: Sequence[int] = (100, 50),
        representation_dim: int = 128,
        epochs: int = 100,
        batch_size: int = 64,
        max_steps_per_epoch: int | None = 20,
        lr: float = 1e-3,
        weight_decay: float = 1e-5,
        clipnorm: float = 1.0,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_estimators = n_estimators
        self.hidden_dims = hidden_dims
        self.representation_dim = representation_dim
        self.epochs = epochs
        self.batch_size = batch_size
        self.max_steps_per_epoch = max_steps_per_epoch
        self.lr = lr
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.random_state = random_state

    def _shape_key(self, run: TrainingRows) -> int:
        """Batches of an epoch."""
        steps = -(-len(run.y_train) // self.batch_size)
        return steps if self.max_steps_per_epoch is None else min(steps, self.max_steps_per_epoch)

    def _network(self, width: int) -> list[Parameter]:
        """One network's parameters."""
        sizes = [width, *self.hidden_dims, self.representation_dim]
        return [
            parameter
            for number, (inputs, outputs) in enumerate(pairwise(sizes))
            for parameter in dense(f"layer{number}", inputs, outputs, bias=False)
        ]

    def _layout(self, width: int) -> Layout:
        """A run's networks side by side: every parameter has an axis of networks in front."""
        return Layout([Parameter(p.name, (self.n_estimators, *p.shape), p.start) for p in self._network(width)])

    def _forward(self, p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        return soft_assignment(self._embeddings(p, x, context), context["centres"]).mean(dim=1)

    def _embeddings(self, p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        """Embeddings (R, networks, B, d) of raw rows (R, B, D)."""
        value = scaled(x, context)[:, None]
        *hidden, last = p.values()
        for weight in hidden:
            value = torch.selu(torch.matmul(value, weight))
        return torch.matmul(value, last)

    def _train(self, group: Group) -> Fitted:
        """Train every network of every run as a replica of its own."""
        networks, runs = self.n_estimators, len(group.runs)
        layout = Layout(self._network(group.width))
        pools = [pool for run in range(runs) for pool in self._parts(group, run)]
        streams = self._streams(group, "batches")
        start = layout.start(self._streams(group, "weights"))
        scaling = {name: value.repeat_interleave(networks, dim=0) for name, value in group.scaling.items()}
        rows = [group.rows(part) for part in zip(*pools, strict=True)]
        centres = torch.cat([_centres(layout, start, scaling, part) for part in rows], dim=1)

        def draw(member: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
            everything = len(group.pools[member // networks][0])
            return draws(streams[member], *pools[member], everything, steps, self.batch_size)

        def gradient(p: Mapping[str, torch.Tensor], batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            index, counts = batch
            values = embeddings(p, scaled_(group.table.gather(index), members))
            loss = dual_tailed_loss(values[-1], counts, members["centres"])
            slopes = clipped(gradients(p, values, loss.slope), self.clipnorm)
            return loss.fit + loss.spread, torch.stack([loss.fit, loss.spread], dim=1), slopes

        trained = train(
            Stage(
                layout=layout,
                gradient=gradient,
                draw=each(draw),
                optimiser=Adam(self.lr, self.weight_decay),
                epochs=self.epochs,
                steps=self._shape_key(group.runs[0]),
            ),
            start,
            {**scaling, "centres": centres},
        )
        weights = {name: _by_run(value, networks) for name, value in layout.unpack(trained.flat).items()}
        history = np.stack(trained.history)
        return Fitted(
            torch.from_numpy(self._layout(group.width).pack(weights)),
            {**group.scaling, "centres": centres.view(runs, networks, *centres.shape[1:])},
            [{"history_": part} for part in _by_run(history, networks).mean(axis=1)],
        )

    def _streams(self, group: Group, purpose: str) -> list[np.random.Generator]:
        """The random stream of this purpose of each network, run by run."""
        return [
            generator("wsad-dt", purpose, network, seed) for seed in group.seeds for network in range(self.n_estimators)
        ]

    def _parts(self, group: Group, run: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Each network's unlabelled rows, and the labelled anomalies."""
        unlabelled, labelled = group.pools[run]
        if len(unlabelled) < self.n_estimators:
            return [(unlabelled, labelled)] * self.n_estimators
        order = generator("wsad-dt", "parts", group.seeds[run]).permutation(unlabelled)
        return [(part, labelled) for part in np.array_split(order, self.n_estimators)]


def _centres(layout: Layout, start: torch.Tensor, scaling: Context, rows: Sequence[np.ndarray]) -> torch.Tensor:
    """Mean embedding of each network's rows before training, kept away from 0, (networks, 1, d)."""

    def forward(p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        return embeddings(p, scaled(x, context))[-1]

    values = evaluate(layout, start, forward, rows, scaling)
    return pushed(torch.from_numpy(np.stack([value.mean(axis=0, keepdims=True) for value in values])))


def draws(
    stream: np.random.Generator, unlabelled: np.ndarray, labelled: np.ndarray, every: int, steps: int, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Batches of a network, unlabelled rows first.

    Parameters
    ----------
    unlabelled, labelled : row numbers to draw from, with replacement
    every : int
        Unlabelled rows of all networks, over which the class weights are taken.
    steps, size : int

    Returns
    -------
    index : (steps, size) int64
    counts : (steps,) int64
        How many of a batch are unlabelled.
    """
    share = 1.0 / (1.0 + 2.0 * len(unlabelled) / every)
    counts = size - stream.binomial(size, share, steps)
    own = unlabelled[stream.integers(0, len(unlabelled), (steps, size))]
    shared = labelled[stream.integers(0, len(labelled), (steps, size))]
    return np.where(np.arange(size) < counts[:, None], own, shared), counts


def _by_run(values: np.ndarray, networks: int) -> np.ndarray:
    """(runs * networks, ...) as (runs, networks, ...)."""
    return values.reshape(-1, networks, *values.shape[1:])
