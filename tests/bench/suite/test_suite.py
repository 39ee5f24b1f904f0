"""A suite file becomes an experiment, is narrowed by words of the command line, and is planned; troubles are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError, ConfigError, UnknownName
from bench.planning.plan import make_plan, remaining
from bench.suite.experiment import MethodChoice
from bench.suite.load import parse_suite, read_suite, suites
from bench.suite.narrow import limited, narrowed, read_seeds
from bench.types import Scenario

SUITE = """
name = "two-parts"
title = "Two parts"
methods = ["iforest", { name = "knn", label = "kNN of 3", params = { n_neighbors = 3 } }]
seeds = [0, 1, 2]
[scenario]
label_budget = [3, 0.1]
contamination = 0.05
[limits]
seconds = 60
[[part]]
datasets = ["wine"]
[[part]]
datasets = ["breast-cancer"]
methods = ["ecod"]
[part.scenario]
label_budget = 5
"""


@pytest.fixture
def suite() -> Any:
    return parse_suite(SUITE, "test")


def test_a_part_takes_from_the_top_what_it_does_not_say(suite: Any) -> None:
    first, second = suite.parts
    assert first.datasets == ("wine",) and second.datasets == ("breast-cancer",)
    assert first.methods == (MethodChoice("iforest"), MethodChoice("knn", (("n_neighbors", 3),), "kNN of 3"))
    assert second.methods == (MethodChoice("ecod"),)
    assert first.scenarios == (
        Scenario(label_budget=3, contamination=0.05),
        Scenario(label_budget=0.1, contamination=0.05),
    )
    assert second.scenarios == (Scenario(label_budget=5, contamination=0.05),)
    assert isinstance(first.scenarios[0].label_budget, int) and isinstance(first.scenarios[1].label_budget, float)
    assert suite.seeds == (0, 1, 2) and suite.limits.seconds == 60 and suite.text == SUITE
    assert suite.datasets == ("wine", "breast-cancer") and [m.name for m in suite.methods] == ["iforest", "knn", "ecod"]


def test_a_grid_is_the_product_of_its_lists() -> None:
    text = 'name = "a"\ndatasets = ["wine"]\nmethods = ["ecod"]\nseeds = [0]\n[scenario]\n'
    grid = parse_suite(text + "label_budget = [1, 2]\ncontamination = [0.0, 0.1, 0.2]\n", "test")
    (part,) = grid.parts
    assert len(set(part.scenarios)) == 6
    assert {(s.label_budget, s.contamination) for s in part.scenarios} == {
        (b, c) for b in (1, 2) for c in (0.0, 0.1, 0.2)
    }


@pytest.mark.parametrize("name", sorted(suites()))
def test_every_suite_that_comes_with_the_package_is_read(name: str) -> None:
    suite = read_suite(name)
    assert suite.name == name and suite.title and suite.parts and suite.seeds


def test_only_these_methods_by_name_or_label(suite: Any) -> None:
    for word in ("knn", "kNN of 3"):
        (part,) = narrowed(suite, methods=[word]).parts  # the part without any is gone
        assert part.methods == (MethodChoice("knn", (("n_neighbors", 3),), "kNN of 3"),)
    first, second = narrowed(suite, methods=["ecod", "lof"]).parts  # what is not listed is added to every part
    assert [m.name for m in first.methods] == ["lof"] and [m.name for m in second.methods] == ["ecod", "lof"]


def test_only_these_datasets_and_seeds(suite: Any) -> None:
    (part,) = narrowed(suite, datasets=["wine"]).parts
    assert part.datasets == ("wine",)
    assert [p.datasets for p in narrowed(suite, datasets=["wine", "digits-low"]).parts] == [
        ("wine", "digits-low"),
        ("digits-low",),
    ]
    assert narrowed(suite, seeds=[4, 4, 2]).seeds == (4, 2)
    assert narrowed(suite) == suite


def test_a_table_that_is_not_asked_for_is_not_read() -> None:
    text = (
        'name = "a"\ndatasets = ["wine"]\nmethods = ["ecod"]\nseeds = [0]\n[[dataset]]\npath = "no.csv"\nlabel = "y"\n'
    )
    suite = parse_suite(text, "test")
    assert suite.tables and make_plan(suite).problems
    only = narrowed(suite, datasets=["wine"])
    assert not only.tables and not make_plan(only).problems


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0-4", (0, 1, 2, 3, 4)), ("0,2,5", (0, 2, 5)), ("7", (7,)), ("0-2, 1, 9", (0, 1, 2, 9)), ("3-3", (3,))],
)
def test_seeds_as_people_write_them(text: str, seeds: tuple[int, ...]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "4-0", "-1", "1-", "1,,2", "0:4", "1.5"])
def test_what_is_no_list_of_seeds_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="write 0-4 or 0,2,5"):
        read_seeds(text)


def test_limits_of_the_command_line_go_before_those_of_the_suite(suite: Any) -> None:
    assert limited(suite, seconds=5).limits.seconds == 5.0
    assert limited(suite, memory_mb=100).limits == type(suite.limits)(60, 100.0)
    assert limited(suite) == suite


BASE = 'name = "a"\ndatasets = ["wine"]\nmethods = ["ecod"]\nseeds = [0]\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BASE.replace("[0]", "[0, 0]"), "seeds holds 0 twice"),
        (BASE.replace('["ecod"]', '["ecod", "ecod"]'), "two methods are called 'ecod'; give each a label"),
        (BASE.replace('["wine"]', '["wine", "wine"]'), "the dataset 'wine' is given twice"),
        (BASE.replace('datasets = ["wine"]', ""), "there are no data"),
        (BASE.replace('methods = ["ecod"]', ""), "there are no methods"),
        (BASE + "[scenario]\nlabel_budget = [2, 2]\n", "holds a value twice"),
        (BASE + "[scenario]\nlabel_bugdet = 2\n", "unknown key 'scenario.label_bugdet'"),
        (BASE + "speed = 2\n", "unknown key 'speed'"),
        (BASE + "= 2\n", "not valid TOML"),
    ],
)
def test_a_trouble_of_a_suite_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BenchError) as told:
        parse_suite(text, "my.toml")
    assert sentence in str(told.value) and "my.toml" in str(told.value)


def test_a_suite_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="quick"):
        read_suite("quik")
    with pytest.raises(ConfigError, match="there is no suite file"):
        read_suite(str(tmp_path / "a.toml"))
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read as UTF-8"):
        read_suite(str(tmp_path / "b.toml"))


def test_a_plan_holds_every_cell_once_and_what_is_done_is_not_done_again(suite: Any) -> None:
    plan = make_plan(suite)
    assert not plan.problems
    asked = {(c.dataset, c.method, c.scenario.label_budget, c.seed) for c in plan.cells}
    assert len(plan.cells) == len(asked) == len({c.key for c in plan.cells}) == 2 * 2 * 3 + 3
    assert sum(len(task.cells) for task in plan.tasks) == 15 and plan.done == 0
    done = {cell.key for cell in plan.cells[:4]} | {"of another suite"}
    again = make_plan(suite, done=done)
    assert again.done == 4 and again.cells == plan.cells
    assert {c.key for task in again.tasks for c in task.cells} == {c.key for c in plan.cells[4:]}
    assert remaining(plan, done) == again
    assert plan.shapes == {"wine": plan.shapes["wine"], "breast-cancer": plan.shapes["breast-cancer"]}


def test_a_plan_tells_every_problem_at_once() -> None:
    text = (
        'name = "a"\ndatasets = ["wine", "wien"]\nseeds = [0]\n'
        'methods = ["ecodd", { name = "knn", params = { n_neighbours = 3, seed = 1 } }, "mnp-published"]\n'
        "[scenario]\nlabel_budget = 5000\n"
    )
    problems = "\n".join(make_plan(parse_suite(text, "test")).problems)
    for sentence in (
        "unknown method 'ecodd'", "unknown dataset 'wien'", "knn has no parameter 'n_neighbours'; did you mean n_neighbors",
        "knn: seed is set by the seeds of the suite", "mnp-published cannot run under protocol = 'weak'", "5000",
    ):  # fmt: skip
        assert sentence in problems, sentence
