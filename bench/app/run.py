"""The main job: plan, run what is not stored, report, track. The thin shell around the rooms."""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.app import edge
from bench.app.failed import failed_text
from bench.datasets import reading
from bench.errors import BenchError, ConfigError
from bench.planning.identity import superseded
from bench.planning.plan import Plan, expand, remaining
from bench.store import FOLDER, Store, read
from bench.suite.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd

#: So many problems are told at once; the rest is counted.
MOST_PROBLEMS = 40
MAIN_TABLE = ("tables", "average_precision.md")


@dataclass(frozen=True)
class Choices:
    """What the command line adds to a suite.

    Attributes
    ----------
    out : str or None, results/<suite> by default
    jobs : int, worker processes; -1 = all that a cluster has
    fresh, retry_failed : bool, do all cells again, or those that failed
    backend : "loky" or "dask", with the scheduler's ``address``
    report : bool, build the tables, figures and page when the cells are done
    track : bool, mirror into MLflow, at ``tracking_uri`` or its default place
    """

    out: str | None = None
    jobs: int = 1
    fresh: bool = False
    retry_failed: bool = False
    backend: str = "loky"
    address: str | None = None
    report: bool = True
    track: bool = True
    tracking_uri: str | None = None


@dataclass(frozen=True)
class Ended:
    """How a run ended: cells of the experiment that have failed, and whether all that comes after the cells is done."""

    failed: int
    complete: bool


def run_suite(experiment: Experiment, choices: Choices) -> Ended:
    """Do what is not stored yet, build the report, track it.

    MLflow comes last: it costs as much processor time during a run as after it, all cores have work during
    it, and a server that fails can then cost nothing but the mirror. Nothing that comes after the cells can end
    the run: what goes wrong there is told with the command that does it later.

    Parameters
    ----------
    experiment : Experiment
        What ``bench.suite.load`` makes of a suite file.
    choices : Choices
        Where results go, how many workers, what is done again.

    Returns
    -------
    Ended
        How many cells failed, and whether everything after the cells was done.

    Raises
    ------
    ConfigError
        With all problems, before any work starts and anything is written.
    """
    plan = expand(experiment)
    for line in plan.notices:
        _say(f"note: {line}")
    for line in plan.skipped:
        _say(f"left out: {line}")
    for name, own in plan.readings.items():
        for line in reading.lines(name, own):
            _say(line)
    if plan.problems:
        raise ConfigError(problems_text(plan.problems))
    folder = folder_of(experiment, choices.out)
    mine = {cell.key for cell in plan.cells}
    with Store(folder) as store:
        if choices.fresh:
            store.forget(mine)
        elif choices.retry_failed:
            store.forget(mine & store.failed_keys())
        _work(experiment, remaining(plan, store.keys()), store, choices, folder)
        same = "give the same command again"
        whole = _step("results of earlier code or data are still there", same, lambda: _replace(plan, store, folder))
        _step("the store's files could not be merged", same, store.compact)
        failed = len(mine & store.failed_keys())
    rows: list[pd.DataFrame] = []
    again = f"mnp-bench report {shlex.quote(str(folder))}"
    if not _step("the results cannot be read", again, lambda: rows.append(read(folder, scores=True))):
        return Ended(failed, False)
    complete = whole and _after(folder, rows[0], choices, shown=failed < len(mine))
    if failed:
        table = folder / "tables" / "failures.md"
        where = str(table) if choices.report else f"{again}, then {table}"
        _step(f"{failed} of {len(mine)} cells failed", f"see {where}", lambda: _say(failed_text(rows[0], mine)))
        _say(f"--retry-failed does them again; all reasons: {where}")
    _say(f"{len(mine)} cells; everything lies in {folder}/")
    return Ended(failed, complete)


def folder_of(experiment: Experiment, out: str | None) -> Path:
    """Where the results go."""
    return Path(out or f"results/{experiment.name}")


def stored_keys(folder: Path) -> AbstractSet[str]:
    """Keys of the cells stored in a folder, without opening it for writing; none if there is no store."""
    return frozenset(read(folder)["cell"]) if (folder / FOLDER).is_dir() else frozenset()


def problems_text(problems: tuple[str, ...]) -> str:
    """All problems as one message, the longest lists cut."""
    more = len(problems) - MOST_PROBLEMS
    lines = [*problems[:MOST_PROBLEMS], *([f"... and {more} more"] if more > 0 else [])]
    return lines[0] if len(lines) == 1 else "nothing was run, for these reasons:\n  " + "\n  ".join(lines)


def _work(experiment: Experiment, plan: Plan, store: Store, choices: Choices, folder: Path) -> None:
    if not plan.tasks:
        _say(f"all {len(plan.cells)} cells are stored" + "; building the report" * choices.report)
        return
    from bench.execution import pool
    from bench.execution.context import WorkContext
    from bench.execution.progress import Progress
    from bench.store import manifest

    hashes = {cell.dataset: cell.dataset_sha256 for cell in plan.cells}
    tables = {name: reading.to_json(own) for name, own in plan.readings.items()}
    entry = manifest.collect(experiment.text, sys.argv, hashes, tables, dict(plan.sources))
    with manifest.recorded(folder, entry) as run_id, Progress(plan.tasks, folder, plan.done) as progress:
        context = WorkContext(experiment.catalogue, experiment.limits, run_id, plan.sources)
        pool.run(
            plan.tasks,
            context,
            store,
            choices.jobs,
            choices.backend,
            choices.address,
            progress.advance,
            progress.start,
        )


def _replace(plan: Plan, store: Store, folder: Path) -> None:
    if store.keys() <= {cell.key for cell in plan.cells}:
        return  # nothing is there that could be of earlier code or data, so the rows need not be read
    replaced = superseded(plan.cells, read(folder))
    if replaced:
        store.forget(replaced)
        _say(f"{len(replaced)} results of earlier code or data gave way to those of this run")


def _after(folder: Path, rows: pd.DataFrame, choices: Choices, shown: bool) -> bool:
    """Report, main table, MLflow, all from the rows read once: each is tried whatever became of the one before."""
    name = shlex.quote(str(folder))
    later = f"mnp-bench report {name}"
    reported = True
    if choices.report:
        reported = _step("no report", later, lambda: _report(folder, rows))
        if reported and shown:
            _step("the table cannot be printed", f"it is {name}/{'/'.join(MAIN_TABLE)}", lambda: _show(folder))
    else:
        _say(f"no report was asked for; {later} builds it")
    if not choices.track:
        return reported
    # the URI may hold a password
    again = f"mnp-bench track {name}" + (" --tracking-uri ..." if choices.tracking_uri else "")
    return _step("not tracked", again, lambda: _track(folder, rows, choices.tracking_uri)) and reported


def _report(folder: Path, rows: pd.DataFrame) -> None:
    from bench.app.report import build_report

    written = build_report(folder, rows)
    _say(f"{len(written)} files of tables and figures in {folder}/")


def _show(folder: Path) -> None:
    from bench.app.output import show_first_table

    show_first_table(folder.joinpath(*MAIN_TABLE).read_text(encoding="utf-8"))


def _track(folder: Path, rows: pd.DataFrame, uri: str | None) -> None:
    from bench.tracking.mlflow_mirror import track

    _say(f"tracked: {track(folder, uri, rows=rows)}")


def _step(what: str, later: str, step: Callable[[], None]) -> bool:
    """Do what comes after the cells; if it fails, say so in one sentence, with what to do later."""
    try:
        step()
    except Exception as error:
        _say(f"{what}: {_reason(error)}: {later}")
        return False
    return True


def _reason(error: Exception) -> str:
    if isinstance(error, BenchError):
        return str(error)
    if edge.of_the_system(error):
        return edge.sentence(error)
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({at.filename}, line {at.lineno})"


def _say(line: str) -> None:
    print(line, file=sys.stderr)
