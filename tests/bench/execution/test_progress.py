"""Progress: ETA by cost, plain lines without a terminal, a status file for other terminals."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from bench.errors import StoreError
from bench.execution import progress
from bench.execution.progress import Progress, read_status
from bench.types import Task
from tests.bench.records import cell, record
from tests.present import present


def toy_tasks() -> list[Task]:
    return [Task((cell(1), cell(2)), 90.0, 1.0), Task((cell(3),), 10.0, 1.0)]


def plain() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=False), text


def wait_for(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not seen():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_the_status_file_follows_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "STATUS_SECONDS", 0.01)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    console, text = plain()
    tasks = toy_tasks()
    assert read_status(tmp_path) is None
    with Progress(tasks, tmp_path, done=7, console=console) as shown:
        first = present(read_status(tmp_path))
        assert (first.state, first.done, first.total, first.eta_seconds) == ("running", 7, 10, None)
        shown.start(tasks[0])
        shown.start(tasks[1])
        wait_for(lambda: len(present(read_status(tmp_path)).running) == 2)
        shown.advance([record(3, "failed")])
        wait_for(lambda: present(read_status(tmp_path)).done == 8)
        middle = present(read_status(tmp_path))
        assert (middle.failed, middle.running) == (1, ("toy toy-method (2)",)) and present(middle.eta_seconds) >= 0
        wait_for(lambda: "8/10 cells, 1 failed" in text.getvalue())
        shown.advance([record(1), record(2)])
    last = present(read_status(tmp_path))
    assert (last.state, last.done, last.failed, last.running) == ("finished", 10, 1, ())


def test_a_status_that_cannot_be_written_is_told_once_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "STATUS_SECONDS", 0.01)
    tries = []
    console, text = plain()

    def full(*_: object, **__: object) -> None:
        tries.append(1)
        raise StoreError("the disk is full")

    with Progress(toy_tasks(), tmp_path, console=console) as shown:
        monkeypatch.setattr(progress, "write_whole", full)
        wait_for(lambda: len(tries) > 2)
        shown.advance([record(1)])
    assert text.getvalue().count("the disk is full (the run goes on)") == 1


def test_a_broken_status_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / progress.STATUS_FILE).write_text('{"state": ')
    with pytest.raises(StoreError, match=r"status.json is broken"):
        read_status(tmp_path)


def test_eta_is_weighted_by_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    shown = Progress(toy_tasks(), tmp_path, console=plain()[0])
    assert shown.eta_seconds is None
    clock[0] += 20
    shown.advance([record(3)])  # a tenth of the cost took 20 s
    assert shown.eta_seconds == pytest.approx(180)


def test_lines_are_rare_without_a_terminal(tmp_path: Path) -> None:
    console, text = plain()
    with Progress(toy_tasks(), tmp_path, console=console) as shown:
        for number in (1, 2, 3):
            shown.advance([record(number)])
    lines = ["0/3 cells, 0 failed, unknown time left", "3/3 cells, 0 failed, 0 s left"]
    assert text.getvalue().splitlines() == lines


def test_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=100)
    with Progress(toy_tasks(), tmp_path, console=console) as shown:
        shown.advance([record(1), record(3, "timeout")])
    assert "2/3" in text.getvalue() and "1 failed" in text.getvalue()


def test_interrupted_and_lost_runs_say_so(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Progress(toy_tasks(), tmp_path, console=plain()[0]):
        raise KeyboardInterrupt
    assert present(read_status(tmp_path)).state == "interrupted"
    path = tmp_path / progress.STATUS_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "state": "running", "pid": 2**22 + 1}))
    assert present(read_status(tmp_path)).state == "lost"
