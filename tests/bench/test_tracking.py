"""The MLflow mirror: complete, repeatable, and harmless when the server is not there or dies half-way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow_server import Server, free_port
from records import record

from bench.errors import StoreError, TrackingError
from bench.store import Store, read
from bench.tracking import mlflow_mirror
from bench.tracking.mlflow_mirror import track
from bench.tracking.runs import CELLS_TAG, GROUP_TAG, groups
from bench.types import Record

SEEDS = 3


def of_seed(number: int, status: str = "ok", seeds: int = SEEDS, **change: Any) -> Record:
    """Cell ``number``; every ``seeds`` cells share a dataset, so they are one group."""
    found = record(number, status, value=0.1 + number / 1e4)
    return replace(found, cell=replace(found.cell, dataset=f"toy-{number // seeds:04d}", seed=number % seeds), **change)


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
    """One ended run per group, holding the store's rows and every value of theirs."""
    frame = read(folder)
    found = children(uri, folder)
    wanted = {group.key: group for group in groups(frame)}
    assert Counter(run.data.tags[GROUP_TAG] for run in found) == Counter(list(wanted))
    for run in found:
        group = wanted[run.data.tags[GROUP_TAG]]
        assert run.info.status == group.status and run.data.tags[CELLS_TAG] == group.content
        assert run.data.params == dict(group.params)
        assert run.data.metrics.keys() == {point.name for point in group.points}
    asked, run = client(uri), found[0]
    rows = frame[(frame.dataset == run.data.params["dataset"]) & (frame.status == "ok")].sort_values("seed")
    history = asked.get_metric_history(run.info.run_id, "average_precision")
    assert sorted((point.step, point.value) for point in history) == list(
        zip(rows.seed, rows.average_precision, strict=True)
    )


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


def test_the_database_in_the_folder_gets_everything_once(own):
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
    assert [one.path for one in files] == ["tables/average_precision.md"]


def test_only_what_changed_is_sent_again(own):
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


def test_a_mirror_killed_anywhere_is_completed_without_duplicates(own):
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


def test_no_store_is_told_before_any_server_is_asked(tmp_path):
    with pytest.raises(StoreError, match="there are no results"):
        track(tmp_path / "none", "http://127.0.0.1:9")


def test_a_server_that_is_not_there_is_one_sentence_in_seconds(own):
    folder, _ = own
    start = time.monotonic()
    with pytest.raises(TrackingError, match=r"cannot be used .*the results are safe in the store"):
        track(folder, f"http://user:secret@127.0.0.1:{free_port()}")
    assert time.monotonic() - start < 30
    with pytest.raises(TrackingError) as told:
        track(folder, f"http://user:secret@127.0.0.1:{free_port()}")
    assert "secret" not in str(told.value) and "\n" not in str(told.value)


def test_settings_of_the_environment_are_put_back(own):
    before = dict(os.environ)
    track(own[0])
    assert dict(os.environ) == before


@pytest.fixture
def server(tmp_path: Path, empty_database: Path) -> Iterator[Server]:
    (tmp_path / "server").mkdir()
    shutil.copy(empty_database, tmp_path / "server" / "server.db")
    one = Server(tmp_path / "server")
    one.start()
    yield one
    one.kill()


def test_a_server_killed_half_way_is_told_and_the_mirror_completed_later(tmp_path, server, monkeypatch):
    folder = filled(tmp_path / "mine", 6 * SEEDS)
    real, written = mlflow_mirror._write, []

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


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 5])
def test_a_thousand_cells_cost_less_than_half_a_minute(tmp_path, monkeypatch, seeds):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = filled(tmp_path / "many", 1000, seeds)
    start = time.perf_counter()
    assert track(folder).new == 1000 // seeds
    spent = time.perf_counter() - start
    print(f"1,000 cells in {1000 // seeds} runs: {spent:.1f} s")
    assert spent < 2 * 30
