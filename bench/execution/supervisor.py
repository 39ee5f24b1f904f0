"""Run a task in this process's child, and decide whose fault it is when the child has to be killed."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace

from bench.execution.child import Child, Outcome
from bench.execution.context import WorkContext
from bench.execution.failures import failed
from bench.types import Cell, Record, Task

_own = threading.local()  # one child for each thread that runs tasks (a Dask worker may have several)


@dataclass(frozen=True)
class _Attempt:
    cells: tuple[Cell, ...]
    last: bool = False


def supervised(task: Task, context: WorkContext) -> list[Record]:
    """Run a task in the child; cells that hang, eat memory or crash become rows that say so.

    When the child is killed, its finished cells keep their records, a group at work is done again cell
    by cell, and cells not begun go on as before. A cell that alone exceeds its time at work is final; one that
    alone exceeds memory, crashes, or did not come to work is tried once more in a fresh process, in case that
    was the fault of what ran there before. Whatever the child does after its last record costs no cell.

    Returns
    -------
    list of Record
        One per cell.
    """
    child = _own_child()
    waiting = deque([_Attempt(task.cells)])
    records: list[Record] = []
    while waiting:
        attempt = waiting.popleft()
        outcome = child.run(replace(task, cells=attempt.cells), context)
        records += outcome.records
        if outcome.end is not None:
            waiting.extendleft(reversed(_again(attempt, outcome, records, context)))
    return records


def release() -> None:
    """Stop this thread's child."""
    if hasattr(_own, "child"):
        _own.child.stop()
        del _own.child


def _own_child() -> Child:
    if not hasattr(_own, "child"):
        _own.child = Child()
    child: Child = _own.child
    return child


def _again(attempt: _Attempt, outcome: Outcome, records: list[Record], context: WorkContext) -> list[_Attempt]:
    """What is left to try after a kill; appends the record of a cell whose fault is proven."""
    assert outcome.end is not None
    done = {record.cell.key for record in outcome.records}
    left = [cell for cell in attempt.cells if cell.key not in done]
    suspects = [cell for cell in left if cell.key in outcome.working] or left
    others = tuple(cell for cell in left if cell not in suspects)
    rest = [_Attempt(others)] if others else []
    if len(suspects) > 1:
        return [*(_Attempt((cell,)) for cell in suspects), *rest]
    (cell,) = suspects
    proven = attempt.last or (outcome.end.status == "timeout" and cell.key in outcome.working)
    if not proven:
        return [_Attempt((cell,), last=True), *rest]
    records.append(failed(cell, context, outcome.end.status, outcome.end.reason, outcome.metadata.get(cell.key)))
    return rest
