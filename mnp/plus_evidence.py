"""MNP+'s four terms of evidence that a row is an anomaly, and their sum.

S(x) = t ln((p + e) / (1 - p + e)) + n f(v) + a (c g(d) + r (g(h) + g(h')) / 2) with p the bagged trees' mean
probability, f the score network, d the distance to the nearest prototype, h and h' the norms of the residuals of the
nearest mode's and of the shared linear autoencoder, g(z) = clip(ln(z / m), -3, 3) with m the median of z over the
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
from mnp.plus_prototypes import distances
from mnp.plus_settings import Settings
from replicas.scoring import ROWS, evaluate
from replicas.training import Context
from replicas.tree_scores import mean_value
from replicas.trees import Trees

TERMS = ("trees", "network", "prototypes", "reconstruction")
#: Added to probabilities (e) and, as a share of their median, to distances.
PROBABILITY_FLOOR, DISTANCE_FLOOR = 0.005, 0.001
MOST_EVIDENCE = 3.0
#: What is assumed of labelled anomalies' quantiles by the terms that need no label, and how many labels that is worth.
PRIOR_QUANTILE, PRIOR_LABELS = 0.8, 4
#: Values of v that are held at once while scoring.
AT_ONCE = 2**23


@dataclass(frozen=True, eq=False)
class Measured:
    """What the parts of a fitted run say of rows, before weights.

    Attributes
    ----------
    probability : (n,) of the trees; 0.5 without trees
    score : (n,) of the network; 0 without one
    distance, own, shared : (n,) in the inputs v: to the nearest prototype, and the residuals of the nearest mode's and
        of the shared autoencoder
    closest : (n,) int, the nearest prototype
    """

    probability: np.ndarray
    score: np.ndarray
    distance: np.ndarray
    closest: np.ndarray
    own: np.ndarray
    shared: np.ndarray


def measure(fitted: Any, X: np.ndarray, settings: Settings) -> Measured:
    """Pass rows X (n, d varying columns) through a run's parts.

    Parameters
    ----------
    fitted : a fitted ``MNPPlus``: ``inputs_``, ``context_``, ``weights_`` and ``trees_`` are read
    X : (n, d) float32
    settings : Settings
    """
    inputs = Inputs.from_arrays(fitted.inputs_)
    height = max(1, AT_ONCE // (2 * X.shape[1] * ROWS)) * ROWS
    blocks = [X[begin : begin + height] for begin in range(0, len(X), height)]
    values = np.concatenate([_passed(fitted, inputs(block), settings) for block in blocks])
    trees = Trees.from_arrays(fitted.trees_) if fitted.trees_ else None
    probability = np.full(len(X), 0.5) if trees is None else mean_value(trees, X)
    score, distance, closest, own, shared = values.astype(np.float64).T
    return Measured(probability, score, distance, closest.astype(np.int64), own, shared)


def units(measured: Measured, usual: np.ndarray, floor: float) -> dict[str, float]:
    """Medians of the distances over the rows ``usual``, and the floor below which distances are rounding."""
    return {name: float(np.median(getattr(measured, name)[usual])) for name in ("distance", "own", "shared")} | {
        "floor": floor
    }


def unsupervised(measured: Measured, units: Mapping[str, float], settings: Settings) -> dict[str, np.ndarray]:
    """The terms that need no label, before trust."""
    distance, own, shared = (
        _distant(getattr(measured, name), units[name], units["floor"]) for name in ("distance", "own", "shared")
    )
    return {
        "prototypes": settings.prototype_weight * distance,
        "reconstruction": settings.reconstruction_weight * (own + shared) / 2.0,
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
    p = measured.probability
    odds = np.log((p + PROBABILITY_FLOOR) / (1.0 - p + PROBABILITY_FLOOR))
    others = unsupervised(measured, units, settings)
    return {
        "trees": settings.tree_weight * odds,
        "network": settings.network_weight * measured.score,
        **{name: trusted * values for name, values in others.items()},
    }


def total(terms: Mapping[str, np.ndarray]) -> np.ndarray:
    """The sum of terms, (n,), added in their order."""
    summed: np.ndarray = np.sum(list(terms.values()), axis=0)
    return summed


def _passed(fitted: Any, v: np.ndarray, settings: Settings) -> np.ndarray:
    """Network score and ``distances`` of inputs v: (n, 5) float32."""
    flat, context = fitted.weights_[None], {name: value[None] for name, value in fitted.context_.items()}

    def forward(p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        return torch.cat([output(p, x)[..., None], distances(x, context)], dim=2)

    return evaluate(layout(v.shape[1], settings.hidden_dim * settings.n_init), flat, forward, [v], context)[0]


def _distant(values: np.ndarray, unit: float, floor: float) -> np.ndarray:
    """ln of a distance in units of its training median, cut off at 3 either way; 0 where nothing is ever distant."""
    usual = unit + floor
    if usual == 0.0:
        return np.zeros(len(values))
    return np.clip(np.log((values + floor + DISTANCE_FLOOR * usual) / usual), -MOST_EVIDENCE, MOST_EVIDENCE)
