"""WSAD-DT's loss against a plain reading of the paper's formulas, and the arrangement of its members."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.wsad_dt import WSADDT, clipped, draws, embedded
from baselines.wsad_dt_loss import dual_tailed_loss, pushed

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
    actual = dual_tailed_loss(latent, torch.tensor(counts), c, a)
    labels = [(torch.arange(32) >= count).long() for count in counts]
    expected = torch.stack([plain_loss(latent[m], labels[m], c[m, 0], a[m, 0]) for m in range(2)])
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)
    mine = torch.autograd.grad(actual.sum(), latent, retain_graph=True)[0]
    theirs = torch.autograd.grad(expected.sum(), latent)[0]
    torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-5)


def test_gradients_are_bounded_by_member() -> None:
    gradients = [normal(3, 4, 5) * torch.tensor([0.01, 1.0, 30.0])[:, None, None], normal(3, 5, 2)]
    gradients[1][0] *= 0.01
    bounded = clipped(gradients, 1.0)
    for member in range(3):
        alone = [torch.nn.Parameter(torch.zeros_like(gradient[member])) for gradient in gradients]
        for parameter, gradient in zip(alone, gradients, strict=True):
            parameter.grad = gradient[member].clone()
        torch.nn.utils.clip_grad_norm_(alone, 1.0)
        for mine, theirs in zip(bounded, alone, strict=True):
            torch.testing.assert_close(mine[member], theirs.grad)


def test_centres_keep_away_from_zero() -> None:
    torch.testing.assert_close(pushed(torch.tensor([0.05, -0.05, 0.5, -2.0])), torch.tensor([0.1, -0.1, 0.5, -2.0]))


def test_a_batch_has_the_authors_shares_and_each_member_its_own_rows() -> None:
    shards, labelled = np.array_split(np.arange(100), 5), np.arange(100, 104)
    index, counts = draws(np.random.default_rng(0), shards, labelled, 200, 64)
    assert index.shape == (200, 5, 64)
    assert float(counts.float().mean()) / 64 == pytest.approx(0.4 / 1.4, abs=0.01)
    for member, shard in enumerate(shards):
        for step in (0, 199):
            count = int(counts[step, member])
            assert set(index[step, member, :count].tolist()) <= set(shard.tolist())
            assert set(index[step, member, count:].tolist()) <= set(labelled.tolist())


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
    scaled = torch.from_numpy((X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0)))
    latent = embedded(fitted.weights_, scaled)
    assert latent.shape == (3, 400, 128)
    t_n, t_a = ((1 + ((latent - centre) ** 2).sum(-1) / 0.2) ** -0.6 for centre in (fitted.normal_, fitted.abnormal_))
    np.testing.assert_allclose(fitted.decision_function(X), (1 - t_n / (t_n + t_a + 1e-6)).mean(0), atol=1e-5)


def test_steps_are_bounded_and_few_rows_make_fewer_members() -> None:
    X, y, _ = rows()
    whole, bounded, same = (
        WSADDT(epochs=2, max_steps_per_epoch=bound).fit(X, y).decision_scores_ for bound in (None, 2, 7)
    )
    assert np.array_equal(whole, same)  # 400 rows are seven batches
    assert not np.array_equal(whole, bounded)
    small = WSADDT(epochs=1).fit(np.vstack([X[:2], X[-3:]]), [1, 1, 0, 0, 0])
    assert len(small.weights_[0]) == 3
