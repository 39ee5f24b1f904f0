"""Unsupervised detectors on tables that do not fill what they ask for: dependent columns, few or equal rows."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from pyod.models.auto_encoder import AutoEncoder as PyODAutoEncoder
from pyod.models.cblof import CBLOF as PyODCBLOF
from pyod.models.knn import KNN as PyODKNN
from pyod.models.pca import PCA as PyODPCA

from baselines import pyod_detectors
from baselines.degenerate import numerical_rank
from bench import methods
from bench.methods import signature

SHALLOW = ["iforest", "ecod", "copod", "lof", "knn", "hbos", "pca", "ocsvm", "loda", "cblof"]
BASE = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
CODES = np.eye(5, dtype=np.float32)[np.random.default_rng(1).integers(0, 5, 200)]
BLOBS = (np.repeat(np.eye(8), 25, axis=0) * 10 + np.random.default_rng(2).normal(size=(200, 8)) * 0.01).astype("f4")
TABLES = {
    "one-hot codes": CODES,
    "a column and its sum": np.hstack([BASE, BASE.sum(axis=1, keepdims=True)]),
    "a column twice": np.hstack([BASE, BASE[:, :2] * 3 + 1]),
    "a constant column": np.hstack([BASE, np.ones((200, 1), np.float32)]),
    "three distinct rows": BASE[np.random.default_rng(3).integers(0, 3, 200)],
    "every row five times": np.repeat(BASE[:40], 5, axis=0),
    "clusters of one size": BLOBS,
    "seven rows": BASE[:7],
    "three rows": BASE[:3],
    "fewer rows than columns": np.random.default_rng(4).normal(size=(10, 40)).astype(np.float32),
}


@pytest.mark.filterwarnings("ignore:n_neighbors")  # scikit-learn says that LOF takes fewer where there are fewer
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("method", SHALLOW)
def test_scores_are_finite(method: str, table: str) -> None:
    X = TABLES[table]
    detector = methods.create(method).fit(X)
    other = X + np.float32(0.1)
    for scores in (detector.decision_scores_, detector.decision_function(other)):
        assert np.isfinite(scores).all()


@pytest.mark.parametrize("table", ["one-hot codes", "a column and its sum", "a column twice"])
def test_dependent_columns_ruin_pyods_pca_and_not_ours(table: str) -> None:
    X = TABLES[table]
    detector = methods.create("pca").fit(X)
    with np.errstate(divide="ignore", invalid="ignore"):
        theirs = PyODPCA().fit(X).decision_scores_  # infinite, or of a component of rounding alone
    assert theirs.min() > 1e4 * detector.decision_scores_.max()
    assert detector.detector_.n_components_ == np.linalg.matrix_rank(X - X.mean(axis=0), tol=1e-3)


def test_pca_is_pyods_where_all_components_have_variance() -> None:
    ours = methods.create("pca").fit(BASE)
    theirs = PyODPCA(random_state=0).fit(BASE.astype(np.float64))
    np.testing.assert_array_equal(ours.decision_scores_, theirs.decision_scores_)


def test_pca_says_so_when_all_rows_are_equal() -> None:
    with pytest.raises(ValueError, match="all rows are equal"):
        methods.create("pca").fit(np.ones((20, 3)))


def test_pca_keeps_what_the_user_asks_for() -> None:
    assert methods.create("pca", n_components=2).fit(TABLES["a column twice"]).detector_.n_components_ == 2
    assert methods.create("pca", n_components=0.5).fit(BASE).detector_.n_components == 0.5


def test_rank_counts_components_above_the_rounding_of_single_precision() -> None:
    rows = BASE.astype(np.float64)
    assert numerical_rank(rows) == 6
    mixed = (rows[:, :1] + 1e-3 * rows[:, 1:2]).astype(np.float32).astype(np.float64)
    assert numerical_rank(np.hstack([rows[:, :1], mixed])) == 2  # nearly the same column is another one
    rounded = (rows[:, :1] * 0.1).astype(np.float32).astype(np.float64)
    assert numerical_rank(np.hstack([rows[:, :1], rounded])) == 1  # the same column, rounded, is not


def test_clusters_of_one_size_are_all_large() -> None:
    with pytest.raises(ValueError, match="valid cluster separation"):
        PyODCBLOF(random_state=0).fit(BLOBS)
    detector = methods.create("cblof").fit(BLOBS)
    assert len(detector.detector_.large_cluster_labels_) == 8
    centres = np.stack([rows.mean(axis=0) for rows in np.split((BLOBS - detector.low_) * detector.gain_, 8)])
    own = np.linalg.norm((BLOBS - detector.low_) * detector.gain_ - np.repeat(centres, 25, axis=0), axis=1)
    np.testing.assert_allclose(detector.decision_scores_, own, atol=1e-5)


def test_cblof_and_knn_are_pyods_where_the_data_fill_them() -> None:
    low, gain = BASE.min(axis=0), 1.0 / (BASE.max(axis=0) - BASE.min(axis=0))
    rows = (BASE - low) * gain
    for name, theirs in (("cblof", PyODCBLOF(random_state=0)), ("knn", PyODKNN())):
        scores = methods.create(name).fit(BASE).decision_scores_
        np.testing.assert_array_equal(scores, theirs.fit(rows).decision_scores_)


def test_no_more_clusters_than_distinct_rows() -> None:
    detector = methods.create("cblof").fit(TABLES["three distinct rows"])
    assert detector.detector_.n_clusters_ == 3
    assert methods.create("cblof", n_clusters=4).fit(BASE).detector_.n_clusters_ == 4


def test_the_autoencoder_takes_fewer_rows_than_a_batch() -> None:
    with pytest.raises(UnboundLocalError):
        PyODAutoEncoder(epoch_num=1, verbose=0, device="cpu").fit(BASE[:7])
    scores = methods.create("autoencoder").fit(BASE[:7]).decision_function(BASE)
    assert np.isfinite(scores).all()


def test_the_corrections_belong_to_the_fingerprint() -> None:
    """A fingerprint follows import statements, those inside functions too: the module is named by one."""
    tree = ast.parse(Path(pyod_detectors.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert "degenerate" in names


def test_a_wrong_parameter_is_still_found_before_the_run() -> None:
    assert signature.problems(methods.get("pca"), ["n_component"])
    assert not signature.problems(methods.get("cblof"), ["n_clusters"])
