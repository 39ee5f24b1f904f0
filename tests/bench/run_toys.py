"""A small benchmark as a program of its own, to be killed and started again: FOLDER JOBS [BACKEND ADDRESS] [--slower N]."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

# A program has its own folder on the path, which holds faulty_methods; tests is found from the root.
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.execution.pool import run
from bench.execution.progress import Progress
from bench.store import Store
from bench.types import Task
from tests.bench.toys import context, task, tasks


def plan(slower: float = 1.0) -> list[Task]:
    """Twelve tasks of sixteen cells, some failing."""
    return [
        task("Good", range(5), wait=0.02 * slower),
        *tasks("SharedStream", range(6), wait=0.05 * slower),
        *tasks("Raises", range(2)),
        *tasks("Good", range(10, 13), wait=0.1 * slower),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("jobs", type=int)
    parser.add_argument("backend", nargs="?", default="loky")
    parser.add_argument("address", nargs="?")
    parser.add_argument("--slower", type=float, default=1.0, help="how many times longer each task waits")
    words = parser.parse_args()
    with Store(words.folder) as store:
        done = store.keys()
        left = [
            Task(cells, 1, 1)
            for task in plan(words.slower)
            if (cells := tuple(c for c in task.cells if c.key not in done))
        ]
        with Progress(left, words.folder, len(done)) as progress:
            run(left, context(), store, words.jobs, words.backend, words.address, progress.advance, progress.start)


if __name__ == "__main__":
    # a job that a shell started in the background ignores interrupts, and so would its children
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
