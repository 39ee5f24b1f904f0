"""A run's bits do not depend on its group: alone, among forty, reversed, in part."""

from typing import Any

import numpy as np
import pytest
import torch

from bench.methods import create
from replicas.rows import Rows

WIDTHS = [1, 6, 7, 62, *(pytest.param(width, marks=pytest.mark.slow) for width in (3, 21, 36))]
# enough epochs for a last-bit difference to grow into a visible one, short enough for CI
METHODS: dict[str, dict[str, Any]] = {
    "devnet": {"epochs": 20, "steps_per_epoch": 4, "batch_size": 128},
    "devnet-drawn": {"epochs": 20, "steps_per_epoch": 4, "batch_size": 64},
    "prenet": {"epochs": 20, "steps_per_epoch": 4, "batch_size": 64},
    "prenet-drawn": {"epochs": 20, "steps_per_epoch": 4, "batch_size": 32},
    "deep-sad": {"epochs": 20, "pretraining_epochs": 20},
    "feawad": {"epochs": 10, "pretraining_epochs": 10, "steps_per_epoch": 4, "batch_size": 128},
    "repen": {"epochs": 20, "steps_per_epoch": 4, "batch_size": 64},
    "rosas": {"epochs": 20, "steps_per_epoch": 4, "patience": 5},
    "overlap": {"epochs": 20, "batch_size": 128, "grid": 200},
    "soel": {"epochs": 10},
    "wsad-dt": {"epochs": 20, "max_steps_per_epoch": 3},
    "wsad-dt-few": {"epochs": 20, "max_steps_per_epoch": 3, "batch_size": 13, "n_estimators": 3, "hidden_dims": [33]},
    "mnp": {"epochs": 20, "steps_per_epoch": 4, "pretraining_epochs": 8, "stopping": "fixed"},
    "mnp-held-out": {
        "epochs": 25,
        "steps_per_epoch": 4,
        "pretraining_epochs": 4,
        "patience": 3,
        "stopping": "held-out",
    },
    "mnp-plus": {"n_estimators": 40, "steps": 80},
    "mnp-published": {"epochs": 25, "steps_per_epoch": 4, "pretraining_epochs": 8, "patience": 3},
}


def runs(width: int, count: int) -> list[Rows]:
    """Runs with own rows and two label budgets over one shared table with two normal modes."""
    generator = np.random.default_rng(width)
    X = generator.normal(size=(420, width)).astype(np.float32)
    X[:200] += 3.0
    X[400:] *= 4.0
    truth = np.repeat([0, 1], [400, 20]).astype(np.int8)
    splits = []
    for run in range(count):
        order = np.concatenate([generator.permutation(400)[:260], 400 + generator.permutation(20)])
        y = np.zeros(len(order) - 8, dtype=np.int8)
        y[260 : 260 + (5 if run % 2 else 9)] = 1
        held = np.concatenate([np.setdiff1d(np.arange(400), order)[:40], order[-8:]])
        splits.append(Rows(X, order[:-8], y, held, truth[held]))
    return splits


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("method", METHODS)
def test_scores_are_the_same_bits_in_any_group(method: str, width: int) -> None:
    name = method.removesuffix("-held-out").removesuffix("-drawn").removesuffix("-few")
    model = create(name, **METHODS[method])
    splits = runs(width, 40)
    seeds = list(range(40))
    group = model.fit_replicas(splits, seeds)
    scores = model.decision_function_replicas(group, [s.X for s in splits])
    picks = {"alone": [39], "first": [0], "reversed": list(range(18, 4, -1)), "part": [2, 33, 17]}
    for where, chosen in picks.items():
        again = model.fit_replicas([splits[i] for i in chosen], [seeds[i] for i in chosen])
        values = model.decision_function_replicas(again, [splits[i].X for i in chosen])
        for run, detector, value in zip(chosen, again, values, strict=True):
            assert torch.equal(detector.weights_, group[run].weights_), (where, run)
            assert np.array_equal(value, scores[run]), (where, run)
            assert np.array_equal(detector.decision_scores_, group[run].decision_scores_), (where, run)


def test_different_seeds_and_rows_do_differ() -> None:
    splits = runs(6, 2)
    model = create("devnet", epochs=2, steps_per_epoch=2)
    first, other_rows, other_seed = model.fit_replicas([splits[0], splits[1], splits[0]], [0, 0, 1])
    assert not torch.equal(first.weights_, other_rows.weights_)
    assert not torch.equal(first.weights_, other_seed.weights_)


@pytest.mark.parametrize(
    "method",
    ["devnet", "prenet", "deep-sad", "feawad", "repen", "rosas", "overlap", "soel", "wsad-dt", "mnp", "mnp-plus"],
)
def test_a_row_scores_the_same_with_any_companions(method: str) -> None:
    split = runs(7, 1)[0]
    detector = create(method, **METHODS[method]).fit_replicas([split], [0])[0]
    whole = detector.decision_function(split.X)
    assert np.array_equal(detector.decision_function(split.X[37:38]), whole[37:38])
    assert np.array_equal(detector.decision_function(split.X[100:]), whole[100:])


@pytest.mark.parametrize(
    "method",
    ["devnet", "prenet", "deep-sad", "feawad", "repen", "rosas", "overlap", "soel", "wsad-dt", "mnp", "mnp-plus"],
)
def test_fit_is_a_group_of_one(method: str) -> None:
    split = runs(6, 1)[0]
    X, y = split.X[split.train], split.y_train
    grouped = create(method, **METHODS[method]).fit_replicas([split], [3])[0]
    alone = create(method, seed=3, **METHODS[method]).fit(X, y)
    assert np.array_equal(alone.decision_function(split.X), grouped.decision_function(split.X))
