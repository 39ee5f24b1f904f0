"""MNP as its users meet it."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mnp import MNP
from mnp.prototypes import normal_weights

FAST: dict[str, Any] = {"epochs": 15, "steps_per_epoch": 16, "pretraining_epochs": 20, "stopping": "fixed"}


def modes(seed: int, count: int = 3, rows: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Well-separated normal modes, 10% anomalies of which six are labelled; (X, y, truth)."""
    stream = np.random.default_rng(seed)
    centres = stream.normal(size=(count, 6)) * 6
    X = centres[stream.integers(0, count, rows)] + stream.normal(size=(rows, 6)) * 0.3
    truth = np.zeros(rows, dtype=int)
    truth[: rows // 10] = 1
    X[: rows // 10] = stream.uniform(-12, 12, size=(rows // 10, 6))
    y = np.zeros(rows, dtype=int)
    y[:6] = 1
    return X.astype(np.float32), y, truth


def test_contaminating_anomalies_are_less_likely_normal() -> None:
    gaps = []
    for seed in range(3):
        X, y, truth = modes(seed)
        likelihood = MNP(random_state=seed, **FAST).fit(X, y).normal_likelihood(X)
        hidden = (truth == 1) & (y == 0)
        gaps.append(likelihood[truth == 0].mean() - likelihood[hidden].mean())
    assert min(gaps) > 0


def test_what_a_model_tells_of_rows_has_their_shapes() -> None:
    X, y, _ = modes(0)
    model = MNP(random_state=1, n_prototypes=4, **FAST).fit(X, y)
    assert model.n_prototypes_ == 4
    assert model.prototypes_.shape == (4, 8)
    np.testing.assert_allclose(np.linalg.norm(model.prototypes_, axis=1), 1.0, rtol=1e-5)
    similarity = model.prototype_similarity(X)
    assert similarity.shape == (400, 4)
    closest = model.closest_prototype(X)
    np.testing.assert_array_equal(similarity[np.arange(400), closest], similarity.max(axis=1))
    assert similarity.min() > 0 and similarity.max() <= 1 + 1e-6
    assert model.reconstruction_error(X).min() >= 0
    assert model.embed(X).shape == (400, 8)
    assert all(len(values) == 15 for values in model.history_.values())
    assert model.decision_function(X).min() >= 0 and model.decision_function(X).max() <= 1
    assert model.predict_proba(X).shape == (400, 2)


def test_the_reconstruction_is_that_of_the_error() -> None:
    """e(x) is the mean SmoothL1 of x and xhat, both scaled to [0, 1] by the training rows; constants come back."""
    X, y, _ = modes(0)
    X = np.hstack([X, np.full((len(X), 1), 5.0, dtype=np.float32)])
    model = MNP(random_state=1, **FAST).fit(X, y)
    rebuilt = model.reconstruct(X)
    assert rebuilt.shape == X.shape and rebuilt.dtype == np.float64
    np.testing.assert_array_equal(rebuilt[:, 6], 5.0)
    gap = np.abs(X - rebuilt)[:, :6] / np.ptp(X[:, :6], axis=0)
    expected = np.where(gap < 1, gap**2 / 2, gap - 0.5).mean(axis=1)
    np.testing.assert_allclose(model.reconstruction_error(X), expected, rtol=1e-3, atol=1e-7)
    moved = X.astype(np.float64)
    moved[:, 0] += 1.7e9
    far = MNP(random_state=1, **FAST).fit(moved, y)
    assert hasattr(far, "single_offset_")
    assert np.abs(moved - far.reconstruct(moved))[:, 0].max() < np.ptp(X[:, 0])


@pytest.mark.filterwarnings("ignore:no labelled anomaly")
def test_nothing_labelled_still_ranks_outliers() -> None:
    X, _, truth = modes(2)
    scores = MNP(random_state=0, **FAST).fit(X).decision_function(X)
    assert scores[truth == 1].mean() > 2 * scores[truth == 0].mean()


def test_paper_protocol_needs_its_validation_rows() -> None:
    X, y, truth = modes(3)
    with pytest.raises(ValueError, match="pass X_val and y_val"):
        MNP(protocol="paper", **FAST).fit(X, y)
    with pytest.raises(ValueError, match="must not see validation labels"):
        MNP(**FAST).fit(X, y, X_val=X, y_val=truth)
    model = MNP(protocol="paper", epochs=3, steps_per_epoch=4, pretraining_epochs=2).fit(
        X, y, X_val=X[:80], y_val=truth[:80]
    )
    assert len(model.history_["total"]) <= 3


@pytest.mark.parametrize(
    "ablation",
    [{"contrast": False}, {"lambda_kl": 0.0}, {"likelihood": False}, {"reconstruction_input": False},
     {"pretraining_epochs": 0}, {"n_prototypes": 1}],
    ids=str,
)  # fmt: skip
def test_each_ablation_changes_the_scores(ablation: dict[str, Any]) -> None:
    X, y, _ = modes(4)
    settings: dict[str, Any] = {"epochs": 2, "steps_per_epoch": 4, "pretraining_epochs": 2, "random_state": 0}
    whole = MNP(**settings).fit(X, y).decision_function(X)
    assert not np.array_equal(MNP(**{**settings, **ablation}).fit(X, y).decision_function(X), whole)


def test_parameters_out_of_range_are_named() -> None:
    X, y, _ = modes(5)
    with pytest.raises(ValueError, match="'n_prototypes' parameter of MNP must be an int in the range"):
        MNP(n_prototypes=0).fit(X, y)
    with pytest.raises(ValueError, match="'stopping' parameter of MNP must be"):
        MNP(stopping="never").fit(X, y)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'protocol' parameter of MNP must be"):
        MNP(protocol="strong").fit(X, y)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"stopping": "labelled"}, {"stopping": "held-out"}, {"choosing": "likelihood"}, {"moving_target": True}]
)
def test_weak_choices_change_the_fit_and_still_rank(change: dict[str, Any]) -> None:
    X, y, truth = modes(4)
    base = MNP(random_state=3, **FAST).fit(X, y).decision_function(X)
    other = MNP(random_state=3, **{**FAST, **change}).fit(X, y).decision_function(X)
    assert not np.array_equal(base, other)
    assert roc_auc_score(truth, other) > 0.6  # three modes and six labels: seeds differ by 0.2


def test_rows_near_a_prototype_weigh_more_when_likelihood_chooses() -> None:
    embedded = np.array([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.2]])
    weights = normal_weights(embedded, np.array([[2.0, 0.0]]), beta=1.0)
    assert weights[0] == pytest.approx(1 / (1 + np.exp(-1.0)))
    assert weights[0] > weights[1] > weights[2] > 0.5
