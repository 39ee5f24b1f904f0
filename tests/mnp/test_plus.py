"""MNP+: its terms and their sum, what it says without labels, its settings' errors, awkward tables."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import average_precision_score

from mnp import MNPPlus
from mnp.plus_evidence import _softened
from mnp.plus_exemplars import draw_exemplars, nearness
from mnp.plus_inputs import KNOTS, Inputs
from mnp.plus_prototypes import reconstruction
from replicas.rows import Rows

BRIEF: dict[str, Any] = {"n_estimators": 40, "steps": 60, "n_init": 2}
TERMS = ["trees", "network", "prototypes", "reconstruction"]


def table(rows: int = 400, width: int = 6, labelled: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two normal modes, a twentieth of anomalies on one side of both, some of them labelled."""
    stream = np.random.default_rng(seed)
    X = stream.normal(size=(rows, width)).astype(np.float32)
    X[: rows // 2] += 6.0
    truth = np.arange(rows) % 20 == 7
    X[truth] = stream.normal(3.0, 1.0, size=(truth.sum(), width))
    y = np.zeros(rows, dtype=int)
    y[np.flatnonzero(truth)[:labelled]] = 1
    return X, y


@pytest.fixture(scope="module")
def fitted() -> MNPPlus:
    return MNPPlus(**BRIEF).fit(*table())


def test_the_score_is_the_sum_of_four_terms(fitted: MNPPlus) -> None:
    X = table(seed=1)[0]
    evidence = fitted.evidence(X)
    assert list(evidence.columns) == TERMS
    np.testing.assert_allclose(evidence.sum(axis=1), fitted.decision_function(X), rtol=0, atol=1e-12)
    assert (evidence.nunique() > 10).all()
    assert evidence[["prototypes", "reconstruction"]].abs().max().max() <= 3 * 0.6 * fitted.trust_


def test_weights_scale_their_terms_and_nothing_else() -> None:
    X, y = table()
    fixed: dict[str, Any] = {**BRIEF, "agreement": 0.0}
    fitted = MNPPlus(**fixed).fit(X, y)
    whole = fitted.evidence(X)
    for term, name in zip(TERMS, ("tree", "network", "prototype", "reconstruction"), strict=True):
        weight = f"{name}_weight"
        double = MNPPlus(**fixed, **{weight: 2 * getattr(fitted, weight)}).fit(X, y).evidence(X)
        expected = whole.assign(**{term: 2 * whole[term]})
        pd.testing.assert_frame_equal(double, expected, rtol=1e-12)
        without = MNPPlus(**{**fixed, weight: 0.0}).fit(X, y).evidence(X)
        pd.testing.assert_frame_equal(without.abs(), whole.assign(**{term: 0.0}).abs(), rtol=1e-12)


def test_distances_are_in_units_of_the_training_median(fitted: MNPPlus) -> None:
    X, y = table()
    evidence = fitted.evidence(X)[y == 0]
    assert abs(evidence["prototypes"].median() / fitted.trust_) < 0.001
    assert abs(evidence["reconstruction"].median() / fitted.trust_) < 0.1
    assert np.median(fitted.normal_likelihood(X)[y == 0]) == pytest.approx(0.5, abs=0.001)


def test_every_row_belongs_to_the_prototype_of_its_mode(fitted: MNPPlus) -> None:
    X, _ = table()
    assert fitted.prototypes_.shape == (fitted.n_prototypes_, X.shape[1])
    closest = fitted.closest_prototype(X)
    assert set(closest) <= set(range(fitted.n_prototypes_))
    normal = np.arange(len(X)) % 20 != 7
    upper = fitted.prototypes_[closest].mean(axis=1) > 3.0
    assert (upper[normal] == (np.arange(len(X)) < len(X) // 2)[normal]).mean() > 0.95


def test_a_row_like_the_labelled_and_a_row_like_nothing_are_both_anomalies(fitted: MNPPlus) -> None:
    X, y = table()
    scores = fitted.decision_function(X)
    assert average_precision_score(np.arange(len(X)) % 20 == 7, scores) > 0.9
    odd = np.full((1, X.shape[1]), 40.0, dtype=np.float32)
    assert fitted.evidence(odd)[["prototypes", "reconstruction"]].to_numpy().min() > 0
    assert fitted.normal_likelihood(odd)[0] < fitted.normal_likelihood(X[y == 0]).min()


def test_without_labels_the_two_unsupervised_terms_are_the_score() -> None:
    X, _ = table()
    with pytest.warns(UserWarning, match="falls back to its distance to the exemplars"):
        blind = MNPPlus(**BRIEF).fit(X)
    evidence = blind.evidence(X)
    assert (evidence[["trees", "network"]] == 0.0).all(axis=None)
    np.testing.assert_array_equal(blind.decision_function(X), evidence["prototypes"] + evidence["reconstruction"])
    assert evidence["prototypes"].std() > 0
    with pytest.raises(ValueError, match="needs labelled anomalies"):
        MNPPlus(prototype_weight=0.0, reconstruction_weight=0.0).fit(X)


def test_runs_with_and_without_labels_share_a_call() -> None:
    X, y = table()
    with pytest.warns(UserWarning, match="no labelled anomaly"):
        both = MNPPlus(**BRIEF).fit_replicas([Rows.from_arrays(X, y), Rows.from_arrays(X, 0 * y)], [4, 4])
    alone = MNPPlus(**BRIEF, random_state=4).fit(X, y)
    np.testing.assert_array_equal(both[0].decision_function(X), alone.decision_function(X))
    assert not np.array_equal(both[1].decision_function(X), alone.decision_function(X))


def test_trust_follows_how_unusual_the_labelled_anomalies_are() -> None:
    X, _ = table()
    normal, far = X.copy(), X.copy()
    far[:5] = 40.0
    y = (np.arange(len(X)) < 5).astype(int)
    ordinary = MNPPlus(**BRIEF).fit(normal, y).trust_
    unusual = MNPPlus(**BRIEF).fit(far, y).trust_
    assert ordinary < 1.0 < unusual < 5.0
    # five labels at the top quantile and four assumed at 0.8
    assert unusual == pytest.approx((((5 * 1.0 + 4 * 0.8) / 9 - 0.5) / 0.3) ** 4, rel=0.01)
    assert MNPPlus(**BRIEF, agreement=0.0).fit(far, y).trust_ == 1.0
    with pytest.warns(UserWarning, match="no labelled anomaly"):
        assert MNPPlus(**BRIEF).fit(X).trust_ == pytest.approx(1.0)


def test_a_row_between_two_directions_breaks_its_modes_relation_but_no_range() -> None:
    """Each mode is a line of its own: only the modes' own autoencoders see that a row has the other mode's slope."""
    stream = np.random.default_rng(0)
    along = stream.uniform(-1, 1, size=400)
    slope = np.where(np.arange(400) < 200, 1.0, -1.0)
    X = np.stack([along + np.where(slope > 0, 0.0, 6.0), slope * along], axis=1) + stream.normal(0, 0.02, (400, 2))
    with pytest.warns(UserWarning, match="no labelled anomaly"):
        model = MNPPlus(n_prototypes=2, n_components=1).fit(X)
    right, wrong = np.array([[0.7, 0.7]]), np.array([[0.7, -0.7]])
    assert model.reconstruction_error(wrong)[0] > 3 * model.reconstruction_error(right)[0]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_estimators": 0}, r"'n_estimators' parameter of MNPPlus must be an int in the range \[1, inf\). Got 0"),
        ({"n_prototypes": 2.5}, "'n_prototypes' parameter .* must be an int .* Got 2.5"),
        ({"max_samples": -1}, "'max_samples' parameter .* or None. Got -1"),
        ({"n_components": 1.5}, r"'n_components' parameter .* or a float in the range \(0.0, 1.0\). Got 1.5"),
        ({"batch_size": True}, "'batch_size' parameter .* must not be true or false"),
        ({"lr": 0.0}, "'lr' parameter .* Got 0.0"),
        ({"agreement": -1.0}, "'agreement' parameter .* Got -1.0"),
        ({"l2": float("nan")}, "'l2' parameter .* Got nan"),
        ({"trimmed": 0.5}, r"'trimmed' parameter .* range \[0.0, 0.5\). Got 0.5"),
        ({"network_weight": -1.0}, "'network_weight' parameter .* Got -1.0"),
        ({"tree_weight": "much"}, "'tree_weight' parameter .* Got 'much'"),
        ({"random_state": None}, "'random_state' parameter .* Got None"),
        ({f"{term}_weight": 0.0 for term in ("tree", "network", "prototype", "reconstruction")}, "every term"),
    ],
)
def test_a_wrong_setting_is_one_sentence(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MNPPlus(**params).fit(*table())


def heavy_tailed(X: np.ndarray) -> np.ndarray:
    stream = np.random.default_rng(3)
    return (X * np.exp(40.0 * stream.standard_t(2, size=X.shape).clip(-2, 2))).astype(np.float32)


def coded(X: np.ndarray) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 4, size=X.shape).astype(np.float32)


@pytest.mark.parametrize(
    "change",
    [heavy_tailed, coded, lambda X: np.repeat(X[:40], 10, axis=0), lambda X: np.zeros_like(X), lambda X: X[:, :1]],
    ids=["heavy-tailed", "category codes", "duplicates", "all constant", "one feature"],
)
@pytest.mark.parametrize("labelled", [0, 1, 20])
@pytest.mark.filterwarnings("ignore:no labelled anomaly")
def test_awkward_tables_have_finite_scores(change: Callable[[np.ndarray], np.ndarray], labelled: int) -> None:
    X, y = table(labelled=labelled)
    X = change(X)
    model = MNPPlus(**BRIEF).fit(X, y)
    assert np.isfinite(model.evidence(X).to_numpy()).all()
    beyond = np.clip(1000.0 * X.astype(float), -3e38, 3e38)
    assert np.isfinite(model.evidence(beyond).to_numpy()).all()


def test_more_columns_than_rows() -> None:
    X, y = table(rows=120, width=1555)
    model = MNPPlus(n_estimators=20, steps=20, n_init=1).fit(X, y)
    assert np.isfinite(model.decision_function(X)).all()
    assert model.context_["subspaces"].shape[2] <= 128 and model.context_["axes"].shape[1] <= 64


def test_more_labelled_than_unlabelled_rows() -> None:
    X, _ = table(rows=60)
    model = MNPPlus(**BRIEF).fit(X, np.arange(60) >= 5)
    assert np.isfinite(model.decision_function(X)).all()


def test_quantiles_are_mean_ranks_in_the_training_rows() -> None:
    column = np.array([[3.0], [1.0], [1.0], [2.0]], np.float32)
    quantile = Inputs.fit(column)(np.array([[0.0], [1.0], [1.5], [2.0], [2.5], [3.0], [9.0]], np.float32))[:, 1]
    np.testing.assert_allclose(quantile, [0.0, 0.25, 0.5, 0.625, 0.75, 0.875, 1.0])


def test_thinned_quantiles_are_close_to_the_exact_ones() -> None:
    column = np.random.default_rng(0).normal(size=(5 * KNOTS, 1)).astype(np.float32)
    inputs = Inputs.fit(column)
    assert len(inputs.knots) == KNOTS
    exact = np.searchsorted(np.sort(column[:, 0]), column[:, 0], side="right") / len(column)
    assert np.abs(inputs(column)[:, 1] - exact).max() < 1.0 / KNOTS


def test_scaled_values_beyond_the_training_range_are_cut_off() -> None:
    inputs = Inputs.fit(np.array([[0.0, -3e38], [1.0, 3e38]], np.float32))
    beyond = inputs(np.array([[-50.0, 0.0], [50.0, 3e38]], np.float32))
    np.testing.assert_allclose(beyond[:, :2], [[-1.0, 0.5], [2.0, 1.0]])


def test_a_row_off_the_outline_of_its_mode_is_far_from_the_exemplars() -> None:
    """A ring is one mode with an empty middle: its prototypes may lie there, its exemplars do not."""
    stream = np.random.default_rng(5)
    angle = stream.uniform(0, 2 * np.pi, 600)
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1) + stream.normal(0, 0.02, (600, 2))
    with pytest.warns(UserWarning, match="no labelled anomaly"):
        model = MNPPlus(n_prototypes=1).fit(X)
    term = model.evidence(np.array([[0.0, 0.0], [1.0, 0.0]]))["prototypes"]
    assert term[0] > 1.0 > term[1]


def test_exemplars_are_unlabelled_rows_in_groups_of_one_size() -> None:
    v = np.arange(100, dtype=np.float32)[:, None]
    drawn = draw_exemplars(v, np.arange(50), 30, seed=0)
    assert drawn.shape == (8, 3, 1)
    assert len(np.unique(drawn)) == 24 and drawn.max() < 50
    assert draw_exemplars(v, np.arange(3), 30, seed=0).shape == (3, 1, 1)
    wide = np.zeros((200, 2**16), dtype=np.float32)
    assert draw_exemplars(wide, np.arange(200), 1024, seed=0).shape == (8, 2, 2**16)


def test_nearness_is_the_mean_over_groups_of_the_distance_to_the_nearest() -> None:
    stream = np.random.default_rng(6)
    v, exemplars = stream.uniform(size=(1, 5, 3)), stream.uniform(size=(1, 2, 4, 3))
    context = {"exemplars": torch.from_numpy(exemplars), "mean": torch.full((1, 1, 3), 0.5, dtype=torch.float64)}
    gaps = np.linalg.norm(v[0, :, None, None] - exemplars[0], axis=3)
    np.testing.assert_allclose(nearness(torch.from_numpy(v), context)[0], gaps.min(axis=2).mean(axis=1), atol=1e-12)


def test_rotated_trees_see_a_direction_that_no_feature_shows() -> None:
    stream = np.random.default_rng(7)
    along = stream.normal(size=(600, 1))
    X = along * stream.choice([-1.0, 1.0], size=8) + stream.normal(0, 0.1, (600, 8))
    truth = np.arange(600) % 20 == 3
    X[truth, 0] += 0.8
    y = (truth & (np.arange(600) < 200)).astype(int)
    scores = [
        MNPPlus(network_weight=0.0, prototype_weight=0.0, reconstruction_weight=0.0, rotated_weight=weight)
        .fit(X, y).decision_function(X[200:])
        for weight in (0.0, 0.5)
    ]  # fmt: skip
    upright, both = (average_precision_score(truth[200:], score) for score in scores)
    assert both > upright + 0.1


def test_rotated_trees_can_be_left_out() -> None:
    X, y = table()
    model = MNPPlus(**BRIEF, rotated_weight=0.0).fit(X, y)
    assert model.trees_ and not model.rotated_trees_
    assert np.isfinite(model.decision_function(X)).all()


def test_the_network_speaks_for_and_hardly_against() -> None:
    score = np.array([-50.0, -1.0, 0.0, 4.0])
    softened = _softened(score)
    assert softened[2] == 0.0
    assert softened[0] == pytest.approx(-np.log(2.0) / 2)
    assert softened[3] == pytest.approx(4.0 - np.log(2.0) / 2, abs=1e-3)
    assert (np.diff(softened) > 0).all()


def test_reconstruction_gives_a_broken_relation_its_usual_values() -> None:
    """b is 100 + 10 a, c is constant: only a row off that line is given back as another one, in the units of X."""
    stream = np.random.default_rng(8)
    a = stream.uniform(0, 1, 500)
    X = np.stack([a, 100 + 10 * a + stream.normal(0, 0.05, 500), np.full(500, 7.0)], axis=1).astype(np.float32)
    with pytest.warns(UserWarning, match="no labelled anomaly"):
        model = MNPPlus(n_components=1).fit(X)
    rebuilt = model.reconstruct(X)
    assert rebuilt.shape == X.shape and rebuilt.dtype == np.float64
    np.testing.assert_array_equal(rebuilt[:, 2], X[:, 2])
    assert np.abs(X - rebuilt)[:, 0].mean() < 0.02 and np.abs(X - rebuilt)[:, 1].mean() < 0.2
    odd = np.array([[0.1, 109.0, 7.0]])
    gaps = np.abs(odd - model.reconstruct(odd))[0]
    assert gaps[0] > 0.1 and gaps[1] > 1.0
    beyond = model.reconstruct(np.array([[0.5, 1e6, 9.0]]))[0]
    assert X[:, 1].min() <= beyond[1] <= X[:, 1].max() and beyond[2] == 9.0


def test_the_reconstruction_is_that_of_the_error() -> None:
    """Of one mode and no scaling left over: v less the inputs of the reconstruction is what the error measures."""
    X, y = table()
    model = MNPPlus(**BRIEF, n_prototypes=3).fit(X, y)
    v = torch.from_numpy(Inputs.from_arrays(model.inputs_)(X))[None]
    context = {name: value[None] for name, value in model.context_.items()}
    rebuilt = reconstruction(v, context)
    np.testing.assert_allclose((v - rebuilt).norm(dim=2)[0], model.reconstruction_error(X), rtol=1e-4)
    np.testing.assert_array_equal(Inputs.from_arrays(model.inputs_).values(rebuilt[0].numpy()), model.reconstruct(X))


def test_inputs_are_turned_back_into_the_nearest_training_value() -> None:
    """100 and 1000 have nearly the same quantile, 1 and 2 nearly the same place in the range: both inputs count."""
    column = np.concatenate([np.arange(98), [100.0, 1000.0]]).astype(np.float32)[:, None]
    inputs = Inputs.fit(column)
    np.testing.assert_array_equal(inputs.values(inputs(column)), column)
    between = np.array([[0.002, 0.025], [0.12, 0.99], [0.9, 0.97], [5.0, 5.0]])
    np.testing.assert_array_equal(inputs.values(between)[:, 0], [2.0, 100.0, 1000.0, 1000.0])


def test_columns_far_from_zero_are_reconstructed_in_their_units() -> None:
    """Seconds since 1970: float32 holds them only once they are moved."""
    X, y = table()
    X = X.astype(np.float64)
    X[:, 0] += 1.7e9
    model = MNPPlus(**BRIEF).fit(X, y)
    assert hasattr(model, "single_offset_")
    assert np.abs(X - model.reconstruct(X))[:, 0].mean() < 2.0


def test_six_hundred_thousand_rows() -> None:
    """Medians are over a draw of them, exemplars and modes too; trees and network score every row."""
    X = np.random.default_rng(0).normal(size=(600_000, 10)).astype(np.float32)
    X[:6_000] += 2.0
    model = MNPPlus(**{**BRIEF, "n_estimators": 20, "n_init": 1}).fit(X, (np.arange(len(X)) < 10).astype(np.int8))
    scores = model.decision_scores_
    assert scores.shape == (600_000,) and np.isfinite(scores).all()
    assert scores[:6_000].mean() > np.quantile(scores[6_000:], 0.99)
