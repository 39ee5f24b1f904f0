"""DevNet: deviation networks (Pang, Shen, van den Hengel, KDD 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from pyod.models.base import BaseDetector

from baselines.deviation import deviation_loss
from replicas.backpropagation import Dense, backward, forward
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, Constraints, at_least
from replicas.detector import ReplicaMixin
from replicas.group import Fitted, Group
from replicas.layers import chain, dense, relu
from replicas.optimiser import RMSprop
from replicas.parameters import Layout
from replicas.rows import TrainingRows, labelled_count
from replicas.sampling import counted_width, halves
from replicas.scaling import scaled, scaled_
from replicas.stopping import StoppingRule
from replicas.training import Context, Stage, Step, each, train

NETWORK = (Dense("hidden", 0.0), Dense("score"))


class DevNet(ReplicaMixin, BaseDetector):
    """Deviation network: scores are pushed away from a Gaussian prior for labelled anomalies.

    With reference scores r_1..r_5000 ~ N(0, 1), dev(x) = (s(x) - mean(r)) / std(r), and per batch
    L = mean( (1 - y) |dev| + y max(0, margin - dev) ) + l2 * sum(W_hidden^2). Score = s(x).

    Parameters
    ----------
    hidden_dim : int
        Width of the one hidden ReLU layer (the authors' depth 2).
    epochs, steps_per_epoch, batch_size : int
        Each step takes half a batch of unlabelled and half of labelled rows, both with replacement; of a few
        labelled rows each passes once, weighed by how often it was drawn.
    margin, l2, lr, clipnorm, n_references
        The loss's margin, the hidden kernel's L2, RMSprop's rate and clip, the number of prior draws.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: authors' devnet.py (Keras; RMSprop, clipnorm 1, best-training-loss weights restored).
    Deviations: min-max scaling on the training rows is inside (their files come scaled).
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_dim": COUNT,
        "epochs": COUNT,
        "steps_per_epoch": COUNT,
        "batch_size": at_least(2),
        "margin": NOT_NEGATIVE,
        "l2": NOT_NEGATIVE,
        "lr": POSITIVE,
        "clipnorm": POSITIVE,
        "n_references": at_least(2),
    }

    def __init__(
        self,
        hidden_dim: int = 20,
        epochs: int = 50,
        steps_per_epoch: int = 20,
        batch_size: int = 512,
        margin: float = 5.0,
        l2: float = 0.01,
        lr: float = 1e-3,
        clipnorm: float = 1.0,
        n_references: int = 5000,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.hidden_dim = hidden_dim
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch
        self.batch_size = batch_size
        self.margin = margin
        self.l2 = l2
        self.lr = lr
        self.clipnorm = clipnorm
        self.n_references = n_references
        self.random_state = random_state

    def _shape_key(self, run: TrainingRows) -> int:
        return counted_width(labelled_count(run), self.batch_size // 2)

    def _layout(self, width: int) -> Layout:
        return Layout(
            [
                *dense("hidden", width, self.hidden_dim, style="keras"),
                *dense("score", self.hidden_dim, 1, style="keras"),
            ]
        )

    def _forward(self, p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        return chain(p, ["hidden", "score"], scaled(x, context), relu, None)[..., 0]

    def _train(self, group: Group) -> Fitted:
        streams = group.streams("devnet", "batches")
        half, width = self.batch_size // 2, self._shape_key(group.runs[0])
        prior = [stream.standard_normal(self.n_references) for stream in group.streams("devnet", "prior")]
        context = {
            **group.scaling,
            "prior_mean": torch.tensor([[references.mean()] for references in prior], dtype=torch.float32),
            "prior_std": torch.tensor([[references.std()] for references in prior], dtype=torch.float32),
        }

        def draw(run: int, steps: int) -> tuple[np.ndarray, ...]:
            return halves(streams[run], *group.pools[run], steps, half, width)

        def gradient(p: Mapping[str, torch.Tensor], batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            index, times = batch
            trace = forward(p, NETWORK, scaled_(group.table.gather(index), members))
            deviation = (trace.output[..., 0] - members["prior_mean"]) / members["prior_std"]
            fit, slope = deviation_loss(deviation, times, self.margin)
            penalty = self.l2 * p["hidden.weight"].square().flatten(1).sum(dim=1)
            slope /= members["prior_std"]
            gradients = backward(p, NETWORK, trace, slope[..., None])
            gradients["hidden.weight"].add_(p["hidden.weight"], alpha=2.0 * self.l2)
            return fit + penalty, torch.stack([fit, penalty], dim=1), gradients

        stage = Stage(
            layout=self._layout(group.width),
            gradient=gradient,
            draw=each(draw),
            optimiser=RMSprop(lr=self.lr, clipnorm=self.clipnorm),
            epochs=self.epochs,
            steps=self.steps_per_epoch,
            stopping=StoppingRule(patience=None, delta=0.0),
        )
        start = stage.layout.start(group.streams("devnet", "weights"))
        return Fitted.of(train(stage, start, context), group.scaling)
