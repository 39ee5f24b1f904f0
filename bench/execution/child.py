"""A child process that runs tasks and can be killed: hung, greedy and crashing methods end here.

The child is a fresh interpreter whose thread counts and MKL code path are set before anything is
imported. It reports each record as soon as it is known, so a kill costs only the cells at work.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from bench.execution.parent import die_with
from bench.types import Record, Status, Task
from reproducibility.workers import WORKER_ENVIRONMENT

if TYPE_CHECKING:
    from bench.execution.context import WorkContext
    from bench.execution.preparation import Prepared

#: Importing libraries and loading data may take so long; the method's own time is limited by the suite.
PREPARATION_SECONDS = 900.0
#: How often a working child's memory and time are looked at.
POLL_SECONDS = 0.05
#: How long a child that is to be killed may take to tell where it is.
TELL_SECONDS = 0.3
#: A child whose cells all have their records may take so long to come back for more work; then it is replaced.
RETURN_SECONDS = 10.0
#: A child that has closed its connection may take so long to end.
LEAVE_SECONDS = 5.0
#: So much of a dead child's last words is looked at (a crash lists every extension module after its frames).
LOG_BYTES = 2**16


@dataclass(frozen=True)
class End:
    """Why a child did not finish its task."""

    status: Status
    reason: str


@dataclass
class Outcome:
    """What a child did: records of the cells done, metadata of those begun, and how it ended if it did not finish.

    Attributes
    ----------
    records : list of Record
    working : tuple of str
        Keys of the cells that were at work at the end; empty while preparing.
    metadata : dict of cell key to metadata
    end : End or None
        None = the task is finished.
    """

    records: list[Record] = field(default_factory=list)
    working: tuple[str, ...] = ()
    metadata: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    end: End | None = None


class Child:
    """One child process; it is started at need and lives until ``stop`` or until its task kills it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._log = tempfile.TemporaryFile(mode="a+b")  # noqa: SIM115 (lives as long as the child)

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._process.pid if self._process else None

    def run(self, task: Task, context: WorkContext) -> Outcome:
        """Run a task, at the longest until a limit is reached.

        The time limit counts from when a cell's (or group's) fitting begins, ``limits.seconds`` for each of
        its cells; the memory limit is on the process's resident memory. Neither is charged to anybody once
        every cell has its record: a child that then hangs, grows or dies is replaced, and the task is finished.
        """
        outcome = Outcome()
        try:
            pipe = self._ready()
            pipe.send((task, context))
            self._watch(pipe, task, context, outcome)
        except (EOFError, ConnectionError):
            outcome.end = self._post_mortem()
        except BaseException:
            self.stop()
            raise
        if outcome.end is not None:
            self.stop()
        if not _left(task, outcome):
            outcome.end = None
        return outcome

    def stop(self) -> None:
        """Kill the child, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None

    def _watch(self, pipe: Connection, task: Task, context: WorkContext, outcome: Outcome) -> None:
        import psutil

        limits = context.limits
        assert self._process is not None
        process = psutil.Process(self._process.pid)
        allowed, together = PREPARATION_SECONDS, 0
        deadline = time.monotonic() + allowed
        while True:
            # whatever was told is read before anybody is charged: a record may lie in the pipe already
            wait = POLL_SECONDS
            while pipe.poll(wait):
                wait = 0.0
                word, content = pipe.recv()
                if word == "done":
                    if _left(task, outcome):
                        outcome.end = End("failed", "its process went on without giving a result for it")
                    return
                if word == "record":
                    outcome.records.append(content)
                    outcome.working = tuple(key for key in outcome.working if key != content.cell.key)
                    if outcome.working:
                        continue  # the others of its group have the rest of the group's time
                    allowed = PREPARATION_SECONDS if _left(task, outcome) else RETURN_SECONDS
                else:
                    outcome.metadata |= content
                    outcome.working = tuple(content)
                    together = len(content)
                    allowed = limits.seconds * together
                deadline = time.monotonic() + allowed
            try:
                held = process.memory_info().rss / 1e6
            except psutil.NoSuchProcess as error:
                if pipe.poll():
                    continue  # its last words come before its end
                raise EOFError from error
            if held > limits.memory_mb:
                reason = f"held {held:.0f} MB, the limit is {limits.memory_mb:g} MB"
                outcome.end = End("oom", self._with_place(reason))
                return
            if time.monotonic() > deadline:
                cells = f" for its group of {together}" if len(outcome.working) > 1 else ""
                what = "no result" if outcome.working else "data and libraries were not ready"
                outcome.end = End("timeout", self._with_place(f"{what} after {allowed:g} s, the limit{cells}"))
                return

    def _ready(self) -> Connection:
        if self._process is not None and self._process.poll() is not None:
            self.stop()  # it was killed from outside while it had nothing to do
        if self._pipe is None:
            self._start()
        assert self._pipe is not None
        self._log.truncate(0)
        return self._pipe

    def _start(self) -> None:
        ours, theirs = Pipe()
        paths = [path or os.getcwd() for path in sys.path]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.execution.child", str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, **WORKER_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(paths)},
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
            )
        self._pipe = ours

    def _post_mortem(self) -> End:
        assert self._process is not None
        try:
            code = self._process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            return End("failed", self._with_place("its process closed the connection by which results are told"))
        if code < 0:
            name = signal.Signals(-code).name
            reason = f"its process was killed by signal {-code} ({name})"
            if -code == signal.SIGKILL:
                reason += ", as the system does when memory runs out"
        else:
            reason = f"its process ended with exit code {code}"
        words = self._frames() or self._tail()[-4:]
        return End("failed", "\n".join([reason, *words]))

    def _with_place(self, reason: str) -> str:
        """The reason, and where in the method's code the child is; it can tell even inside a C call."""
        assert self._process is not None
        self._log.truncate(0)
        self._process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + TELL_SECONDS
        frames: list[str] = []
        while not frames and time.monotonic() < until:
            time.sleep(0.02)
            frames = self._frames()
        return "\n".join([reason, *frames])

    def _frames(self) -> list[str]:
        """The innermost frames that faulthandler wrote; empty if it wrote nothing."""
        words = self._tail()
        heads = [number for number, line in enumerate(words) if "(most recent call first)" in line]
        after = words[heads[-1] + 1 :] if heads else []
        return [line.strip() for line in after[:3] if line.startswith("  File ")]

    def _tail(self) -> list[str]:
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - LOG_BYTES))
        return self._log.read().decode(errors="replace").splitlines()


def _left(task: Task, outcome: Outcome) -> bool:
    """Whether a cell of the task has no record yet."""
    return bool({cell.key for cell in task.cells} - {record.cell.key for record in outcome.records})


def serve(descriptor: int, parent: int) -> None:
    """The child's loop: receive a task, send what becomes of its cells, until the parent is gone."""
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt ends
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=False)
    from bench.execution import evaluate

    with Connection(descriptor) as pipe:

        def begin(cells: Sequence[Prepared]) -> None:
            pipe.send(("begin", {prepared.cell.key: prepared.metadata for prepared in cells}))

        while True:
            try:
                task, context = pipe.recv()
            except EOFError:
                return
            for record in evaluate.stream(task, context, begin):
                pipe.send(("record", record))
            pipe.send(("done", None))


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
