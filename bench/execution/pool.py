"""Tasks -> workers -> records -> store: local processes (loky) or a Dask cluster, through joblib.

A local worker does nothing but watch its child, and is a process all the same, no thread. It costs 25 MB and a third
of a second of processor time once. For that an interrupt ends worker and child with one kill, where a thread would need
a stop flag in each of its waits; the kernel's parent-death signal, which ends a child even inside a C call, is tied to
the thread that started the child and would come whenever a pool drops an idle thread; and Dask runs the same code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from bench.errors import ConfigError, MissingExtra
from bench.execution.context import WorkContext
from bench.execution.failures import failed
from bench.execution.parent import watch_parent
from bench.execution.supervisor import release, supervised
from bench.types import Record, Task

OnRecords = Callable[[list[Record]], None]
OnStart = Callable[[Task], None]
_Numbered = tuple[int, Task]

#: A Dask scheduler has so long to answer.
CONNECT_SECONDS = 10
KILLED_TWICE = "its worker process was killed twice (by the system or a user), both times during this task"


class Sink(Protocol):
    """Where records go; a ``bench.store.store.Store`` is one."""

    def append(self, records: list[Record]) -> None:
        """Take a task's records."""


def run(
    tasks: Sequence[Task],
    context: WorkContext,
    store: Sink,
    jobs: int,
    backend: str = "loky",
    address: str | None = None,
    on_records: OnRecords = lambda _: None,
    on_start: OnStart = lambda _: None,
) -> None:
    """Run tasks and append each one's records to the store as soon as they are there.

    Parameters
    ----------
    tasks : sequence of Task
        Longest first, so that the end is not one long task.
    context : WorkContext
    store : Store, or another sink of records
    jobs : int
        Worker processes; -1 = one per core (loky) or all of the cluster's (dask).
    backend : {"loky", "dask"}
    address : str, optional
        The Dask scheduler, e.g. ``tcp://10.0.0.1:8786``.
    on_records, on_start : callable
        Told each task's records after they are stored, and each task when it is handed out.

    Raises
    ------
    KeyboardInterrupt
        After an interrupt: workers are ended, what was stored stays stored.
    StoreError
        Records cannot be written.
    ConfigError, MissingExtra
        An unknown backend, or Dask is not installed.
    """

    def keep(records: list[Record]) -> None:
        store.append(records)
        on_records(records)

    waiting = list(enumerate(tasks))
    with _backend(backend, address, jobs) as lost_worker:
        suspects, waiting = _pass(waiting, context, jobs, keep, on_start, lost_worker)
        while suspects or waiting:
            # A worker died with these in hand. Each is done again alone, so that a second death has one cause.
            for suspect in suspects:
                again, _ = _pass([suspect], context, jobs, keep, on_start, lost_worker)
                if again:
                    keep([failed(cell, context, "failed", KILLED_TWICE) for cell in suspect[1].cells])
            suspects, waiting = _pass(waiting, context, jobs, keep, on_start, lost_worker)


def _pass(
    tasks: list[_Numbered],
    context: WorkContext,
    jobs: int,
    keep: OnRecords,
    on_start: OnStart,
    lost_worker: tuple[type[BaseException], ...],
) -> tuple[list[_Numbered], list[_Numbered]]:
    """Hand tasks to workers until all are done or a worker dies.

    Returns
    -------
    (suspects, waiting)
        Tasks that were in hand when a worker died, and tasks not handed out.
    """
    handed: dict[int, Task] = {}
    done: set[int] = set()

    def hand_out() -> Iterator[object]:
        for number, task in tasks:
            handed[number] = task
            on_start(task)
            yield delayed(_work)(number, task, context)

    if not tasks:
        return [], []
    parallel = Parallel(
        n_jobs=jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs", max_nbytes=None
    )
    try:
        with _no_warning_of_cancelled_tasks(), contextlib.closing(parallel(hand_out())) as results:
            for number, records in results:
                keep(records)
                done.add(number)
    except lost_worker:
        pass  # told by what is returned
    suspects = [(number, task) for number, task in tasks if number in handed and number not in done]
    return suspects, [(number, task) for number, task in tasks if number not in handed]


def _work(number: int, task: Task, context: WorkContext) -> tuple[int, list[Record]]:
    return number, supervised(task, context)


@contextlib.contextmanager
def _backend(name: str, address: str | None, jobs: int) -> Iterator[tuple[type[BaseException], ...]]:
    """Make joblib use a backend; yields the exceptions that say a worker was lost."""
    if name == "loky":
        try:
            with parallel_config("loky", n_jobs=jobs, initializer=_prepare_worker, initargs=(os.getpid(),)):
                yield (TerminatedWorkerError,)
        finally:
            release()
            if jobs != 1:
                get_reusable_executor().shutdown(wait=True, kill_workers=True)
    elif name == "dask":
        try:
            from distributed import Client, KilledWorker
        except ImportError as error:
            raise MissingExtra("--backend dask needs distributed: pip install 'mnp-bench[dask]'") from error
        if not address:
            raise ConfigError("--backend dask needs the scheduler: --address tcp://HOST:PORT")
        try:
            client = Client(address, timeout=CONNECT_SECONDS)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise ConfigError(f"no Dask scheduler answers at {address}; start one, or correct --address") from error
        with client, parallel_config("dask", n_jobs=jobs):
            yield (KilledWorker,)
    else:
        raise ConfigError(f"unknown backend {name!r}; use loky or dask")


def _prepare_worker(parent: int) -> None:
    """Run in each loky worker: interrupts are the parent's matter, and without it there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_parent(parent)


@contextlib.contextmanager
def _no_warning_of_cancelled_tasks() -> Iterator[None]:
    """Joblib warns of tasks it cancels at an interrupt; they are in the plan of the next run."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*adjusting the input task iterator", category=UserWarning)
        yield
