"""Parameters are called as scikit-learn, PyOD and torch call them; a renamed one is told by its new name."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import signature as call_signature
from pathlib import Path

import pytest
from sklearn import ensemble, linear_model, neural_network

from bench.methods import get, signature
from bench.methods.registry import ours
from bench.suite.load import read_suite
from bench.types import MethodSpec

#: Words of ours for what the field has a word for.
OWN_WORDS = {"seed", "batch", "labelled_batch", "embedding", "hidden", "neighbours", "subsample", "positive_weight"}
#: Its `hidden` is the width of each of several networks.
EXCEPTIONS = {"mnp-plus": {"hidden"}}
RENAMED = sorted((name, *pair) for name in ours() for pair in get(name).renamed)


def constructor(spec: MethodSpec) -> list[str]:
    module, _, name = spec.factory.partition(":")
    return list(call_signature(getattr(import_module(module), name)).parameters)


@pytest.mark.parametrize("name", sorted(ours()))
def test_the_words_are_the_fields(name: str) -> None:
    parameters = set(constructor(get(name)))
    assert "random_state" in parameters
    assert not parameters & OWN_WORDS - EXCEPTIONS.get(name, set())


@pytest.mark.parametrize(("name", "old", "new"), RENAMED)
def test_a_renamed_parameter_has_its_new_name_only_and_plans_say_so(name: str, old: str, new: str) -> None:
    spec = get(name)
    parameters = constructor(spec)
    assert new in parameters and old not in parameters
    assert signature.problems(spec, [old]) == [f"{name}: the parameter {old!r} is now called {new}"]


def famous() -> Iterator[str]:
    for module in (ensemble, linear_model, neural_network):
        yield from module.__all__
    yield from ("XGBoost", "LightGBM", "CatBoost", "MLP", "RandomForest", "ExtraTrees")


def test_no_class_of_ours_has_the_name_of_a_famous_one() -> None:
    classes = {get(name).factory.partition(":")[2] for name in ours()}
    assert len(classes) > 15 and not classes & set(famous())


@pytest.mark.parametrize("suite", sorted(path.stem for path in Path("bench/suites").glob("*.toml")))
def test_suites_give_parameters_by_their_names_of_today(suite: str) -> None:
    for choice in read_suite(suite).methods:
        assert signature.problems(get(choice.name), [name for name, _ in choice.params]) == []
