"""The main job end to end on the smoke suite: store, tables, figures, manifest, real SQLite MLflow, resume."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.store import read
from tests.bench.mlflow_server import free_port
from tests.present import present


def command(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from bench.app.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("main-job")
    done = command("run", "smoke", "--jobs", "2", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_every_cell_has_a_row(finished: Any) -> None:
    frame = read(finished[0] / "results" / "smoke")
    assert len(frame) == 2 * 4 * 2 * 2
    assert frame.cell.is_unique
    assert set(frame.status) == {"ok"}
    wanted = [
        "dataset",
        "method",
        "seed",
        "protocol",
        "label_budget",
        "contamination",
        "status",
        "average_precision",
        "auc_roc",
    ]
    wanted += ["auc_pr_trapezoid", "fit_seconds", "score_seconds", "peak_memory_mb", "error", "cell"]
    assert list(frame.columns[: len(wanted)]) == wanted
    assert frame.average_precision.between(0, 1).all()
    assert (frame.groupby("contamination").size() == 16).all()


def test_it_leaves_tables_figures_and_a_manifest(finished: Any) -> None:
    out = finished[0] / "results" / "smoke"
    for name in ("average_precision", "auc_roc"):
        for suffix in ("csv", "md", "tex"):
            assert (out / "tables" / f"{name}.{suffix}").stat().st_size > 100
    for suffix in ("png", "pdf"):
        assert (out / "figures" / f"contamination_average_precision.{suffix}").stat().st_size > 5000
    runs = json.loads((out / "manifest.json").read_text())["runs"]
    assert runs[0]["packages"]["torch"]
    assert runs[0]["finished"] >= runs[0]["started"] and runs[0]["wall_seconds"] > 0
    assert set(read(out).provenance) == {runs[0]["id"]}
    assert "Average precision" in finished[1].stdout


def test_mlflow_holds_parent_and_children_with_means_over_seeds(finished: Any) -> None:
    from mlflow import MlflowClient

    out = finished[0] / "results" / "smoke"
    client = MlflowClient(f"sqlite:///{out / 'mlflow.db'}")
    experiment = present(client.get_experiment_by_name("mnp-bench/smoke"))
    runs = client.search_runs([experiment.experiment_id], max_results=100)
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    assert len(runs) - len(children) == 1
    assert len(children) == 2 * 4 * 2
    for child in children:
        assert child.data.params["seeds_ok"] == "2" and {"contamination", "label_budget"} <= set(child.data.params)
        assert child.data.tags["mlflow.source.name"] == "mnp-bench" and len(present(child.inputs).dataset_inputs) == 1
    stored = read(out).groupby(["dataset", "contamination", "method"]).average_precision.mean()
    means = sorted(child.data.metrics["average_precision_mean"] for child in children)
    assert means == pytest.approx(sorted(stored))
    parent = next(run for run in runs if run not in children)
    assert {a.path for a in client.list_artifacts(parent.info.run_id)} >= {"tables", "figures", "manifest.json"}


@pytest.mark.usefixtures("kept_child", "without_figures")
def test_again_does_nothing_and_a_lost_dataset_is_done_again(finished: Any, typed: Any) -> None:
    folder = finished[0]
    out = folder / "results" / "smoke"
    before = read(out, scores=True).set_index("cell")
    again = typed("run", "smoke", "--no-track", folder=folder)
    assert "all 32 cells are stored" in again.stderr
    pd.testing.assert_frame_equal(read(out, scores=True).set_index("cell"), before)
    from bench.store import Store

    with Store(out) as store:
        assert store.forget(before.index[before.dataset == "breast-cancer"]) == 16
    redone = typed("run", "smoke", "--no-track", "--jobs", "1", folder=folder)
    assert redone.returncode == 0, redone.stderr
    after = read(out, scores=True).set_index("cell").loc[before.index]
    assert (after.started == before.started).sum() == 16
    for key in before.index:
        assert (after.scores[key] == before.scores[key]).all()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "quik"], "unknown suite 'quik'; did you mean quick?"),
        (["run", "smoke", "--methods", "devnett"], "unknown method 'devnett'; did you mean devnet"),
        (["run", "smoke", "--datasets", "digits-014"], "did you mean digits-0147"),
        (["run", "smoke", "--seeds", "a-b"], "write 0-4 or 0,2,5"),
        (["run", "none.toml"], "there is no suite file none.toml"),
        (["status", "nowhere"], "no results in nowhere"),
        (["list", "method"], "did you mean methods"),
    ],
)
def test_bad_words_are_one_sentence(words: list[str], sentence: str, tmp_path: Path, typed: Any) -> None:
    done = typed(*words, folder=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


SUITE = """name = "mine"
methods = ["logistic-regression"]
seeds = [0]
{more}
[scenario]
{scenario}
[[dataset]]
path = "{path}"
label = "label"
"""


@pytest.mark.parametrize(
    ("rows", "scenario", "more", "sentence"),
    [
        ("a,label\n1,0\n2,0\n3,0\n", "label_budget = 1", "", "every row has label 0"),
        ("a,label\n" + "1,0\n" * 40 + "5,1\n" * 4, "label_budget = 50", "", "anomal"),
        ("a,label\n1,0\n,0\n3,1\n", "label_budget = 1", "", "missing"),
        ("a,label\nx,0\ny,0\n3,1\n", "label_budget = 1", "", "text"),
        ("a,label\n1,0\n3,1\n", "label_bugdet = 1", "", "unknown key 'scenario.label_bugdet'; allowed here"),
        ("a,label\n1,0\n3,1\n", 'protocol = "strong"', "", "'weak', 'paper' or 'adbench'"),
        ("a,label\n1,0\n3,1\n", "label_budget = 1", "seeds = [1]", "not valid TOML"),
    ],
    ids=["one class", "budget", "missing", "text", "key", "value", "toml"],
)
def test_unfit_data_and_suites_are_found_before_work(
    rows: Any, scenario: str, more: str, sentence: str, tmp_path: Path, typed: Any
) -> None:
    (tmp_path / "d.csv").write_text(rows)
    (tmp_path / "mine.toml").write_text(SUITE.format(path=tmp_path / "d.csv", scenario=scenario, more=more))
    done = typed("run", "mine.toml", "--no-track", folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


def own_suite(folder: Path, more: str = "") -> Path:
    """A suite of one method on a table that separates easily."""
    stream = np.random.default_rng(0)
    X = stream.normal(size=(120, 3))
    X[:20] += 4
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(label=[1] * 20 + [0] * 100)
    frame.to_csv(folder / "d.csv", index=False)
    path = folder / "mine.toml"
    path.write_text(SUITE.format(path=folder / "d.csv", scenario="label_budget = 3", more=more))
    return path


@pytest.mark.usefixtures("kept_child", "without_figures")
def test_own_table_gives_a_comparison_though_the_tracking_server_is_not_there(tmp_path: Path, typed: Any) -> None:
    own_suite(tmp_path)
    uri = f"http://127.0.0.1:{free_port()}"
    done = typed("run", "mine.toml", "--tracking-uri", uri, "--jobs", "1", folder=tmp_path)
    out = tmp_path / "results" / "mine"
    assert done.returncode == 3, done.stderr
    assert f"not tracked: MLflow at {uri} cannot be used" in done.stderr and "Traceback" not in done.stderr
    assert "mnp-bench track results/mine --tracking-uri ..." in done.stderr
    assert read(out).average_precision.iloc[0] > 0.8
    assert (out / "tables" / "average_precision.md").exists() and "Average precision" in done.stdout
    later = typed("track", "results/mine", folder=tmp_path)
    assert later.returncode == 0 and "tracked: 1 runs (1 new or changed)" in later.stdout, later.stderr


def test_light_commands_import_neither_torch_nor_mlflow(tmp_path: Path) -> None:
    code = (
        "import sys, runpy\n"
        "sys.argv = ['mnp-bench', *{words}]\n"
        "from bench.app.cli import app\n"
        "try:\n    app()\nexcept SystemExit: pass\n"
        "heavy = {{'torch', 'mlflow'}} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for words in (["--help"], ["list", "methods"], ["list", "suites", "--json"], ["plan", "smoke"]):
        done = subprocess.run(
            [sys.executable, "-c", code.format(words=words)], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, (words, done.stderr)


@pytest.mark.usefixtures("kept_child", "without_figures")
def test_a_run_without_a_report_stores_its_cells_and_says_how_to_get_one(tmp_path: Path, typed: Any) -> None:
    suite = own_suite(tmp_path)
    words = ("run", str(suite), "--no-report", "--no-track", "--jobs", "1", "--out", "out")
    first, second = typed(*words, folder=tmp_path), typed(*words, folder=tmp_path)
    for done in (first, second):
        assert done.returncode == 0 and "mnp-bench report out builds it" in done.stderr
        assert not done.stdout.strip() and not (tmp_path / "out" / "index.html").exists()
    assert "are stored" in second.stderr and "building the report" not in second.stderr
    assert (read(tmp_path / "out").status == "ok").all()
    assert typed("report", "out", folder=tmp_path).returncode == 0 and (tmp_path / "out" / "index.html").exists()
