"""FeaWAD: feature encoding with autoencoders (Zhou, Song, Zhang, Liu, Zhu, Liu, TNNLS 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from pyod.models.base import BaseDetector

from baselines.feawad_loss import DECODER, ENCODER, SHORTEST, stage_gradient
from replicas.backpropagation import Dense, Views, squared_error
from replicas.constraints import COUNT, FLAG, NOT_NEGATIVE, POSITIVE, WIDTHS, Constraints, at_least
from replicas.detector import ReplicaMixin
from replicas.group import Fitted, Group
from replicas.layers import chain, linear, relu
from replicas.optimiser import Adam
from replicas.parameters import Layout, Parameter, zeros
from replicas.rows import TrainingRows, labelled_count
from replicas.sampling import counted_width, halves, with_replacement
from replicas.scaling import scaled, scaled_
from replicas.single import SingleLayout
from replicas.stopping import StoppingRule
from replicas.training import Context, DrawOne, Gradient, Stage, Step, each, train


class FeaWAD(ReplicaMixin, BaseDetector):
    """Scores what an autoencoder makes of a row: its code, the direction and the size of its residual.

    With r = x - g(h(x)), e = ||r|| and z = h(x) the score is s(x) = MLP([r / e, z, e]), where e is
    appended again before each further layer. Per batch, half unlabelled and half labelled,
    L = mean( (1 - y) (|s| + q) + y (max(0, margin - s) + max(0, margin - q)) ), trained end to end
    after g and h were pre-trained on unlabelled rows with the squared error. Score = s(x).

    Parameters
    ----------
    hidden_dim, code_dim : int
        Autoencoder D - D - hidden_dim - code_dim - hidden_dim - D, ReLU after every layer.
    head_dims : tuple of int
        Widths of the scoring MLP.
    epochs, pretraining_epochs, steps_per_epoch, batch_size : int
        Both stages take ``steps_per_epoch`` batches an epoch, drawn with replacement.
    lr : float
        Adam's, in both stages.
    margin : float
    residual_in_loss : bool
        q above. False, the authors' code: q is the norm of r / e, a constant, so the residual enters
        through the score only. True, the paper's equation: q = e.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: authors' FEAWAD.py (Keras; Glorot normal, best-training-loss weights restored in both stages).
    Deviations: min-max scaling on the training rows is inside (their files come scaled); a residual
    of exactly 0, which gives NaN there, has direction 0 and e = 1e-6; the two halves of a batch are
    stacked instead of alternating, and a handful of labelled rows pass the network once each, weighted by
    how often they were drawn, which a mean does not see.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_dim": COUNT,
        "code_dim": COUNT,
        "head_dims": WIDTHS,
        "epochs": COUNT,
        "pretraining_epochs": COUNT,
        "steps_per_epoch": COUNT,
        "batch_size": at_least(2),
        "lr": POSITIVE,
        "margin": NOT_NEGATIVE,
        "residual_in_loss": FLAG,
    }

    def __init__(
        self,
        hidden_dim: int = 128,
        code_dim: int = 64,
        head_dims: Sequence[int] = (256, 32),
        epochs: int = 30,
        pretraining_epochs: int = 100,
        steps_per_epoch: int = 20,
        batch_size: int = 512,
        lr: float = 1e-4,
        margin: float = 5.0,
        residual_in_loss: bool = False,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.hidden_dim = hidden_dim
        self.code_dim = code_dim
        self.head_dims = head_dims
        self.epochs = epochs
        self.pretraining_epochs = pretraining_epochs
        self.steps_per_epoch = steps_per_epoch
        self.batch_size = batch_size
        self.lr = lr
        self.margin = margin
        self.residual_in_loss = residual_in_loss
        self.random_state = random_state

    def _autoencoder(self, width: int) -> SingleLayout:
        sizes = [width, width, self.hidden_dim, self.code_dim, self.hidden_dim, width]
        return _layout([layer.name for layer in ENCODER + DECODER], sizes[:-1], sizes[1:])

    def _head(self) -> tuple[Dense, ...]:
        return (*(Dense(f"head{i}", 0.0) for i in range(len(self.head_dims))), Dense("score"))

    def _shape_key(self, run: TrainingRows) -> Any:
        return counted_width(labelled_count(run), self.batch_size // 2)

    def _layout(self, width: int) -> SingleLayout:
        names = [layer.name for layer in self._head()]
        head = _layout(names, [width + self.code_dim + 1, *(size + 1 for size in self.head_dims)], [*self.head_dims, 1])
        return SingleLayout([*self._autoencoder(width).parameters, *head.parameters])

    def _forward(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        x = scaled(x, context)
        code = chain(p, [layer.name for layer in ENCODER], x, relu, relu)
        residual = x - chain(p, [layer.name for layer in DECODER], code, relu, relu)
        norm = residual.square().sum(dim=2, keepdim=True).sqrt().clamp(min=SHORTEST)
        first, *others = (layer.name for layer in self._head())
        value = linear(p, first, torch.cat([residual / norm, code, norm], dim=2))
        for name in others:
            value = _with_norm(p, name, relu(value), norm)
        return value[..., 0]

    def _train(self, group: Group) -> Fitted:
        half, labelled_width, head = self.batch_size // 2, self._shape_key(group.runs[0]), self._head()
        streams = group.streams("feawad", "batches")

        def draw(run: int, steps: int) -> tuple[np.ndarray, ...]:
            return halves(streams[run], *group.pools[run], steps, half, labelled_width)

        def gradient(p: Views, batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            index, times = batch
            x = scaled_(group.table.gather(index), members)
            value, gradients = stage_gradient(p, head, x, times, self.margin, self.residual_in_loss)
            return value, value[:, None], gradients

        layout = self._layout(group.width)
        values = layout.unpack(layout.start(group.streams("feawad", "head")))
        values |= self._pretrain(group)
        start = torch.from_numpy(layout.pack(values))
        trained = train(self._stage(layout, gradient, draw, self.epochs), start, group.scaling)
        return Fitted.of(trained, group.scaling)

    def _pretrain(self, group: Group) -> dict[str, np.ndarray]:
        """The autoencoder's weights after its own stage on unlabelled rows."""
        rows, streams = [unlabelled for unlabelled, _ in group.pools], group.streams("feawad", "pretrain")

        def draw(run: int, steps: int) -> tuple[np.ndarray, ...]:
            return (rows[run][with_replacement(streams[run], len(rows[run]), steps, self.batch_size)],)

        def gradient(p: Views, batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            x = scaled_(group.table.gather(batch[0]), members)
            value, gradients = squared_error(p, ENCODER + DECODER, x, x)
            return value, value[:, None], gradients

        layout = self._autoencoder(group.width)
        start = layout.start(group.streams("feawad", "weights"))
        stage = self._stage(layout, gradient, draw, self.pretraining_epochs)
        return layout.unpack(train(stage, start, group.scaling).flat)

    def _stage(self, layout: Layout, gradient: Gradient, draw: DrawOne, epochs: int) -> Stage:
        best = StoppingRule(patience=None, delta=0.0)
        optimiser = Adam(self.lr, eps=1e-7)
        return Stage(layout, gradient, each(draw), optimiser, epochs, self.steps_per_epoch, stopping=best)


def _layout(names: Sequence[str], inputs: Sequence[int], outputs: Sequence[int]) -> SingleLayout:
    parameters = []
    for name, a, b in zip(names, inputs, outputs, strict=True):
        parameters += [Parameter(f"{name}.weight", (a, b), glorot_normal), Parameter(f"{name}.bias", (1, b), zeros)]
    return SingleLayout(parameters)


def _with_norm(p: Views, name: str, x: torch.Tensor, norm: torch.Tensor) -> torch.Tensor:
    """Dense layer of [x, norm] without building it: x (R, B, H), norm (R, B, 1) -> (R, B, out)."""
    weight = p[f"{name}.weight"]
    return torch.baddbmm(p[f"{name}.bias"], x, weight[:, :-1]) + norm * weight[:, -1:]


def glorot_normal(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Keras' Glorot normal for a kernel (in, out): variance 2 / (in + out), cut at two standard deviations."""
    values = generator.standard_normal(shape)
    while (far := np.abs(values) > 2.0).any():
        values[far] = generator.standard_normal(int(far.sum()))
    # 0.8796 is the standard deviation of a standard normal cut at +-2
    scaled_values: np.ndarray = values * np.sqrt(2.0 / sum(shape)) / 0.87962566103423978
    return scaled_values.astype(np.float32)
