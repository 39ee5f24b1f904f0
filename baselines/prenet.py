"""PReNet: pairwise relation prediction network (Pang, Shen, Jin, van den Hengel, KDD 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from pyod.models.base import BaseDetector

from replicas.backpropagation import Dense, backward, forward
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, Constraints, EachIn, at_least
from replicas.detector import ReplicaMixin
from replicas.group import Fitted, Group
from replicas.layers import dense, linear, relu
from replicas.optimiser import RMSprop
from replicas.parameters import Layout
from replicas.rows import TrainingRows, labelled_count
from replicas.sampling import (
    counted_width,
    passing_once,
    with_replacement,
    with_replacement_each,
    without_replacement_each,
)
from replicas.scaling import scaled, scaled_
from replicas.scoring import evaluate
from replicas.stopping import StoppingRule
from replicas.training import Context, Stage, Step, train
from reproducibility.streams import generator

Views = Mapping[str, torch.Tensor]

NETWORK = (Dense("hidden", 0.0),)


class PReNet(ReplicaMixin, BaseDetector):
    """Predicts how anomalous a pair is: 0 for two unlabelled rows, 4 for one anomaly, 8 for two.

    f(p, q) = w1.h(p) + w2.h(q) + b with a shared ReLU layer h; L1 loss to the ordinal targets plus
    l2 * sum(W_h^2). Score = (E_u f(u, x) + E_a f(x, a)) / 2 over unlabelled u and labelled
    anomalies a. The head is linear in the pair, so the expectation over ALL pairs is exact:
    ((w1 + w2).h(x) + w1.mean h(u) + w2.mean h(a)) / 2 + b.

    Parameters
    ----------
    hidden_dim : int
    epochs, steps_per_epoch, batch_size : int
        Of each step's pairs one half is (u, u), a quarter (u, a), a quarter (a, a).
    targets : tuple of float
        For (u, u), (u, a), (a, a).
    l2, lr, clipnorm : float
    n_pairs : int or None
        None: the exact expectation. A number (the paper's: 30): each row is scored with that many unlabelled
        rows and labelled anomalies of its own, drawn anew from the seed in the order of the rows, as ADBench
        does; it converges to the exact score as 1 / sqrt(pairs).
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: authors' prenet.py (Keras; RMSprop, clipnorm 1, best-training-loss weights restored).
    Deviations: the exact expectation instead of 30 sampled partners unless ``n_pairs`` is given (the authors'
    code shares the partners between rows, so the ranking is the same); with one labelled anomaly (a, a) pairs
    it with itself; with fewer unlabelled rows than a batch, (u, u) draws with replacement.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_dim": COUNT,
        "epochs": COUNT,
        "steps_per_epoch": COUNT,
        "batch_size": at_least(4),
        "targets": [EachIn(Real, None, None, closed="neither")],
        "l2": NOT_NEGATIVE,
        "lr": POSITIVE,
        "clipnorm": POSITIVE,
        "n_pairs": [*COUNT, None],
    }

    def __init__(
        self,
        hidden_dim: int = 20,
        epochs: int = 50,
        steps_per_epoch: int = 20,
        batch_size: int = 512,
        targets: Sequence[float] = (0.0, 4.0, 8.0),
        l2: float = 0.01,
        lr: float = 1e-3,
        clipnorm: float = 1.0,
        n_pairs: int | None = None,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.hidden_dim = hidden_dim
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch
        self.batch_size = batch_size
        self.targets = targets
        self.l2 = l2
        self.lr = lr
        self.clipnorm = clipnorm
        self.n_pairs = n_pairs
        self.random_state = random_state

    def _shape_key(self, run: TrainingRows) -> int:
        return counted_width(labelled_count(run), 3 * (self.batch_size // 4))

    def _layout(self, width: int) -> Layout:
        return Layout(
            [
                *dense("hidden", width, self.hidden_dim, style="keras"),
                *dense("pair", 2 * self.hidden_dim, 1, style="keras"),
            ]
        )

    def _forward(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        weight = p["pair.weight"]
        both = weight[:, : self.hidden_dim] + weight[:, self.hidden_dim :]
        return (torch.bmm(self._hidden(p, x, context), both)[..., 0] + context["partners"]) / 2.0

    def _hidden(self, p: Views, x: torch.Tensor, context: Context) -> torch.Tensor:
        return relu(linear(p, "hidden", scaled(x, context)))

    def _train(self, group: Group) -> Fitted:
        rows, streams = group.pools, group.streams("prenet", "batches")
        quarter, width = self.batch_size // 4, self._shape_key(group.runs[0])
        goal = torch.tensor(np.repeat(self.targets, [2 * quarter, quarter, quarter]), dtype=torch.float32)

        def draw(which: Sequence[int], steps: int) -> tuple[np.ndarray, ...]:
            return _pairs([streams[run] for run in which], [rows[run] for run in which], steps, quarter, width)

        def gradient(p: Views, batch: tuple[torch.Tensor, ...], members: Context) -> Step:
            index, places = batch
            trace = forward(p, NETWORK, scaled_(group.table.gather(index), members))
            heads = p["pair.weight"].view(-1, 2, self.hidden_dim)
            terms = torch.bmm(heads, trace.output.transpose(1, 2))
            gap = _sums(terms, places).add_(p["pair.bias"][:, 0]).sub_(goal)
            fit = gap.abs().mean(dim=1)
            penalty = self.l2 * p["hidden.weight"].square().flatten(1).sum(dim=1)
            slope = gap.sign_().div_(gap.shape[1])
            outer = _spread(slope, places, terms)
            inner = torch.bmm(heads.transpose(1, 2), outer).transpose(1, 2)
            gradients = {"pair.weight": torch.bmm(outer, trace.output).view_as(p["pair.weight"])}
            gradients["pair.bias"] = slope.sum(dim=1)[:, None, None]
            gradients |= backward(p, NETWORK, trace, inner)
            gradients["hidden.weight"].add_(p["hidden.weight"], alpha=2.0 * self.l2)
            return fit + penalty, torch.stack([fit, penalty], dim=1), gradients

        stage = Stage(
            layout=self._layout(group.width),
            gradient=gradient,
            draw=draw,
            optimiser=RMSprop(lr=self.lr, clipnorm=self.clipnorm),
            epochs=self.epochs,
            steps=self.steps_per_epoch,
            stopping=StoppingRule(patience=None, delta=0.0),
        )
        start = stage.layout.start(group.streams("prenet", "weights"))
        trained = train(stage, start, group.scaling)
        terms = self._terms(stage.layout, trained.flat, group)
        bias = stage.layout.views(trained.flat)["pair.bias"][:, 0]
        means = torch.tensor([[float(u.mean() + a.mean())] for u, a in terms], dtype=torch.float32)
        attributes = [
            {"history_": history, "unlabelled_terms_": u, "labelled_terms_": a}
            for history, (u, a) in zip(trained.history, terms, strict=True)
        ]
        return Fitted(trained.flat, {**group.scaling, "partners": means + 2.0 * bias}, attributes)

    def _terms(self, layout: Layout, flat: torch.Tensor, group: Group) -> list[tuple[np.ndarray, np.ndarray]]:
        """What each partner adds to a row's pair: w1.h(u) of every unlabelled row, w2.h(a) of every anomaly."""
        weights = layout.unpack(flat)["pair.weight"][..., 0].astype(np.float64)
        terms = []
        for which, weight in ((0, weights[:, : self.hidden_dim]), (1, weights[:, self.hidden_dim :])):
            xs = group.rows([pair[which] for pair in group.pools])
            codes = evaluate(layout, flat, self._hidden, xs, group.scaling)
            # row sums, not a matrix product: its bits would depend on the number of rows
            terms.append([(code * w).sum(axis=1) for code, w in zip(codes, weight, strict=True)])
        return list(zip(*terms, strict=True))

    def decision_function_replicas(self, detectors: Sequence[Any], Xs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Score each detector's own rows: the exact expectation, or ``n_pairs`` sampled partners a row."""
        exact = super().decision_function_replicas(detectors, Xs)
        if self.n_pairs is None:
            return exact
        return [
            values + _sampling_error(d, len(values), self.n_pairs) for d, values in zip(detectors, exact, strict=True)
        ]


def _sampling_error(detector: Any, rows: int, pairs: int) -> np.ndarray:
    """Sampled minus exact score of ``rows`` rows: the head is linear, so only the partners' means differ."""
    stream = generator("prenet", "scoring", detector.random_state)
    error = np.zeros(rows)
    for terms in (detector.unlabelled_terms_, detector.labelled_terms_):
        error += terms[with_replacement(stream, len(terms), rows, pairs)].mean(axis=1) - terms.mean()
    return error / 2.0


def _pairs(
    streams: Sequence[np.random.Generator],
    rows: Sequence[tuple[np.ndarray, np.ndarray]],
    steps: int,
    quarter: int,
    width: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw pairs (u, u) x 2 quarters, (u, a), (a, a).

    A row's part in a pair's score is linear, so a labelled row passes through the network once a step, however
    many pairs it is in.

    Returns
    -------
    index : (steps, runs, 5 * quarter + width)
        Table rows: the first u of each pair in order (3 quarters), the second u (2 quarters), labelled rows.
    places : (steps, runs, 3 * quarter)
        Which of the labelled rows are second in (u, a) and (a, a), and first in (a, a).
    """
    unlabelled, labelled = ([len(pair[which]) for pair in rows] for which in (0, 1))
    both = without_replacement_each(streams, unlabelled, steps, 4 * quarter, repeat_if_fewer=True)
    mixed = without_replacement_each(streams, unlabelled, steps, quarter, repeat_if_fewer=True)
    partner = with_replacement_each(streams, labelled, steps, quarter)
    first = with_replacement_each(streams, labelled, steps, quarter)
    second = first.copy()
    for run, count in enumerate(labelled):
        if count > 1:
            second[:, run] += 1 + with_replacement(streams[run], count - 1, steps, quarter)
            second[:, run] %= count
    positions = np.concatenate([both[..., : 2 * quarter], mixed, both[..., 2 * quarter :]], axis=2)
    places = np.concatenate([partner, second, first], axis=2)
    drawn = np.empty((steps, len(rows), 5 * quarter + width), dtype=np.int64)
    for run, (u, a) in enumerate(rows):
        drawn[:, run, : 5 * quarter] = u[positions[:, run]]
        once, among_once = passing_once(places[:, run], len(a), width)
        drawn[:, run, 5 * quarter :] = a[once]
        places[:, run] = among_once
    return drawn, places


def _sums(terms: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Both rows' parts in each pair's score: terms (R, 2, 5 quarters + width) -> (R, 4 quarters)."""
    quarter = places.shape[1] // 3
    known = terms[:, :, 5 * quarter :]
    sums = torch.empty(len(terms), 4 * quarter)
    sums[:, : 3 * quarter] = terms[:, 0, : 3 * quarter]
    torch.gather(known[:, 0], 1, places[:, 2 * quarter :], out=sums[:, 3 * quarter :])
    sums[:, : 2 * quarter] += terms[:, 1, 3 * quarter : 5 * quarter]
    sums[:, 2 * quarter :] += torch.gather(known[:, 1], 1, places[:, : 2 * quarter])
    return sums


def _spread(slope: torch.Tensor, places: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Gradient of ``_sums`` with respect to its terms, in the storage of ``like``."""
    quarter = places.shape[1] // 3
    outer = like.zero_()
    known = outer[:, :, 5 * quarter :]
    outer[:, 0, : 3 * quarter] = slope[:, : 3 * quarter]
    outer[:, 1, 3 * quarter : 5 * quarter] = slope[:, : 2 * quarter]
    known[:, 0].scatter_add_(1, places[:, 2 * quarter :], slope[:, 3 * quarter :])
    known[:, 1].scatter_add_(1, places[:, : 2 * quarter], slope[:, 2 * quarter :])
    return outer
