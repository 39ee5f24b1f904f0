"""Any stored cell can be computed again; a difference is noticed and what changed since is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from bench.app import verify
from bench.app.run import Choices, run_suite
from bench.datasets import registry
from bench.datasets.catalogue import Catalogue
from bench.errors import StoreError, UnknownName
from bench.store import FOLDER, read, segments
from bench.store.schema import PER_ROW
from bench.suite.load import parse_suite, read_suite

pytestmark = pytest.mark.usefixtures("kept_child", "without_figures")
SUITE = """
name = "again"
datasets = ["wine"]
methods = [
    { name = "devnet", params = { epochs = 2 } }, "logistic-regression",
    { name = "pyod.models.knn:KNN", params = { n_neighbors = 1000 } },
]
seeds = [0, 1, 2]
[scenario]
label_budget = 2
"""


@pytest.fixture(scope="module")
def finished(kept_child: None, without_figures: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("again") / "run"
    run_suite(parse_suite(SUITE, "test"), Choices(out=str(out), track=False))
    return out


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def once(folder: Path, cell: str, data_dir: str | None = None) -> verify.Repeated:
    (done,) = verify.repeat(folder, [verify.find(folder, cell)], Catalogue(data_dir))
    return done


def rewrite(folder: Path, change: Any) -> None:
    """Every part with its table changed."""
    for part in list(segments.live(segments.listed(folder / FOLDER))):
        table = change(segments.read(part, scores=True))
        part.path.unlink()
        segments.write(part, table)


def replaced(table: pa.Table, name: str, values: list[Any]) -> pa.Table:

    position = table.column_names.index(name)
    return table.set_column(position, name, pa.array(values, table.schema.field(name).type))


def test_a_cell_trained_in_a_group_is_the_same_alone(folder: Path) -> None:
    assert read(folder).query("method == 'devnet'").group_width.eq(3).all()
    done = once(folder, "wine:devnet:1")
    assert done.same and done.compared == "scores and metrics" and not done.changes
    assert done.record.metadata["group_width"] == 1
    assert once(folder, verify.find(folder, "wine:devnet:1")["cell"][:16]).same


def test_a_failed_cell_fails_again_for_the_same_reason(folder: Path) -> None:
    done = once(folder, "wine:pyod.models.knn:KNN:0")
    assert done.same and done.compared == "status and reason" and done.record.status == "failed"


def test_an_altered_score_is_noticed(folder: Path) -> None:
    def alter(table: pa.Table) -> pa.Table:
        scores = [None if s is None else np.asarray(s, np.float32) for s in table["scores"].to_pylist()]
        for values in scores:
            if values is not None:
                values[3] = np.nextafter(values[3], np.float32(np.inf))
        return replaced(table, "scores", scores)

    rewrite(folder, alter)
    done = once(folder, "wine:devnet:0")
    assert not done.same and not done.changes
    assert done.differences[0].startswith("scores: 1 of ")


def test_without_stored_scores_metrics_are_compared(folder: Path) -> None:
    rewrite(folder, lambda table: table.drop_columns(list(PER_ROW)))
    assert once(folder, "wine:devnet:0").compared == "metrics"
    rewrite(folder, lambda table: replaced(table, "auc_roc", [0.5] * table.num_rows))
    done = once(folder, "wine:devnet:0")
    assert not done.same and done.differences[0].startswith("auc_roc: 0.5 stored, ")


@pytest.mark.parametrize("mixed", [False, True], ids=["no row has it", "other rows have it"])
def test_a_metric_that_one_side_has_alone_is_told_and_is_no_difference(folder: Path, mixed: bool) -> None:
    """A store from before ``precision_n``: it holds ``precision_at_k``, and no, or an empty, ``precision_n``."""

    def older(table: pa.Table) -> pa.Table:
        table = table.append_column("precision_at_k", table["precision_n"])
        if not mixed:
            return table.drop_columns(["precision_n"])
        return replaced(table, "precision_n", [None] * table.num_rows)

    rewrite(folder, older)
    done = once(folder, "wine:devnet:0")
    assert done.same and not done.differences
    assert done.compared == "scores and metrics; not compared: precision_at_k is stored only, precision_n is new"
    rewrite(folder, lambda table: replaced(table, "auc_roc", [0.5] * table.num_rows))
    assert not once(folder, "wine:devnet:0").same  # what both have still counts
    assert not read(folder).empty


def test_what_changed_since_is_named(folder: Path) -> None:
    manifest = folder / "manifest.json"
    told = json.loads(manifest.read_text())
    told["runs"][0]["packages"]["torch"] = "1.0"
    told["runs"][0]["cpu"]["model"] = "Z80"
    told["runs"][0]["worker_environment"]["MKL_CBWR"] = "COMPATIBLE"
    manifest.write_text(json.dumps(told))
    rewrite(folder, lambda table: replaced(table, "dataset_sha256", ["0" * 64] * table.num_rows))
    text = "\n".join(once(folder, "wine:devnet:0").changes)
    for sign in ("data of wine: sha256 000000000000 then", "packages torch: 1.0 then", "cpu model: Z80", "MKL_CBWR"):
        assert sign in text, sign
    rewrite(folder, lambda table: replaced(table, "cell", [f"{n:064d}" for n in range(table.num_rows)]))
    rewrite(folder, lambda table: replaced(table, "dataset_sha256", [registry.load("wine").sha256] * table.num_rows))
    assert any("code or default parameters of devnet" in change for change in once(folder, "wine:devnet:0").changes)


def test_each_trouble_is_one_sentence(folder: Path) -> None:
    with pytest.raises(StoreError, match="holds no cell 'zzz'"):
        verify.find(folder, "zzz")
    with pytest.raises(StoreError, match=r"is 9 cells of .*; give one of these, or its key: wine:devnet:0 "):
        verify.find(folder, "")
    with pytest.raises(StoreError, match="there are no results"):
        verify.find(folder / "nothing", "a")
    rewrite(folder, lambda table: replaced(table, "method", ["gone"] * table.num_rows))
    with pytest.raises(UnknownName, match="gone"):
        once(folder, "wine:gone:0" if len(read(folder)) == 1 else read(folder)["cell"].iloc[0])
    (folder / "manifest.json").unlink()
    with pytest.raises(StoreError, match="does not hold the run"):
        once(folder, read(folder)["cell"].iloc[0])


def test_a_sample_is_seeded_and_no_larger_than_the_run(folder: Path) -> None:
    keys = [[row["cell"] for row in verify.sample(folder, 4, seed)] for seed in (0, 0, 1)]
    assert keys[0] == keys[1] != keys[2] and len(set(keys[0])) == 4
    assert len(verify.sample(folder, 100, 0)) == 9


def test_the_commands_say_it_by_exit_code(folder: Path) -> None:
    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "bench", *words], capture_output=True, text=True)

    done = command("verify", str(folder), "--sample", "3", "--jobs", "2")
    assert done.returncode == 0 and "3 of 3 cells are bit-identical" in done.stdout, done.stderr
    rewrite(folder, lambda table: replaced(table, "auc_roc", [0.5] * table.num_rows))
    done = command("rerun", str(folder), "wine:devnet:0", "--verify")
    assert done.returncode == 1 and "DIFFERENT" in done.stdout and "nothing that is recorded has changed" in done.stdout
    done = command("rerun", str(folder), "nothing")
    assert done.returncode == 2 and done.stderr.startswith("mnp-bench: ")


def test_a_users_own_table_is_found_beside_its_suite(tmp_path: Path, typed: Any) -> None:
    stream = np.random.default_rng(0)
    X, y = stream.normal(size=(120, 3)), np.repeat([0, 1], [100, 20])
    lines = ["a,b,c,label", *(",".join(map(str, [*row, label])) for row, label in zip(X + y[:, None], y, strict=True))]
    (tmp_path / "my.csv").write_text("\n".join(lines))
    suite = tmp_path / "my.toml"
    suite.write_text(
        'name = "my"\nmethods = ["logistic-regression"]\nseeds = [0]\n[[dataset]]\npath = "my.csv"\nlabel = "label"\n'
    )
    out = tmp_path / "out"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = typed("run", str(suite), "--no-track", "--jobs", "1", "--out", str(out), folder=elsewhere)
    assert done.returncode == 0, done.stderr
    assert read_suite(str(suite)).tables
    assert once(out, "my:logistic-regression:0").same
