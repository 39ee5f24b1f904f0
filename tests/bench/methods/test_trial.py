"""Before work starts: other people's detectors on a tiny set, parameters against their ranges, seeds."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from typing import Any

import pytest

from bench.errors import ConfigError
from bench.methods import get, trial
from bench.planning.plan import make_plan
from bench.suite.load import parse_suite
from bench.suite.narrow import read_seeds


def tried(name: str, **params: Any) -> list[str]:
    return trial.problems([(get(name), params)])


DETECTORS = ["pyod.models.knn:KNN", "pyod.models.ecod:ECOD", "faulty_methods:Good", "faulty_methods:SharedStream"]
#: The last one ends the process that tries them.
REFUSED = {
    "sklearn.ensemble:IsolationForest": "is no PyOD detector (its decision_function is lower for anomalies)",
    "sklearn.neighbors:LocalOutlierFactor": "is no PyOD detector (it has no decision_function)",
    "sklearn.cluster:KMeans": "is no PyOD detector (it has no decision_function)",
    "faulty_methods:ReturnsNaN": "is no PyOD detector (its decision_function returns NaN or infinite values)",
    "faulty_methods:WrongShape": "is no PyOD detector (its decision_function returns shape (199,) for 200 rows)",
    "faulty_methods:Constant": "is no PyOD detector (its decision_function gives every row the same score)",
    "faulty_methods:Unseeded": "is no PyOD detector (two fits with the same seed give different scores",
    "faulty_methods:Raises": "cannot be fitted on 2000 rows: ArithmeticError: the matrix is not what it was",
    "pyod.models.knn:Nope": "pyod.models.knn has no class 'Nope'",
    "faulty_methods:Dies": "ended its process (code -9) on a tiny set",
}


def test_detectors_pass() -> None:
    assert trial.problems([(get(name), {}) for name in DETECTORS]) == []


def test_what_is_no_detector_is_refused_in_one_sentence() -> None:
    """One sentence each, in order, whichever detectors stand between them."""
    names = [*DETECTORS[:2], *list(REFUSED)[:4], *DETECTORS[2:], *list(REFUSED)[4:]]
    sentences = trial.problems([(get(name), {}) for name in names])
    assert len(sentences) == len(REFUSED)
    for sentence, (name, words) in zip(sentences, REFUSED.items(), strict=True):
        assert name.partition(":")[0] in sentence and words in sentence and "\n" not in sentence


def test_a_detector_that_hangs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 20.0)
    (sentence,) = trial.problems([(get("faulty_methods:Stands"), {})])
    assert "faulty_methods:Stands did not end within 20 seconds" in sentence


def test_parameters_that_need_many_rows_get_them() -> None:
    assert tried("pyod.models.knn:KNN", n_neighbors=500) == []
    (sentence,) = tried("pyod.models.knn:KNN", n_neighbors=-3)
    assert "pyod.models.knn:KNN cannot be fitted" in sentence


def test_a_replicated_method_of_another_package_is_tried(registered: None) -> None:
    assert tried("group") == []


def test_our_own_methods_without_parameters_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    assert trial.problems([(get("mnp"), {}), (get("lunar"), {})]) == []


def test_options_of_a_wrapped_detector_are_tried() -> None:
    assert tried("iforest", n_estimators=20) == []
    (sentence,) = tried("iforest", n_estimators=-5)
    assert "iforest cannot be fitted" in sentence and "n_estimators" in sentence


def planned(methods: str, seeds: str = "[0]") -> tuple[str, ...]:
    text = f'name = "case"\ndatasets = ["wine"]\nmethods = {methods}\nseeds = {seeds}\n'
    return make_plan(parse_suite(text, "case")).problems


def test_plan_names_parameters_out_of_their_ranges() -> None:
    told = {
        "epochs = 0": "'epochs' parameter of MNP",
        "epochs = -1": "'epochs' parameter of MNP",
        "contamination = 0.9": "contamination must be in (0, 0.5]",
        'contamination = "auto"': "'contamination' parameter of MNP",
        'lr = "fast"': "'lr' parameter of MNP",
    }
    entries = [f'{{name = "mnp", label = "{n}", params = {{{params}}}}}' for n, params in enumerate(told)]
    sentences = planned(f"[{', '.join(entries)}]")
    assert len(sentences) == len(told)
    for sentence, words in zip(sentences, told.values(), strict=True):
        assert words in sentence and "mnp" in sentence


def test_plan_names_a_seed_that_no_generator_takes() -> None:
    assert planned('["logistic-regression"]', "[0, 4294967295]") == ()
    for seed in (2**32, 2**63):
        (sentence,) = planned('["logistic-regression"]', f"[0, {seed}]")
        assert f"seed {seed} is out of range" in sentence


def test_an_endless_list_of_seeds_is_refused() -> None:
    assert len(read_seeds("0-999")) == 1000
    with pytest.raises(ConfigError, match="more than 10,000 seeds"):
        read_seeds("0-999999999")


def test_a_card_survives_the_way_to_the_child() -> None:
    spec = get("pca")
    assert trial._spec(json.loads(json.dumps(asdict(spec)))) == spec
