"""A small benchmark as a program of its own, to be killed and started again: FOLDER JOBS [BACKEND ADDRESS]."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from toys import context, task, tasks

from bench.progress import Progress
from bench.runner import run
from bench.store import Store
from bench.types import Task


def plan() -> list[Task]:
    """Twelve tasks of sixteen cells, some failing."""
    return [
        task("Good", range(5), wait=0.02),
        *tasks("SharedStream", range(6), wait=0.05),
        *tasks("Raises", range(2)),
        *tasks("Good", range(10, 13), wait=0.1),
    ]


def main() -> None:
    folder, jobs = sys.argv[1], int(sys.argv[2])
    backend, address = (sys.argv[3], sys.argv[4]) if len(sys.argv) > 3 else ("loky", None)
    with Store(folder) as store:
        done = store.keys()
        left = [Task(cells, 1, 1) for one in plan() if (cells := tuple(c for c in one.cells if c.key not in done))]
        with Progress(left, folder, len(done)) as progress:
            run(left, context(), store, jobs, backend, address, progress.advance, progress.start)


if __name__ == "__main__":
    # a job that a shell started in the background ignores interrupts, and so would its children
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
