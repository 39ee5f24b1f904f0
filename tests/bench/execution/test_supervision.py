"""Methods that hang, eat memory or crash: only their own cells pay, and their rows say why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.execution import child as child_module
from bench.execution.child import Child
from bench.execution.supervisor import release, supervised
from bench.store import Store, read
from bench.types import Record, Task
from tests.bench import toys
from tests.bench.toys import context, task
from tests.present import present


@pytest.fixture(autouse=True, scope="module")
def _stop_child() -> Iterator[Any]:
    yield
    release()


def by_seed(records: list[Record]) -> dict[int, Record]:
    assert len(records) == len({record.cell.key for record in records})
    return {record.cell.seed: record for record in records}


def statuses(records: list[Record]) -> dict[int, str]:
    return {seed: record.status for seed, record in sorted(by_seed(records).items())}


def test_a_hung_c_call_is_ended_and_its_place_told() -> None:
    records = by_seed(supervised(task("Hangs", [0, 1, 2]), context(seconds=1)))
    assert {seed: record.status for seed, record in records.items()} == {0: "ok", 1: "timeout", 2: "ok"}
    hung = records[1]
    assert hung.error.startswith("no result after 1 s, the limit")
    assert "faulty_methods.py" in hung.error and "in fit" in hung.error
    assert hung.metadata["n_test"] == records[0].metadata["n_test"]


def test_memory_without_end_is_ended() -> None:
    records = by_seed(supervised(task("Greedy", [0, 1, 2]), context(memory_mb=700)))
    assert {seed: record.status for seed, record in records.items()} == {0: "ok", 1: "oom", 2: "ok"}
    assert "MB, the limit is 700 MB" in records[1].error


def test_a_killed_process_is_told_by_its_signal() -> None:
    records = by_seed(supervised(task("KillsItself", [0, 1, 2]), context()))
    assert {seed: record.status for seed, record in records.items()} == {0: "ok", 1: "failed", 2: "ok"}
    assert "killed by signal 9 (SIGKILL)" in records[1].error


@pytest.mark.parametrize("end", ["delays", "grows", "dies"])
def test_what_comes_after_the_last_record_costs_no_cell(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "RETURN_SECONDS", 1.0)
    records = supervised(task("StrangeEnd", [0], end=end), context(seconds=1, memory_mb=700))
    assert statuses(records) == {0: "ok"}
    assert statuses(supervised(task("Good", [0]), context())) == {0: "ok"}


@pytest.mark.parametrize("end", ["grows", "dies"])
def test_what_a_finished_cell_leaves_behind_costs_no_other_cell(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "RETURN_SECONDS", 1.0)
    records = supervised(task("StrangeEnd", [0, 1], end=end), context(seconds=1, memory_mb=700))
    assert statuses(records) == {0: "ok", 1: "ok"}


def test_the_preparation_of_a_cell_is_not_on_the_time_of_the_one_before() -> None:
    records = supervised(task("SlowStart", [0, 1]), context(seconds=1))
    assert statuses(records) == {0: "ok", 1: "ok"}


def test_a_child_that_never_comes_to_work_is_tried_once_more_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "PREPARATION_SECONDS", 3.0)
    release()
    (record,) = supervised(task("SlowStart", [0], start=60.0), context(seconds=1))
    assert record.status == "timeout"
    assert record.error.startswith("data and libraries were not ready after 3 s")


def test_a_closed_connection_is_a_failure_of_its_cell_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "LEAVE_SECONDS", 0.5)
    records = by_seed(supervised(task("ClosesItsConnection", [0, 1, 2]), context()))
    assert {seed: record.status for seed, record in sorted(records.items())} == {0: "ok", 1: "failed", 2: "ok"}
    assert records[1].error.startswith("its process closed the connection")


def test_a_child_that_forgets_a_cell_is_told(monkeypatch: pytest.MonkeyPatch) -> Any:
    """It says that it is done, and one cell has no record: without a row the run would never know."""
    forgetful = (
        "import sys\nfrom multiprocessing.connection import Connection\n"
        "pipe = Connection(int(sys.argv[1]))\npipe.recv()\npipe.send(('done', None))\npipe.recv()"
    )
    genuine = subprocess.Popen

    def popen(command: Any, **more: Any) -> Any:
        return genuine([sys.executable, "-c", forgetful, *command[3:]], **more)

    release()
    monkeypatch.setattr(subprocess, "Popen", popen)
    (record,) = supervised(task("Good", [0]), context())
    assert record.status == "failed" and "without giving a result" in record.error
    release()


def test_a_reason_that_is_no_utf8_is_stored_escaped(tmp_path: Path) -> None:
    (record,) = supervised(task("SaysWhatCannotBeStored", [0]), context())
    with Store(tmp_path) as store:
        store.append([record])
    assert read(tmp_path).error[0].splitlines()[-1] == "ArithmeticError: no weights in weights-\\udcff.bin"


def test_a_passing_crash_is_tried_once_more(tmp_path: Path) -> None:
    (record,) = supervised(task("CrashesOnce", [1], mark=str(tmp_path / "mark")), context())
    assert record.status == "ok" and (tmp_path / "mark").exists()


def test_what_raises_needs_no_new_process() -> None:
    supervised(task("Good", [0]), context())
    from bench.execution import supervisor

    before = supervisor._own_child().pid
    records = supervised(task("Raises", [0, 1]), context())
    assert statuses(records) == {0: "failed", 1: "failed"}
    assert supervisor._own_child().pid == before


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("bad", "status", "words"),
    [("hang", "timeout", "no result after 1 s"), ("kill", "failed", "killed by signal 11 (SIGSEGV)")],
)
def test_a_group_that_dies_is_done_again_cell_by_cell(bad: str, status: str, words: str) -> None:
    release()  # the next child knows the methods registered by this test
    records = by_seed(supervised(task("group", range(4), bad=bad), context(seconds=1)))
    assert {seed: r.status for seed, r in sorted(records.items())} == {0: "ok", 1: "ok", 2: status, 3: "ok"}
    assert words in records[2].error
    assert records[2].metadata["method_title"] == "Group"
    if bad == "kill":
        assert "faulty_methods.py" in records[2].error  # the interpreter's last words
    release()


def test_the_environment_is_set_before_anything_is_imported(tmp_path: Path) -> None:
    child = Child()
    try:
        assert child.run(task("Good", [0]), context()).end is None
        environment = psutil.Process(present(child.pid)).environ()
        assert environment["MKL_CBWR"] == "AVX2,STRICT" and environment["OMP_NUM_THREADS"] == "1"
        assert "glibc.malloc.hugetlb=1" in environment["GLIBC_TUNABLES"]
        os.kill(present(child.pid), signal.SIGKILL)
        time.sleep(0.2)
        assert child.run(task("Good", [0]), context()).end is None  # killed while idle: just started anew
    finally:
        child.stop()


def test_a_child_dies_with_its_parent_even_inside_a_c_call(tmp_path: Path) -> None:
    here = Path(__file__).parents[1]
    code = (
        f"import sys; sys.path.insert(0, {str(here)!r})\nfrom toys import task, context\n"
        f"from bench.execution.supervisor import supervised\nsupervised(task('Tells', [0], folder={str(tmp_path)!r}), context())"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    until = time.monotonic() + 30
    while not list(tmp_path.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    (told,) = tmp_path.iterdir()
    child = psutil.Process(int(told.name))
    parent.kill()
    parent.wait()
    psutil.wait_procs([child], timeout=3)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_an_unreadable_task_is_a_failure_with_the_last_words() -> None:
    class Odd(Task):
        pass

    Odd.__qualname__ = "Absent"
    Odd.__module__ = toys.__name__
    toys.Absent = Odd  # type: ignore[attr-defined]  # known here, unknown in the child
    try:
        outcome = Child().run(Odd(task("Good", [0]).cells, 1, 1), context())
    finally:
        del toys.Absent  # type: ignore[attr-defined]
    assert outcome.end is not None and outcome.end.status == "failed"
    assert "exit code 1" in outcome.end.reason and "Absent" in outcome.end.reason
