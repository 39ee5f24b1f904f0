"""Two stored runs side by side, changed on purpose in one thing at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from bench.app.cli import app
from bench.errors import StoreError
from bench.report.compare import METRIC, TwoRuns, compare, verdict
from bench.report.compare_text import words
from bench.store import FOLDER, segments
from bench.store.manifest_diff import changes
from tests.bench.report import made_up

DATASETS = [f"d{i}" for i in range(8)]
RUN: dict[str, Any] = {
    "id": "p",
    "started": "2026-01-01T00:00:00+00:00",
    "command": ["run"],
    "suite": "name = 'x'\n",
    "packages": {"torch": "2.13.0", "numpy": "2.0"},
    "git": {"commit": "abc", "dirty": True, "changed": ["a"], "diff_sha256": "1"},
    "python": "CPython 3.12",
    "cpu": {"model": "A", "instructions": ["avx2", "fma"]},
}


def stored(folder: Path, frame: pd.DataFrame, run: dict[str, Any] = RUN) -> Path:
    (folder / FOLDER).mkdir(parents=True)
    segments.write(segments.named(folder / FOLDER, 1, 1), pa.Table.from_pandas(frame, preserve_index=False))
    (folder / "manifest.json").write_text(json.dumps({"runs": [run]}))
    return folder


@pytest.fixture
def frame() -> pd.DataFrame:
    return made_up.rows(DATASETS, ["mnp", "devnet", "ecod"], seeds=2)


def method_row(runs: TwoRuns, method: str) -> pd.Series:
    return next(row for name, row in runs.methods.iterrows() if name == method)


def shifted(frame: pd.DataFrame, method: str, by: float) -> pd.DataFrame:
    hit = frame.method == method
    return frame.assign(**{METRIC: frame[METRIC] + by * hit}, cell=frame["cell"].where(~hit, frame["cell"] + "new"))


def test_a_run_is_the_same_as_its_copy(tmp_path: Path, frame: pd.DataFrame) -> None:
    runs = compare(stored(tmp_path / "a", frame), stored(tmp_path / "b", frame.sample(frac=1, random_state=0)))
    assert runs.same and not runs.changes and not runs.code and runs.shared == len(frame)
    assert "All 48 shared results have the same metrics, to the bit." in words(runs)


def test_a_shift_of_one_method_is_found_and_its_direction_told(tmp_path: Path, frame: pd.DataFrame) -> None:
    runs = compare(stored(tmp_path / "a", frame), stored(tmp_path / "b", shifted(frame, "devnet", -0.01)))
    assert not runs.same and runs.code == ["DevNet"]
    row = method_row(runs, "DevNet")
    assert row.difference == pytest.approx(-0.01)
    assert (row.higher, row.lower, row.families, row.identical) == (0, 8, 8, 0)
    assert row.p == pytest.approx(2 / 2**8)
    assert row.p_holm == pytest.approx(3 * row.p)  # three methods were tested
    assert verdict(row) == "lower in the second"
    assert verdict(method_row(runs, "MNP")) == "the same to the bit"
    assert "lower in the second" in words(runs)


def test_noise_without_direction_is_no_shift(tmp_path: Path, frame: pd.DataFrame) -> None:
    noise = np.where(frame.dataset.str[1].astype(int) % 2, 0.01, -0.01)
    other = frame.assign(**{METRIC: frame[METRIC] + noise})
    runs = compare(stored(tmp_path / "a", frame), stored(tmp_path / "b", other))
    assert {verdict(row) for _, row in runs.methods.iterrows()} == {"differs, but no shift up or down is shown"}


@pytest.mark.parametrize(("datasets", "says"), [(2, "no test is possible"), (4, "too few dataset families")])
def test_few_datasets_allow_no_claim(tmp_path: Path, frame: pd.DataFrame, datasets: int, says: str) -> None:
    few = frame[frame.dataset.isin(DATASETS[:datasets])]
    runs = compare(stored(tmp_path / "a", few), stored(tmp_path / "b", shifted(few, "mnp", 0.1)))
    assert says in verdict(method_row(runs, "MNP"))
    assert np.isnan(runs.methods.p["MNP"]) == (datasets == 2)


def test_other_data_are_told_and_not_compared(tmp_path: Path, frame: pd.DataFrame) -> None:
    other = frame.assign(dataset_sha256=frame.dataset_sha256.where(frame.dataset != "d3", "cd" * 32))
    runs = compare(stored(tmp_path / "a", frame), stored(tmp_path / "b", other))
    assert runs.data == ["d3"] and not runs.same
    assert runs.methods.cells.sum() == len(frame) - 6
    assert "different content" in words(runs)


def test_a_cell_that_failed_in_one_is_told(tmp_path: Path, frame: pd.DataFrame) -> None:
    runs = compare(
        stored(tmp_path / "a", frame), stored(tmp_path / "b", made_up.fail(frame, dataset="d1", method="mnp"))
    )
    assert len(runs.status) == 2 and not runs.same and runs.cells == ((48, 0), (48, 2))
    assert "d1, MNP, seed 0" in words(runs) and "ok | failed" in words(runs)


def test_only_shared_cells_count(tmp_path: Path, frame: pd.DataFrame) -> None:
    runs = compare(stored(tmp_path / "a", frame), stored(tmp_path / "b", frame[frame.seed == 0]))
    assert runs.shared == 24 and runs.same
    with pytest.raises(StoreError, match="share no cell"):
        compare(tmp_path / "a", stored(tmp_path / "c", frame.assign(dataset="x", method_title="other " + frame.method)))


def test_other_datasets_are_held_against_each_other_by_the_order_of_methods(tmp_path: Path) -> None:
    methods, names = list(made_up.METHODS), [f"e{number}" for number in range(12)]
    first, second = made_up.rows(names, methods), made_up.rows([f"other {name}" for name in names], methods)
    runs = compare(stored(tmp_path / "a", first), stored(tmp_path / "b", second))
    assert runs.shared == 0 and not runs.same and runs.methods.empty
    ((label, order),) = runs.orders
    assert label == "weak protocol, 5 labelled anomalies, contamination 0.02" and len(order.methods) == 8
    text = words(runs)
    assert "They share 0 cells" in text and f"has a rank correlation of {order.correlation:.2f}" in text
    with pytest.raises(StoreError, match="nor three methods that are compared in one scenario of both"):
        compare(tmp_path / "a", stored(tmp_path / "c", second[second.method.isin(["mnp", "ecod"])]))


def test_manifests_differ_in_what_ran_not_in_when() -> None:
    later = {**RUN, "started": "2027", "command": ["again"], "git": {**RUN["git"], "changed": ["b"]}}
    assert changes([RUN], [later]) == []
    other = {**RUN, "packages": {"torch": "2.12.1"}, "git": None, "cpu": {"model": "B", "instructions": ["avx2"]}}
    assert [str(change) for change in changes([RUN], [other])] == [
        "git commit: abc | none",
        "git dirty: True | none",
        "git diff_sha256: 1 | none",
        "packages torch: 2.13.0 | 2.12.1",
        "packages numpy: 2.0 | none",
        "cpu model: A | B",
        "cpu instructions: avx2 fma | avx2",
        "git: none | none",
    ][:-1]
    assert [str(change) for change in changes([RUN, {**RUN, "python": "CPython 3.11"}], [RUN])] == [
        "python: CPython 3.11 and CPython 3.12 | CPython 3.12"
    ]


def test_the_command_ends_with_one_when_results_differ(tmp_path: Path, frame: pd.DataFrame) -> None:
    a, b = stored(tmp_path / "a", frame), stored(tmp_path / "b", shifted(frame, "mnp", 0.01))
    same = CliRunner().invoke(app, ["compare", str(a), str(a)])
    assert same.exit_code == 0 and "to the bit" in same.output
    other = CliRunner().invoke(app, ["compare", str(a), str(b)])
    assert other.exit_code == 1 and "higher in the second" in other.output
