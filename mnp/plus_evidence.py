"""MNP+'s four terms of evidence that a row is an anomaly, and their sum.

S(x) = t (o(p) + w o(p')) + n s(f(v)) + a (c g(e) + r g(h)) with p and p' the mean probability of the
bagged trees on the features and along the principal directions, o(p) = ln((p + .005) / (1 - p + .005)), f the score
network and s soft below 0, e the distance to the nearest exemplars, h the norm of the residual of the best fitting
mode's linear autoencoder, g(z) = clip(ln(z / m), -3, 3) with m the median of z over the
unlabelled training rows, and a the trust that the labelled anomalies give to the last two terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mnp.plus_inputs import Inputs
from mnp.plus_network import layout, output
from mnp.plus_prototypes import distances, reconstruction
from mnp.plus_settings import Settings
from replicas.scoring import ROWS, Forward, evaluate
from replicas.training import Context
from replicas.tree_scores import mean_value
from replicas.trees import Trees

TERMS = ("trees", "network", "prototypes", "reconstruction")
#: Added to probabilities (e) and, as a share of their median, to distances.
PROBABILITY_FLOOR, DISTANCE_FLOOR = 0.005, 0.001
MOST_EVIDENCE = 3.0
#: Distances to exemplars come from squares' differences: they are rounding below this many times the floor.
NEAR_FLOOR = 10.0
#: What is assumed of labelled anomalies' quantiles by the terms that need no label, and how many labels that is worth.
PRIOR_QUANTILE, PRIOR_LABELS = 0.8, 4
#: Values of v that are held at once while scoring.
AT_ONCE = 2**23


@dataclass(frozen=True, eq=False)
class Measured:
    """What the parts of a fitted run say of rows, before weights.

    Attributes
    ----------
    probability, rotated_probability : (n,) of the trees on features and of the rotated ones; 0.5 without trees
    score : (n,) of the network; 0 without one
    distance, near, own : (n,) in the inputs v: to the nearest prototype, to the nearest exemplars, and the residual of
        the best fitting mode's autoencoder
    closest : (n,) int, the nearest prototype
    """

    probability: np.ndarray
    rotated_probability: np.ndarray
    score: np.ndarray
    distance: np.ndarray
    closest: np.ndarray
    near: np.ndarray
    own: np.ndarray


def measure(fitted: Any, X: np.ndarray, settings: Settings) -> Measured:
    """Pass rows X (n, d varying columns) through a run's parts.

    Parameters
    ----------
    fitted : a fitted ``MNPPlus``: ``inputs_``, ``context_``, ``weights_``, ``trees_`` and ``rotated_trees_`` are read
    X : (n, d) float32
    settings : Settings
    """
    inputs = Inputs.from_arrays(fitted.inputs_)
    values = np.concatenate([_passed(fitted, inputs(block), settings) for block in _blocks(X)])
    score, distance, closest, near, own = values[:, :5].astype(np.float64).T
    return Measured(
        _probability(fitted.trees_, X), _probability(fitted.rotated_trees_, values[:, 5:]),
        score, distance, closest.astype(np.int64), near, own,
    )  # fmt: skip


def reconstructed(fitted: Any, X: np.ndarray, settings: Settings) -> np.ndarray:
    """Rows X (n, d varying columns) as the best fitting mode's autoencoder gives back their inputs: (n, d) values."""
    inputs = Inputs.from_arrays(fitted.inputs_)
    rebuilt = [_forwarded(fitted, inputs(rows), settings, lambda _, v, modes: reconstruction(v, modes))
               for rows in _blocks(X)]  # fmt: skip
    return inputs.values(np.concatenate(rebuilt))


def units(measured: Measured, usual: np.ndarray, floor: float) -> dict[str, float]:
    """Medians of the distances over the rows ``usual``, and the floor below which distances are rounding."""
    names = ("distance", "near", "own")
    return {name: float(np.median(getattr(measured, name)[usual])) for name in names} | {"floor": floor}


def unsupervised(measured: Measured, units: Mapping[str, float], settings: Settings) -> dict[str, np.ndarray]:
    """The terms that need no label, before trust."""
    near = _distant(measured.near, units["near"], NEAR_FLOOR * units["floor"])
    own = _distant(measured.own, units["own"], units["floor"])
    return {
        "prototypes": settings.prototype_weight * near,
        "reconstruction": settings.reconstruction_weight * own,
    }


def trust(
    measured: Measured, units: Mapping[str, float], usual: np.ndarray, labelled: np.ndarray, settings: Settings
) -> float:
    """How much the terms that need no label count: ((m - 0.5) / 0.3)^agreement, 0 below m = 0.5.

    m is the mean quantile of the labelled anomalies among the rows ``usual`` by these terms, drawn towards 0.8 as by
    four further labels. 1 where it is 0.8; where labelled anomalies look ordinary, looking ordinary says little.
    """
    if settings.agreement == 0:
        return 1.0
    values = total(unsupervised(measured, units, settings))
    ordered = np.sort(values[usual])
    sides = [np.searchsorted(ordered, values[labelled], side=side) for side in ("left", "right")]
    quantiles = (sides[0] + sides[1]) / (2.0 * len(ordered))
    mean = (quantiles.sum() + PRIOR_LABELS * PRIOR_QUANTILE) / (len(labelled) + PRIOR_LABELS)
    return float((max(0.0, mean - 0.5) / (PRIOR_QUANTILE - 0.5)) ** settings.agreement)


def evidence(
    measured: Measured, units: Mapping[str, float], trusted: float, settings: Settings
) -> dict[str, np.ndarray]:
    """The four weighted terms, whose sum is the score: log-odds where 0 speaks neither for nor against."""
    odds = _odds(measured.probability) + settings.rotated_weight * _odds(measured.rotated_probability)
    others = unsupervised(measured, units, settings)
    return {
        "trees": settings.tree_weight * odds,
        "network": settings.network_weight * _softened(measured.score),
        **{name: trusted * values for name, values in others.items()},
    }


def total(terms: Mapping[str, np.ndarray]) -> np.ndarray:
    """The sum of terms, (n,), added in their order."""
    summed: np.ndarray = np.sum(list(terms.values()), axis=0)
    return summed


def _passed(fitted: Any, v: np.ndarray, settings: Settings) -> np.ndarray:
    """Network score and ``distances`` of inputs v: (n, 5 + A) float32."""

    def forward(p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        return torch.cat([output(p, x)[..., None], distances(x, context)], dim=2)

    return _forwarded(fitted, v, settings, forward)


def _forwarded(fitted: Any, v: np.ndarray, settings: Settings, forward: Forward) -> np.ndarray:
    """``forward`` of inputs v by the run's network and modes."""
    flat, context = fitted.weights_[None], {name: value[None] for name, value in fitted.context_.items()}
    return evaluate(layout(v.shape[1], settings.hidden_dim * settings.n_init), flat, forward, [v], context)[0]


def _blocks(X: np.ndarray) -> list[np.ndarray]:
    """Rows in pieces whose inputs fit into memory."""
    height = max(1, AT_ONCE // (2 * X.shape[1] * ROWS)) * ROWS
    return [X[begin : begin + height] for begin in range(0, len(X), height)]


def _probability(trees: Mapping[str, np.ndarray], X: np.ndarray) -> np.ndarray:
    return mean_value(Trees.from_arrays(trees), X) if trees else np.full(len(X), 0.5)


def _odds(p: np.ndarray) -> np.ndarray:
    """Log-odds of probabilities, kept finite; 0 at one half."""
    odds: np.ndarray = np.log((p + PROBABILITY_FLOOR) / (1.0 - p + PROBABILITY_FLOOR))
    return odds


def _softened(score: np.ndarray) -> np.ndarray:
    """ln((1 + exp(2 f)) / 2) / 2: f less a constant where f is large, level below 0, 0 at 0.

    Unlabelled rows were pulled to 0, so that values below tell nothing but how far a row lies from the labelled
    anomalies: no reason to think that it is not an anomaly of another type.
    """
    softened: np.ndarray = (np.logaddexp(0.0, 2.0 * score) - np.log(2.0)) / 2.0
    return softened


def _distant(values: np.ndarray, unit: float, floor: float) -> np.ndarray:
    """ln of a distance in units of its training median, cut off at 3 either way; 0 where nothing is ever distant."""
    usual = unit + floor
    if usual == 0.0:
        return np.zeros(len(values))
    return np.clip(np.log((values + floor + DISTANCE_FLOOR * usual) / usual), -MOST_EVIDENCE, MOST_EVIDENCE)
