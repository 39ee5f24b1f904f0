"""TabM: the package's network, trained on balanced batches with the loss of its single predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("tabm")

from baselines.tabm import TabM, balanced


def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    stream = np.random.default_rng(2)
    X = np.exp(stream.normal(size=(400, 5))).astype(np.float32)
    truth = np.arange(400) < 40
    X[truth, :3] *= 20.0
    return X, (np.arange(400) < 8).astype(int), truth


def test_batches_are_half_unlabelled_rows_that_pass_in_turn() -> None:
    labelled, unlabelled = np.arange(5), np.arange(5, 105)
    made = balanced(np.random.default_rng(0), labelled, unlabelled, steps=20, half=10)
    assert len(made) == 20
    assert sorted(np.concatenate([first for first, _ in made[:10]])) == unlabelled.tolist()
    assert all((second == labelled).all() for _, second in made)
    many = balanced(np.random.default_rng(0), np.arange(50), unlabelled + 50, steps=3, half=10)
    assert all(len(set(second)) == 10 for _, second in many)


def test_it_finds_anomalies_that_nobody_labelled() -> None:
    X, y, truth = rows()
    scores = TabM(steps=60, k=8, d_block=32).fit(X, y).decision_function(X)
    hidden = truth & (y == 0)
    assert scores.min() >= 0 and scores.max() <= 1
    assert (scores[hidden][:, None] > scores[~truth][None]).mean() > 0.95


def test_the_score_is_the_mean_probability_of_the_networks() -> None:
    X, y, _ = rows()
    fitted = TabM(steps=2, k=4, d_block=16).fit(X, y)
    inputs = fitted._inputs(X)
    assert inputs[:, 0].std() == pytest.approx(1.0, abs=0.2)  # normal quantiles of a skewed column
    with torch.no_grad():
        single = fitted.network_(inputs)
    assert single.shape == (400, 4, 1)
    expected = (1 / (1 + torch.exp(-single[..., 0].double()))).mean(1)
    np.testing.assert_allclose(fitted.decision_function(X), expected, rtol=1e-5)


def test_each_network_has_its_own_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step on the mean of the k losses, both classes with half of the weight, by hand."""
    X, y, _ = rows()
    taken: dict[str, list[torch.Tensor]] = {}
    step = torch.optim.AdamW.step

    def record(self: torch.optim.AdamW, *args: Any, **kwargs: Any) -> Any:
        taken["gradient"] = [p.grad.clone() for group in self.param_groups for p in group["params"]]
        taken["before"] = [p.detach().clone() for group in self.param_groups for p in group["params"]]
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", record)
    fitted = TabM(steps=1, k=4, d_block=16, dropout=0.0, batch_size=784).fit(X, y)  # the batch is the whole table
    with torch.no_grad():
        for parameter, before in zip(fitted.network_.parameters(), taken["before"], strict=True):
            parameter.copy_(before)
    output = fitted.network_(fitted._inputs(X))[..., 0]
    probability = torch.sigmoid(output)
    labelled = torch.from_numpy(y == 1)
    loss = -torch.log(probability[labelled]).mean(0) / 2 - torch.log(1 - probability[~labelled]).mean(0) / 2
    expected = torch.autograd.grad(loss.mean(), list(fitted.network_.parameters()))
    for mine, theirs in zip(taken["gradient"], expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-6)
