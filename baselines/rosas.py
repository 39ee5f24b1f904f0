"""RoSAS: contamination-resilient continuous supervision (Xu, Wang, Pang, Jian, Liu, Wang, IPM 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from pyod.models.base import BaseDetector

from baselines.rosas_loss import Triplets, mix_, score_loss, weighted
from replicas.backpropagation import Dense, Views, backward, backward_through, forward
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, Constraints, at_least
from replicas.detector import ReplicaMixin
from replicas.exact import elementwise
from replicas.group import Fitted, Group
from replicas.layers import SLOPE, chain, dense, leaky
from replicas.optimiser import Adam
from replicas.parameters import Layout
from replicas.sampling import with_replacement, without_replacement
from replicas.scaling import scaled, scaled_
from replicas.scoring import evaluate
from replicas.stopping import StoppingRule
from replicas.training import Context, Stage, Step, each, train

HIDDEN = (Dense("hidden", SLOPE),)
HEAD = (Dense("joined", SLOPE), Dense("score"))


class RoSAS(ReplicaMixin, BaseDetector):
    """Learns scores in [-1, 1] from mixtures of rows, whose targets say how much anomaly is in them.

    A batch holds triplets of two unlabelled rows u, p and a labelled anomaly a. With an embedding e and
    a score s, every row x_i (target y_i = -1 or 1) is mixed with another row x_j of the batch,
    x' = l x_i + (1 - l) x_j and y' likewise, l ~ Beta(alpha, alpha), and

    L_e = mean( max(0, ||e(u) - e(p)|| - ||e(u) - e(a)|| + margin) ),
    L_s = mean( H(s(x') - y') + H(s(x') - l s(x_i) - (1 - l) s(x_j)) ) with H the smooth L1,
    L = w_e L_e + w_s L_s + l2 ||e(u) + e(p) + e(a)||,

    w = softmax over (L_e, L_s) of (loss / its mean over the previous epoch) / temperature. Score = s(x).

    Parameters
    ----------
    embedding_dim : int
        Network D - (D + embedding) / 2 - embedding - embedding / 2 - 1, LeakyReLU, biases in the last
        layer only, tanh at the end.
    epochs, steps_per_epoch, batch_size : int
        ``batch_size`` triplets a step.
    margin, alpha, l2, temperature : float
    patience : int or None
        Epochs without a better ranking of the held-out rows before it stops; None runs all epochs on all rows.
    lr, weight_decay : float
        Adam.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: authors' RoSAS.py with configs.yaml. Gradients flow through the weights w, as there.
    Deviations: the authors stop by the ranking, (1 - AP) + (1 - AUC-ROC), of labelled validation rows.
    None are given here, so a fifth of the labelled anomalies and a tenth of the unlabelled rows (taken
    as normal) are held out for it; a single labelled anomaly is trained on and judged by. Without any
    stopping, as in WSADBench, 200 epochs on a few labels overfit by far. Min-max scaling on the training
    rows is inside; with fewer unlabelled rows than a batch they are drawn with replacement.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "embedding_dim": at_least(2),
        "epochs": COUNT,
        "steps_per_epoch": COUNT,
        "batch_size": COUNT,
        "margin": NOT_NEGATIVE,
        "alpha": POSITIVE,
        "l2": NOT_NEGATIVE,
        "temperature": POSITIVE,
        "patience": [*COUNT, None],
        "lr": POSITIVE,
        "weight_decay": NOT_NEGATIVE,
    }

    def __init__(
        self,
        embedding_dim: int = 128,
        epochs: int = 200,
        steps_per_epoch: int = 16,
        batch_size: int = 32,
        margin: float = 1.0,
        alpha: float = 0.5,
        l2: float = 1e-2,
        temperature: float = 2.0,
        patience: int | None = 15,
        lr: float = 5e-3,
        weight_decay: float = 1e-4,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.embedding_dim = embedding_dim
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch
        self.batch_size = batch_size
        self.margin = margin
        self.alpha = alpha
        self.l2 = l2
        self.temperature = temperature
        self.patience = patience
        self.lr = lr
        self.weight_decay = weight_decay
        self.random_state = random_state

    def _layout(self, width: int) -> Layout:
        between, half = width + int((self.embedding_dim - width) * 0.5), self.embedding_dim // 2
        return Layout(
            [
                *dense("hidden", width, between, bias=False),
                *dense("embedding", between, self.embedding_dim, bias=False),
                *dense("head", self.embedding_dim, half, bias=False),
                *dense("score", half, 1),
            ]
        )

    def _forward(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        code = chain(p, ["hidden", "embedding"], scaled(x, context), leaky, None)
        return elementwise(torch.tanh, chain(p, ["head", "score"], code, leaky, None)[..., 0])

    def _train(self, group: Group) -> Fitted:
        streams, holding = group.streams("rosas", "batches"), group.streams("rosas", "held-out")
        cut = [_hold_out(*pair, stream) for pair, stream in zip(group.pools, holding, strict=True)]
        rows = group.pools if self.patience is None else [(divided.unlabelled, divided.labelled) for divided in cut]
        size = self.batch_size
        target = torch.tensor(np.repeat([-1.0, -1.0, 1.0], size), dtype=torch.float32)

        def draw(run: int, steps: int) -> tuple[np.ndarray, ...]:
            index = _triplets(streams[run], *rows[run], steps, size)
            partner = streams[run].permuted(np.broadcast_to(np.arange(3 * size), (steps, 3 * size)), axis=1)
            share = streams[run].beta(self.alpha, self.alpha, size=(steps, 3 * size)).astype(np.float32)
            return index, partner, share

        def gradient(p: Views, batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            index, partner, share = batch
            index = torch.cat([index, torch.gather(index, 1, partner)], dim=1)
            hidden = forward(p, HIDDEN, mix_(scaled_(group.table.gather(index), members), share))
            # nothing lies between the embedding and the head, so that scores need no embedding
            joined = {**p, "joined.weight": torch.bmm(p["embedding.weight"], p["head.weight"])}
            head = forward(joined, HEAD, hidden.output)
            score = elementwise(torch.tanh, head.output[..., 0])
            triplets = Triplets.of(p["embedding.weight"], hidden.output[:, : 3 * size])

            hinge = triplets.hinge(self.margin)
            fit, slope = score_loss(score, target, partner, share)
            losses = torch.stack([hinge.mean(dim=1), fit], dim=1)
            value, pull = weighted(losses, members["previous"], self.temperature)
            total = value + self.l2 * triplets.length[:, 0]

            slope.mul_(pull[:, 1:]).mul_(1.0 - score.square())
            gradients, inner = backward_through(joined, HEAD, head, slope[..., None])
            embedding, rows_inner = triplets.backward(p["embedding.weight"], hinge, pull[:, :1], self.l2)
            inner[:, : 3 * size] += rows_inner
            gradients |= backward(p, HIDDEN, hidden, inner)
            both = gradients.pop("joined.weight")
            gradients["embedding.weight"] = torch.baddbmm(embedding, both, p["head.weight"].transpose(1, 2))
            gradients["head.weight"] = torch.bmm(p["embedding.weight"].transpose(1, 2), both)
            return total, torch.cat([losses, total[:, None]], dim=1), gradients

        def remember(members: Context, means: torch.Tensor) -> None:
            members["previous"].copy_(means[:, :2])

        def monitor(flat: torch.Tensor, members: np.ndarray, inside: Context) -> np.ndarray:
            xs = group.rows([cut[run].judged for run in members])
            scores = evaluate(layout, flat, self._forward, xs, inside)
            return np.array([ranking_loss(s, cut[run].anomalies) for run, s in zip(members, scores, strict=True)])

        layout = self._layout(group.width)
        stage = Stage(
            layout=layout,
            gradient=gradient,
            draw=each(draw),
            optimiser=Adam(self.lr, self.weight_decay),
            epochs=self.epochs,
            steps=self.steps_per_epoch,
            stopping=None if self.patience is None else StoppingRule(self.patience, delta=0.0),
            monitor=None if self.patience is None else monitor,
            after_epoch=remember,
        )
        start = layout.start(group.streams("rosas", "weights"))
        trained = train(stage, start, {**group.scaling, "previous": torch.ones(len(rows), 2)})
        return Fitted.of(trained, group.scaling)


@dataclass(frozen=True, eq=False)
class _DividedRows:
    """A run's table rows: trained on, and judged by (unlabelled first, then ``anomalies`` labelled ones)."""

    unlabelled: np.ndarray
    labelled: np.ndarray
    judged: np.ndarray
    anomalies: int


def _hold_out(unlabelled: np.ndarray, labelled: np.ndarray, stream: np.random.Generator) -> _DividedRows:
    order, mixed = stream.permutation(len(unlabelled)), stream.permutation(len(labelled))
    count, anomalies = len(unlabelled) // 10, max(1, len(labelled) // 5)
    # sorted by position, not by table row: a run must not notice where its rows lie in the table
    kept, watched = np.sort(order[count:]), order[:count] if count else order
    trained = np.sort(mixed[anomalies:]) if len(labelled) > 1 else mixed
    judged = np.concatenate([unlabelled[watched], labelled[mixed[:anomalies]]])
    return _DividedRows(unlabelled[kept], labelled[trained], judged, anomalies)


def ranking_loss(scores: np.ndarray, anomalies: int) -> float:
    """(1 - average precision) + (1 - AUC-ROC) of scores whose last ``anomalies`` belong to anomalies; NaN if any is."""
    if np.isnan(scores).any():
        return float("nan")
    others, wanted = np.sort(scores[:-anomalies]), np.sort(scores[-anomalies:])
    above = len(others) - np.searchsorted(others, wanted, side="left")
    strictly = len(others) - np.searchsorted(others, wanted, side="right")
    hits = anomalies - np.searchsorted(wanted, wanted, side="left")
    precision = np.mean(hits / (hits + above))
    return float(1.0 - precision + np.mean(above + strictly) / (2 * len(others)))


def _triplets(
    stream: np.random.Generator, unlabelled: np.ndarray, labelled: np.ndarray, steps: int, batch: int
) -> np.ndarray:
    """Rows of ``batch`` anchors, then of positives, then of labelled anomalies: (steps, 3 * batch)."""
    distinct = without_replacement if len(unlabelled) >= batch else with_replacement
    anchor = distinct(stream, len(unlabelled), steps, batch)
    positive = distinct(stream, len(unlabelled), steps, batch)
    anomaly = with_replacement(stream, len(labelled), steps, batch)
    return np.concatenate([unlabelled[anchor], unlabelled[positive], labelled[anomaly]], axis=1)
