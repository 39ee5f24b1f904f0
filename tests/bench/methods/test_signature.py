"""A method's parameters are known without importing it; a wrong one is told with what was meant."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from bench import methods
from bench.methods import signature


@pytest.mark.parametrize("name", [name for name, spec in methods.specs().items() if not methods.missing(spec)])
def test_the_cards_own_parameters_are_taken(name: str) -> None:
    spec = methods.get(name)
    known = signature.accepted(spec)
    assert known is None or {key for key, _ in spec.params} - {"path"} <= set(known)
    assert not set(known or ()) & set(signature.RESERVED)


def test_what_is_handed_on_to_an_inner_class_is_known() -> None:
    assert "n_neighbors" in (signature.accepted(methods.get("knn")) or ())
    assert "path" not in (signature.accepted(methods.get("knn")) or ())
    assert "n_neighbors" in (signature.accepted(methods.get("pyod.models.knn:KNN")) or ())


def test_a_wrong_parameter_is_told_with_the_near_ones() -> None:
    spec = methods.get("pyod.models.knn:KNN")
    assert signature.problems(spec, ["n_neighbors", "method"]) == []
    (problem,) = signature.problems(spec, ["n_neighbours"])
    assert "has no parameter 'n_neighbours'; did you mean n_neighbors?" in problem
    (problem,) = signature.problems(spec, ["xyz"])
    assert "it has: " in problem and "n_neighbors" in problem
    for name in ("seed", "random_state"):
        (problem,) = signature.problems(spec, [name])
        assert f"{name} is set by the seeds of the suite" in problem


def test_a_renamed_parameter_is_told_by_its_new_name() -> None:
    spec = replace(methods.get("pyod.models.knn:KNN"), renamed=(("k", "n_neighbors"),))
    assert signature.problems(spec, ["k"]) == [f"{spec.name}: the parameter 'k' is now called n_neighbors"]


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from bench import methods; from bench.methods import signature\n"
        "for spec in methods.specs().values(): signature.accepted(spec); methods.source_hash(spec)\n"
        "print(sorted({'torch', 'pyod', 'sklearn', 'xgboost'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
