"""Networks with many inputs train run by run: decided by the layout alone, so a run's bits have no companions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from bench import methods
from bench.planning import grouping
from replicas.optimiser import SGD
from replicas.parameters import MOST_GROUPED_INPUTS, Layout, Parameter, zeros
from replicas.rows import Rows
from replicas.scoring import evaluate
from replicas.stopping import StoppingRule
from replicas.training import Batch, Context, Stage, Step, each, train

REPLICATED = sorted(name for name, spec in methods.specs().items() if spec.replicated)
SHORT: dict[str, dict[str, Any]] = {
    "devnet": {"epochs": 3, "steps_per_epoch": 3, "batch_size": 64},
    "prenet": {"epochs": 3, "steps_per_epoch": 3, "batch_size": 64},
    "deep-sad": {"epochs": 3, "pretraining_epochs": 3},
    "feawad": {"epochs": 2, "pretraining_epochs": 2, "steps_per_epoch": 2, "batch_size": 64},
    "repen": {"epochs": 3, "steps_per_epoch": 3, "batch_size": 64},
    "rosas": {"epochs": 4, "steps_per_epoch": 3, "patience": 2},
    "overlap": {"epochs": 3, "batch_size": 64, "grid": 100},
    "soel": {"epochs": 2, "n_transformations": 2},
    "wsad-dt": {"epochs": 2, "max_steps_per_epoch": 3},
    "mnp": {"epochs": 3, "steps_per_epoch": 3, "pretraining_epochs": 3, "patience": 1, "stopping": "held-out"},
    "mnp-plus": {"n_estimators": 5, "steps": 6, "n_init": 2},
    "mnp-published": {"epochs": 3, "steps_per_epoch": 3, "pretraining_epochs": 3, "patience": 1},
}


def runs(width: int, count: int) -> list[Rows]:
    """Runs with own rows and labels over one shared table."""
    rng = np.random.default_rng(width)
    X = rng.normal(size=(240, width)).astype(np.float32)
    X[220:] *= 4.0
    truth = np.repeat([0, 1], [220, 20]).astype(np.int8)
    splits = []
    for run in range(count):
        order = np.concatenate([rng.permutation(220)[:160], 220 + rng.permutation(20)[:12]])
        y = np.repeat([0, 1], [len(order) - 6 - run % 2, 6 + run % 2]).astype(np.int8)
        held = np.setdiff1d(np.arange(240), order)
        splits.append(Rows(X, order, y, held, truth[held]))
    return splits


# on both sides of the boundary; beyond 504 features the inner layer of MNP's pre-training is wide too
@pytest.mark.parametrize("width", [MOST_GROUPED_INPUTS, MOST_GROUPED_INPUTS + 1, 520])
@pytest.mark.parametrize("method", REPLICATED)
def test_scores_are_the_same_bits_in_any_group(method: str, width: int) -> None:
    model = methods.create(method, **SHORT.get(method, {}))
    splits, seeds = runs(width, 9), list(range(9))
    group = model.fit_replicas(splits, seeds)
    scores = model.decision_function_replicas(group, [split.X for split in splits])
    for chosen in ([8], [5, 0], [2, 8, 1]):
        again = model.fit_replicas([splits[i] for i in chosen], [seeds[i] for i in chosen])
        values = model.decision_function_replicas(again, [splits[i].X for i in chosen])
        for run, detector, value in zip(chosen, again, values, strict=True):
            assert torch.equal(detector.weights_, group[run].weights_), (chosen, run)
            assert np.array_equal(value, scores[run]), (chosen, run)
            assert np.array_equal(detector.decision_function(splits[run].X[37:38]), value[37:38])


@pytest.mark.parametrize("method", REPLICATED)
def test_the_plan_knows_which_runs_train_together(method: str) -> None:
    assert grouping.MOST_GROUPED_FEATURES == MOST_GROUPED_INPUTS
    model = methods.create(method)
    for features in (1, 20, MOST_GROUPED_INPUTS, MOST_GROUPED_INPUTS + 1, 1555):
        together = grouping.trains_together(methods.get(method), (1000, features))
        assert model._layout(features).grouped == together


@pytest.mark.parametrize(("inputs", "expected"), [(MOST_GROUPED_INPUTS, [8]), (MOST_GROUPED_INPUTS + 1, [1, 1, 1])])
def test_a_wide_group_is_not_padded(inputs: int, expected: list[int]) -> None:
    widths = []

    def gradient(p: Mapping[str, torch.Tensor], batch: Batch, context: Context) -> Step:
        widths.append(len(batch[0]))
        value = torch.zeros(len(batch[0]))
        return value, value[:, None], {"weight": torch.ones_like(p["weight"])}

    layout = Layout([Parameter("weight", (inputs, 1), zeros)])
    draw = each(lambda run, steps: (np.full((steps, 1), run),))
    train(Stage(layout, gradient, draw, SGD(0.1), epochs=1, steps=1), torch.zeros(3, layout.size))
    assert widths == expected


@pytest.mark.parametrize("inputs", [MOST_GROUPED_INPUTS, MOST_GROUPED_INPUTS + 1])
def test_each_run_keeps_its_own_results(inputs: int) -> None:
    """Run r moves by r + 1 a step; run 1 is best after its first epoch and stops after its third."""

    def gradient(p: Mapping[str, torch.Tensor], batch: Batch, context: Context) -> Step:
        own = batch[0][:, :1].float() + 1.0
        context["seen"] += own
        return own[:, 0], own, {"weight": -own[..., None].expand_as(p["weight"])}

    def monitor(flat: torch.Tensor, members: np.ndarray, context: Context) -> np.ndarray:
        return np.where(members == 1, flat[:, 0].numpy(), -flat[:, 0].numpy())

    layout = Layout([Parameter("weight", (inputs, 1), zeros)])
    stage = Stage(
        layout, gradient, each(lambda run, steps: (np.full((steps, 1), run),)), SGD(1.0), epochs=5, steps=2,
        stopping=StoppingRule(patience=2, delta=0.0), monitor=monitor, tracked=("seen",),
    )  # fmt: skip
    trained = train(stage, torch.zeros(3, layout.size), {"seen": torch.zeros(3, 1)})
    assert trained.epochs.tolist() == [5, 3, 5]
    assert trained.flat[:, 0].tolist() == [10.0, 4.0, 30.0]
    assert trained.tracked["seen"][:, 0].tolist() == [10.0, 12.0, 30.0]
    assert [history[:, 0].tolist() for history in trained.history] == [[1.0] * 5, [2.0] * 3, [3.0] * 5]
    assert [values.tolist() for values in trained.monitored][1] == [4.0, 8.0, 12.0]


def test_a_wide_network_scores_one_item_at_a_time() -> None:
    widths = []

    def forward(p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        widths.append(len(x))
        return torch.bmm(x, p["weight"])[..., 0] + context["level"]

    layout = Layout([Parameter("weight", (MOST_GROUPED_INPUTS + 1, 1), zeros)])
    xs = [np.zeros((rows, MOST_GROUPED_INPUTS + 1), np.float32) for rows in (130, 5)]
    values = evaluate(layout, torch.zeros(2, layout.size), forward, xs, {"level": torch.tensor([[1.0], [2.0]])})
    assert widths == [1, 1, 1]
    assert [(len(v), set(v.tolist())) for v in values] == [(130, {1.0}), (5, {2.0})]
