"""PU bagging: its probabilities are means over bags, and its settings are checked."""

from typing import Any

import numpy as np
import pytest

from baselines.pu_bagging import PUBagging


def table() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    X[:30] += 3.0
    return X, (np.arange(300) < 6).astype(int)


def test_labelled_rows_are_certain_and_unlabelled_anomalies_are_found() -> None:
    X, y = table()
    scores = PUBagging(n_estimators=60).fit(X, y).decision_function(X)
    assert (scores[:6] == 1.0).all()
    assert scores.min() >= 0.0 and scores[6:30].mean() > 0.7 > 0.2 > scores[30:].mean()


def test_small_bags_stand_contamination_better_than_one_large_one() -> None:
    X, y = table()
    hidden = slice(6, 30)
    small, large = (PUBagging(100, size).fit(X, y).decision_function(X)[hidden].mean() for size in (16, 294))
    assert small > large + 0.1


@pytest.mark.parametrize(
    "params", [{"n_estimators": 0}, {"max_samples": 0}, {"max_samples": 2.5}, {"n_estimators": None}]
)
def test_a_wrong_setting_is_one_sentence(params: dict[str, Any]) -> None:
    ((name, value),) = params.items()
    with pytest.raises(ValueError, match=f"'{name}' parameter of PUBagging must be an int in the range .* Got {value}"):
        PUBagging(**params).fit(*table())
