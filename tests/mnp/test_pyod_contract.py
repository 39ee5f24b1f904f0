"""MNP and MNP+ keep PyOD's contract: what PyOD asks of each of its own detectors, and scikit-learn's clone."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyod.models.base import BaseDetector
from pyod.utils.data import generate_data
from scipy.stats import rankdata
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from mnp import MNP, MNPPlus

Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
BRIEF: dict[type[BaseDetector], dict[str, Any]] = {
    MNP: {"epochs": 2, "steps_per_epoch": 8, "pretraining_epochs": 4},
    MNPPlus: {"n_estimators": 20, "steps": 40, "n_init": 1},
}


@pytest.fixture(scope="module", params=BRIEF, ids=lambda detector: detector.__name__)
def detector(request: pytest.FixtureRequest) -> type[BaseDetector]:
    chosen: type[BaseDetector] = request.param
    return chosen


@pytest.fixture(scope="module")
def data() -> Data:
    made: Data = generate_data(n_train=200, n_test=100, n_features=4, contamination=0.1, random_state=42)
    return made


@pytest.fixture(scope="module")
def fitted(detector: type[BaseDetector], data: Data) -> BaseDetector:
    X, _, truth, _ = data
    labelled = np.zeros(len(X), dtype=int)
    labelled[np.flatnonzero(truth)[:5]] = 1
    return detector(contamination=0.1, **BRIEF[detector]).fit(X, labelled)


def test_is_a_detector_with_its_fitted_attributes(fitted: BaseDetector, data: Data) -> None:
    assert isinstance(fitted, BaseDetector)
    assert fitted.decision_scores_.shape == fitted.labels_.shape == (len(data[0]),)
    assert set(np.unique(fitted.labels_)) == {0, 1}
    assert fitted.threshold_ == np.percentile(fitted.decision_scores_, 90)
    assert fitted.labels_.sum() == pytest.approx(20, abs=1)
    np.testing.assert_array_equal(fitted.decision_function(data[0]), fitted.decision_scores_)


def test_scores_rank_the_test_rows(fitted: BaseDetector, data: Data) -> None:
    _, X_test, _, truth = data
    scores = fitted.decision_function(X_test)
    assert scores.shape == (len(X_test),)
    assert roc_auc_score(truth, scores) > 0.9


def test_predict_follows_the_threshold(fitted: BaseDetector, data: Data) -> None:
    X_test = data[1]
    labels = fitted.predict(X_test)
    np.testing.assert_array_equal(labels, (fitted.decision_function(X_test) > fitted.threshold_).astype(int))
    again, confidence = fitted.predict(X_test, return_confidence=True)
    np.testing.assert_array_equal(again, labels)
    np.testing.assert_array_equal(confidence, fitted.predict_confidence(X_test))
    assert confidence.min() >= 0 and confidence.max() <= 1


@pytest.mark.parametrize("method", ["linear", "unify"])
def test_probabilities_are_probabilities_in_the_order_of_the_scores(
    fitted: BaseDetector, data: Data, method: str
) -> None:
    X_test = data[1]
    probability = fitted.predict_proba(X_test, method=method)
    assert probability.shape == (len(X_test), 2)
    assert probability.min() >= 0 and probability.max() <= 1
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    order = rankdata(fitted.decision_function(X_test))
    assert np.all(np.diff(probability[np.argsort(order, kind="stable"), 1]) >= 0)
    _, confidence = fitted.predict_proba(X_test, method=method, return_confidence=True)
    assert confidence.shape == (len(X_test),)


def test_an_unknown_probability_method_is_refused(fitted: BaseDetector, data: Data) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        fitted.predict_proba(data[1], method="something")


@pytest.mark.parametrize("share", [0.0, -0.1, 0.6])
def test_contamination_has_pyods_range(detector: type[BaseDetector], share: float) -> None:
    with pytest.raises(ValueError, match="contamination must be in"):
        detector(contamination=share)


def test_nothing_works_before_fitting(detector: type[BaseDetector], data: Data) -> None:
    for use in ("decision_function", "predict", "predict_proba", "predict_confidence"):
        with pytest.raises(NotFittedError):
            getattr(detector(**BRIEF[detector]), use)(data[1])


def test_clone_and_parameters(fitted: BaseDetector) -> None:
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params() and not hasattr(copy, "weights_")
    assert copy.set_params(random_state=7, n_prototypes=3) is copy
    assert (copy.random_state, copy.n_prototypes) == (7, 3)
    with pytest.raises(ValueError, match="Invalid parameter"):
        copy.set_params(depth=3)


def test_refitting_is_the_same_and_another_seed_is_not(fitted: BaseDetector, data: Data) -> None:
    X, X_test, truth, _ = data
    labelled = np.zeros(len(X), dtype=int)
    labelled[np.flatnonzero(truth)[:5]] = 1
    expected = fitted.decision_function(X_test)
    np.testing.assert_array_equal(clone(fitted).fit(X, labelled).decision_function(X_test), expected)
    other = clone(fitted).set_params(random_state=1).fit(X, labelled).decision_function(X_test)
    assert not np.array_equal(other, expected)


def test_a_data_frame_keeps_its_names(detector: type[BaseDetector], data: Data) -> None:
    X, X_test, truth, _ = data
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    labelled = np.zeros(len(X), dtype=int)
    labelled[np.flatnonzero(truth)[:5]] = 1
    model = detector(**BRIEF[detector]).fit(frame, labelled)
    assert list(model.feature_names_in_) == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="columns"):
        model.decision_function(pd.DataFrame(X_test, columns=["a", "b", "d", "c"]))
