"""WSAD-DT's loss against a plain reading of the paper's formulas, and the arrangement of its members."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from baselines.wsad_dt import WSADDT, draws
from baselines.wsad_dt_loss import dual_tailed_loss, pushed
from baselines.wsad_dt_network import clipped, embeddings, gradients

GENERATOR = torch.Generator().manual_seed(0)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR)


def plain_loss(latent: torch.Tensor, labels: torch.Tensor, c: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """One member's loss, row by row."""

    def t(d: torch.Tensor) -> torch.Tensor:
        return 1.0 / (1.0 + d / 0.2) ** 0.6

    terms: dict[int, list[torch.Tensor]] = {0: [], 1: []}
    for row, label in zip(latent, labels.tolist(), strict=True):
        d_n, d_a = ((row - c) ** 2).sum(), ((row - a) ** 2).sum()
        k_n, k_a = (torch.exp(-2.0 * d_n), t(d_a)) if label == 0 else (t(d_n), torch.exp(-d_a))
        q_n, q_a = (torch.clamp(k / (k_n + k_a + 1e-6), 1e-6, 1 - 1e-6) for k in (k_n, k_a))
        own, other = (q_n, q_a) if label == 0 else (q_a, q_n)
        terms[label].append(-torch.log(own) - torch.log(1 - other))
    total = torch.stack([torch.stack(rows).mean() for rows in terms.values() if rows]).sum()

    for rows, width in ((latent[labels == 0][:8], 0.1), (latent[labels == 1][-8:], 1.0)):
        pairs = [
            torch.exp(-((x - y) ** 2).sum() / (2 * width**2))
            for i, x in enumerate(rows)
            for j, y in enumerate(rows)
            if i != j and torch.dist(x, y) >= 1e-6
        ]
        total = total + (torch.stack(pairs).mean() if pairs else 0.0)
    return total


@pytest.mark.parametrize("counts", [[20, 11], [0, 32], [31, 3]])
def test_the_loss_of_each_member_and_its_gradient(counts: list[int]) -> None:
    latent = (normal(2, 32, 6) * 0.3).requires_grad_(True)
    c, a = normal(2, 1, 6) * 0.3, normal(2, 1, 6) * 0.3
    with torch.no_grad():
        latent[0, 1] = latent[0, 0]  # a row drawn twice
    centres = torch.cat([c, a], dim=1)
    with torch.no_grad():
        actual = dual_tailed_loss(latent, torch.tensor(counts), centres)
    labels = [(torch.arange(32) >= count).long() for count in counts]
    expected = torch.stack([plain_loss(latent[m], labels[m], c[m, 0], a[m, 0]) for m in range(2)])
    torch.testing.assert_close(actual.fit + actual.spread, expected.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(actual.slope, torch.autograd.grad(expected.sum(), latent)[0], rtol=1e-3, atol=1e-5)


def test_rows_at_the_other_centre_whose_share_is_at_its_bound() -> None:
    latent = torch.zeros(1, 4, 3, dtype=torch.float64)
    latent[0, 1], latent[0, 2:] = 30.0, torch.tensor([[0.0], [30.0]])
    latent.requires_grad_(True)
    c, a = (torch.full((1, 1, 3), value, dtype=torch.float64) for value in (0.1, 30.1))
    with torch.no_grad():
        actual = dual_tailed_loss(latent.float(), torch.tensor([2]), torch.cat([c, a], dim=1).float())
    expected = plain_loss(latent[0], torch.tensor([0, 0, 1, 1]), c[0, 0], a[0, 0])
    torch.testing.assert_close((actual.fit + actual.spread)[0].double(), expected.detach(), rtol=1e-3, atol=0)
    assert float(expected.detach()) == pytest.approx(-2.0 * np.log(1e-6), rel=0.01)  # both classes have a row there
    slope = torch.autograd.grad(expected, latent)[0]
    torch.testing.assert_close(actual.slope.double(), slope, rtol=2e-3, atol=1e-5)


def test_the_networks_gradient_is_autograds() -> None:
    sizes = [7, 6, 5, 4]
    p = {f"layer{i}.weight": normal(3, a, b).requires_grad_(True) for i, (a, b) in enumerate(pairwise(sizes))}
    x = normal(3, 16, 7)
    value = x
    for number in range(3):
        value = value @ p[f"layer{number}.weight"]
        value = torch.selu(value) if number < 2 else value
    outer = normal(3, 16, 4)
    expected = torch.autograd.grad((value * outer).sum(), list(p.values()))
    with torch.no_grad():
        values = embeddings(p, x)
        torch.testing.assert_close(values[-1], value.detach())
        mine = gradients(p, values, outer.transpose(1, 2).contiguous().transpose(1, 2))
    for name, slope in zip(p, expected, strict=True):
        torch.testing.assert_close(mine[name], slope, rtol=1e-4, atol=1e-5)


def test_gradients_are_bounded_by_network() -> None:
    slopes = {"first": normal(3, 4, 5) * torch.tensor([0.01, 1.0, 30.0])[:, None, None], "second": normal(3, 5, 2)}
    slopes["second"][0] *= 0.01
    alone = [[torch.nn.Parameter(torch.zeros_like(slope[number])) for slope in slopes.values()] for number in range(3)]
    for number, parameters in enumerate(alone):
        for parameter, slope in zip(parameters, slopes.values(), strict=True):
            parameter.grad = slope[number].clone()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    bounded = clipped(slopes, 1.0)
    for number, parameters in enumerate(alone):
        for mine, theirs in zip(bounded.values(), parameters, strict=True):
            torch.testing.assert_close(mine[number], theirs.grad)


def test_centres_keep_away_from_zero() -> None:
    torch.testing.assert_close(pushed(torch.tensor([0.05, -0.05, 0.5, -2.0])), torch.tensor([0.1, -0.1, 0.5, -2.0]))


def test_a_batch_has_the_authors_shares_and_each_network_its_own_rows() -> None:
    part, labelled = np.arange(20, 40), np.arange(100, 104)
    index, counts = draws(np.random.default_rng(0), part, labelled, 100, 400, 64)
    assert index.shape == (400, 64)
    assert counts.mean() / 64 == pytest.approx(0.4 / 1.4, abs=0.01)
    for row, count in zip(index, counts, strict=True):
        assert set(row[:count]) <= set(part)
        assert set(row[count:]) <= set(labelled)


def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    stream = np.random.default_rng(2)
    X = stream.normal(size=(400, 5)).astype(np.float32)
    truth = np.arange(400) < 40
    X[truth, :3] += 3.0
    return X, (np.arange(400) < 8).astype(int), truth


def test_it_finds_anomalies_that_nobody_labelled() -> None:
    X, y, truth = rows()
    scores = WSADDT(epochs=10).fit(X, y).decision_function(X)
    hidden = truth & (y == 0)
    assert scores.min() >= 0 and scores.max() <= 1
    assert (scores[hidden][:, None] > scores[~truth][None]).mean() > 0.95


def test_the_score_is_the_mean_share_of_the_anomalous_centre() -> None:
    X, y, _ = rows()
    fitted = WSADDT(epochs=1, n_estimators=3).fit(X, y)
    latent = torch.from_numpy((X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0)))
    weights = list(fitted._layout(5).views(fitted.weights_[None]).values())
    assert [tuple(weight.shape) for weight in weights] == [(1, 3, 5, 100), (1, 3, 100, 50), (1, 3, 50, 128)]
    for weight in weights:
        latent = latent @ weight[0] if weight is weights[-1] else torch.selu(latent @ weight[0])
    t_n, t_a = ((1 + ((latent - fitted.context_["centres"][:, i : i + 1]) ** 2).sum(-1) / 0.2) ** -0.6 for i in (0, 1))
    np.testing.assert_allclose(fitted.decision_function(X), (1 - t_n / (t_n + t_a + 1e-6)).mean(0), atol=1e-5)


def test_centres_are_the_mean_embeddings_of_a_networks_rows_before_training() -> None:
    X, y, _ = rows()
    fitted = WSADDT(epochs=1, n_estimators=1, lr=1e-12).fit(X, y)
    latent = torch.from_numpy((X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0)))
    weights = list(fitted._layout(5).views(fitted.weights_[None]).values())
    for weight in weights:
        latent = latent @ weight[0, 0] if weight is weights[-1] else torch.selu(latent @ weight[0, 0])
    means = torch.stack([latent[torch.from_numpy(y == label)].mean(dim=0) for label in (0, 1)])
    torch.testing.assert_close(fitted.context_["centres"][0], pushed(means), rtol=1e-4, atol=1e-5)


def test_steps_are_bounded_and_fewer_rows_than_networks_are_seen_by_each() -> None:
    X, y, _ = rows()
    whole, bounded, same = (
        WSADDT(epochs=2, max_steps_per_epoch=bound).fit(X, y).decision_scores_ for bound in (None, 2, 7)
    )
    assert np.array_equal(whole, same)  # 400 rows are seven batches
    assert not np.array_equal(whole, bounded)
    small = WSADDT(epochs=1).fit(np.vstack([X[:2], X[-3:]]), [1, 1, 0, 0, 0])
    normal_centres = small.context_["centres"][:, 0]
    assert len(normal_centres) == 5 and not torch.equal(normal_centres[0], normal_centres[1])


def test_a_trained_network_has_a_lower_loss() -> None:
    X, y, _ = rows()
    history = WSADDT(epochs=30).fit(X, y).history_
    assert history.shape == (30, 2)
    assert history[-5:].sum(axis=1).mean() < 0.9 * history[0].sum()
