"""The embedded suite: known bits, enough anomalies for the quick suite at every seed, hard enough to separate."""

from typing import Any

import numpy as np
import pytest

from bench.datasets import bundled, registry
from bench.scenarios import problems, split
from bench.types import Scenario
from tests.present import present

NAMES = list(bundled.cards())


@pytest.mark.parametrize("name", NAMES)
def test_the_arrays_are_the_recorded_ones(name: Any) -> None:
    assert registry.load(name).sha256 == bundled.definitions()[name]["arrays_sha256"]


@pytest.mark.parametrize("name", NAMES)
def test_modes_and_types_are_the_cards(name: Any) -> None:
    dataset = registry.load(name)
    assert dataset.X.dtype == np.float32 and not dataset.X.flags.writeable
    anomaly_type = present(dataset.anomaly_type)
    assert len(np.unique(anomaly_type[dataset.y == 0])) == dataset.card.modes
    types, counts = np.unique(anomaly_type[dataset.y == 1], return_counts=True)
    assert dict(zip(types, counts, strict=True)) == bundled.definitions()[name]["anomalies"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [0.0, 0.02, 0.05])
def test_five_labels_and_five_percent_contamination_at_every_seed(name: Any, level: float) -> None:
    dataset = registry.load(name)
    scenario = Scenario(label_budget=5, contamination=level)
    assert problems(dataset, scenario, range(5)) == []
    for seed in range(5):
        s = split(dataset, scenario, seed)
        unlabelled = s.truth_train[s.y_train == 0]
        normals = int((unlabelled == 0).sum())
        assert s.y_train.sum() == 5
        assert int(unlabelled.sum()) == int(np.floor(level * normals / (1 - level) + 0.5))


def test_several_definitions_have_several_modes_and_typed_anomalies() -> None:
    several = [card for card in bundled.cards().values() if present(card.modes) > 1]
    assert len(several) >= 6 and all(card.types for card in several)
    assert sum(card.family == "optdigits" for card in several) >= 4
    assert sum(len(card.types) > 1 for card in several) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_no_definition_is_solved_by_every_simple_method(name: Any) -> None:
    """Also the other way: with all labels, something finds them, so that there is something to learn."""
    from sklearn.ensemble import IsolationForest, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import average_precision_score

    s = split(registry.load(name), Scenario(contamination=0.05), 0)
    low, high = s.X_train.min(axis=0), s.X_train.max(axis=0)
    train, test = ((X - low) / np.where(high > low, high - low, 1) for X in (s.X_train, s.X_test))
    linear = LogisticRegression(class_weight="balanced", max_iter=500).fit(train, s.y_train).decision_function(test)
    forest = -IsolationForest(random_state=0).fit(train).score_samples(test)
    trees = RandomForestClassifier(random_state=0).fit(train, s.truth_train).predict_proba(test)[:, 1]
    few, none, all_ = (average_precision_score(s.y_test, scores) for scores in (linear, forest, trees))
    assert min(few, none) < 0.9
    assert all_ > 3 * s.y_test.mean()
