"""How a user's table was read is printed by plan and run, written into the manifest, and reaches methods undamaged."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.datasets.reading import Category, LabelValue, LeftOut, Missing, Reading, from_json, lines, to_json
from bench.datasets.table import TableSource, load_table
from bench.execution.context import WorkContext
from bench.execution.evaluate import execute
from bench.planning.plan import make_plan
from bench.suite.experiment import Limits
from bench.suite.load import read_suite

EPOCH = 1_700_000_000
SUITE = """
name = "own"
methods = ["{method}"]
seeds = [0]
[[dataset]]
path = "flows.csv"
missing = "median"
categories = "onehot"
normal = ["ok"]
[scenario]
label_budget = 2
"""
#: What a person must see of the table below.
TOLD = [
    "flows.csv, 60 rows x 5 features, names from the first line",
    "label 'verdict' (the last column, as label is not set): normal is 'ok' (54 rows); "
    "anomalies are 'dos' (3 rows), 'scan' (3 rows)",
    "left out: column 1 (no name): the first column has no name, so it is the index of a table that was saved",
    "categories: 'proto' (2 columns of 0 and 1)",
    "true and false read as 1 and 0: 'up'",
    "missing values: 'bytes' in 1 row ('n/a'), replaced by the column's median",
    "values kept in double precision: single precision cannot hold 1700000001 (row 2, column 'time') exactly",
    "note: column 'time' holds a different whole number in every row and is used as a feature; list it in drop if it "
    "only names the rows",
]
PROBE = """
import numpy as np
class Probe:
    def __init__(self, seed=0): pass
    def fit(self, X, y):
        assert X.dtype == np.float64, X.dtype
        assert len(np.unique(X[:, 0])) == len(X), "times were merged"
        return self
    def decision_function(self, X):
        assert X.dtype == np.float64, X.dtype
        return X[:, 0]
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MNP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "double_probe.py").write_text(PROBE)
    n = np.arange(60)
    frame = pd.DataFrame({
        "time": EPOCH + n * 7 % 60, "bytes": n * n % 11, "proto": np.where(n % 3, "tcp", "udp"), "up": n % 2 == 0,
        "verdict": np.select([n % 20 == 3, n % 20 == 4], ["scan", "dos"], "ok"),
    }).astype({"bytes": object})  # fmt: skip
    frame.loc[1, "time"], frame.loc[43, "time"] = EPOCH + 1, EPOCH + 7
    frame.loc[7, "bytes"] = "n/a"
    frame.to_csv(tmp_path / "flows.csv")
    path = tmp_path / "own.toml"
    path.write_text(SUITE.format(method="double_probe:Probe"))
    return path


def test_a_plan_holds_how_each_table_was_read(suite: Any) -> None:
    reading = make_plan(read_suite(str(suite))).readings["flows"]
    assert lines("flows", reading) == [f"table flows: {line}" for line in TOLD]
    assert from_json(json.loads(json.dumps(to_json(reading)))) == reading


@pytest.mark.usefixtures("without_figures")
def test_plan_and_run_print_it_and_the_manifest_keeps_it(suite: Any, typed: Any) -> None:
    suite.write_text(SUITE.format(method="logistic-regression"))
    planned = typed("plan", str(suite), folder=suite.parent)
    assert planned.returncode == 0, planned.stderr
    as_json = json.loads(typed("plan", str(suite), "--json", folder=suite.parent).stdout)
    done = typed("run", str(suite), "--no-track", "--jobs", "1", "--out", "out", folder=suite.parent)
    assert done.returncode == 0, done.stderr
    for line in TOLD:
        assert f"table flows: {line}" in planned.stdout.splitlines()
        assert f"table flows: {line}" in done.stderr.splitlines()
    (run,) = json.loads((suite.parent / "out" / "manifest.json").read_text())["runs"]
    assert run["tables"] == as_json["tables"]
    assert lines("flows", from_json(run["tables"]["flows"])) == [f"table flows: {line}" for line in TOLD]


def test_a_method_gets_the_values_in_double_precision(suite: Any) -> None:
    experiment = read_suite(str(suite))
    (task,) = make_plan(experiment).tasks
    (record,) = execute(task, WorkContext(experiment.catalogue, Limits(), "p"))
    assert record.status == "ok", record.error


def test_a_table_that_is_mostly_anomalies_is_told() -> None:
    values = (LabelValue("0", 1, True), LabelValue("1", 3, False))
    many = Reading("t.csv", 4, 1, "float32", "", "names", "label", False, values)
    assert "table t: note: 75% of the rows are anomalies; is normal = [...] right?" in lines("t", many)


def test_long_lists_are_cut_and_counted() -> None:
    reading = Reading(
        "t.csv", 9, 1, "float32", "", "names", "label", False, (),
        left_out=(LeftOut("'x'", "because"),),
        categories=tuple(Category(f"c{i}", i) for i in range(12)),
        missing=(Missing("m", 1, (), "filled"),),
    )  # fmt: skip
    (line,) = [line for line in lines("t", reading) if "categories" in line]
    assert line.endswith("'c7' (7 columns of 0 and 1) and 4 more")


def test_a_table_that_was_read_before_is_read_from_the_cache_with_its_reading(
    suite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = TableSource(str(suite.parent / "flows.csv"), missing="median", categories="onehot", normal=("ok",))
    first = load_table(source)
    monkeypatch.setattr("bench.datasets.table.read_columns", lambda *words, **options: pytest.fail("read again"))
    assert load_table(source) == first
