"""MNP's pieces against plain single-network formulas and scikit-learn."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.cluster import KMeans
from sklearn.metrics import (
    auc,
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    silhouette_samples,
    silhouette_score,
)

from mnp.losses import LossSettings, joint_loss
from mnp.network import Shape, layout, outputs
from mnp.prototypes import separated_prototypes, start_prototypes, weighted_silhouette
from mnp.validation import ranking_loss
from reproducibility.streams import generator


def by_hand(
    p: dict[str, torch.Tensor], x: torch.Tensor, unlabelled: int, k: int, moving: bool, broadcast: bool
) -> torch.Tensor:
    """The paper's loss for one network, written without a replica axis."""
    act = torch.nn.LeakyReLU(0.01)
    z = act(act(x @ p["encoder1.weight"] + p["encoder1.bias"]) @ p["encoder2.weight"] + p["encoder2.bias"])
    back = act(act(z @ p["decoder1.weight"] + p["decoder1.bias"]) @ p["decoder2.weight"] + p["decoder2.bias"])
    error = F.smooth_l1_loss(back, x, reduction="none").mean(1)
    unit, centres = F.normalize(z, dim=1), F.normalize(p["prototypes"][:k], dim=1)
    s = 1 / (1 + ((unit[:, None] - centres[None]) ** 2).sum(2))
    near = s.max(1).values
    head = torch.cat([unit, error[:, None], near[:, None]], 1)
    score = torch.sigmoid(act(head @ p["head1.weight"] + p["head1.bias"]) @ p["head2.weight"] + p["head2.bias"])[:, 0]
    w = torch.sigmoid(near[:unlabelled])
    w = w / w.mean()
    normal = (w * error[:unlabelled]).mean()
    recon = normal + torch.relu(0.02 + normal - error[unlabelled:]).mean()
    fit = F.smooth_l1_loss(score[unlabelled:], torch.ones_like(score[unlabelled:]))
    low = F.smooth_l1_loss(score[:unlabelled], torch.zeros(unlabelled), reduction="none")
    fit = fit + ((low[:, None] if broadcast else low) * w).mean()  # the authors' code multiplies (B, 1) by (B,)
    q = s[:unlabelled] / s[:unlabelled].sum(1, keepdim=True)
    t = q**2 / q.sum(0)
    t = t / t.sum(1, keepdim=True)
    t = t if moving else t.detach()
    contrast = -torch.log(torch.sigmoid((w * near[:unlabelled]).mean() - near[unlabelled:].mean()))
    proto = contrast + (t * (t / q).log()).sum()
    losses = torch.stack([recon, fit, proto])
    weights = torch.softmax((losses if moving else losses.detach()) / torch.tensor([0.5, 1.0, 2.0]) / 2, 0)
    return (weights * losses).sum()


@pytest.mark.parametrize(("moving", "broadcast"), [(True, False), (False, False), (True, True)])
def test_joint_loss_and_gradient_are_the_papers(moving: bool, broadcast: bool) -> None:
    shape = Shape(6)
    whole = layout(shape)
    flat = whole.start([generator("w", seed) for seed in range(8)])
    rows = torch.from_numpy(generator("x").random((8, 40, 6), dtype=np.float32))
    prototypes = generator("p").normal(size=(8, 10, 8)).astype(np.float32)
    values = whole.unpack(flat)
    values["prototypes"] = prototypes
    flat = torch.from_numpy(whole.pack(values)).requires_grad_()
    exists = torch.zeros(8, 10)
    exists[:, :3] = 1
    context = {"low": torch.zeros(8, 1, 6), "gain": torch.ones(8, 1, 6), "exists": exists}
    context["previous"] = torch.tensor([[0.5, 1.0, 2.0]]).expand(8, 3)
    context |= {"moving": torch.full((8, 1), float(moving)), "lambda_kl": torch.ones(8, 1)}
    total, terms = joint_loss(
        outputs(whole.views(flat), rows, context),
        32,
        context,
        LossSettings(unweighted_score=broadcast),
    )
    (gradient,) = torch.autograd.grad(total.sum(), flat)
    for run in range(8):
        single = flat[run : run + 1].detach().requires_grad_()
        p = {name: view[0] for name, view in whole.views(single).items()}
        expected = by_hand(p, rows[run], 32, 3, moving, broadcast)
        torch.testing.assert_close(total[run], expected, rtol=1e-5, atol=1e-6)
        (other,) = torch.autograd.grad(expected, single)
        torch.testing.assert_close(gradient[run], other[0], rtol=1e-3, atol=1e-5)
    assert terms.shape == (8, 8)


@pytest.mark.parametrize("trapezoid", [True, False])
def test_ranking_loss_is_scikit_learns(trapezoid: bool) -> None:
    stream = np.random.default_rng(0)
    for _ in range(20):
        y = stream.integers(0, 2, 60)
        scores = np.round(stream.normal(size=60) + y, 1)
        precision, recall, _ = precision_recall_curve(y, scores)
        area = auc(recall, precision) if trapezoid else average_precision_score(y, scores)
        assert ranking_loss(y, scores, trapezoid) == pytest.approx(2 - area - roc_auc_score(y, scores), abs=1e-12)
    assert np.isnan(ranking_loss(np.array([0, 1]), np.array([np.nan, 1.0])))


def test_silhouette_is_scikit_learns_and_takes_weights() -> None:
    X = np.random.default_rng(1).normal(size=(120, 3))
    labels = KMeans(4, random_state=0, n_init=1).fit_predict(X)
    distances = np.sqrt(((X[:, None] - X[None]) ** 2).sum(2))
    assert weighted_silhouette(distances, labels, np.ones(120)) == pytest.approx(silhouette_score(X, labels), abs=1e-9)
    doubled = np.arange(120) % 2 + 1.0
    repeated = np.repeat(np.arange(120), doubled.astype(int))
    samples = silhouette_samples(X, labels)
    assert weighted_silhouette(distances, labels, doubled) != pytest.approx(samples.mean(), abs=1e-6)
    assert len(repeated) == doubled.sum()


@pytest.mark.parametrize("modes", [2, 3, 5])
def test_k_is_found_for_separated_modes(modes: int) -> None:
    chosen_k = []
    for seed in range(4):
        stream = np.random.default_rng(seed)
        centres = stream.permutation(np.eye(8))[:modes] * 10
        points = (centres[stream.integers(0, modes, 400)] + stream.normal(size=(400, 8)) * 0.5).astype(np.float32)
        chosen, silhouettes = start_prototypes(points, seed)
        chosen_k.append(len(chosen))
        assert set(silhouettes) == set(range(2, 11))
    assert chosen_k == [modes] * 4


def test_trimmed_k_is_not_moved_by_scattered_rows() -> None:
    plain, trimmed = [], []
    for seed in range(4):
        stream = np.random.default_rng(seed)
        points = (np.eye(8)[stream.integers(0, 3, 400)] * 10 + stream.normal(size=(400, 8)) * 0.5).astype(np.float32)
        points[:40] = stream.uniform(-20, 20, size=(40, 8))
        plain.append(len(start_prototypes(points, seed)[0]))
        trimmed.append(len(start_prototypes(points, seed, trimmed=0.1)[0]))
        np.testing.assert_array_equal(
            separated_prototypes(points, seed)[0], start_prototypes(points, seed, trimmed=0.1)[0]
        )
        blurred = stream.normal(size=(300, 8)).astype(np.float32)
        np.testing.assert_array_equal(separated_prototypes(blurred, seed)[0], start_prototypes(blurred, seed)[0])
        assert len(separated_prototypes(points, seed, 4)[0]) == 4
    assert trimmed == [3] * 4
    assert plain != trimmed


def test_given_k_and_few_distinct_rows() -> None:
    points = np.zeros((20, 8), dtype=np.float32)
    points[10:] = 1.0
    assert len(start_prototypes(points, 0, 7)[0]) == 2
    assert len(start_prototypes(points, 0)[0]) == 1
    np.testing.assert_allclose(start_prototypes(points, 0, 1)[0], 0.5)
