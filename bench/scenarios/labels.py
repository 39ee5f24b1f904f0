"""What a method may know of the training part: labels, contamination, unseen types, false labels.

Anomalies are labelled from the front of one order and left in as contamination from its back. So the
labels of a smaller budget are among those of a larger one, contamination at a lower level is part of that
at a higher one, and changing one leaves the other as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from bench.errors import DataError
from bench.scenarios.protocols import SplitRows, rounded
from bench.types import Scenario


@dataclass(frozen=True, eq=False)
class Revealed:
    """What is left in the training part and which of it is labelled.

    Attributes
    ----------
    kept : (m,) int64
        Positions in ``SplitRows.train``, in order.
    y : (m,) int8
        1 = labelled anomaly, 0 = unlabelled.
    fill : int
        Perturbed copies of anomalies still to be made to reach the contamination asked for.
    """

    kept: np.ndarray
    y: np.ndarray
    fill: int


def without_labels(scenario: Scenario) -> Scenario:
    """The scenario but for who is labelled: those that agree in it mostly train on the same rows."""
    return replace(scenario, label_budget=1, known_types=(), unseen_only=False, label_noise=0.0)


def budget(asked: int | float, anomalies: int) -> int:
    """Labels that a budget buys: a count as it is, a share rounded up and at least one."""
    if isinstance(asked, int):
        return asked
    # Without the guard 0.07 * 100 would round up to 8.
    return max(1, ceil(asked * anomalies - 1e-9))


def contaminants(level: float, normals: int) -> int:
    """Unlabelled anomalies that make up ``level`` of the unlabelled rows beside ``normals`` normal ones."""
    return rounded(level * normals / (1 - level))


def reveal(
    rows: SplitRows,
    y: np.ndarray,
    anomaly_type: np.ndarray | None,
    scenario: Scenario,
    rng: np.random.Generator,
) -> Revealed:
    """Choose labels and contamination.

    Parameters
    ----------
    rows : SplitRows
    y : (m,) int8
        Truth of ``rows.train``.
    anomaly_type : (m,) str or None
        Anomaly types of ``rows.train``.
    scenario : Scenario
    rng : numpy.random.Generator
        Draws the normals that get a false label; used for nothing else.

    Returns
    -------
    Revealed

    Raises
    ------
    DataError
        The training part cannot supply it; one sentence per reason, each naming what would be possible.
    """
    order = rows.label_order
    known = None
    if scenario.known_types and anomaly_type is not None:
        known = np.isin(anomaly_type[order], scenario.known_types)
    labellable = order if known is None else order[known]
    present = labellable if scenario.unseen_only else order

    labels = budget(scenario.label_budget, len(labellable))
    false = rounded(scenario.label_noise * labels)
    labelled = labellable[: labels - false]
    normals = np.flatnonzero(y == 0)
    mislabelled = rng.permutation(normals)[:false] if false else normals[:0]
    pool = present[~np.isin(present, labelled)][::-1]
    unlabelled = len(normals) - false
    wanted = len(pool) if scenario.contamination is None else contaminants(scenario.contamination, unlabelled)

    reasons = []
    if labels > len(labellable):
        which = f" of the types {', '.join(scenario.known_types)}" if known is not None else ""
        reasons.append(
            f"label_budget = {scenario.label_budget} but the training part holds {len(labellable)} "
            f"anomalies{which}; ask for at most {len(labellable)}"
        )
    elif labels - false < 1:
        reasons.append(f"label_noise = {scenario.label_noise} leaves no true label in a budget of {labels}; lower it")
    elif wanted > len(pool) and scenario.contamination_fill == "refuse":
        highest = floor(1e4 * len(pool) / (len(pool) + unlabelled)) / 1e4
        reasons.append(
            f"contamination = {scenario.contamination} needs {wanted} unlabelled anomalies beside "
            f"{unlabelled} normals, {len(pool)} are left; "
            f'ask for at most {highest} or for contamination_fill = "perturb"'
        )
    fill = max(0, wanted - len(pool))
    if fill and scenario.contamination_fill == "perturb" and len(present) < 2:
        reasons.append(f"perturbed copies need 2 training anomalies to mix, {len(present)} are there")
    if reasons:
        raise DataError("; ".join(reasons))

    role = np.full(len(y), -1, dtype=np.int8)
    role[normals] = 0
    role[pool[:wanted]] = 0
    role[labelled] = 1
    role[mislabelled] = 1
    kept = np.flatnonzero(role >= 0)
    return Revealed(kept, role[kept], fill)
