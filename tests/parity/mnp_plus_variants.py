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

Variant = Callable[[Any], np.ndarray]
Terms = dict[str, np.ndarray]
WEIGHT, NETWORK_WEIGHT, ROTATED_WEIGHT = 0.6, 0.75, 0.5


def normality(cell: Any) -> tuple[Terms, Terms]:
    """Logarithms of the distances of the training and of the test rows, by name."""
    units = {name: float(np.median(getattr(cell.train, name)[cell.usual])) for name in ("distance", "near", "own")}
    train, test = (
        {name: _distant(getattr(part, name), unit, (10.0 if name == "near" else 1.0) * cell.floor)
         for name, unit in units.items()}
        for part in (cell.train, cell.test)
    )  # fmt: skip
    return train, test


def trust(values: np.ndarray, cell: Any, power: float = 4.0) -> float:
    """((m - 0.5) / 0.3)^power, m the mean quantile of the labelled rows among the unlabelled, drawn to 0.8."""
    ordered, asked = np.sort(values[cell.usual]), values[cell.labelled]
    sides = np.searchsorted(ordered, asked, "left") + np.searchsorted(ordered, asked, "right")
    mean = ((sides / (2 * len(ordered))).sum() + 4 * 0.8) / (len(asked) + 4)
    return float((max(0.0, mean - 0.5) / 0.3) ** power)


def trusted(cell: Any, weights: dict[str, float], separate: bool = False) -> np.ndarray:
    """The terms that need no label, with the trust of their sum or with one each."""
    train, test = normality(cell)
    if separate:
        return np.sum([weight * trust(train[name], cell) * test[name] for name, weight in weights.items()], axis=0)
    before, after = (
        np.sum([weight * part[name] for name, weight in weights.items()], axis=0) for part in (train, test)
    )
    return trust(before, cell) * np.asarray(after)


BOTH = {"near": WEIGHT, "own": WEIGHT}


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
    return upright + rotated + network + (trusted(cell, BOTH) if rest is None else rest)


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


VARIANTS: dict[str, Variant] = {
    "default": summed,
    "without trees": lambda cell: summed(cell, upright=np.zeros(1), rotated=np.zeros(1)),
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
    **{
        f"weight {weight} without labels": lambda cell, weight=weight: summed(
            cell, rest=trusted(cell, {"near": weight, "own": weight})
        )
        for weight in (0.4, 0.5, 0.75, 1.0)
    },
    "other draws of the trees": lambda cell: summed(cell, upright=_odds(regrown(cell))),
    "500 trees": lambda cell: summed(cell, upright=_odds(regrown(cell, trees=500))),
    "bags four times the size": lambda cell: summed(cell, upright=_odds(regrown(cell, 4 * bag_size(cell)))),
}
