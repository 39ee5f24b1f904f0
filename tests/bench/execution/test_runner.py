"""Whole runs: any number of workers, killed parents and workers, interrupts, Dask; always the same bits."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from bench.errors import ConfigError, MissingExtra, StoreError
from bench.execution import pool
from bench.execution.pool import run
from bench.execution.progress import read_status
from bench.store import Store, read
from bench.types import Task
from tests.bench.run_toys import plan
from tests.bench.toys import context, task, tasks
from tests.present import present

PROGRAM = Path(__file__).parents[1] / "run_toys.py"
#: Columns that differ from run to run although nothing did.
OCCASIONS = ["fit_seconds", "score_seconds", "peak_memory_mb", "started", "group_width"]


def start(folder: Path, jobs: int = 2, *more: str) -> subprocess.Popen[str]:
    """The program, in a process group of its own as a shell would start it."""
    words = [sys.executable, str(PROGRAM), str(folder), str(jobs), *more]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def finish(process: subprocess.Popen[str]) -> str:
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return errors


def rows(folder: Path) -> pd.DataFrame:
    frame = read(folder, scores=True)
    assert frame["cell"].is_unique
    return frame.sort_values("cell", ignore_index=True).drop(columns=OCCASIONS)


def same(frame: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal to the last bit, scores included."""
    pd.testing.assert_frame_equal(frame.drop(columns="scores"), other.drop(columns="scores"), check_exact=True)
    for a, b in zip(frame["scores"], other["scores"], strict=True):
        assert (a is None and b is None) or np.array_equal(a, b)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(start(folder, jobs=1))
    frame = rows(folder)
    assert len(frame) == sum(len(task.cells) for task in plan()) == 16
    assert (frame["status"] == "failed").sum() == 2
    return frame


def test_one_and_two_workers_in_any_order_give_the_same_bits(tmp_path: Path, undisturbed: Any) -> None:
    told: list[Any] = []
    with Store(tmp_path) as store:
        single = [Task((cell,), 1, 1) for task in plan() for cell in task.cells]
        random.Random(3).shuffle(single)
        run(single, context(), store, jobs=2, on_records=told.extend)
    assert len(told) == 16
    same(rows(tmp_path), undisturbed)


def kill_and_resume(folder: Path, kills: int, undisturbed: pd.DataFrame) -> None:
    rng = random.Random(kills)
    partly = 0
    for number in range(kills):
        before = _segment_count(folder)
        process = start(folder)
        if number % 2:
            _wait(lambda: process.poll() is not None or _segment_count(folder) > before)  # noqa: B023 (used at once)
            time.sleep(rng.uniform(0.0, 0.2))
        else:
            time.sleep(rng.uniform(0.2, 3.0))
        process.kill()
        process.communicate()
        partly += 0 < len(read(folder)) < 16 if _segment_count(folder) else 0
    assert partly, "no kill came in the middle of the run"
    finish(start(folder))
    same(rows(folder), undisturbed)
    status = present(read_status(folder))
    assert status.state == "finished" and status.done == 16


def test_a_parent_killed_at_random_moments_is_resumed(tmp_path: Path, undisturbed: Any) -> None:
    kill_and_resume(tmp_path, 3, undisturbed)


@pytest.mark.slow
def test_a_parent_killed_at_twenty_random_moments_is_resumed(tmp_path: Path, undisturbed: Any) -> None:
    for number in range(4):
        kill_and_resume(tmp_path / str(number), 5, undisturbed)


def test_a_killed_run_leaves_nothing_computing(tmp_path: Path) -> None:
    process = start(tmp_path)
    family = _wait_for_children(process.pid, 3)
    process.kill()
    process.communicate()
    assert present(read_status(tmp_path)).state == "lost"
    _, alive = psutil.wait_procs(family, timeout=5)
    assert [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []


def _segment_count(folder: Path) -> int:
    return len(list(folder.glob("store/part-*")))


def _wait(until: Callable[[], object], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def _wait_for_children(pid: int, count: int) -> list[psutil.Process]:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        family = [
            p for p in psutil.Process(pid).children(recursive=True) if "resource_tracker" not in " ".join(p.cmdline())
        ]
        if sum("bench.execution.child" in " ".join(p.cmdline()) for p in family) >= 1 and len(family) >= count:
            return family
        time.sleep(0.05)
    raise AssertionError("the run did not start its workers")


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_ends_cleanly_and_loses_nothing(tmp_path: Path, undisturbed: Any, jobs: int) -> None:
    process = start(tmp_path, jobs)
    _wait(lambda: _segment_count(tmp_path))
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in errors, errors
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert present(read_status(tmp_path)).state == "interrupted"
    stored = len(read(tmp_path))
    assert 0 < stored < 16
    if jobs == 2:
        finish(start(tmp_path))
        same(rows(tmp_path), undisturbed)


@pytest.mark.parametrize(("times", "status"), [(1, "ok"), (2, "failed")])
def test_a_killed_worker_is_replaced_and_its_task_tried_once_more(tmp_path: Path, times: int, status: str) -> None:
    deadly = task("KillsItsWorker", [0, 1], mark=str(tmp_path / "mark"), times=times)
    others = tasks("Good", range(6), wait=0.2)
    with Store(tmp_path) as store:
        run([deadly, *others], context(), store, jobs=2)
    frame = read(tmp_path)
    assert frame["cell"].is_unique and len(frame) == 8
    assert frame[frame["method"].str.endswith("Good")]["status"].eq("ok").all()
    struck = frame[frame["method"].str.endswith("Worker")]
    assert struck["status"].tolist() == [status] * 2
    if status == "failed":
        assert struck["error"].str.contains("its worker process was killed twice").all()


def test_a_full_disk_ends_the_run_with_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(records: object) -> None:
        raise StoreError("the disk is full")

    with Store(tmp_path) as store:
        monkeypatch.setattr(store, "append", full)
        with pytest.raises(StoreError, match="the disk is full"):
            run(tasks("Good", range(4), wait=0.1), context(), store, jobs=2)


def test_nothing_to_do_is_no_work(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run([], context(), store, jobs=2)
    assert len(read(tmp_path)) == 0


def test_backends_are_checked_by_name(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        with pytest.raises(ConfigError, match="unknown backend 'slurm'; use loky or dask"):
            run([], context(), store, 1, backend="slurm")
        with pytest.raises((ConfigError, MissingExtra), match=r"--address tcp|pip install"):
            run([], context(), store, 1, backend="dask")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "nonsense://x"])
def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(pool, "CONNECT_SECONDS", 1)
    with Store(tmp_path) as store, pytest.raises(ConfigError, match="no Dask scheduler answers at"):
        run(tasks("Good", [0]), context(), store, -1, "dask", address.format(port=_free_port()))


def test_a_dask_cluster_gives_the_same_bits_though_a_worker_is_killed(tmp_path: Path, undisturbed: Any) -> None:
    pytest.importorskip("distributed")
    address = f"tcp://127.0.0.1:{_free_port()}"
    log = (tmp_path / "log").open("w")
    processes: list[subprocess.Popen[bytes]] = []

    def dask(role: str, *words: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *words, "--no-dashboard"]
        # The workers find the methods of this test in their working directory.
        processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=Path(__file__).parents[1]))

    try:
        dask("scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2])
        for _ in range(2):
            dask("worker", address, "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path))
        results = tmp_path / "results"
        process = start(results, -1, "dask", address)
        _wait(lambda: process.poll() is not None or _segment_count(results) >= 2)
        processes[1].kill()  # one of the two workers
        finish(process)
        assert processes[1].wait() == -signal.SIGKILL
        same(rows(results), undisturbed)
    finally:
        for started in processes:
            started.kill()
            started.wait()
        log.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
