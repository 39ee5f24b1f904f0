"""Changes to MNP+ that weigh its terms by labelled anomalies that were held out of the fit, where there are five or more.

Trees and network are fitted anew without each of five parts of the labelled anomalies; what they say of the part that
was left out tells how far to trust them, as the method's own trust does for the terms that need no label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from mnp.plus_evidence import PRIOR_LABELS, _odds, _softened
from replicas.bagging import bagged_trees
from replicas.tree_scores import mean_value
from reproducibility.streams import generator
from tests.parity import mnp_plus_networks as networks
from tests.parity.mnp_plus_variants import (
    BOTH,
    NETWORK_WEIGHT,
    ROTATED_WEIGHT,
    Variant,
    mean_quantile,
    normality,
    summed,
    trust,
    trusted,
    weighted,
)

FOLDS, LEAST_LABELS, TREES = 5, 5, 100
#: The least that a factor of the terms without labels starts from: theirs is the method's trust, which may be 0.
LEAST_TRUST = 0.05


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Terms at the method's weights, of rows that their fit did not see as anomalies.

    Attributes
    ----------
    labelled, unlabelled : trees, network and the terms without labels, (n,) each; those of unlabelled rows are means
        over the folds
    """

    labelled: Mapping[str, np.ndarray]
    unlabelled: Mapping[str, np.ndarray]


def held_out(cell: Any) -> HeldOut:
    """Fit the folds of a cell once for all variants."""
    if "held out" not in cell.trained:
        cell.trained["held out"] = _fitted(cell)
    terms: HeldOut = cell.trained["held out"]
    return terms


def _fitted(cell: Any) -> HeldOut:
    order = generator("mnp-plus", "trial folds", cell.seed).permutation(len(cell.labelled))
    labelled = {name: np.empty(len(order)) for name in ("trees", "network")}
    unlabelled = {name: np.zeros(len(cell.unlabelled)) for name in labelled}
    for fold, part in enumerate(np.array_split(order, FOLDS)):
        kept = np.delete(np.arange(len(cell.y_train)), cell.labelled[part])
        rest = replace(
            cell, X_train=np.ascontiguousarray(cell.X_train[kept]), y_train=cell.y_train[kept],
            X_test=np.ascontiguousarray(cell.X_train[cell.labelled[part]]),
        )  # fmt: skip
        stream = generator("mnp-plus", "trial fold trees", cell.seed, fold)
        trees = bagged_trees(rest.X_train, rest.labelled, rest.unlabelled, TREES, stream)
        before, after = networks.scores(rest, networks.Network(networks.absolute))
        labelled["trees"][part] = _odds(mean_value(trees, rest.X_test))
        labelled["network"][part] = _softened(after)
        unlabelled["trees"] += _odds(mean_value(trees, rest.X_train[rest.unlabelled])) / FOLDS
        unlabelled["network"] += _softened(before[rest.unlabelled]) / FOLDS
    without = weighted(normality(cell)[0], BOTH)
    weights = {"trees": 1.0 + ROTATED_WEIGHT, "network": NETWORK_WEIGHT}
    return HeldOut(
        *({**{name: weights[name] * values for name, values in terms.items()}, "without labels": without[rows]}
          for terms, rows in ((labelled, cell.labelled), (unlabelled, cell.unlabelled)))
    )  # fmt: skip


def quantile(name: str, terms: HeldOut, prior: float) -> float:
    """Mean quantile of the held-out anomalies among the unlabelled rows by one term, drawn to a prior as the trust is."""
    return mean_quantile(terms.unlabelled[name], terms.labelled[name], (prior, PRIOR_LABELS))


def by_quantile(power: float, prior: float = 0.9) -> Variant:
    """With trees and network times ((m - 0.5) / (prior - 0.5))^power, m the ``quantile`` of each."""

    def variant(cell: Any) -> np.ndarray:
        if len(cell.labelled) < LEAST_LABELS:
            return summed(cell)
        terms = held_out(cell)
        trees, network = (
            (max(0.0, quantile(name, terms, prior) - 0.5) / (prior - 0.5)) ** power for name in ("trees", "network")
        )
        return _summed(cell, trees, network, 1.0)

    return variant


def factors(terms: HeldOut, starts: np.ndarray, deviation: float) -> np.ndarray:
    """Factors of the terms by logistic regression of held-out anomalies against unlabelled rows, (3,).

    Both kinds of rows have the same weight in all, as much as there are anomalies; logarithms of the factors are drawn
    to those of ``starts`` by a normal prior of this standard deviation. Slope and constant of the sum are free.
    """
    positive, negative = (np.stack(list(part.values()), axis=1) * starts for part in (terms.labelled, terms.unlabelled))
    rows, target = np.concatenate([positive, negative]), np.repeat([1.0, 0.0], [len(positive), len(negative)])
    weight = np.where(target == 1, 1.0, len(positive) / len(negative))

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        times, slope = np.exp(values[:3]), np.exp(values[3])
        terms_of_sum = rows * times
        logit = slope * terms_of_sum.sum(axis=1) + values[4]
        error = weight * (expit(logit) - target)
        gradient = np.append(slope * (error @ terms_of_sum), [slope * (error @ terms_of_sum.sum(axis=1)), error.sum()])
        gradient[:3] += values[:3] / deviation**2
        fit = float(weight @ (np.logaddexp(0.0, logit) - target * logit))
        return fit + 0.5 * float(np.square(values[:3] / deviation).sum()), gradient

    solved = minimize(loss, np.zeros(5), jac=True, method="L-BFGS-B", bounds=[(-5.0, 5.0)] * 4 + [(None, None)])
    times: np.ndarray = np.exp(solved.x[:3])
    return times


def by_regression(deviation: float) -> Variant:
    """With each term times its factor from ``factors``."""

    def variant(cell: Any) -> np.ndarray:
        if len(cell.labelled) < LEAST_LABELS:
            return summed(cell)
        terms = held_out(cell)
        own = trust(weighted(normality(cell)[0], BOTH), cell)
        times = factors(terms, np.array([1.0, 1.0, max(own, LEAST_TRUST)]), deviation)
        return _summed(cell, *times.tolist())

    return variant


def _summed(cell: Any, trees: float, network: float, rest: float) -> np.ndarray:
    return summed(
        cell, trees * _odds(cell.test.probability), trees * ROTATED_WEIGHT * _odds(cell.test.rotated_probability),
        network * NETWORK_WEIGHT * _softened(cell.test.score), rest * trusted(cell, BOTH),
    )  # fmt: skip


WEIGHED: dict[str, Variant] = {
    **{f"trees and network by held-out quantiles, power {power}": by_quantile(power) for power in (1.0, 2.0, 4.0)},
    **{
        f"weights by held-out regression, prior {deviation}": by_regression(deviation) for deviation in (0.25, 0.5, 1.0)
    },
}
