"""Methods that hang, eat memory or crash: only their own cells pay, and their rows say why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from toys import context, task

from bench.execution.child import Child
from bench.execution.supervisor import release, supervised
from bench.types import Record, Task


@pytest.fixture(autouse=True, scope="module")
def _stop_child():
    yield
    release()


def by_seed(records: list[Record]) -> dict[int, Record]:
    assert len(records) == len({record.cell.key for record in records})
    return {record.cell.seed: record for record in records}


def statuses(records: list[Record]) -> dict[int, str]:
    return {seed: record.status for seed, record in sorted(by_seed(records).items())}


def test_a_hung_c_call_is_ended_and_its_place_told():
    start = time.monotonic()
    records = by_seed(supervised(task("Hangs", [0, 1, 2]), context(seconds=1)))
    assert {seed: record.status for seed, record in records.items()} == {0: "ok", 1: "timeout", 2: "ok"}
    hung = records[1]
    assert hung.error.startswith("no result after 1 s, the limit")
    assert "faulty_methods.py" in hung.error and "in fit" in hung.error
    assert hung.facts["n_test"] == records[0].facts["n_test"]
    assert time.monotonic() - start < 20


def test_memory_without_end_is_ended():
    records = by_seed(supervised(task("Greedy", [0, 1, 2]), context(memory_mb=700)))
    assert {seed: record.status for seed, record in records.items()} == {0: "ok", 1: "oom", 2: "ok"}
    assert "MB, the limit is 700 MB" in records[1].error


def test_a_killed_process_is_told_by_its_signal():
    records = by_seed(supervised(task("KillsItself", [0, 1, 2]), context()))
    assert {seed: record.status for seed, record in records.items()} == {0: "ok", 1: "failed", 2: "ok"}
    assert "killed by signal 9 (SIGKILL)" in records[1].error


def test_a_passing_crash_is_tried_once_more(tmp_path):
    (record,) = supervised(task("CrashesOnce", [1], mark=str(tmp_path / "mark")), context())
    assert record.status == "ok" and (tmp_path / "mark").exists()


def test_what_raises_needs_no_new_process():
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
def test_a_group_that_dies_is_done_again_cell_by_cell(bad, status, words):
    release()  # the next child knows the methods registered by this test
    records = by_seed(supervised(task("group", range(4), bad=bad), context(seconds=1)))
    assert {seed: r.status for seed, r in sorted(records.items())} == {0: "ok", 1: "ok", 2: status, 3: "ok"}
    assert words in records[2].error
    assert records[2].facts["method_title"] == "Group"
    if bad == "kill":
        assert "faulty_methods.py" in records[2].error  # the interpreter's last words
    release()


def test_the_environment_is_set_before_anything_is_imported(tmp_path):
    child = Child()
    try:
        assert child.run(task("Good", [0]), context()).end is None
        environment = psutil.Process(child.pid).environ()
        assert environment["MKL_CBWR"] == "AVX2,STRICT" and environment["OMP_NUM_THREADS"] == "1"
        assert "glibc.malloc.hugetlb=1" in environment["GLIBC_TUNABLES"]
        os.kill(child.pid, signal.SIGKILL)
        time.sleep(0.2)
        assert child.run(task("Good", [0]), context()).end is None  # killed while idle: just started anew
    finally:
        child.stop()


def test_a_child_dies_with_its_parent_even_inside_a_c_call(tmp_path):
    here = Path(__file__).parent
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


def test_an_unreadable_task_is_a_failure_with_the_last_words():
    class Odd(Task):
        pass

    Odd.__qualname__ = "Absent"
    Odd.__module__ = "toys"
    import toys

    toys.Absent = Odd  # known here, unknown in the child
    try:
        outcome = Child().run(Odd(task("Good", [0]).cells, 1, 1), context())
    finally:
        del toys.Absent
    assert outcome.end is not None and outcome.end.status == "failed"
    assert "exit code 1" in outcome.end.reason and "Absent" in outcome.end.reason
