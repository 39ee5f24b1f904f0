"""Which cells run together: groups of replicas with equal shapes, batches of the others, longest first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import methods
from bench.planning import grouping
from bench.types import Cell, Scenario

SMALL = {"small": (1000, 20)}


def cells(
    method: str, seeds: int, *scenarios: Scenario, dataset: str = "small", params: tuple[tuple[str, object], ...] = ()
) -> list[Cell]:
    return [
        Cell(dataset, "s", scenario, method, params, seed, f"{dataset}{method}{params}{number}-{seed}")
        for number, scenario in enumerate(scenarios or (Scenario(),))
        for seed in range(seeds)
    ]


def test_every_cell_is_in_one_task() -> None:
    some = cells("mnp", 20, Scenario(), Scenario(contamination=0.1)) + cells("iforest", 50) + cells("devnet", 3)
    tasks = grouping.tasks(some, SMALL)
    assert sorted(cell.key for task in tasks for cell in task.cells) == sorted(cell.key for cell in some)
    costs = [task.cost_seconds for task in tasks]
    assert costs == sorted(costs, reverse=True)
    assert all(len({(c.dataset, c.method, c.params) for c in task.cells}) == 1 for task in tasks)


@pytest.mark.parametrize(
    ("other", "together"),
    [
        (Scenario(contamination=0.1), True),
        (Scenario(label_budget=9), True),
        (Scenario(label_noise=0.2), True),
        (Scenario(known_types=("a",), unseen_only=True), True),
        (Scenario(irrelevant_features=0.5), False),
        (Scenario(protocol="paper"), False),
        (Scenario(max_rows=500), False),
        (Scenario(drop_duplicates=True), False),
    ],
)
def test_replicas_share_a_group_when_their_shapes_are_equal(other: Scenario, together: bool) -> None:
    tasks = grouping.tasks(cells("devnet", 2, Scenario(), other), SMALL)
    assert len(tasks) == (1 if together else 2)


def test_datasets_methods_and_parameters_are_kept_apart() -> None:
    some = cells("devnet", 2) + cells("prenet", 2) + cells("devnet", 2, params=(("epochs", 3),))
    some += cells("devnet", 2, dataset="other")
    assert len(grouping.tasks(some, SMALL | {"other": (1000, 20)})) == 4


def test_a_group_is_no_wider_than_its_card_and_narrower_with_many_features() -> None:
    spec = methods.get("devnet")
    assert grouping.group_width(spec, (1000, 20), 1.0) == spec.max_group
    assert grouping.group_width(spec, (1000, 100), 1.0) == 16
    assert grouping.group_width(spec, (1000, 200), 1.0) == 8
    assert grouping.group_width(replace(spec, max_group=4), (1000, 20), 1.0) == 8  # an eight is paid for anyway
    assert all(grouping.group_width(spec, (1000, features), 1.0) % 8 == 0 for features in (1, 30, 150, 256))


def test_cheap_cells_go_together_and_costly_ones_alone() -> None:
    spec = replace(methods.get("iforest"), seconds=1.0)
    for shape, width in (((1000, 20), int(grouping.BATCH_SECONDS)), ((1_000_000, 20), 1)):
        assert grouping.group_width(spec, shape, grouping.cell_seconds(spec, shape, {})) == width


@pytest.mark.parametrize(
    ("number", "width", "sizes"),
    [(0, 8, []), (5, 8, [5]), (8, 8, [8]), (9, 8, [8, 1]), (33, 32, [24, 9]), (7, 3, [3, 3, 1]), (4, 1, [1, 1, 1, 1])],
)
def test_chunks_are_of_nearly_one_size_in_eights(number: int, width: int, sizes: list[int]) -> None:
    some = cells("devnet", number)
    chunks = grouping.chunks(some, width)
    assert [len(part) for part in chunks] == sizes
    assert [cell for part in chunks for cell in part] == some


def test_cells_that_differ_in_labels_alone_share_a_fit_of_a_method_that_ignores_them() -> None:
    budgets = [Scenario(label_budget=budget) for budget in (0.01, 0.05, 0.1)]
    noisy = Scenario(label_budget=0.1, label_noise=0.2)
    for scenarios, number in ((budgets, 2), ([*budgets, noisy], 2), ([*budgets, Scenario(max_rows=500)], 4)):
        fits = grouping.fits(cells("knn", 2, *scenarios), methods.get("knn"))
        assert len(fits) == number
        assert all(len({cell.seed for cell in fit}) == 1 for fit in fits)
    assert len(grouping.fits(cells("xgboost", 2, *budgets), methods.get("xgboost"))) == 6
    dear = grouping.tasks(cells("lunar", 5, *budgets), SMALL)
    assert [len(task.cells) for task in dear] == [3] * 5  # a fit that fills a task takes its cells with it
    assert all(task.cost_seconds == methods.get("lunar").seconds for task in dear)


def test_cells_that_differ_in_labels_alone_are_in_one_task_of_a_method_that_shares_rows() -> None:
    budgets = [Scenario(label_budget=budget) for budget in (0.01, 0.05, 0.1)]
    tasks = grouping.tasks(cells("xgbod", 5, *budgets), SMALL)
    assert [len(task.cells) for task in tasks] == [3] * 5
    assert all(len({cell.seed for cell in task.cells}) == 1 for task in tasks)


def test_cost_grows_with_what_is_trained() -> None:
    spec = methods.get("mnp")
    eight, nine, task = (
        grouping.task(grouping.fits(cells("mnp", n), spec), spec, (1000, 20), spec.seconds) for n in (8, 9, 1)
    )
    assert task.cost_seconds == eight.cost_seconds and nine.cost_seconds == pytest.approx(2 * eight.cost_seconds)
    assert grouping.cell_seconds(spec, (1000, 20), {}) == pytest.approx(spec.seconds)
    assert grouping.cell_seconds(spec, (1000, 200), {}) > grouping.cell_seconds(spec, (1000, 20), {})
    forest = methods.get("iforest")
    assert grouping.cell_seconds(forest, (10_000, 20), {}) == pytest.approx(10 * forest.seconds)


def test_what_a_method_sees_of_a_dataset() -> None:
    assert grouping.seen((50_000, 10), Scenario()) == (50_000, 10)
    assert grouping.seen((50_000, 10), Scenario(max_rows=2000)) == (2000, 10)
    assert grouping.seen((50_000, 10), Scenario(protocol="adbench"))[0] == 10_000
    assert grouping.seen((50, 10), Scenario(irrelevant_features=0.5)) == (50, 20)
