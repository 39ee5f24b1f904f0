"""Every method, by name or by path: columns of fit, validation rows of X, refits, single precision, declared parameters."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import average_precision_score

from baselines.outside import adapted
from bench.errors import ConfigError
from bench.methods import create, get, missing, specs
from mnp import MNP
from replicas.constraints import COMMON
from tests.baselines.test_contract import FAST, METHODS, make, small_pool  # noqa: F401

PATHS = ["pyod.models.knn:KNN", "pyod.models.iforest:IForest", "pyod.models.hbos:HBOS"]
SCORING = ("decision_function", "predict", "predict_proba", "predict_confidence", "predict_with_rejection")
OURS_ONLY = {"mnp": ("prototype_similarity", "normal_likelihood", "reconstruction_error", "embed")}
PAPER: dict[str, Any] = {"protocol": "paper", "epochs": 2, "steps_per_epoch": 4, "pretraining_epochs": 1}


def frame(rows: int = 60) -> tuple[pd.DataFrame, np.ndarray]:
    values = np.random.default_rng(1).normal(size=(rows, 3)).astype(np.float32)
    values[:6] += 5.0
    return pd.DataFrame(values, columns=["a", "b", "c"]), (np.arange(rows) < 4).astype(int)


OTHER_COLUMNS: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "reordered": (lambda X: X[["c", "b", "a"]], "in the order 'c', 'b', 'a'"),
    "renamed": (lambda X: X.rename(columns={"b": "B"}), "'B' not seen in fit, 'b' missing"),
    "missing": (lambda X: X[["a", "b"]], "'c' missing"),
    "extra": (lambda X: X.assign(d=0.0), "'d' not seen in fit"),
    "narrow array": (lambda X: X.to_numpy()[:, :2], "2 features, but this detector was fitted on 3"),
    "wide array": (lambda X: np.zeros((3, 5)), "5 features, but this detector was fitted on 3"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*METHODS, *PATHS])
def test_every_method_that_takes_rows_refuses_other_columns(name: str) -> None:
    X, y = frame()
    detector = make(name).fit(X, y)
    scores = detector.decision_function(X)
    np.testing.assert_array_equal(detector.decision_function(X.to_numpy()), scores)
    for method in (*SCORING, *OURS_ONLY.get(name, ())):
        getattr(detector, method)(X)
        for change, words in OTHER_COLUMNS.values():
            with pytest.raises(ValueError, match=words):
                getattr(detector, method)(change(X))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*METHODS, *PATHS])
def test_a_refit_forgets_the_columns_before(name: str) -> None:
    X, y = frame()
    detector = make(name).fit(X, y).fit(X.to_numpy()[:, :2], y)
    assert not hasattr(detector, "feature_names_in_")
    assert detector.decision_function(X[["a", "b"]].rename(columns=str.upper)).shape == (60,)
    with pytest.raises(ValueError, match="3 features, but this detector was fitted on 2"):
        detector.decision_function(X)


def times(zero: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows with a time in seconds since ``zero``, at which anomalies are late; labels of a few; the truth."""
    stream = np.random.default_rng(5)
    truth = (np.arange(120) < 20).astype(int)
    seconds = np.where(truth == 1, 900 + stream.integers(0, 100, 120), stream.integers(0, 100, 120))
    X = np.column_stack([seconds + zero, np.round(stream.normal(size=120), 2)])
    return X, (np.arange(120) < 5).astype(int), truth


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*METHODS, *PATHS])
def test_a_time_is_as_good_from_1970_as_from_a_minute_ago(name: str) -> None:
    (near, y, truth), (far, _, _) = times(0.0), times(1_700_000_000.0)
    scores = [make(name).fit(X, y).decision_function(X) for X in (near, far)]
    assert np.ptp(scores[1]) > 0
    seconds, epoch = (average_precision_score(truth, values) for values in scores)
    assert epoch == pytest.approx(seconds, abs=0.02)


@pytest.mark.parametrize("name", [name for name in METHODS if get(name).replicated])
def test_moved_columns_score_alike_alone_in_a_group_and_after_loading(name: str, tmp_path: Path) -> None:
    from replicas.rows import Rows

    X, y, _ = times(1_700_000_000.0)
    alone = make(name, seed=3).fit(X[:100], y[:100])
    expected = alone.decision_function(X[100:])
    run = Rows(X, np.arange(100), y[:100])
    group = make(name).fit_replicas([run, run], [3, 4])
    np.testing.assert_array_equal(alone.decision_function_replicas(group, [X[100:]] * 2)[0], expected)
    loaded = type(alone).load(alone.save(tmp_path / "detector"))
    assert loaded.single_offset_.dtype == np.float64
    np.testing.assert_array_equal(loaded.decision_function(X[100:]), expected)


@pytest.mark.parametrize("path", PATHS)
def test_a_detector_by_path_stays_what_it_is(path: str) -> None:
    X, y = frame()
    detector: Any = create(path)
    module, _, name = path.partition(":")
    own = getattr(__import__(module, fromlist=[name]), name)
    assert isinstance(detector, own) and type(detector).__name__ == name
    assert clone(detector).get_params() == detector.get_params()
    detector_class: Any = type(detector)
    assert adapted(detector_class) is detector_class

    detector.fit(X, y)
    copy = pickle.loads(pickle.dumps(detector))
    np.testing.assert_array_equal(copy.decision_function(X), detector.decision_function(X))
    with pytest.raises(ValueError, match="in the order"):
        copy.predict(X[["c", "b", "a"]])
    with pytest.raises(ValueError, match="y has 2 values for 60 rows"):
        detector.fit(X, [0, 1])


def test_validation_rows_are_held_to_the_training_rows() -> None:
    X, y = frame()
    truth = (np.arange(60) < 6).astype(int)
    fitted = MNP(**PAPER).fit(X, y, X, truth[:, None])
    np.testing.assert_array_equal(fitted.decision_function(X), MNP(**PAPER).fit(X, y, X, truth).decision_function(X))
    for held_out, labels, words in [
        (X[["c", "b", "a"]], truth, "the columns are not those of X: in the order"),
        (X.rename(columns=str.upper), truth, "'A', 'B', 'C' not seen in X"),
        (X.to_numpy()[:, :2], truth, "X_val has 2 features, but X has 3"),
        (X, np.where(truth == 1, np.nan, 0.0), r"y_val has a missing value \(row 0\)"),
        (X, truth[:50], "y_val has 50 values for 60 rows of X_val"),
        (X, truth * 2, r"y_val must hold 1 .* got values \[2\]"),
        (X, None, "X_val needs y_val"),
        (None, truth, "y_val needs X_val"),
    ]:
        with pytest.raises(ValueError, match=words):
            MNP(**PAPER).fit(X, y, held_out, labels)


@pytest.mark.parametrize("name", [name for name in specs() if not missing(get(name))])
def test_every_parameter_has_a_type_and_a_range(name: str) -> None:
    detector = create(name)
    parameters = [p.name for p in inspect.signature(type(detector)).parameters.values() if p.kind is not p.VAR_KEYWORD]
    assert set(parameters) <= {*type(detector)._parameter_constraints, *COMMON}


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("mnp", {"epochs": 0}, "'epochs' parameter of MNP must be an int"),
        ("mnp", {"epochs": 2.5}, "'epochs' parameter of MNP must be an int"),
        ("mnp", {"epochs": True}, "'epochs' parameter of MNP must not be true or false"),
        ("mnp", {"contrast": "no"}, "'contrast' parameter of MNP"),
        ("mnp", {"stopping": "never"}, "'stopping' parameter of MNP must be a str among"),
        ("mnp", {"contamination": "auto"}, "'contamination' parameter of MNP"),
        ("mnp", {"contamination": 0.6}, r"contamination must be in \(0, 0.5\]"),
        ("xgboost", {"n_estimators": -5}, "'n_estimators' parameter of XGBoostDetector"),
        ("deep-sad", {"hidden_dims": (32, 0)}, "'hidden_dims' parameter of DeepSAD must be a list"),
        ("deep-sad", {"hidden_dims": 32}, "'hidden_dims' parameter of DeepSAD must be a list"),
        ("devnet", {"lr": float("nan")}, "'lr' parameter of DevNet"),
        ("pyod.models.knn:KNN", {"contamination": 0.9}, r"contamination must be in \(0, 0.5\]"),
    ],
)
def test_a_parameter_out_of_its_range_is_named(name: str, params: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        create(name, **params)


def test_fit_checks_parameters_that_were_set_later() -> None:
    X, y = frame()
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("devnet", {"epochs": -1}),
        ("random-forest", {"n_estimators": 0}),
        ("knn", {"scale": "yes"}),
    ]
    for name, params in wrong:
        with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter of"):
            create(name).set_params(**params).fit(X, y)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", METHODS)
def test_fewer_rows_than_a_batch_are_enough(name: str) -> None:
    X, y = frame(19)
    assert np.isfinite(make(name).fit(X, y).decision_function(X)).all()


def test_the_epochs_asked_for_are_trained() -> None:
    X, y = frame()
    history = MNP(epochs=1, steps_per_epoch=2, pretraining_epochs=0).fit(X, y).history_["total"]
    assert len(history) == 1


def test_fast_parameters_are_of_methods_that_exist() -> None:
    assert set(FAST) <= set(specs())
