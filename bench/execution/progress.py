"""How far a run is: a bar on a terminal, plain lines elsewhere, and a status file for other terminals."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bench.atomic import write_whole
from bench.errors import StoreError
from bench.types import Record, Task

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

STATUS_FILE = "status.json"
#: Where no terminal shows a bar, a line is printed this often.
LINE_SECONDS = 10.0
#: The status file is written this often.
STATUS_SECONDS = 1.0


@dataclass(frozen=True)
class Status:
    """What another terminal is told of a run.

    Attributes
    ----------
    state : str
        "running", "finished", "interrupted", or "lost" (its process is gone without a word).
    pid : int
    done, failed, total : int
        Cells, those of earlier runs included in ``done`` and ``total``.
    running : tuple of str
        What workers have in hand, "dataset method (cells)".
    eta_seconds : float or None
        Estimated from the cost of what is left; None before the first result.
    started, updated : float
        Seconds since 1970.
    """

    state: str
    pid: int
    done: int
    failed: int
    total: int
    running: tuple[str, ...]
    eta_seconds: float | None
    started: float
    updated: float


def read_status(folder: str | os.PathLike[str]) -> Status | None:
    """The last word of the run in this results folder, None if there never was one."""
    try:
        status = json.loads((Path(folder) / STATUS_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise StoreError(
            f"{Path(folder) / STATUS_FILE} is broken; remove it and give the same command again"
        ) from error
    status["running"] = tuple(status["running"])
    if status["state"] == "running" and not _alive(status["pid"]):
        status |= {"state": "lost", "running": (), "eta_seconds": None}
    return Status(**status)


class Progress:
    """Shows a run's progress; pass ``advance`` and ``start`` to ``bench.execution.pool.run``.

    Parameters
    ----------
    tasks : sequence of Task
        What is to be done.
    folder : path
        Where the status file goes: results/<suite>.
    done : int
        Cells done by earlier runs.
    console : rich.console.Console, optional
        Standard error by default.
    """

    def __init__(
        self, tasks: Sequence[Task], folder: str | os.PathLike[str], done: int = 0, console: Console | None = None
    ) -> None:
        self._costs = {cell.key: task.cost_seconds / len(task.cells) for task in tasks for cell in task.cells}
        self._cost_left = sum(self._costs.values())
        self._cost_all = self._cost_left
        self._path = Path(folder) / STATUS_FILE
        self._console = console
        self._before = done
        self._done, self._failed = 0, 0
        self._total = done + len(self._costs)
        self._running: dict[str, str] = {}
        self._bar: Bar | None = None
        self._lock = threading.Lock()  # three threads: joblib's hands tasks out, ours keeps records, one ticks
        self._ended = threading.Event()
        self._ticking = threading.Thread(target=self._tick, name="progress", daemon=True)
        self._told_trouble = False
        self._started = time.time()
        self._line_at = time.monotonic()

    def __enter__(self) -> Self:
        if self._console is None:
            from rich.console import Console

            self._console = Console(file=sys.stderr)
        if self._console.is_terminal:
            self._bar = _bar(self._console)
            self._bar.start()
            self._bar.add_task("cells", total=self._total, completed=self._before, failed=0, left="")
        else:
            self._line()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._write("running")
        self._ticking.start()
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        self._ticking.join()
        if self._bar is not None:
            self._bar.stop()
        elif error is None and self._costs:
            self._line()
        self._running.clear()
        if error is None or not issubclass(error, StoreError):  # where nothing can be written, that is told already
            self._try("finished" if error is None else "interrupted")

    def start(self, task: Task) -> None:
        """A worker has this task in hand now."""
        cell = task.cells[0]
        with self._lock:
            self._running[cell.key] = f"{cell.dataset} {cell.method} ({len(task.cells)})"

    def advance(self, records: list[Record]) -> None:
        """These cells are done and stored."""
        with self._lock:
            for record in records:
                self._done += 1
                self._failed += record.status != "ok"
                self._cost_left -= self._costs.get(record.cell.key, 0.0)
                self._running.pop(record.cell.key, None)
        if self._bar is not None:
            left = duration(self.eta_seconds)
            self._bar.update(self._bar.task_ids[0], completed=self._before + self._done, failed=self._failed, left=left)

    @property
    def eta_seconds(self) -> float | None:
        """Time left, if what is left costs as much beyond its estimate as what is done did."""
        spent = self._cost_all - self._cost_left
        if not self._done or spent <= 0:
            return None
        return max(0.0, (time.time() - self._started) * self._cost_left / spent)

    def _line(self) -> None:
        assert self._console is not None
        done = self._before + self._done
        self._console.print(
            f"{done}/{self._total} cells, {self._failed} failed, {duration(self.eta_seconds)} left",
            highlight=False,
            soft_wrap=True,
        )

    def _tick(self) -> None:
        """Keep the status file fresh and print a line now and then, also while no result comes."""
        while not self._ended.wait(STATUS_SECONDS):
            self._try("running")
            if self._bar is None and time.monotonic() - self._line_at >= LINE_SECONDS:
                self._line_at = time.monotonic()
                self._line()

    def _try(self, state: str) -> None:
        """Write the status file; a run does not end because it cannot be, but says so, once."""
        try:
            self._write(state)
        except StoreError as error:
            if not self._told_trouble:
                self._told_trouble = True
                assert self._console is not None
                self._console.print(f"{error} (the run goes on)", highlight=False, soft_wrap=True, markup=False)

    def _write(self, state: str) -> None:
        with self._lock:
            status = Status(
                state=state,
                pid=os.getpid(),
                done=self._before + self._done,
                failed=self._failed,
                total=self._total,
                running=tuple(self._running.values()),
                eta_seconds=self.eta_seconds,
                started=self._started,
                updated=time.time(),
            )
        write_whole(self._path, json.dumps(asdict(status), indent=1).encode(), sync=False)


def _bar(console: Console) -> Bar:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("cells"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[red]{task.fields[failed]} failed"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]} left"),
        console=console,
    )


def duration(seconds: float | None) -> str:
    """A time to wait in words, as exact as an estimate is: ``40 s``, ``12 minutes``, ``1.5 hours``."""
    if seconds is None:
        return "unknown time"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _alive(pid: int) -> bool:
    import psutil

    return bool(psutil.pid_exists(pid))
