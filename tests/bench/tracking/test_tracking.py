"""The MLflow mirror: complete, repeatable, and harmless when the server is not there or dies half-way."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from bench.errors import StoreError, TrackingError
from bench.store import Store, read
from bench.store.manifest import read_manifest
from bench.tracking import mlflow_mirror, runs
from bench.tracking.experiment import page_of
from bench.tracking.mlflow_mirror import track
from bench.tracking.runs import CELLS_TAG, GROUP_TAG, groups
from bench.tracking.sources import DatasetFacts, dataset_input
from bench.types import Record, Scenario, Status
from tests.bench.mlflow_server import Server, free_port
from tests.bench.records import FACTS, record

SEEDS = 3


def of_seed(number: int, status: Status = "ok", seeds: int = SEEDS, **change: Any) -> Record:
    """Cell ``number``; every ``seeds`` cells share a dataset, so they are one group."""
    made = record(number, status, value=0.1 + number / 1e4)
    return replace(made, cell=replace(made.cell, dataset=f"toy-{number // seeds:04d}", seed=number % seeds), **change)


def filled(folder: Path, count: int, seeds: int = SEEDS) -> Path:
    with Store(folder) as store:
        store.append([of_seed(number, seeds=seeds) for number in range(count)])
    return folder


def client(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(uri)


def children(uri: str, folder: Path) -> list[Any]:
    """The child runs MLflow has of a folder, after a check that the parent is one."""
    asked = client(uri)
    experiment = asked.get_experiment_by_name(f"mnp-bench/{folder.name}")
    runs = list(asked.search_runs([experiment.experiment_id], max_results=5000))
    parents = [run for run in runs if mlflow_mirror.PARENT_TAG not in run.data.tags]
    assert len(parents) == 1 and parents[0].info.status == "FINISHED"
    return [run for run in runs if run is not parents[0]]


def check_complete(uri: str, folder: Path) -> None:
    """One ended run per group, holding the store's rows, their means and their dataset."""
    frame = read(folder)
    runs = children(uri, folder)
    wanted = {group.key: group for group in groups(frame, read_manifest(folder))}
    assert Counter(run.data.tags[GROUP_TAG] for run in runs) == Counter(list(wanted))
    for run in runs:
        group = wanted[run.data.tags[GROUP_TAG]]
        assert run.info.status == group.status and run.data.tags[CELLS_TAG] == group.content
        assert run.data.params == dict(group.params)
        assert run.data.metrics == pytest.approx(dict(group.metrics))
        rows = frame[(frame.dataset == run.data.params["dataset"]) & (frame.status == "ok")]
        assert run.data.metrics["average_precision_mean"] == pytest.approx(rows.average_precision.mean())
        (given,) = run.inputs.dataset_inputs
        assert given.dataset.name == run.data.params["dataset"]


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow takes seconds to make its tables; all but one test start from a copy of these."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    client(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_database: Path) -> tuple[Path, str]:
    """A results folder and the database that is its default."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = filled(tmp_path / "mine", 4 * SEEDS)
    shutil.copy(empty_database, folder / "mlflow.db")
    return folder, f"sqlite:///{folder / 'mlflow.db'}"


def test_the_database_in_the_folder_gets_everything_once(own: Any) -> None:
    folder, uri = own
    (folder / "mlflow.db").unlink()
    (folder / "tables").mkdir()
    (folder / "tables" / "average_precision.md").write_text("| a |")
    first = track(folder)
    assert (first.uri, first.runs, first.new) == (uri, 4, 4)
    check_complete(uri, folder)
    kept = {run.info.run_id for run in children(uri, folder)}
    second = track(folder)
    assert (second.runs, second.new, second.metrics_logged) == (4, 0, 0)
    assert {run.info.run_id for run in children(uri, folder)} == kept
    files = client(uri).list_artifacts(first.parent_run_id, "tables")
    assert [file.path for file in files] == ["tables/average_precision.md"]


def test_only_what_changed_is_sent_again(own: Any) -> None:
    folder, uri = own
    track(folder)
    before = {run.data.params["dataset"]: run.info.run_id for run in children(uri, folder)}
    with Store(folder) as store:
        store.append([of_seed(1, "timeout"), *(of_seed(number) for number in range(12, 15))])
        store.forget([of_seed(number).cell.key for number in range(3, 6)])
    summary = track(folder)
    assert (summary.runs, summary.new) == (4, 2)
    check_complete(uri, folder)
    after = {run.data.params["dataset"]: run for run in children(uri, folder)}
    assert after["toy-0002"].info.run_id == before["toy-0002"] and after["toy-0000"].info.run_id != before["toy-0000"]
    failed = after["toy-0000"]
    assert failed.info.status == "FAILED" and failed.data.tags["failed_seeds"] == "1"
    assert "seed 1: timeout: it broke" in failed.data.tags["mlflow.note.content"]
    assert "toy-0001" not in after and "toy-0004" in after


def test_a_mirror_killed_anywhere_is_completed_without_duplicates(own: Any) -> None:
    folder, uri = own
    code = (
        "import os, sys\nfrom bench.tracking import mlflow_mirror as tracking\nfrom mlflow import MlflowClient\n"
        "done, real = [], getattr(MlflowClient, sys.argv[2])\n"
        "def deadly(*args, **words):\n"
        "    done.append(real(*args, **words))\n"
        "    if len(done) == 2: os.kill(os.getpid(), 9)\n"
        "setattr(MlflowClient, sys.argv[2], lambda *a, **w: deadly(*a, **w) or done[-1])\n"
        "tracking.track(sys.argv[1])"
    )
    for call in ("create_run", "log_batch", "set_terminated"):
        with Store(folder) as store:  # rows of other seconds, so that all has to be sent again
            store.append([of_seed(number, fit_seconds=float(len(call))) for number in range(4 * SEEDS)])
        killed = subprocess.run([sys.executable, "-c", code, str(folder), call], capture_output=True, text=True)
        assert killed.returncode == -9, killed.stderr
        assert track(folder).new >= 2
        check_complete(uri, folder)


def test_rows_that_a_run_has_read_with_scores_are_the_same_mirror(own: Any) -> None:
    folder, _ = own
    first = track(folder)
    again = track(folder, rows=read(folder, scores=True))
    assert first.new == first.runs == again.runs and again.new == 0


def test_no_store_is_told_before_any_server_is_asked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there are no results"):
        track(tmp_path / "none", "http://127.0.0.1:9")


def test_a_server_that_hangs_up_is_asked_twice_and_told_in_one_sentence(own: Any) -> None:
    folder, _ = own
    asked = []

    class HangUp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.client_address)

    with socketserver.TCPServer(("127.0.0.1", 0), HangUp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(TrackingError, match=r"cannot be used .*the results are safe in the store"):
            track(folder, f"http://user:secret@127.0.0.1:{server.server_address[1]}")
        server.shutdown()
    assert len(asked) == 2  # MLflow's own default is eight times, which takes minutes


def test_a_server_that_is_not_there_is_one_sentence_without_the_password(own: Any) -> None:
    folder, _ = own
    with pytest.raises(TrackingError) as told:
        track(folder, f"http://user:secret@127.0.0.1:{free_port()}")
    assert "secret" not in str(told.value) and "\n" not in str(told.value)


def test_the_experiment_is_described_for_mlflows_pages(own: Any) -> None:
    folder, uri = own
    summary = track(folder)
    experiment = client(uri).get_experiment_by_name("mnp-bench/mine")
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    page = f"#/experiments/{experiment.experiment_id}/runs?workflowType=machine_learning"
    assert summary.page == page and str(summary).endswith(f"page: {page}")
    assert page_of("http://host:5000/", "7") == "http://host:5000/#/experiments/7/runs?workflowType=machine_learning"
    assert "**parent run**" in experiment.tags["mlflow.note.content"]
    assert "**child run**" in experiment.tags["mlflow.note.content"]
    assert experiment.tags["mlflow.experiment.primaryMetric.name"] == "average_precision_mean"


@pytest.mark.parametrize(
    ("there", "after"),
    [
        ("genai_development_inferred", "custom_model_development"),
        ("no_inferred_type", "custom_model_development"),
        ("genai_development", "genai_development"),
    ],
)
def test_a_guess_of_the_pages_is_put_right_and_a_persons_choice_stays(own: Any, there: str, after: str) -> None:
    folder, uri = own
    number = client(uri).create_experiment("mnp-bench/mine", artifact_location=(folder / "mlflow-artifacts").as_uri())
    client(uri).set_experiment_tag(number, "mlflow.experimentKind", there)
    client(uri).set_experiment_tag(number, "mlflow.note.content", "my own words")
    track(folder)
    tags = client(uri).get_experiment(number).tags
    assert (tags["mlflow.experimentKind"], tags["mlflow.note.content"]) == (after, "my own words")


def test_runs_carry_dataset_source_and_commit(own: Any) -> None:
    folder, uri = own
    made_by = {"id": "run-1", "started": "now", "command": ["/venv/bin/mnp-bench", "run", "my suite"]}
    git = {"commit": "ab" * 20, "dirty": True}
    (folder / "manifest.json").write_text(json.dumps({"runs": [{**made_by, "git": git}, {**made_by, "id": "later"}]}))
    parent = client(uri).get_run(track(folder).parent_run_id)
    child = children(uri, folder)[0]
    for run in (parent, child):
        assert run.data.tags["mlflow.source.type"] == "LOCAL"
        assert run.data.tags["mlflow.source.name"] == "mnp-bench"
        assert run.data.tags["bench.command"] == "mnp-bench run 'my suite'"
    # the child's rows are of the first run; the last, of no checkout, is the parent's
    assert child.data.tags["mlflow.source.git.commit"] == "ab" * 20
    assert child.data.tags["mlflow.source.git.dirty"] == "true"
    assert "mlflow.source.git.commit" not in parent.data.tags
    assert sorted(given.dataset.name for given in parent.inputs.dataset_inputs) == [f"toy-{n:04d}" for n in range(4)]
    (given,) = child.inputs.dataset_inputs
    assert (given.dataset.digest, given.dataset.source_type) == ("ab" * 4, "local")
    assert json.loads(given.dataset.profile) == {"num_rows": 100, "num_features": 3, "num_anomalies": 9}
    assert "[-1, 3]" in json.loads(given.dataset.schema)["mlflow_tensorspec"]["features"]


def test_a_registered_dataset_leads_to_its_address() -> None:
    from bench.datasets.registry import card

    given = dataset_input(DatasetFacts("breast-cancer", "cd" * 32, 569, 30, 212)).dataset
    assert given.source_type == "http"
    assert json.loads(given.source)["url"] == card("breast-cancer").url


def test_sizes_that_no_cell_learned_are_left_open(tmp_path: Path) -> None:
    unknown = {name: fact for name, fact in FACTS.items() if not name.startswith("dataset_")}
    with Store(tmp_path) as store:
        store.append([replace(record(0, "failed"), metadata=unknown)])
    (group,) = groups(read(tmp_path))
    assert (group.dataset.rows, group.dataset.features) == (None, None)
    assert "dataset_rows" not in dict(group.params)
    assert group.metrics == () and dict(group.params)["seeds_ok"] == "0"


def test_every_field_of_the_scenario_is_a_parameter_of_every_run(tmp_path: Path) -> None:
    scenarios: list[dict[str, Any]] = [{}, {"contamination": 0.02, "known_types": ("a", "b")}, {"label_budget": 0.05}]
    with Store(tmp_path) as store:
        store.append([record(number, **scenario) for number, scenario in enumerate(scenarios)])
    params = [dict(group.params) for group in groups(read(tmp_path))]
    assert all({field.name for field in fields(Scenario)} <= set(run) for run in params)
    axes = {(run["contamination"], run["label_budget"], run["label_budget_kind"], run["known_types"]) for run in params}
    assert axes == {
        ("natural", "5", "count", "all"),
        ("0.02", "5", "count", "a,b"),
        ("natural", "0.05", "ratio", "all"),
    }
    names = {group.name for group in groups(read(tmp_path))}
    assert names == {
        "Toy on toy (label_budget=5, contamination=natural)",
        "Toy on toy (label_budget=5, contamination=0.02, known_types=a,b)",
        "Toy on toy (label_budget=0.05, contamination=natural)",
    }


def test_metrics_are_over_seeds_and_each_seed_stands_in_the_description(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.append([of_seed(0), of_seed(1), of_seed(2, "oom")])
    (group,) = groups(read(tmp_path))
    metrics, note = dict(group.metrics), dict(group.tags)["mlflow.note.content"]
    assert metrics["average_precision_mean"] == pytest.approx(0.10005)
    assert metrics["average_precision_std"] == pytest.approx(0.0001 / 2**0.5)
    assert dict(group.params)["seeds_ok"] == "2" and "average_precision" not in metrics
    assert "2 of 3 seeds succeeded" in note and "seed 2: oom: it broke" in note
    assert "| 0 | 0.1000 | 0.7500 |" in note and "| 1 | 0.1001 | 0.7500 |" in note


def test_a_description_too_long_for_mlflow_says_so(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.append([of_seed(number, seeds=300) for number in range(300)])
    (group,) = groups(read(tmp_path))
    note = dict(group.tags)["mlflow.note.content"]
    assert len(note) <= 5000 and "more lines do not fit here" in note


def test_a_mirror_of_an_older_layout_is_made_anew(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, uri = own
    monkeypatch.setattr(runs, "LAYOUT", "1")
    track(folder)
    monkeypatch.undo()
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert track(folder).new == 4
    check_complete(uri, folder)


def test_settings_of_the_environment_are_put_back(own: Any) -> None:
    before = dict(os.environ)
    track(own[0])
    assert dict(os.environ) == before


@pytest.fixture
def server(tmp_path: Path, empty_database: Path) -> Iterator[Server]:
    (tmp_path / "server").mkdir()
    shutil.copy(empty_database, tmp_path / "server" / "server.db")
    running = Server(tmp_path / "server")
    running.start()
    yield running
    running.kill()


def test_a_server_killed_half_way_is_told_and_the_mirror_completed_later(
    tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = filled(tmp_path / "mine", 6 * SEEDS)
    real = mlflow_mirror._write
    written: list[Any] = []

    def then_dead(*words: Any) -> None:
        if len(written) == 3:
            server.kill()
        real(*words)
        written.append(words)

    monkeypatch.setattr(mlflow_mirror, "_write", then_dead)
    with pytest.raises(TrackingError, match=rf"MLflow at {server.uri} cannot be used .*track them later"):
        track(folder, server.uri)
    assert len(written) == 3
    monkeypatch.setattr(mlflow_mirror, "_write", real)
    server.start()
    summary = track(folder, server.uri)
    assert (summary.runs, summary.new) == (6, 3)
    check_complete(server.uri, folder)
    assert track(folder, server.uri).new == 0


def bare(folder: Path, uri: str) -> None:
    """The same runs by MLflow's client alone: no inputs, no parent, no look at what is there."""
    from mlflow.entities import Metric, Param

    asked = client(uri)
    experiment = asked.create_experiment("bare")
    for group in groups(read(folder), []):
        run_id = asked.create_run(experiment, start_time=group.started, tags=dict(group.tags)).info.run_id
        metrics = [Metric(name, value, group.ended, 0) for name, value in group.metrics]
        asked.log_batch(run_id, metrics=metrics, params=[Param(name, value) for name, value in group.params])
        asked.set_terminated(run_id, group.status, group.ended)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 5])
def test_a_thousand_cells_cost_less_than_twice_what_mlflow_itself_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: int
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = filled(tmp_path / "many", 1000, seeds)
    start = time.process_time()
    bare(folder, f"sqlite:///{tmp_path / 'bare.db'}")
    between = time.process_time()
    assert track(folder).new == 1000 // seeds
    theirs, ours = between - start, time.process_time() - between
    print(f"1,000 cells in {1000 // seeds} runs: {ours:.1f} s, MLflow's client alone {theirs:.1f} s")
    assert ours < 2 * theirs
