"""Mode known: the truth of every row is there, so few labels are simulated by the machinery of the suites."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from bench.atomic import write_text, write_whole
from bench.errors import DataError
from bench.execution import pool
from bench.execution.context import WorkContext
from bench.methods import get
from bench.picking.joining import Interval, Judged
from bench.picking.picked import Picked, beyond_time
from bench.planning.grouping import cell_seconds
from bench.planning.plan import expand, remaining
from bench.report.bootstrap import mean_interval
from bench.store import Store, manifest, read
from bench.suite.load import read_suite
from bench.usertable.training import Table

#: Numbers of labels that are simulated, where the training part has twice as many anomalies; splits; rows at the most.
BUDGETS, SEEDS, MOST_ROWS, TEST = (5, 10, 50), (0, 1, 2, 3, 4), 10_000, 0.35
SUITE, ARRAYS = "suite.toml", "table.npz"
Say = Callable[[str], None]


def pick_known(
    table: Table,
    methods: Sequence[str],
    minutes: float,
    alert_rate: float,
    out: Path,
    left_out: Mapping[str, str] | None = None,
    jobs: int = 1,
    tell: Say = lambda _: None,
) -> Picked:
    """Judge methods on a table whose every row has a true label.

    Parameters
    ----------
    table : Table
    methods : sequence of str
        Cheapest first, as they are run.
    minutes : float
        No method is begun that would take the time beyond this.
    alert_rate : float
    out : Path
        A results folder like those of suites; it also holds the table as it was read. What it holds already is not
        computed again.
    left_out : mapping of method to reason, optional
        Methods that were left out before.
    jobs : int
        Worker processes.
    tell : callable
        Told each method as it is done.

    Returns
    -------
    Picked

    Raises
    ------
    DataError
        The table cannot be cut, or no method has a result.
    """
    rows = _run(table, methods, minutes, out, jobs, tell)
    done = [name for name in methods if (rows.method == name).any()]
    bad = rows[rows.status != "ok"]
    gone = dict(left_out or {})
    gone |= {name: beyond_time(minutes) for name in methods if name not in done}
    gone |= {name: f"it failed: {error.splitlines()[-1]}" for name, error in zip(bad.method, bad.error, strict=True)}
    good = rows[~rows.method.isin(gone)].assign(recall=lambda kept: _recalls(kept, alert_rate))
    if good.empty:
        told = "; ".join(f"{name}: {reason}" for name, reason in gone.items())
        raise DataError(f"{table.file}: no method has a result; {told}")
    budgets = sorted({int(number) for number in good.label_budget})
    notes = (
        f"simulated: {', '.join(map(str, budgets))} labelled anomalies, {len(SEEDS)} splits each, everything else "
        "unlabelled, "
        f"the anomalies among it too; {out} holds every result (mnp-bench report {out} draws them) and the table as "
        "read",
    )
    return Picked(
        "known", table.file, table.label_rule.column, *table.X.shape, int(table.y.sum()), alert_rate,
        _judged(good, [name for name in done if name not in gone], table.X.shape), gone, notes,
    )  # fmt: skip


def _run(table: Table, methods: Sequence[str], minutes: float, out: Path, jobs: int, tell: Say) -> pd.DataFrame:
    out.mkdir(parents=True, exist_ok=True)
    arrays = io.BytesIO()
    np.savez(arrays, X=table.X.to_numpy(), y=table.y, features=np.asarray(list(table.X.columns), dtype=str))
    write_whole(out / ARRAYS, arrays.getbuffer())
    write_text(out / SUITE, _suite(table, methods))
    experiment = read_suite(str(out / SUITE))
    plan = expand(experiment)
    if plan.problems:
        raise DataError("; ".join(plan.problems))
    start = time.perf_counter()
    run = manifest.collect(experiment.text, "pick", {cell.dataset: cell.dataset_sha256 for cell in plan.cells})
    with Store(out) as store, manifest.recorded(out, run) as run_id:
        context = WorkContext(experiment.catalogue, experiment.limits, run_id, plan.sources)
        for number, method in enumerate(methods):
            cells = tuple(cell for cell in plan.cells if cell.method == method)
            left = remaining(replace(plan, cells=cells), store.keys())
            cost = sum(task.cost_seconds for task in left.tasks) / max(1, jobs)
            if left.tasks and number and time.perf_counter() - start + cost > 60 * minutes:
                continue
            begun = time.perf_counter()
            pool.run(left.tasks, context, store, jobs)
            tell(f"{method}: {time.perf_counter() - begun:.1f} s")
    rows = read(out, scores=True)
    return rows[rows.cell.isin({cell.key for cell in plan.cells})]


def _suite(table: Table, methods: Sequence[str]) -> str:
    trained = (1 - TEST) * float(table.y.sum()) * min(1.0, MOST_ROWS / len(table.y))
    budgets = [number for number in BUDGETS if 2 * number <= trained] or [BUDGETS[0]]
    quoted = ", ".join(f'"{name}"' for name in methods)
    return (
        "# Written by mnp-bench pick.\n"
        f'name = "pick"\nmethods = [{quoted}]\nseeds = {list(SEEDS)}\n\n'
        f'[[dataset]]\npath = "{ARRAYS}"\nname = "own-table"\n\n'
        f"[scenario]\nlabel_budget = {budgets}\nmax_rows = {MOST_ROWS}\ntest_fraction = {TEST}\n"
    )


def _judged(rows: pd.DataFrame, methods: Sequence[str], shape: tuple[int, int]) -> tuple[Judged, ...]:
    """Means over numbers of labels and splits; intervals resample the splits within a number of labels."""
    precision = {name: _by_budget(rows[rows.method == name], "average_precision") for name in methods}
    recall = {name: _by_budget(rows[rows.method == name], "recall") for name in methods}
    means = {name: float(np.mean([group.mean() for group in groups])) for name, groups in precision.items()}
    best = max(methods, key=lambda name: means[name])
    middle = float(np.mean(list(means.values())))
    judged = [
        Judged(
            method=name,
            merit=means[name] - middle,
            behind=_interval([a - b for a, b in zip(precision[best], precision[name], strict=True)], "behind", name),
            ranking=_interval(precision[name], "precision", name),
            recall=_interval(recall[name], "recall", name),
            expected=float("nan"),
            seconds=cell_seconds(get(name), shape, {}),
        )
        for name in methods
    ]
    return tuple(sorted(judged, key=lambda candidate: -candidate.merit))


def _by_budget(rows: pd.DataFrame, metric: str) -> list[np.ndarray]:
    """One array of values, in the order of the seeds, per number of labels."""
    ordered = rows.sort_values(["label_budget", "seed"])
    return [part[metric].to_numpy(float) for _, part in ordered.groupby("label_budget")]


def _interval(groups: Sequence[np.ndarray], *axes: str) -> Interval:
    made = mean_interval(groups, "picking", *axes)
    return Interval(made.value, made.low, made.high)


def _recalls(rows: pd.DataFrame, alert_rate: float) -> list[float]:
    """Share of each cell's anomalies among its highest rows, so many as the alert budget allows."""
    recalls = []
    for scores, truth in zip(rows.scores, rows.truth, strict=True):
        y = np.asarray(truth)
        order = np.argsort(-np.asarray(scores), kind="stable")
        recalls.append(float(y[order[: int(np.ceil(alert_rate * len(y)))]].sum() / y.sum()))
    return recalls
