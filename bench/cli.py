"""The command line: ``mnp-bench list | fetch | describe | plan | run | status | report | track``.

Every import beyond typer happens inside a command, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from bench.config import Experiment
    from bench.plan import Plan

app = typer.Typer(
    name="mnp-bench",
    help="Benchmark suite and reproducibility harness for weakly supervised anomaly detection.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
DataDir = Annotated[str | None, typer.Option("--data-dir", help="Folder with data files you already have.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
BAD_INPUT, SOME_FAILED, INTERRUPTED = 2, 1, 130


def main() -> None:
    """Entry point: errors meant for the user become one line and an exit code."""
    from bench.errors import BenchError

    try:
        app()
    except BenchError as error:
        _stop(str(error), BAD_INPUT)
    except KeyboardInterrupt:
        _stop("interrupted; what was done is stored, the same command goes on from there", INTERRUPTED)


@app.command("list")
def list_(what: Annotated[str, typer.Argument(help="datasets, methods or suites")], as_json: Json = False) -> None:
    """List what is registered."""
    from bench import listing
    from bench.errors import UnknownName

    tables = {"datasets": listing.datasets, "methods": listing.methods, "suites": listing.suites}
    if what not in tables:
        raise UnknownName("list", what, tables)
    listing.show(tables[what](), as_json)


@app.command()
def fetch(names: Annotated[list[str], typer.Argument(help="datasets or groups, e.g. adbench")]) -> None:
    """Download datasets to the cache and verify their hashes."""
    from bench.datasets.fetch import fetch as download

    shown: set[str] = set()

    def progress(name: str, done: int, total: int | None) -> None:
        if name not in shown or done == total:
            shown.add(name)
            typer.echo(f"{name}: {done} of {total or 'unknown'} bytes", err=True)

    for got in download(names, progress):
        typer.echo(f"{got.name}: {got.path}" + (f" ({got.notice})" if got.notice else ""))


@app.command()
def describe(dataset: str, data_dir: DataDir = None, picture: str | None = None) -> None:
    """Print a dataset's card; --picture FILE also draws it."""
    from bench.datasets import describe as cards
    from bench.datasets.registry import load

    typer.echo(cards.describe(dataset, data_dir))
    if picture:
        cards.picture(load(dataset, data_dir)).savefig(picture, dpi=150, bbox_inches="tight")
        typer.echo(f"picture: {picture}")


@app.command()
def plan(
    suite: str,
    methods: str | None = None,
    datasets: str | None = None,
    seeds: str | None = None,
    data_dir: DataDir = None,
    jobs: int = 0,
) -> None:
    """Say what a suite would do: cells, tasks, estimated time and memory, every problem."""
    from bench.listing import plan_summary

    made = _plan(_experiment(suite, methods, datasets, seeds), data_dir)
    typer.echo(plan_summary(made, jobs or os.cpu_count() or 1))


@app.command()
def run(
    suite: Annotated[str, typer.Argument(help="a suite's name or a TOML file")],
    out: Annotated[str | None, typer.Option(help="default: results/<suite>")] = None,
    jobs: Annotated[int, typer.Option(help="worker processes; 0 = one per core")] = 0,
    methods: Annotated[str | None, typer.Option(help="a,b")] = None,
    datasets: Annotated[str | None, typer.Option(help="x,y")] = None,
    seeds: Annotated[str | None, typer.Option(help="0-4 or 0,2,5")] = None,
    data_dir: DataDir = None,
    fresh: Annotated[bool, typer.Option(help="forget what is stored for these cells")] = False,
    retry_failed: Annotated[bool, typer.Option(help="do failed cells again")] = False,
    no_track: Annotated[bool, typer.Option("--no-track", help="no MLflow")] = False,
    tracking_uri: Annotated[str | None, typer.Option(help="MLflow server")] = None,
    time_limit: Annotated[float | None, typer.Option(help="seconds per cell")] = None,
    memory_limit: Annotated[float | None, typer.Option(help="MB per worker")] = None,
    backend: Annotated[str, typer.Option(help="loky or dask")] = "loky",
    address: Annotated[str | None, typer.Option(help="Dask scheduler")] = None,
) -> None:
    """Run a suite (what is stored already is not done again), build its report, track it."""
    from bench.main_job import Choices, run_suite

    experiment = _experiment(suite, methods, datasets, seeds)
    choices = Choices(out, jobs or os.cpu_count() or 1, fresh, retry_failed, data_dir, time_limit, memory_limit)
    failed = run_suite(experiment, choices, backend, address, None if no_track else (tracking_uri or ""))
    raise typer.Exit(SOME_FAILED if failed else 0)


@app.command()
def status(out: str) -> None:
    """Done, failed and running cells of a results folder, also while it runs."""
    from bench.listing import status_summary

    typer.echo(status_summary(out))


@app.command()
def report(out: str) -> None:
    """Build tables and figures again from the store."""
    from bench.report.build import build

    for path in build(out):
        typer.echo(str(path))


@app.command()
def track(out: str, tracking_uri: str | None = None) -> None:
    """Mirror a results folder into MLflow; adds only what is missing."""
    from bench.tracking import track as mirror

    typer.echo(str(mirror(out, tracking_uri)))


def _experiment(suite: str, methods: str | None, datasets: str | None, seeds: str | None) -> Experiment:
    from bench.config import narrowed, read_suite

    return narrowed(read_suite(suite), _names(methods), _names(datasets), _numbers(seeds))


def _plan(experiment: Experiment, data_dir: str | None) -> Plan:
    from bench.plan import make_plan

    return make_plan(experiment, data_dir)


def _names(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",") if name.strip()] if text else None


def _numbers(text: str | None) -> list[int] | None:
    from bench.errors import ConfigError

    if not text:
        return None
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise ConfigError(f"--seeds {text!r} is not a list of numbers; write 0-4 or 0,2,5")
        found += range(int(first), int(last or first) + 1)
    return found


def _stop(sentence: Any, code: int) -> NoReturn:
    typer.echo(f"mnp-bench: {sentence}", err=True)
    sys.exit(code)
