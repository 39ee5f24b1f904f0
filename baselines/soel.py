"""SOEL: semi-supervised outlier exposure with a limited labelling budget (Li, Qiu, Kloft et al., ICML 2023)."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from numbers import Real
from typing import ClassVar

import numpy as np
import torch
from pyod.models.base import BaseDetector

from replicas.constraints import COUNT, POSITIVE, Constraints, Interval, at_least
from replicas.detector import ReplicaMixin
from replicas.exact import elementwise
from replicas.group import Fitted, Group
from replicas.layers import chain, dense, relu
from replicas.normalisation import batch_norm, fresh_statistics
from replicas.optimiser import Adam
from replicas.parameters import Parameter, bounded
from replicas.rows import TrainingRows, labelled_count
from replicas.sampling import passes, without_replacement
from replicas.scaling import scaled
from replicas.single import SingleLayout
from replicas.stopping import StoppingRule
from replicas.training import Context, Stage, differentiated, each, train

Views = Mapping[str, torch.Tensor]
EPS = 1e-5  # batch normalisation's default
MOST_ROWS = 2048  # of each kind in one step
WIDEST = 256  # hidden layer of a transformation
ENCODER = ["encoder0", "encoder1", "encoder2"]
NORMALISED = ["transform0", "transform1"]


class SOEL(ReplicaMixin, BaseDetector):
    """Neural transformation learning whose loss takes likely anomalies among the unlabelled rows as half normal.

    K networks t_k change a row, x_k = x + t_k(x), x_0 = x; an encoder gives z_k, and with
    s_kl = exp(cos(z_k, z_l) / temperature)

    p_k = s_k0 / sum_{l != k} s_kl,
    L_n(x) = mean_k( -log p_k ) / log K,    L_a(x) = mean_k( -log(1 - p_k) ) / log K,
    L = mean over labelled anomalies of L_a + mean over unlabelled rows of (1 - w) L_n + w L_a,

    w = 1/2 for the share ``ratio`` of the batch's unlabelled rows with the highest L_n - L_a, else 0.
    Score = L_n(x).

    Parameters
    ----------
    n_transformations : int
        K, at least 2. Each is D - D - D - D without biases, batch-normalised, ReLU. The encoder has three
        layers without biases, hidden and last width 2D and 2D (D < 32), 64 and 32 (D <= 300), 256 and 64.
    ratio : float
        Assumed share of anomalies among the unlabelled rows.
    epochs, batches : int
        Shuffled passes over the unlabelled rows, each in this many batches; every labelled anomaly is in
        every step.
    temperature, lr : float
        Of the similarities; Adam's.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: authors' Active-SOEL, folder NTL, tabular configuration; its epoch of lowest training loss is kept.
    Deviations: no rows are queried, so the labelled set holds anomalies only. The authors estimate ``ratio``
    from queried rows of both kinds, which needs labelled normal rows; here it is fixed at the 0.1 that their
    experiments contaminate with. The loss is the paper's sum, one Adam step a batch, where the code steps on
    the labelled and the unlabelled rows in turn: with anomalies alone in the first, its batch normalisation
    would see nothing else. The epoch before the queries is left out. Beyond the sizes tried there, a step
    takes at most 2,048 rows of each kind and a transformation's hidden layers are at most 256 wide. Min-max
    scaling on the training rows is inside.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_transformations": at_least(2),
        "ratio": [Interval(Real, 0, 1, closed="both")],
        "epochs": COUNT,
        "batches": COUNT,
        "temperature": POSITIVE,
        "lr": POSITIVE,
    }

    def __init__(
        self,
        n_transformations: int = 9,
        ratio: float = 0.1,
        epochs: int = 100,
        batches: int = 5,
        temperature: float = 0.1,
        lr: float = 1e-3,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_transformations = n_transformations
        self.ratio = ratio
        self.epochs = epochs
        self.batches = batches
        self.temperature = temperature
        self.lr = lr
        self.random_state = random_state

    def _shape_key(self, run: TrainingRows) -> tuple[int, int, int]:
        labelled = labelled_count(run)
        return (*self._sizes(len(run.y_train) - labelled), min(labelled, MOST_ROWS))

    def _sizes(self, unlabelled: int) -> tuple[int, int]:
        """Unlabelled rows in a batch, batches in an epoch."""
        batch = min(max(1, unlabelled // self.batches), MOST_ROWS)
        return batch, unlabelled // batch

    def _layout(self, width: int) -> SingleLayout:
        inside = min(width, WIDEST)
        hidden, last = (2 * width, 2 * width) if width < 32 else (64, 32) if width <= 300 else (256, 64)
        sizes = [(width, inside), (inside, inside), (inside, width)]
        return SingleLayout(
            [
                *(
                    Parameter(f"transform{i}.weight", (self.n_transformations, a, b), bounded(a**-0.5))
                    for i, (a, b) in enumerate(sizes)
                ),
                *dense("encoder0", width, hidden, bias=False),
                *dense("encoder1", hidden, hidden, bias=False),
                *dense("encoder2", hidden, last, bias=False),
            ]
        )

    def _forward(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        return self._losses(p, x, context, training=False)[0]

    def _losses(self, p: Views, x: torch.Tensor, context: Context, training: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """L_n and L_a (R, B) of raw rows."""
        x = scaled(x, context)
        changed = _transformed(p, x, context, training)
        views = torch.cat([x[:, :, None], changed.transpose(1, 2)], dim=2)
        code = chain(p, ENCODER, views.flatten(1, 2), relu, None)
        return contrast(torch.unflatten(code, 1, views.shape[1:3]), self.temperature)

    def _train(self, group: Group) -> Fitted:
        rows, streams = group.pools, group.streams("soel", "batches")
        batch, steps = self._sizes(len(rows[0][0]))
        suspects, labelled = int(batch * self.ratio), min(len(rows[0][1]), MOST_ROWS)
        passing = [np.empty((0, batch), dtype=np.int64) for _ in rows]
        layout = self._layout(group.width)

        def draw(run: int, count: int) -> tuple[np.ndarray, ...]:
            unlabelled, anomalies = rows[run]
            while len(passing[run]) < count:
                passing[run] = np.concatenate([passing[run], passes(streams[run], len(unlabelled), batch)[:steps]])
            taken, passing[run] = passing[run][:count], passing[run][count:]
            known = without_replacement(streams[run], len(anomalies), count, labelled)
            return (np.concatenate([unlabelled[taken], anomalies[known]], axis=1),)

        def loss(p: Views, drawn: tuple[torch.Tensor, ...], members: Context) -> tuple[torch.Tensor, torch.Tensor]:
            normal, anomalous = self._losses(p, group.table.gather(drawn[0]), members, training=True)
            low, high = normal[:, :batch], anomalous[:, :batch]
            likely = (low - high).detach().topk(suspects, dim=1).indices
            weight = torch.zeros_like(low).scatter(1, likely, 0.5)
            terms = torch.stack([torch.lerp(low, high, weight).mean(dim=1), anomalous[:, batch:].mean(dim=1)], dim=1)
            return terms.sum(dim=1), terms

        statistics = self._statistics(len(rows), min(group.width, WIDEST))
        stage = Stage(
            layout=layout,
            gradient=differentiated(loss),
            draw=each(draw),
            optimiser=Adam(self.lr),
            epochs=self.epochs,
            steps=steps,
            stopping=StoppingRule(patience=None, delta=0.0),
            tracked=tuple(statistics),
        )
        start = layout.start(group.streams("soel", "weights"))
        trained = train(stage, start, {**group.scaling, **statistics})
        return Fitted.of(trained, {**group.scaling, **trained.tracked})

    def _statistics(self, runs: int, width: int) -> Context:
        """Running statistics (runs, K, 1, width) of the transformations' hidden layers."""
        statistics: Context = {}
        for name in NORMALISED:
            fresh = fresh_statistics(runs * self.n_transformations, name, width)
            statistics |= {key: value.view(runs, self.n_transformations, 1, width) for key, value in fresh.items()}
        return statistics


def contrast(code: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """L_n and L_a of a row's encodings.

    Parameters
    ----------
    code : (R, B, K + 1, Z) tensor
        First the row itself, then its K transformations.
    temperature : float

    Returns
    -------
    two (R, B) tensors
    """
    views = code.shape[2]
    flat = code.flatten(0, 1)
    product = torch.unflatten(torch.bmm(flat, flat.transpose(1, 2)), 0, code.shape[:2])
    inverse = product.diagonal(dim1=2, dim2=3).clamp(min=1e-24).rsqrt()
    # (cosine - 1) / temperature is 0 at most, so that no exponential overflows
    similar = (product * inverse[..., None] * inverse[..., None, :] - 1.0) / temperature
    weight = elementwise(torch.exp, similar)
    others = (weight * _other_transformations(views)).sum(dim=3)[:, :, 1:]
    total = elementwise(torch.log, weight[:, :, 1:, 0] + others)
    scale = 1.0 / math.log(views - 1)
    near = similar[:, :, 1:, 0]
    return (total - near).mean(dim=2) * scale, (total - elementwise(torch.log, others)).mean(dim=2) * scale


@functools.cache
def _other_transformations(views: int) -> torch.Tensor:
    """1 where two views are different transformations of a row, 0 elsewhere: (views, views)."""
    others = 1.0 - torch.eye(views)
    others[:, 0] = others[0] = 0.0
    return others


def _transformed(p: Views, x: torch.Tensor, context: Context, training: bool) -> torch.Tensor:
    """x + t_k(x) of scaled rows x (R, B, D): (R, K, B, D). The K networks are K more places of the replica axis."""
    runs, count = p["transform0.weight"].shape[:2]
    inside = {
        key: value.view(runs * count, 1, -1) for key, value in context.items() if key.partition(".")[0] in NORMALISED
    }
    change = x[:, None].expand(-1, count, -1, -1).flatten(0, 1)
    for name in NORMALISED:
        change = torch.bmm(change, p[f"{name}.weight"].flatten(0, 1))
        change = relu(batch_norm(change, inside, name, training, eps=EPS))
    change = torch.bmm(change, p["transform2.weight"].flatten(0, 1))
    return x[:, None] + torch.unflatten(change, 0, (runs, count))
