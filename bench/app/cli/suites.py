"""Commands that take a suite, and the state of a run: plan, run, status."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.app.cli.options import (
    AsJson,
    DataDir,
    Datasets,
    Folder,
    Jobs,
    Methods,
    Out,
    Seeds,
    Suite,
    TrackingUri,
    experiment_of,
    workers,
)
from bench.app.cli.program import BAD_INPUT, FAILED, INCOMPLETE, app


@app.command()
def plan(
    suite: Suite,
    out: Out = None,
    methods: Methods = None,
    datasets: Datasets = None,
    seeds: Seeds = None,
    jobs: Jobs = 0,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what a suite would do: cells, tasks, time, memory, and every problem."""
    from bench.app.output import show_plan
    from bench.app.run import folder_of, stored_keys
    from bench.planning.plan import make_plan

    experiment = experiment_of(suite, methods, datasets, seeds, data_dir)
    made = make_plan(experiment, stored_keys(folder_of(experiment, out)))
    show_plan(made, workers(jobs), as_json)
    if made.problems:
        raise typer.Exit(BAD_INPUT)


@app.command()
def run(
    suite: Suite,
    out: Out = None,
    jobs: Jobs = 0,
    methods: Methods = None,
    datasets: Datasets = None,
    seeds: Seeds = None,
    data_dir: DataDir = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do every cell again.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Do failed cells again.")] = False,
    no_report: Annotated[
        bool, typer.Option("--no-report", help="Draw no report; mnp-bench report does it later.")
    ] = False,
    no_track: Annotated[bool, typer.Option("--no-track", help="Leave MLflow out.")] = False,
    tracking_uri: TrackingUri = None,
    time_limit: Annotated[float | None, typer.Option(min=1, help="Seconds a cell may take.")] = None,
    memory_limit: Annotated[float | None, typer.Option(min=1, help="Megabytes a worker may hold.")] = None,
    backend: Annotated[str, typer.Option(help="loky (this machine) or dask (a cluster).")] = "loky",
    address: Annotated[str | None, typer.Option(help="Dask scheduler, e.g. tcp://10.0.0.1:8786.")] = None,
) -> None:
    """Run a suite: do what is not stored yet, build the report, track it in MLflow."""
    from bench.app.run import Choices, run_suite
    from bench.suite.narrow import limited

    experiment = experiment_of(suite, methods, datasets, seeds, data_dir)
    experiment = limited(experiment, time_limit, memory_limit)
    choices = Choices(
        out=out,
        jobs=-1 if backend == "dask" and not jobs else workers(jobs),
        fresh=fresh,
        retry_failed=retry_failed,
        backend=backend,
        address=address,
        report=not no_report,
        track=not no_track,
        tracking_uri=tracking_uri,
    )
    ended = run_suite(experiment, choices)
    raise typer.Exit(FAILED if ended.failed else 0 if ended.complete else INCOMPLETE)


@app.command()
def status(out: Folder) -> None:
    """Say how far a results folder is, also while it is being filled."""
    from bench.app.output import status_summary

    typer.echo(status_summary(out))
