"""MNP on data that the published code cannot take: few labels, few rows, few or many columns, odd types."""

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from mnp import MNP

BRIEF: dict[str, Any] = {"epochs": 2, "steps_per_epoch": 4, "pretraining_epochs": 2}


def rows(count: int, width: int, anomalies: int = 20, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Normal rows and shifted anomalies first, (X, truth)."""
    stream = np.random.default_rng(seed)
    X = stream.normal(size=(count, width)).astype(np.float32)
    X[:anomalies] += 4
    return X, (np.arange(count) < anomalies).astype(int)


@pytest.mark.parametrize(
    ("count", "width", "labelled"),
    [(400, 6, 1), (60, 6, 3), (9, 6, 2), (400, 3, 5), (400, 1, 5), (400, 8, 5), (200, 1555, 5)],
)
def test_fits_and_scores(count: int, width: int, labelled: int) -> None:
    X, _ = rows(count, width, anomalies=max(2, count // 20))
    y = np.zeros(count, dtype=int)
    y[:labelled] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = MNP(random_state=0, **{**BRIEF, "steps_per_epoch": 1 if width > 1000 else 4}).fit(X, y)
    scores = model.decision_function(X)
    assert np.isfinite(scores).all() and len(np.unique(scores)) > count // 2
    assert 1 <= model.n_prototypes_ <= 10


def test_without_labels_it_warns_and_still_ranks() -> None:
    X, truth = rows(400, 6)
    X[truth == 1] = np.random.default_rng(1).uniform(-9, 9, size=(20, 6))  # scattered: a tight cluster looks normal
    with pytest.warns(UserWarning, match="no labelled anomaly"):
        scores = MNP(random_state=0, epochs=2, steps_per_epoch=16, pretraining_epochs=10).fit(X).decision_function(X)
    assert scores[truth == 1].mean() > scores[truth == 0].mean()


def test_constant_and_duplicate_columns_change_nothing_or_little() -> None:
    X, _ = rows(300, 5)
    y = (np.arange(300) < 5).astype(int)
    plain = MNP(random_state=0, **BRIEF).fit(X, y).decision_function(X)
    constant = np.hstack([X, np.full((300, 2), 7.0, dtype=np.float32)])
    np.testing.assert_array_equal(MNP(random_state=0, **BRIEF).fit(constant, y).decision_function(constant), plain)
    doubled = np.hstack([X, X[:, :1]])
    assert np.isfinite(MNP(random_state=0, **BRIEF).fit(doubled, y).decision_function(doubled)).all()


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.int8, bool])
def test_other_number_types_are_taken_as_they_are(dtype: type) -> None:
    X: np.ndarray = np.asarray(rows(300, 5)[0] > 0.5, dtype=dtype)
    y = (np.arange(300) < 5).astype(int)
    same = X.astype(np.float32)
    np.testing.assert_array_equal(
        MNP(random_state=0, **BRIEF).fit(X, y).decision_function(X),
        MNP(random_state=0, **BRIEF).fit(same, y).decision_function(same),
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_column_of_a_bad_value_is_named(bad: float) -> None:
    X, _ = rows(100, 5)
    X[7, 3] = bad
    with pytest.raises(ValueError, match=r"column 3 \(row 7\)"):
        MNP(**BRIEF).fit(X, (np.arange(100) < 5).astype(int))


@pytest.mark.slow
def test_six_hundred_thousand_rows_within_four_gigabytes() -> None:
    program = """
import resource
import numpy as np
from mnp import MNP
X = np.random.default_rng(0).normal(size=(600_000, 10)).astype(np.float32)
y = (np.arange(600_000) < 50).astype(int)
scores = MNP(random_state=0, pretraining_epochs=5).fit(X, y).decision_function(X)
assert np.isfinite(scores).all()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
    peak = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert float(peak) < 4096
