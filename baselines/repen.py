"""REPEN: representations for random nearest-neighbour distances (Pang, Cao, Chen, Liu, KDD 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from pyod.models.base import BaseDetector

from replicas.backpropagation import Dense, backward, forward
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, Constraints
from replicas.detector import ReplicaMixin
from replicas.group import Fitted, Group
from replicas.layers import dense, linear, relu
from replicas.optimiser import Adadelta
from replicas.parameters import Layout
from replicas.rows import TrainingRows, labelled_count
from replicas.sampling import counted_width, passing_once, with_replacement, without_replacement
from replicas.scaling import scaled, scaled_
from replicas.scoring import evaluate
from replicas.stopping import StoppingRule
from replicas.training import Context, Stage, Step, each, train

Views = Mapping[str, torch.Tensor]

NETWORK = (Dense("hidden", 0.0),)


class REPEN(ReplicaMixin, BaseDetector):
    """Embeds rows so that anomalies lie far from small random samples of the training rows.

    With h one ReLU layer and a triplet of an unlabelled row e, another unlabelled row p and a labelled
    anomaly a, L = mean( max(0, margin - (||h(e) - h(a)||^2 - ||h(e) - h(p)||^2)) ). Score = LeSiNN in
    the embedding: the mean over ``n_estimators`` samples of ``max_samples`` training rows of the mean
    distance to the ``n_neighbors`` nearest rows of the sample.

    Parameters
    ----------
    hidden_dim : int
    epochs, steps_per_epoch, batch_size : int
        Triplets per step are ``batch_size``; every row of one is drawn uniformly.
    margin : float
    lr : float
        Adadelta's; 1 is Keras' default of 2018 (tf.keras has 0.001, which needs far more epochs).
    n_estimators, max_samples, n_neighbors : int
        LeSiNN's samples, their size, and how many of a sample's rows count.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: authors' rankod.py (Keras, best-training-loss weights restored), whose public form takes
    LeSiNN's outlier candidates as anomalies; here, as in ADBench's "supervised" mode, the anomalies of
    the triplets are the labelled ones, and rows of a triplet are drawn uniformly.
    Deviations: 50 steps an epoch at every size (ADBench; authors: rows / 256); min-max scaling on the
    training rows is inside; with fewer training rows than ``max_samples`` a sample is all of them; of a
    handful of labelled anomalies each passes through h once a step, in however many triplets it is.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_dim": COUNT,
        "epochs": COUNT,
        "steps_per_epoch": COUNT,
        "batch_size": COUNT,
        "margin": NOT_NEGATIVE,
        "lr": POSITIVE,
        "n_estimators": COUNT,
        "max_samples": COUNT,
        "n_neighbors": COUNT,
    }

    def __init__(
        self,
        hidden_dim: int = 20,
        epochs: int = 30,
        steps_per_epoch: int = 50,
        batch_size: int = 256,
        margin: float = 1000.0,
        lr: float = 1.0,
        n_estimators: int = 50,
        max_samples: int = 8,
        n_neighbors: int = 1,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.hidden_dim = hidden_dim
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch
        self.batch_size = batch_size
        self.margin = margin
        self.lr = lr
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.n_neighbors = n_neighbors
        self.random_state = random_state

    def _shape_key(self, run: TrainingRows) -> tuple[int, int]:
        return min(self.max_samples, len(run.train)), counted_width(labelled_count(run), self.batch_size)

    def _layout(self, width: int) -> Layout:
        return Layout(dense("hidden", width, self.hidden_dim, style="keras"))

    def _embed(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        return relu(linear(p, "hidden", scaled(x, context)))

    def _forward(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        return lesinn(self._embed(p, x, context), context["references"], self.n_estimators, self.n_neighbors)

    def _train(self, group: Group) -> Fitted:
        streams = group.streams("repen", "batches")
        _, width = self._shape_key(group.runs[0])

        def draw(run: int, steps: int) -> tuple[np.ndarray, ...]:
            return _triplets(streams[run], *group.pools[run], steps, self.batch_size, width)

        def gradient(p: Views, batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            index, places = batch
            trace = forward(p, NETWORK, scaled_(group.table.gather(index), members))
            value, slope = _hinge(trace.output, places, self.margin)
            gradients = backward(p, NETWORK, trace, slope)
            return value, value[:, None], {name: piece.mul_(2.0 / self.batch_size) for name, piece in gradients.items()}

        stage = Stage(
            layout=self._layout(group.width),
            gradient=gradient,
            draw=each(draw),
            optimiser=Adadelta(self.lr),
            epochs=self.epochs,
            steps=self.steps_per_epoch,
            stopping=StoppingRule(patience=None, delta=0.0),
        )
        start = stage.layout.start(group.streams("repen", "weights"))
        trained = train(stage, start, group.scaling)
        drawing = group.streams("repen", "references")
        samples = [
            self._samples(stream, np.asarray(run.train) + offset)
            for stream, run, offset in zip(drawing, group.runs, group.table.offsets, strict=True)
        ]
        references = evaluate(stage.layout, trained.flat, self._embed, group.rows(samples), group.scaling)
        return Fitted.of(trained, {**group.scaling, "references": torch.from_numpy(np.stack(references))})

    def _samples(self, stream: np.random.Generator, train: np.ndarray) -> np.ndarray:
        """Table rows of LeSiNN's samples, one after the other: (n_estimators * max_samples,)."""
        size = min(self.max_samples, len(train))
        samples: np.ndarray = train[without_replacement(stream, len(train), self.n_estimators, size)]
        return samples.reshape(-1)


def lesinn(codes: torch.Tensor, references: torch.Tensor, n_estimators: int, n_neighbors: int) -> torch.Tensor:
    """Mean over samples of the mean distance to the nearest rows of each (Pang, Ting, Albrecht, ICDMW 2015).

    Parameters
    ----------
    codes : (R, B, H)
    references : (R, n_estimators * max_samples, H)
        The samples, one after the other.
    n_estimators, n_neighbors : int

    Returns
    -------
    (R, B) tensor
    """
    # squares by a product in double precision: exact to single precision also between near rows, ten times as fast
    codes, references = codes.double(), references.double()
    lengths = codes.square().sum(dim=2)[..., None], references.square().sum(dim=2)[:, None]
    square = torch.baddbmm(lengths[1], codes, references.transpose(1, 2), alpha=-2.0)
    nearest = torch.unflatten(square, 2, (n_estimators, -1))
    if n_neighbors == 1:
        kept = nearest.amin(dim=3, keepdim=True)
    else:
        kept = nearest.topk(min(n_neighbors, nearest.shape[3]), dim=3, largest=False).values
    distance = kept.add_(lengths[0][..., None]).clamp_(min=0.0).sqrt_()
    return distance.mean(dim=3).mean(dim=2).float()


def _hinge(codes: torch.Tensor, places: torch.Tensor, margin: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The ranking loss of each replica, and batch / 2 times its gradient with respect to the codes, laid as these are.

    Parameters
    ----------
    codes : (R, 2 * batch + width, H), rows last in memory
        Of examples, of other unlabelled rows, and of labelled anomalies.
    places : (R, batch)
        Which of the anomalies each triplet has.
    """
    batch = places.shape[1]
    slope = torch.empty_like(codes)
    codes_t, slope_t = codes.transpose(1, 2), slope.transpose(1, 2)
    example, positive, known = codes_t[..., :batch], codes_t[..., batch : 2 * batch], codes_t[..., 2 * batch :]
    first, second, third = slope_t[..., :batch], slope_t[..., batch : 2 * batch], slope_t[..., 2 * batch :]
    where = places[:, None].expand_as(example)
    anomaly = torch.gather(known, 2, where)
    # halves of each triplet's gradient; ||e - a||^2 - ||e - p||^2 = (p - a).(e - a + e - p)
    torch.sub(anomaly, positive, out=first)
    torch.sub(positive, example, out=second)
    far = torch.sub(example, anomaly, out=anomaly)
    short = margin + (far - second).mul_(first).sum(dim=1)
    counts = short > 0
    if not counts.all():  # a margin of 1000 is hardly ever reached
        for part in (first, second, far):
            part.mul_(counts[:, None])
    third.zero_().scatter_add_(2, where, far)
    return short.clamp_(min=0.0).mean(dim=1), slope


def _triplets(
    stream: np.random.Generator, unlabelled: np.ndarray, labelled: np.ndarray, steps: int, batch: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of ``batch`` examples, then of other unlabelled rows, then of labelled ones: (steps, 2 * batch + width).

    Also which of the labelled ones belongs to each example, (steps, batch).
    """
    count = len(unlabelled)
    example = with_replacement(stream, count, steps, batch)
    other = example + 1 + with_replacement(stream, max(count - 1, 1), steps, batch)
    other[other >= count] -= count
    once, places = passing_once(with_replacement(stream, len(labelled), steps, batch), len(labelled), width)
    return np.concatenate([unlabelled[example], unlabelled[other], labelled[once]], axis=1), places
