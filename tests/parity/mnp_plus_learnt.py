"""Spaces for MNP+'s prototypes that are learnt without labels: the published MNP's embedding of its inputs.

An autoencoder D -> (D + 8) / 2 -> 8 is pre-trained as MNP's is; the direction of its code, a point of the unit sphere, is
the embedding. ``similarity`` goes on with MNP's joint stage as it is where nothing is labelled: reconstruction, likelihood
weights, closeness to the nearest of eight prototypes, clustering with a target held fixed. No label is read, so a space is
learnt once for all label budgets of the same rows, from all training rows, those that a budget labels among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from scipy.spatial.distance import cdist

from mnp import MNP
from mnp.material import divided_rows
from mnp.network import encode, layout, outputs
from mnp.plus_evidence import NEAR_FLOOR, _distant
from mnp.plus_exemplars import draw_exemplars, nearness
from mnp.plus_prototypes import FLOOR, _modes
from mnp.stages import _autoencoder, _clustering, _joint, _start
from replicas.group import Group
from replicas.parameters import Layout
from replicas.rows import Rows
from replicas.scaling import scaled
from replicas.scoring import evaluate
from replicas.training import Context
from reproducibility.environment import one_thread
from reproducibility.streams import generator
from tests.parity.mnp_plus_cells import Cell, save
from tests.parity.mnp_plus_normality import stable_number

Objective = Literal["reconstruction", "similarity"]
#: A number of k-means centres, the number at which k-means of two halves agree, rows, or the joint stage's prototypes.
Nearest = int | Literal["stable", "exemplars", "prototypes"]
Pair = tuple[np.ndarray, np.ndarray]
#: Replicas that are trained; a group is filled up to eight anyway.
REPLICAS, PROTOTYPES, EXEMPLARS = 8, 8, 1024


@dataclass(frozen=True)
class Learning:
    """How the embedding is trained.

    Attributes
    ----------
    epochs, patience : of each of the three stages of pre-training, 64 steps an epoch; published: 200 and 15
    quantiles_only : whether the scaled values are left out of the inputs
    """

    epochs: int = 20
    patience: int = 5
    quantiles_only: bool = False


@dataclass(frozen=True)
class Space:
    """A term in a learnt space.

    Attributes
    ----------
    nearest : what the distance is to
    objective : what the embedding was trained for
    replicas : how many of them; their evidence is averaged
    learning : Learning
    """

    nearest: Nearest
    objective: Objective = "reconstruction"
    replicas: int = REPLICAS
    learning: Learning = Learning()


def evidence(cell: Cell, space: Space) -> Pair:
    """ln of the distances in units of their training medians, mean over replicas, of training and of test rows."""
    if space not in cell.trained:
        train, test = distances(cell, space)
        floors = _floors(embedded(cell, space)[0], cell.usual, 1.0 if space.nearest != "exemplars" else NEAR_FLOOR)
        units = np.median(train[:, cell.usual], axis=1)
        cell.trained[space] = tuple(
            np.mean([_distant(*of_one) for of_one in zip(part, units, floors, strict=True)], axis=0)
            for part in (train, test)
        )
    pair: Pair = cell.trained[space]
    return pair


def distances(cell: Cell, space: Space) -> Pair:
    """Distances of training and of test rows in each replica's space, (replicas, rows)."""
    train, test = embedded(cell, space)
    if space.nearest == "prototypes":
        kept = learnt(cell, space.learning)
        return kept["distance_train"][: space.replicas], kept["distance_test"][: space.replicas]
    if space.nearest == "exemplars":
        rows = [draw_exemplars(e, cell.usual, EXEMPLARS, cell.seed) for e in train]
        context = {
            "mean": torch.from_numpy(train[:, cell.usual].mean(axis=1, keepdims=True)),
            "exemplars": torch.from_numpy(np.stack(rows)),
        }
        before, after = (nearness(torch.from_numpy(e), context).double().numpy() for e in (train, test))
        return before, after
    number = stable_number(train[0][cell.usual], cell.seed) if space.nearest == "stable" else space.nearest
    centred = [_to_centres(*pair, cell, number) for pair in zip(train, test, strict=True)]
    return np.stack([before for before, _ in centred]), np.stack([after for _, after in centred])


def embedded(cell: Cell, space: Space) -> Pair:
    """Unit vectors of the training and of the test rows in each replica's space, (replicas, rows, 8)."""
    kept = learnt(cell, space.learning)
    train, test = (kept[f"{space.objective}_{part}"][: space.replicas] for part in ("train", "test"))
    return train, test


def learnt(cell: Cell, learning: Learning) -> Mapping[str, np.ndarray]:
    """What ``learn`` finds of a cell's rows, from its folder if it was found for another label budget."""
    if learning not in cell.trained:
        digest = sha256(repr((cell.seed, *astuple(learning))).encode())
        digest.update(np.ascontiguousarray(cell.X_train).tobytes())
        digest.update(np.ascontiguousarray(cell.X_test).tobytes())
        path = cell.kept / f"{digest.hexdigest()[:20]}.npz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            v, asked = cell.inputs
            save(path, **learn(v, asked, cell.seed, learning))
        with np.load(path, allow_pickle=False) as file:
            cell.trained[learning] = dict(file)
    kept: Mapping[str, np.ndarray] = cell.trained[learning]
    return kept


def learn(v: np.ndarray, asked: np.ndarray, seed: int, learning: Learning) -> dict[str, np.ndarray]:
    """Train the replicas on rows v and embed both.

    Parameters
    ----------
    v, asked : (n, D), (m, D) inputs of the training and of the test rows
    seed : int
    learning : Learning

    Returns
    -------
    dict
        ``OBJECTIVE_train``, ``OBJECTIVE_test`` : (replicas, rows, 8) unit vectors; ``distance_train``,
        ``distance_test`` : (replicas, rows) from the nearest prototype that the joint stage leaves.
    """
    if learning.quantiles_only:
        v, asked = (rows[:, rows.shape[1] // 2 :] for rows in (v, asked))
    model = MNP(
        n_prototypes=PROTOTYPES, moving_target=False, pretraining_epochs=learning.epochs, patience=learning.patience
    )
    settings, shape = model._settings(), model._shape(v.shape[1])
    run = Rows.from_arrays(np.ascontiguousarray(v), np.zeros(len(v), dtype=np.int8))
    names = [generator("mnp-plus", "trial embedding", seed, member) for member in range(REPLICAS)]
    group = Group.of([run] * REPLICAS, [int(name.integers(2**31)) for name in names], np.arange(v.shape[1]))
    table, seeds, context = group.table, group.seeds, dict(group.scaling)
    used = [divided_rows(run, 0, each, settings.quirks, settings.stopping) for each in seeds]
    with torch.inference_mode(), one_thread():
        alone, below = _autoencoder(shape, table, used, seeds, context, settings)
        start, exists, silhouettes = _start(shape, table, used, seeds, context, settings, alone, below)
        context |= {"exists": exists, **_clustering(settings, silhouettes)}
        joint = _joint(shape, table, used, seeds, context, settings, start).flat
        return {
            **_embedded("reconstruction", below, alone, v, asked, group.scaling),
            **_embedded("similarity", layout(shape), joint, v, asked, context),
            **_distance(layout(shape), joint, v, asked, context),
        }


def _embedded(
    name: Objective, below: Layout, flat: torch.Tensor, v: np.ndarray, asked: np.ndarray, context: Context
) -> dict[str, np.ndarray]:
    def unit(p: Mapping[str, torch.Tensor], x: torch.Tensor, members: Context) -> torch.Tensor:
        return F.normalize(encode(p, scaled(x, members)), dim=2)

    return {
        f"{name}_{part}": np.stack(evaluate(below, flat, unit, [rows] * REPLICAS, context))
        for part, rows in (("train", v), ("test", asked))
    }


def _distance(
    whole: Layout, flat: torch.Tensor, v: np.ndarray, asked: np.ndarray, context: Context
) -> dict[str, np.ndarray]:
    """Distances from the nearest prototype, from MNP's similarity 1 / (1 + d^2)."""

    def away(p: Mapping[str, torch.Tensor], x: torch.Tensor, members: Context) -> torch.Tensor:
        return (1.0 / outputs(p, x, members).nearest - 1.0).clamp_min(0.0).sqrt()

    return {
        f"distance_{part}": np.stack(evaluate(whole, flat, away, [rows] * REPLICAS, context)).astype(np.float64)
        for part, rows in (("train", v), ("test", asked))
    }


def _to_centres(train: np.ndarray, test: np.ndarray, cell: Cell, number: int) -> Pair:
    """Distances to the nearest k-means centre of the unlabelled rows."""
    seed = int(generator("mnp-plus", "modes", cell.seed).integers(2**31))
    centres, _ = _modes(train[cell.usual], number, seed)
    return cdist(train, centres).min(axis=1), cdist(test, centres).min(axis=1)


def _floors(train: np.ndarray, usual: np.ndarray, times: float) -> np.ndarray:
    """Of each replica the distance below which it is rounding, as the method has it."""
    points = train[:, usual].astype(np.float64)
    spread = np.sqrt(np.square(points - points.mean(axis=1, keepdims=True)).sum(axis=2).mean(axis=1))
    floors: np.ndarray = times * FLOOR * spread
    return floors
