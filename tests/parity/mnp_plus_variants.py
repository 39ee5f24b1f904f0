"""Changes to MNP+ that can be tried: each a function from a fitted cell to scores of its test rows.

What was tried of MNP+ as it was before exemplars and rotated trees stands in this file at commit 45f706f.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mnp.plus_evidence import _distant, _odds, _softened
from replicas.bagging import bagged_trees
from replicas.tree_scores import mean_value
from reproducibility.streams import generator
from tests.parity import mnp_plus_networks as networks
from tests.parity import mnp_plus_normality as normal

Variant = Callable[[Any], np.ndarray]
Terms = dict[str, np.ndarray]
WEIGHT, NETWORK_WEIGHT, ROTATED_WEIGHT = 0.6, 0.75, 0.5
BOTH = {"near": WEIGHT, "own": WEIGHT}


def normality(cell: Any) -> tuple[Terms, Terms]:
    """Logarithms of the distances of the training and of the test rows, by name."""
    units = {name: float(np.median(getattr(cell.train, name)[cell.usual])) for name in ("distance", "near", "own")}
    train, test = (
        {name: _distant(getattr(part, name), unit, (10.0 if name == "near" else 1.0) * cell.floor)
         for name, unit in units.items()}
        for part in (cell.train, cell.test)
    )  # fmt: skip
    return train, test


def mean_quantile(usual: np.ndarray, asked: np.ndarray, prior: tuple[float, float]) -> float:
    """Mean quantile of values among usual ones, drawn to the prior's as by so many further values."""
    ordered = np.sort(usual)
    sides = np.searchsorted(ordered, asked, "left") + np.searchsorted(ordered, asked, "right")
    return float(((sides / (2 * len(ordered))).sum() + prior[1] * prior[0]) / (len(asked) + prior[1]))


def trust(values: np.ndarray, cell: Any, power: float = 4.0, prior: tuple[float, float] = (0.8, 4.0)) -> float:
    """((m - 0.5) / 0.3)^power, m the mean quantile of the labelled rows among the unlabelled, drawn to the prior."""
    mean = mean_quantile(values[cell.usual], values[cell.labelled], prior)
    return float((max(0.0, mean - 0.5) / 0.3) ** power)


def weighted(terms: Terms, weights: dict[str, float]) -> np.ndarray:
    """The sum of terms at these weights."""
    return np.asarray(np.sum([weight * terms[name] for name, weight in weights.items()], axis=0))


def trusted(
    cell: Any,
    weights: dict[str, float],
    separate: bool = False,
    *,
    terms: tuple[Terms, Terms] | None = None,
    prior: tuple[float, float] = (0.8, 4.0),
    power: float = 4.0,
) -> np.ndarray:
    """The terms that need no label, with the trust of their sum or with one each."""
    train, test = normality(cell) if terms is None else terms
    if separate:
        terms_of_trust = [weight * trust(train[name], cell) * test[name] for name, weight in weights.items()]
        return np.asarray(np.sum(terms_of_trust, axis=0))
    return trust(weighted(train, weights), cell, power, prior) * weighted(test, weights)


def with_own(cell: Any, name: Any, measure: Callable[[Any], tuple[np.ndarray, np.ndarray]]) -> tuple[Terms, Terms]:
    """``normality`` with another distance, ``other``, measured once for all variants of a cell."""
    if name not in cell.trained:
        cell.trained[name] = measure(cell)
    train, test = normality(cell)
    unit = float(np.median(cell.trained[name][0][cell.usual]))
    for terms, values in zip((train, test), cell.trained[name], strict=True):
        terms["other"] = _distant(values, unit, cell.floor)
    return train, test


def measured(name: Any, measure: Callable[[Any], tuple[np.ndarray, np.ndarray]], weights: dict[str, float]) -> Variant:
    """With another distance among the terms that need no label; ``weights`` of near, own and other."""
    return lambda cell: summed(cell, rest=trusted(cell, weights, terms=with_own(cell, name, measure)))


def reconstructing(hidden: float, denoising: bool, weights: dict[str, float]) -> Variant:
    """With autoencoders with a hidden layer; ``weights`` of near, own and other."""
    return measured((hidden, denoising), lambda cell: normal.reconstructed(cell, hidden, denoising), weights)


def of_modes(number: int | None, width: float = 0.5) -> Variant:
    """With the linear autoencoders of so many modes, or of a stable number, so wide as a share of the inputs."""

    def residuals(cell: Any) -> tuple[np.ndarray, np.ndarray]:
        count = normal.stable_number(cell.inputs[0][cell.usual], cell.seed) if number is None else number
        return normal.modes(cell, count, width)

    return measured(("modes", number, width), residuals, {"near": WEIGHT, "other": WEIGHT})


def of_exemplars(number: int) -> Variant:
    """With the distance to so many exemplars."""
    weights = {"other": WEIGHT, "own": WEIGHT}
    return measured(("exemplars", number), lambda cell: normal.exemplars(cell, number), weights)


def between_modes(weight: float, number: int = 8) -> Variant:
    """With evidence that a row lies between two modes: the logarithm of ``normal.between`` in units of its median."""
    return measured(("between", number), lambda cell: normal.between(cell, number), {**BOTH, "other": weight})


def trained(network: networks.Network, weight: float = 0.75, calibrated: bool = False) -> Variant:
    """With another network, as it is or calibrated."""

    def variant(cell: Any) -> np.ndarray:
        if network not in cell.trained:
            cell.trained[network] = networks.scores(cell, network)
        before, after = cell.trained[network]
        values = networks.calibrated(cell, before, after) if calibrated else after
        return summed(cell, network=weight * _softened(values))

    return variant


def by_labels(few: float, many: float) -> Variant:
    """With weights of the terms without labels times ``few`` for up to 2 labels and ``many`` from 50 on."""

    def variant(cell: Any) -> np.ndarray:
        labels = len(cell.labelled)
        times = few if labels <= 2 else many if labels >= 50 else 1.0
        return summed(cell, rest=times * trusted(cell, BOTH))

    return variant


def trees_by_labels(weight: float, least: int = 50) -> Variant:
    """With the trees' log-odds times so much from so many labels on."""

    def variant(cell: Any) -> np.ndarray:
        times = weight if len(cell.labelled) >= least else 1.0
        return summed(
            cell, times * _odds(cell.test.probability), times * ROTATED_WEIGHT * _odds(cell.test.rotated_probability)
        )

    return variant


def unlabelled_weight(weight: float) -> Variant:
    """With another weight of the terms without labels."""
    return lambda cell: summed(cell, rest=trusted(cell, {"near": weight, "own": weight}))


def network_weight(weight: float) -> Variant:
    """With another weight of the network."""
    return lambda cell: summed(cell, network=weight * _softened(cell.test.score))


def trust_to_the(power: float) -> Variant:
    """With another power of the trust; 0 is none."""
    return lambda cell: summed(cell, rest=trusted(cell, BOTH, power=power))


def trust_drawn_to(prior: float, worth: float) -> Variant:
    """With the trust drawn to another mean quantile, as by so many labels."""
    return lambda cell: summed(cell, rest=trusted(cell, BOTH, prior=(prior, worth)))


def summed(
    cell: Any,
    upright: np.ndarray | None = None,
    rotated: np.ndarray | None = None,
    network: np.ndarray | None = None,
    rest: np.ndarray | None = None,
) -> np.ndarray:
    """The score with some of its terms replaced; trees and network already weighted."""
    upright = _odds(cell.test.probability) if upright is None else upright
    rotated = ROTATED_WEIGHT * _odds(cell.test.rotated_probability) if rotated is None else rotated
    network = NETWORK_WEIGHT * _softened(cell.test.score) if network is None else network
    return np.asarray(upright + rotated + network + (trusted(cell, BOTH) if rest is None else rest))


def regrown(cell: Any, size: int | None = None, trees: int = 200) -> np.ndarray:
    """Other trees on the features: their mean probability."""
    stream = generator("mnp-plus", "trial trees", cell.seed)
    grown = bagged_trees(np.ascontiguousarray(cell.X_train), cell.labelled, cell.unlabelled, trees, stream, size)
    return mean_value(grown, np.ascontiguousarray(cell.X_test))


def upward(cell: Any, weight: float) -> np.ndarray:
    """Log-odds of the trees, those above 0 with a weight."""
    odds = _odds(cell.test.probability)
    return np.where(odds > 0, weight * odds, odds)


def bag_size(cell: Any) -> int:
    return max(16, 2 * len(cell.labelled))


#: Terms as they are, put together otherwise.
WEIGHTED: dict[str, Variant] = {
    "default": summed,
    "without trees": lambda cell: summed(cell, upright=np.zeros(1), rotated=np.zeros(1)),
    "trees alone": lambda cell: summed(cell, network=np.zeros(1), rest=np.zeros(1)),
    "network alone": lambda cell: cell.test.score,
    "terms without labels alone": lambda cell: trusted(cell, BOTH, power=0.0),
    "trees on features alone": lambda cell: summed(cell, rotated=np.zeros(1), network=np.zeros(1), rest=np.zeros(1)),
    "without rotated trees": lambda cell: summed(cell, rotated=np.zeros(1)),
    "without network": lambda cell: summed(cell, network=np.zeros(1)),
    "without prototypes": lambda cell: summed(cell, rest=np.zeros(1)),
    "network not softened": lambda cell: summed(cell, network=NETWORK_WEIGHT * cell.test.score),
    "trees above 0 times 1.5": lambda cell: summed(cell, upright=upward(cell, 1.5)),
    "a trust of each term": lambda cell: summed(cell, rest=trusted(cell, BOTH, separate=True)),
    "eight prototypes in place of exemplars": lambda cell: summed(
        cell, rest=trusted(cell, {"distance": WEIGHT, "own": WEIGHT})
    ),
    "eight prototypes beside": lambda cell: summed(
        cell, rest=trusted(cell, {"distance": 0.4, "near": 0.4, "own": 0.4})
    ),
    **{f"weight {weight} without labels": unlabelled_weight(weight) for weight in (0.4, 0.5, 0.75, 1.0)},
    **{f"network weight {weight}": network_weight(weight) for weight in (0.375, 0.5, 1.0, 1.25)},
    **{
        f"trust drawn to {prior} as by {worth} labels": trust_drawn_to(prior, worth)
        for prior, worth in ((0.8, 1.0), (0.8, 2.0), (0.8, 8.0), (0.8, 16.0), (0.75, 4.0), (0.85, 4.0), (0.9, 2.0))
    },
    **{
        f"terms without labels times {few} to 2 labels, {many} from 50": by_labels(few, many)
        for few, many in ((1.25, 1.0), (1.5, 1.0), (2.0, 1.0), (1.0, 1.25), (1.0, 1.5), (1.0, 2.0))
    },
    **{f"power {power} of the trust": trust_to_the(power) for power in (0.0, 2.0, 6.0, 8.0)},
    **{f"trees times {weight} from 50 labels": trees_by_labels(weight) for weight in (0.5, 0.75)},
    **{f"trees times {weight}": trees_by_labels(weight, 0) for weight in (0.8, 1.25)},
}
#: Something fitted anew.
REFITTED: dict[str, Variant] = {
    "other draws of the trees": lambda cell: summed(cell, upright=_odds(regrown(cell))),
    "500 trees": lambda cell: summed(cell, upright=_odds(regrown(cell, trees=500))),
    "bags four times the size": lambda cell: summed(cell, upright=_odds(regrown(cell, 4 * bag_size(cell)))),
    "same network, other code": trained(networks.Network(networks.absolute)),
    "network of 8 members": trained(networks.Network(networks.absolute, members=8)),
    "network of 2 members": trained(networks.Network(networks.absolute, members=2)),
    "network of 300 steps": trained(networks.Network(networks.absolute, steps=300)),
    "8 members of 300 steps, own 256 rows": trained(
        networks.Network(networks.absolute, members=8, steps=300, pool=256)
    ),
    "8 members of 300 steps, own 64 rows": trained(networks.Network(networks.absolute, members=8, steps=300, pool=64)),
    "8 members of 600 steps, own 256 rows": trained(networks.Network(networks.absolute, members=8, pool=256)),
    **{
        f"network with a first rate of {lr}": trained(networks.Network(networks.absolute, lr=lr)) for lr in (1e-3, 1e-2)
    },
    "deviation loss": trained(networks.Network(networks.deviation, members=8)),
    "deviation loss, calibrated": trained(networks.Network(networks.deviation, members=8), calibrated=True),
    "logistic loss": trained(networks.Network(networks.logistic, members=8)),
    "logistic loss, calibrated": trained(networks.Network(networks.logistic, members=8), calibrated=True),
    "nnPU risk, prior .05, calibrated": trained(
        networks.Network(networks.non_negative(0.05), members=8, trimmed=0.0), calibrated=True
    ),
    "pairwise loss, calibrated": trained(networks.Network(networks.pairwise, members=8), calibrated=True),
    "NNG-Mix within modes, half": trained(networks.Network(networks.absolute, members=8, mixed=0.5)),
    "NNG-Mix within modes, nine tenths": trained(networks.Network(networks.absolute, members=8, mixed=0.9)),
    **{f"linear autoencoders of {number} modes": of_modes(number) for number in (1, 2, 4, 8, 16, 32)},
    "linear autoencoders of a stable number of modes": of_modes(None),
    **{f"linear autoencoders of {width} of the inputs": of_modes(8, width) for width in (0.25, 0.75)},
    **{f"{number} exemplars": of_exemplars(number) for number in (256, 4096)},
    **{f"between modes, added, weight {weight}": between_modes(weight) for weight in (0.15, 0.3, 0.6)},
    **{
        f"{text}, {where}": reconstructing(hidden, denoising, weights)
        for text, hidden, denoising in (
            ("hidden layer of a quarter", 0.25, False),
            ("hidden layer of a half", 0.5, False),
            ("denoising, hidden layer of all", 1.0, True),
        )
        for where, weights in (
            ("in place", {"near": 0.6, "other": 0.6}),
            ("beside", {"near": 0.6, "own": 0.3, "other": 0.3}),
        )
    },
}
VARIANTS = WEIGHTED | REFITTED
