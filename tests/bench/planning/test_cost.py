"""What a plan says a cell costs: by rows, features and the suite's own bound on an epoch's steps."""

from __future__ import annotations

from typing import Any

import pytest

from bench import methods
from bench.planning import grouping
from bench.types import Cell, Scenario


def cells(method: str, count: int, **params: Any) -> list[Cell]:
    given = tuple(sorted(params.items()))
    return [Cell("data", "", Scenario(), method, given, seed, f"{method}{seed}") for seed in range(count)]


def seconds(method: str, rows: int, features: int, **params: Any) -> float:
    (task,) = grouping.tasks(cells(method, 1, **params), {"data": (rows, features)})
    return task.cost_seconds


@pytest.mark.parametrize("method", ["deep-sad", "overlap", "soel"])
def test_an_epoch_over_all_rows_costs_in_their_proportion(method: str) -> None:
    assert seconds(method, 600_000, 10) == pytest.approx(60 * seconds(method, 10_000, 10))


@pytest.mark.parametrize("method", ["devnet", "prenet", "feawad", "repen", "rosas", "mnp"])
def test_a_fixed_number_of_steps_costs_hardly_more(method: str) -> None:
    assert seconds(method, 600_000, 10) < 3 * seconds(method, 10_000, 10)


def test_a_bound_on_the_steps_of_an_epoch_is_foreseen() -> None:
    whole, bounded = (seconds("deep-sad", 619_326, 10, **p) for p in ({}, {"max_steps_per_epoch": 64}))
    assert whole == pytest.approx(619_326 / 12_800 * bounded)
    assert seconds("deep-sad", 1000, 10, max_steps_per_epoch=64) == seconds("deep-sad", 1000, 10)  # it bounds nothing


def test_a_wide_network_pays_for_each_cell_and_not_for_eight() -> None:
    wide, narrow = (grouping.tasks(cells("mnp", 2), {"data": (1966, features)}) for features in (1555, 20))
    spec = methods.get("mnp")
    assert [len(task.cells) for task in wide] == [1, 1]  # tasks of their own, for workers of their own
    assert sum(task.cost_seconds for task in wide) == pytest.approx(2 * grouping.cell_seconds(spec, (1966, 1555), {}))
    assert [len(task.cells) for task in narrow] == [2]
    assert narrow[0].cost_seconds == pytest.approx(8 * grouping.cell_seconds(spec, (1966, 20), {}))


def test_cheap_cells_of_a_wide_network_share_a_task() -> None:
    tasks = grouping.tasks(cells("devnet", 5), {"data": (1966, 300)})
    assert len(tasks) < 5
    assert sum(len(task.cells) for task in tasks) == 5
