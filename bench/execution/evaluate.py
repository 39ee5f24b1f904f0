"""What happens to a task in a child process: its cells are prepared and fitted, in one call where they allow it.

Nothing here can end a method that hangs or eats all memory: ``bench.execution.child`` does that from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bench import methods
from bench.execution.context import WorkContext
from bench.execution.failures import failed, reason_of, status_of
from bench.execution.fitting import fit_group, fit_labellings, fit_once
from bench.execution.preparation import Prepared, prepare
from bench.planning.grouping import fits
from bench.types import Record, Task

Begin = Callable[[Sequence[Prepared]], None]
Fit = Callable[[Sequence[Prepared], WorkContext], list[Record]]


def execute(task: Task, context: WorkContext) -> list[Record]:
    """Run a task in this process.

    Parameters
    ----------
    task : Task
        Cells of one dataset and one method with one set of parameters.
    context : WorkContext

    Returns
    -------
    list of Record
        One per cell; those of cells that could not be done say why. In the cells' order unless some
        could not even be prepared.
    """
    return list(stream(task, context))


def stream(task: Task, context: WorkContext, begin: Begin = lambda _: None) -> Iterator[Record]:
    """Run a task and yield each record as soon as it is known.

    ``begin`` is called with the cells whose fitting starts now, after their data are loaded and their
    library is imported. A replicated group that raises is done again cell by cell, so a bad cell costs
    only itself.
    """
    if len({(cell.dataset, cell.method, cell.params) for cell in task.cells}) != 1:
        raise ValueError("a task's cells must share dataset, method and parameters")
    spec = methods.get(task.cells[0].method)
    for cells in [task.cells] if spec.replicated else fits(task.cells, spec):
        ready = [prepare(cell, spec, context) for cell in cells]
        yield from (record for record in ready if isinstance(record, Record))
        prepared = [cell for cell in ready if isinstance(cell, Prepared)]
        if spec.replicated:
            yield from _together(fit_group, prepared, context, begin)
            continue
        for alike in _of_same_rows(prepared):
            if spec.shares_rows:
                yield from _together(fit_labellings, alike, context, begin)
            else:
                begin(alike[:1])  # one fit, so the time of one cell
                yield from _guarded(fit_once, alike, context)


def _together(fit: Fit, prepared: list[Prepared], context: WorkContext, begin: Begin) -> Iterator[Record]:
    """All cells in one call, or one by one if that raises."""
    if len(prepared) > 1:
        begin(prepared)
        try:
            records = fit(prepared, context)
        except Exception:
            records = []  # the culprit is found, and its error told, below
        yield from records
        prepared = [] if records else prepared
    for single in prepared:
        begin([single])
        yield from _guarded(fit, [single], context)


def _of_same_rows(prepared: Sequence[Prepared]) -> list[list[Prepared]]:
    """Those with the same training and test rows together."""
    together: list[list[Prepared]] = []
    for ready in prepared:
        for alike in together:
            split, other = ready.split, alike[0].split
            same = split.X is other.X and np.array_equal(split.train, other.train)
            if same and np.array_equal(split.test, other.test):
                alike.append(ready)
                break
        else:
            together.append([ready])
    return together


def _guarded(fit: Fit, cells: Sequence[Prepared], context: WorkContext) -> list[Record]:
    try:
        return fit(cells, context)
    except Exception as error:
        why = (status_of(error), reason_of(error))
        return [failed(prepared.cell, context, *why, prepared.metadata) for prepared in cells]
