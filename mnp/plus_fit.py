"""Fits a group of MNP+ runs: their networks in one program, the rest run by run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mnp.plus_inputs import Inputs
from mnp.plus_network import NetworkRows, layout, train_networks
from mnp.plus_prototypes import Normality, fit_normality
from mnp.plus_settings import Settings
from replicas.bagging import bagged_trees
from replicas.rows import TrainingRows
from reproducibility.streams import generator

#: Values of the inputs of runs that train together; how runs are put together moves no bit.
AT_ONCE = 2**26


@dataclass(frozen=True, eq=False)
class FittedRun:
    """What one run leaves, under the names of ``MNPPlus``'s attributes without their underscore."""

    weights: torch.Tensor
    context: dict[str, torch.Tensor]
    inputs: dict[str, np.ndarray]
    trees: dict[str, np.ndarray]
    rotated_trees: dict[str, np.ndarray]
    prototypes: np.ndarray
    history: dict[str, np.ndarray]
    floor: float
    usual: np.ndarray  # unlabelled rows that the units of distance are medians over


def fit_runs(
    runs: Sequence[TrainingRows], seeds: Sequence[int], columns: np.ndarray, settings: Settings
) -> list[FittedRun]:
    """Fit each run, bit for bit as if it were alone.

    Parameters
    ----------
    runs : sequence of TrainingRows in which the same columns vary, all of them with labelled anomalies or none
    seeds : sequence of int
    columns : (d,) the varying columns
    settings : Settings
    """
    fitted: list[FittedRun] = []
    for part in _together(runs, 2 * len(columns)):
        fitted += _fit(runs[part], seeds[part], columns, settings)
    return fitted


def _together(runs: Sequence[TrainingRows], width: int) -> Iterator[slice]:
    """Neighbouring runs whose inputs fit into memory together, at least one at a time."""
    begin, held = 0, 0
    for end, run in enumerate(runs):
        values = len(run.train) * width
        if end > begin and held + values > AT_ONCE:
            yield slice(begin, end)
            begin, held = end, 0
        held += values
    yield slice(begin, len(runs))


def _fit(
    runs: Sequence[TrainingRows], seeds: Sequence[int], columns: np.ndarray, settings: Settings
) -> list[FittedRun]:
    rows: list[NetworkRows] = []
    maps: list[Inputs] = []
    trees: list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]] = []
    normal: list[Normality] = []
    prototypes: list[np.ndarray] = []
    for run, seed in zip(runs, seeds, strict=True):
        X = np.ascontiguousarray(run.X[run.train])
        varying = X if len(columns) == X.shape[1] else np.ascontiguousarray(X[:, columns])
        is_labelled = np.asarray(run.y_train) == 1
        unlabelled, labelled = np.flatnonzero(~is_labelled), np.flatnonzero(is_labelled)
        maps.append(Inputs.fit(varying))
        rows.append(NetworkRows(maps[-1](varying), unlabelled, labelled, seed))
        normal.append(fit_normality(rows[-1].v, unlabelled, seed, settings))
        prototypes.append(_in_users_units(X[normal[-1].rows], normal[-1].members))
        trees.append(_forests(varying, normal[-1].turned(rows[-1].v), labelled, unlabelled, seed, settings))
    weights, histories = _networks(rows, settings)
    return [
        FittedRun(
            weights[i], normal[i].context(), maps[i].as_arrays(), *trees[i], prototypes[i], histories[i],
            normal[i].floor, normal[i].rows,
        )
        for i in range(len(rows))
    ]  # fmt: skip


def _networks(rows: Sequence[NetworkRows], settings: Settings) -> tuple[torch.Tensor, list[dict[str, Any]]]:
    """Trained mean networks and the terms of their losses; a network of zeros where none is asked for."""
    width = rows[0].v.shape[1]
    if settings.network_weight == 0 or not len(rows[0].labelled):
        size = layout(width, settings.hidden_dim * settings.n_init).size
        return torch.zeros(len(rows), size), [{} for _ in rows]
    weights, histories = train_networks(rows, settings)
    names = ("unlabelled", "labelled", "penalty")
    return weights, [{name: history[:, i] for i, name in enumerate(names)} for history in histories]


def _forests(
    X: np.ndarray, turned: np.ndarray, labelled: np.ndarray, unlabelled: np.ndarray, seed: int, settings: Settings
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Trees on the features, and half as many along the principal directions; none without labels or weight."""
    if not len(labelled) or settings.tree_weight == 0:
        return {}, {}
    count, size = settings.n_estimators, settings.max_samples
    upright = bagged_trees(X, labelled, unlabelled, count, generator("mnp-plus", "trees", seed), size)
    if settings.rotated_weight == 0:
        return upright.as_arrays(), {}
    stream = generator("mnp-plus", "rotated trees", seed)
    rotated = bagged_trees(turned, labelled, unlabelled, max(1, count // 2), stream, size)
    return upright.as_arrays(), rotated.as_arrays()


def _in_users_units(X: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Mean row of each mode in the user's own columns, (K, n_features)."""
    return np.stack([X[members == mode].mean(axis=0, dtype=np.float64) for mode in range(members.max() + 1)])
