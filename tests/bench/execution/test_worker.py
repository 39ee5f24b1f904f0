"""Tasks in this process: records, facts, failures that cost only their own cell, blinded splits."""

from __future__ import annotations

import dataclasses
import math
import random
import subprocess
import sys
from collections.abc import Sequence

import faulty_methods
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from bench import methods
from bench.datasets.registry import load
from bench.execution import memory
from bench.execution.evaluate import execute
from bench.scenarios import split
from bench.store.schema import FIXED
from bench.types import Scenario, Task
from tests.bench.toys import DATASET, cells, context, task
from tests.present import present


def test_a_record_holds_metrics_scores_costs_and_every_fact() -> None:
    (record,) = execute(task("Good", [3], wait=0.05), context())
    cut = split(load(DATASET), Scenario(), 3)
    scores = faulty_methods.Good(3).fit(cut.X_train, cut.y_train).decision_function(cut.X_test)
    assert record.status == "ok" and record.error == ""
    stored = present(record.scores)
    assert stored.dtype == np.float32 and np.array_equal(stored, scores.astype(np.float32))
    assert np.array_equal(present(record.truth), cut.y_test)
    assert record.metrics["auc_roc"] == pytest.approx(roc_auc_score(cut.y_test, scores))
    assert 0.05 <= record.fit_seconds < 1 and 0 <= record.score_seconds < 0.5
    assert 30 < record.peak_memory_mb < 5000
    assert record.provenance == "run-1"
    metadata = dict(record.metadata)
    assert metadata.pop("started").endswith("+00:00")
    assert metadata == {
        "dataset_family": "synthetic-local", "dataset_rows": 2140, "dataset_features": 10, "dataset_anomalies": 140,
        "synthetic": True, "method_title": "Good", "method_family": "unsupervised", "sees_validation": False,
        "n_train": len(cut.train), "n_labelled": 5, "n_test": len(cut.test), "group_width": 1,
    }  # fmt: skip
    assert set(record.metadata) <= set(FIXED)


@pytest.mark.parametrize(
    ("method", "status", "words"),
    [
        ("Raises", "failed", "ArithmeticError: the matrix is not what it was"),
        ("ReturnsNaN", "failed", "NaN and 0 infinite values in"),
        ("WrongShape", "failed", "the method returned scores of shape"),
        ("AsksTooMuch", "oom", "Unable to allocate"),
        ("faulty_methods:Absent", "failed", "has no class 'Absent'"),
    ],
)
def test_a_method_that_goes_wrong_is_a_row_that_says_so(method: str, status: str, words: str) -> None:
    bad, good = execute(task(method, [1]), context())[0], execute(task("Good", [1]), context())[0]
    assert bad.status == status and words in bad.error and not bad.metrics and bad.scores is None and bad.truth is None
    assert len(bad.error.splitlines()) <= 5
    assert bad.metadata["n_test"] == good.metadata["n_test"]


def test_parameters_that_do_not_exist_fail_the_cell_only() -> None:
    (record,) = execute(task("Good", [1], depth=3), context())
    assert record.status == "failed" and "does not take these parameters" in record.error


def test_cells_of_one_task_do_not_pull_each_other_down() -> None:
    impossible = Scenario(label_budget=500)
    mixed = Task((*cells("Good", [1]), *cells("Good", [2], impossible), *cells("Good", [3])), 1, 1)
    records = execute(mixed, context())
    assert [record.status for record in records] == ["ok", "failed", "ok"]
    assert "label_budget = 500" in records[1].error
    assert math.isnan(records[1].fit_seconds)


def test_data_that_differ_from_the_plan_are_refused() -> None:
    (cell,) = cells("Good", [1])
    (record,) = execute(Task((dataclasses.replace(cell, dataset_sha256="0" * 64),), 1, 1), context())
    assert record.status == "failed" and "000000000000 in the plan" in record.error


def test_code_that_differs_from_the_plan_is_refused() -> None:
    name = "faulty_methods:Good"
    now = ((name, methods.source_hash(methods.get(name))),)
    (record,) = execute(task("Good", [1]), dataclasses.replace(context(), sources=now))
    assert record.status == "ok"
    (record,) = execute(task("Good", [1]), dataclasses.replace(context(), sources=((name, "0" * 64),)))
    assert record.status == "failed" and "is not the code of the plan" in record.error


def test_detectors_on_the_global_stream_do_not_depend_on_what_ran_before() -> None:
    (first,) = execute(task("SharedStream", [1]), context())
    np.random.seed(5)
    random.seed(5)
    execute(task("SharedStream", [7]), context())
    (second,) = execute(task("SharedStream", [1]), context())
    (other,) = execute(task("SharedStream", [2]), context())
    scores = present(first.scores)
    assert np.array_equal(scores, present(second.scores))
    assert not np.array_equal(scores[:20], present(other.scores)[:20])


@pytest.mark.usefixtures("registered")
class TestGroups:
    def test_a_group_shares_its_cost_and_gives_what_each_gives_alone(self) -> None:
        group = execute(task("group", range(4)), context())
        alone = [execute(task("group", [seed]), context())[0] for seed in range(4)]
        assert [record.metadata["group_width"] for record in group] == [4] * 4
        assert len({record.fit_seconds for record in group}) == 1
        for record, other in zip(group, alone, strict=True):
            assert record.cell == other.cell and record.metrics == other.metrics
            assert np.array_equal(present(record.scores), present(other.scores))

    @pytest.mark.parametrize(("bad", "words"), [("raise", "seed 2 does not converge"), ("nan", "NaN")])
    def test_a_bad_cell_costs_only_itself(self, bad: str, words: str) -> None:
        records = {r.cell.seed: r for r in execute(task("group", range(4), bad=bad), context())}
        assert {seed: r.status for seed, r in records.items()} == {0: "ok", 1: "ok", 2: "failed", 3: "ok"}
        assert words in records[2].error
        good = execute(task("group", range(4)), context())
        assert np.array_equal(present(records[3].scores), present(good[3].scores))

    def test_a_method_sees_neither_truth_nor_test_rows(self) -> None:
        execute(task("peeks", [1, 2], Scenario(protocol="paper")), context())
        assert len(faulty_methods.Peeks.shown) == 2
        for shown in faulty_methods.Peeks.shown:
            assert len(shown.test) == len(shown.y_test) == len(shown.truth_train) == 0
            assert shown.anomaly_type_test is None and shown.val is None and shown.y_val is None
            assert len(shown.y_train) == len(shown.train) > 0


def test_cells_that_differ_in_labels_alone_share_a_fit_and_give_what_each_gives_alone() -> None:
    scenarios = [Scenario(label_budget=2), Scenario(label_budget=9), Scenario(contamination=0.01)]
    mixed = [cell for seed in (0, 1) for scenario in scenarios for cell in cells("iforest", [seed], scenario)]
    together = {record.cell.key: record for record in execute(Task(tuple(mixed), 1, 1), context())}
    assert [together[cell.key].metadata["group_width"] for cell in mixed] == [2, 2, 1, 2, 2, 1]
    assert together[mixed[0].key].fit_seconds == together[mixed[1].key].fit_seconds
    for cell in mixed:
        (alone,) = execute(Task((cell,), 1, 1), context())
        assert alone.metadata["group_width"] == 1 and alone.metrics == together[cell.key].metrics
        assert np.array_equal(present(alone.scores), present(together[cell.key].scores))
        assert alone.metadata["n_labelled"] == together[cell.key].metadata["n_labelled"]


def test_cells_of_a_method_that_shares_rows_give_what_each_gives_alone() -> None:
    if why := methods.missing(methods.get("xgbod")):
        pytest.skip(why)
    mixed = [cells("xgbod", [0], Scenario(label_budget=budget), n_estimators=10)[0] for budget in (2, 9)]
    together = execute(Task(tuple(mixed), 1, 1), context())
    assert [record.metadata["group_width"] for record in together] == [2, 2]
    assert together[0].fit_seconds == together[1].fit_seconds
    assert not np.array_equal(present(together[0].scores), present(together[1].scores))
    for cell, record in zip(mixed, together, strict=True):
        (alone,) = execute(Task((cell,), 1, 1), context())
        assert alone.cell == record.cell and alone.metrics == record.metrics
        assert np.array_equal(present(alone.scores), present(record.scores))


def test_a_cell_whose_labels_fail_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    if why := methods.missing(methods.get("xgbod")):
        pytest.skip(why)
    from baselines.xgbod import XGBOD

    whole = XGBOD.fit_labellings

    def failing(self: XGBOD, X: np.ndarray, ys: Sequence[np.ndarray]) -> list[XGBOD]:
        if any(y.sum() == 9 for y in ys):
            raise ValueError("nine are too many")
        return whole(self, X, ys)

    monkeypatch.setattr(XGBOD, "fit_labellings", failing)
    some = [cells("xgbod", [0], Scenario(label_budget=budget), n_estimators=10)[0] for budget in (2, 9)]
    records = execute(Task(tuple(some), 1, 1), context())
    assert [record.status for record in records] == ["ok", "failed"] and "nine are too many" in records[1].error


def test_a_shared_fit_that_fails_fails_for_each_of_its_cells() -> None:
    some = [cells("iforest", [0], Scenario(label_budget=budget), max_features=99.0)[0] for budget in (2, 9)]
    records = execute(Task(tuple(some), 1, 1), context())
    assert [record.status for record in records] == ["failed"] * 2 and records[0].error == records[1].error
    assert [record.metadata["n_labelled"] for record in records] == [2, 9]


def test_mixed_tasks_are_refused() -> None:
    with pytest.raises(ValueError, match="must share"):
        execute(Task((*cells("Good", [1]), *cells("Raises", [1])), 1, 1), context())


def test_the_peak_of_memory_starts_again() -> None:
    if not memory.forget_peak():
        pytest.skip("this system does not let a process reset its peak of memory")
    before = memory.peak_mb()
    held = np.ones(25_000_000)
    with_array = memory.peak_mb()
    del held
    memory.forget_peak()
    assert with_array > before + 190 and memory.peak_mb() < before + 50


def test_the_harness_imports_no_torch() -> None:
    code = "import bench.execution.evaluate, bench.execution.pool, bench.store.store, bench.execution.progress, bench.store.manifest, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
