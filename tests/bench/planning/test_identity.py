"""A cell's identity: what its key depends on, what one content under two names does, what replaces what."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench import methods
from bench.json_values import json_text
from bench.planning import identity
from bench.planning.plan import make_plan
from bench.scenarios import canonical
from bench.suite.load import parse_suite
from bench.types import Cell, Scenario

SUITE = """
name = "twins"
datasets = ["wine"]
methods = [{methods}]
seeds = [0, 1]
[scenario]
label_budget = 3
{more}
"""


def planned(methods: str, more: str = "") -> Any:
    return make_plan(parse_suite(SUITE.format(methods=methods, more=more), "test"))


def table(folder: Path, *names: str, salt: float = 0.0) -> str:
    stream = np.random.default_rng(0)
    y = np.repeat([0, 1], [80, 20])
    frame = pd.DataFrame(stream.normal(size=(100, 3)) + 3 * y[:, None] + salt, columns=list("abc")).assign(label=y)
    entries = []
    for name in names:
        frame.to_csv(folder / f"{name}.csv", index=False)
        entries.append(f'[[dataset]]\npath = "{folder / name}.csv"\nlabel = "label"\n')
    return "\n".join(entries)


def test_two_tables_of_one_content_are_both_done_and_told(tmp_path: Path) -> None:
    plan = planned('"iforest", "ecod"', table(tmp_path, "one", "two"))
    (notice,) = plan.notices
    assert "one, two hold the same data" in notice and not plan.problems
    cells = [cell for cell in plan.cells if cell.dataset != "wine"]
    assert len({cell.key for cell in cells}) == len(cells) == 8  # two tables, two methods, two seeds
    assert not planned('"iforest"', table(tmp_path, "one") + table(tmp_path, "two", salt=1.0)).notices


def test_a_registered_dataset_is_its_content_and_a_table_is_its_name_too() -> None:
    base: dict[str, Any] = {
        "dataset_sha256": "0" * 64, "scenario": Scenario(label_budget=3), "spec": methods.get("knn"),
        "params": {"k": 1}, "source": "a", "seed": 0,
    }  # fmt: skip
    key = identity.cell_key(identity.content(**base))
    assert identity.cell_key(identity.content(**base, dataset="wine")) == key
    mine, other = (identity.cell_key(identity.content(**base, dataset=name)) for name in ("mine", "other"))
    assert len({key, mine, other}) == 3


@pytest.mark.parametrize(
    "both",
    [
        '{name = "iforest", label = "A"}, {name = "iforest", label = "B"}',
        '"iforest", {name = "iforest", label = "B"}',
        '{name = "knn", label = "A"}, {name = "knn", label = "B", params = {scale = true}}',  # the card's own value
    ],
)
def test_two_methods_of_one_content_are_told(both: str) -> None:
    (problem,) = planned(both).problems
    assert "same code with the same parameters" in problem and "'B'" in problem


def test_the_same_cell_of_two_parts_is_done_once_and_kept_under_one_label() -> None:
    overlapping = '[[part]]\ndatasets = ["wine"]\n[[part]]\ndatasets = ["wine", "breast-cancer"]\n'
    plan = planned('{name = "iforest", label = "A"}', overlapping)
    assert not plan.problems and len(plan.cells) == 4
    labels = (
        '[[part]]\nmethods = [{name = "iforest", label = "A"}]\n[[part]]\nmethods = [{name = "iforest", label = "B"}]\n'
    )
    (problem,) = planned('"iforest"', labels).problems
    assert "'A' and 'B'" in problem


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dataset_sha256", "1" * 64), ("scenario", Scenario(label_budget=4)), ("params", {"k": 2}), ("source", "b"),
        ("seed", 1), ("spec", methods.get("ecod")),
    ],
)  # fmt: skip
def test_every_piece_of_the_content_moves_the_key_and_names_do_not(field: str, value: object) -> None:
    base: dict[str, Any] = {
        "dataset_sha256": "0" * 64, "scenario": Scenario(label_budget=3), "spec": methods.get("knn"),
        "params": {"k": 1}, "source": "a", "seed": 0,
    }  # fmt: skip
    key = identity.cell_key(identity.content(**base))
    assert identity.cell_key(identity.content(**{**base, field: value})) != key
    spec = dataclasses.replace(base["spec"], name="other", title="Other", citation="else", seconds=9.0)
    assert identity.cell_key(identity.content(**{**base, "spec": spec})) == key
    content = identity.content(**base)
    assert [k for _, k in identity.keys_by_seed(content, range(3))] == [
        identity.cell_key({**content, "seed": seed}) for seed in range(3)
    ]


def test_scenarios_and_parameters_come_back_from_their_text() -> None:
    scenario = Scenario(label_budget=0.05, known_types=("a", "b"), contamination=0.1)
    assert identity.scenario_of(json_text(canonical(scenario))) == scenario
    params = (("hidden", (20, 10)), ("lr", 0.1))
    assert identity.params_of(json_text(dict(params))) == params


def test_what_a_plan_has_anew_replaces_what_it_is_named_like() -> None:
    scenario = Scenario(label_budget=3)
    cells = [Cell("wine", "s", scenario, "knn", (), seed, f"new-{seed}") for seed in (0, 1)]
    text = json_text(canonical(scenario))
    rows = [("wine", text, "knn", "{}", 0, key) for key in ("old-0", "new-0")]
    rows += [("wine", text, "knn", "{}", 1, "old-1")]  # its successor is not stored yet
    rows += [("wine", text, "knn", '{"k":1}', 0, "other"), ("wine", text, "ecod", "{}", 0, "another")]
    frame = pd.DataFrame(rows, columns=["dataset", "scenario", "method", "params", "seed", "cell"])
    assert identity.superseded(cells, frame) == {"old-0"}
