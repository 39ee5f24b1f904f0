"""The main job: plan, run, report, track. The thin shell around the pure rooms."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from bench import provenance, runner
from bench.config import Experiment
from bench.errors import ConfigError, TrackingError
from bench.plan import Plan, make_plan
from bench.progress import Progress
from bench.store import Store
from bench.worker import WorkContext


@dataclass(frozen=True)
class Choices:
    """What the command line adds to a suite.

    Attributes
    ----------
    out : str or None, results/<suite> by default
    jobs : int
    fresh, retry_failed : bool
    data_dir : str or None
    time_limit, memory_limit : float or None, override the suite's limits
    """

    out: str | None
    jobs: int
    fresh: bool
    retry_failed: bool
    data_dir: str | None
    time_limit: float | None
    memory_limit: float | None


def run_suite(
    experiment: Experiment, choices: Choices, backend: str, address: str | None, tracking_uri: str | None
) -> int:
    """Run what is not stored yet, build the report, track it; returns the number of failed cells.

    ``tracking_uri`` None leaves tracking out, "" takes the default.

    Raises
    ------
    ConfigError
        Anything that would stop cells from running, all problems at once, before work starts.
    """
    experiment = _limited(experiment, choices)
    folder = Path(choices.out or f"results/{experiment.name}")
    whole = make_plan(experiment, choices.data_dir)
    for line in whole.skipped:
        _say(f"left out: {line}")
    if whole.problems:
        raise ConfigError("nothing was run:\n  " + "\n  ".join(whole.problems))
    with Store(folder) as store:
        mine = {cell.key for cell in whole.cells}
        if choices.fresh:
            store.forget(mine)
        elif choices.retry_failed:
            store.forget(mine & store.failed_keys())
        done = store.keys()
        _work(experiment, whole, done & mine, store, choices, backend, address, folder)
        store.compact()
        failed = len(mine & store.failed_keys())
    _report(folder)
    if tracking_uri is not None:
        _track(folder, tracking_uri)
    _say(f"{len(mine)} cells, {failed} failed; everything lies in {folder}/")
    return failed


def _limited(experiment: Experiment, choices: Choices) -> Experiment:
    limits = experiment.limits
    if choices.time_limit is not None:
        limits = replace(limits, seconds=choices.time_limit)
    if choices.memory_limit is not None:
        limits = replace(limits, memory_mb=choices.memory_limit)
    return replace(experiment, limits=limits)


def _work(
    experiment: Experiment,
    whole: Plan,
    done: set[str],
    store: Store,
    choices: Choices,
    backend: str,
    address: str | None,
    folder: Path,
) -> None:
    tasks = make_plan(experiment, choices.data_dir, done).tasks
    if not tasks:
        _say(f"all {len(whole.cells)} cells are stored; building the report")
        return
    hashes = {cell.dataset: cell.dataset_sha256 for cell in whole.cells}
    facts = provenance.collect(experiment.text, sys.argv, hashes)
    provenance.write_manifest(folder, facts)
    context = WorkContext(choices.data_dir, experiment.tables, experiment.limits, provenance.provenance_id(facts))
    with Progress(tasks, folder, len(done)) as progress:
        runner.run(tasks, context, store, choices.jobs, backend, address, progress.advance, progress.start)


def _report(folder: Path) -> None:
    from bench.report.build import build

    paths = build(folder)
    summary = folder / "tables" / "average_precision.md"
    if summary.is_file():
        print(summary.read_text(encoding="utf-8"))
    _say(f"{len(paths)} tables and figures in {folder}/tables and {folder}/figures")


def _track(folder: Path, uri: str) -> None:
    from bench.tracking import track

    try:
        summary = track(folder, uri or None)
    except TrackingError as error:
        _say(f"not tracked: {error}; 'mnp-bench track {folder}' completes it later")
        return
    _say(f"tracked: {summary}")


def _say(line: str) -> None:
    print(line, file=sys.stderr)
