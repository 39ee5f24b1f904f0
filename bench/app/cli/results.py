"""Commands that show results: report, inspect, compare, track."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.app.bundle import bundle
from bench.app.cli.options import DataDir, Folder, TrackingUri, refuse_file
from bench.app.cli.program import FAILED, app, stop
from bench.app.leaderboard import leaderboard
from bench.app.serve import serve


@app.command()
def report(out: Folder) -> None:
    """Build tables and figures again from the store."""
    from bench.app.failed import failed_text
    from bench.app.report_progress import report_progress
    from bench.report.build import build
    from bench.store import read
    from bench.store.unfold import results_folder

    folder = results_folder(out)
    rows = read(folder, scores=True)
    with report_progress() as tell:
        written = build(folder, rows, tell)
    for path in written:
        typer.echo(str(path))
    if not (rows.status == "ok").any():
        stop(failed_text(rows), FAILED)


app.command()(bundle)
app.command()(leaderboard)
app.command()(serve)


@app.command()
def inspect(
    dataset: Annotated[str, typer.Argument(help="A dataset's name.", show_default=False)],
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Default results/inspect.")] = None,
    label_budget: Annotated[float, typer.Option(min=0, help="Labelled anomalies: a share below 1, or a count.")] = 0.05,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    data_dir: DataDir = None,
    method: Annotated[str | None, typer.Option(help="A method that shows its inside; default the first.")] = None,
) -> None:
    """Fit one method on one dataset and draw what it sees: embedding, prototypes, likelihood, losses."""
    from bench.app.inspect import inspect as draw_inside
    from bench.datasets.catalogue import Catalogue
    from bench.errors import ConfigError
    from bench.types import Scenario

    refuse_file(dataset)
    if label_budget >= 1 and not label_budget.is_integer():
        raise ConfigError(f"--label-budget {label_budget:g} is neither a share below 1 nor a whole number of anomalies")
    budget = label_budget if label_budget < 1 else int(label_budget)
    for path in draw_inside(
        dataset, out or "results/inspect", Scenario(label_budget=budget), seed, Catalogue(data_dir), method
    ):
        typer.echo(str(path))


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="OUT1", help="A results folder.", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="OUT2", help="Another one.", show_default=False)],
) -> None:
    """Say where two results folders differ: code, packages, machine, cells, and a paired test by method."""
    from bench.report.compare import compare as side_by_side
    from bench.report.compare_text import words

    comparison = side_by_side(first, second)
    typer.echo(words(comparison), nl=False)
    raise typer.Exit(0 if comparison.same else FAILED)


@app.command()
def track(out: Folder, tracking_uri: TrackingUri = None) -> None:
    """Mirror a results folder into MLflow; what is there already is left alone."""
    from bench.tracking.mlflow_mirror import track as mirror

    typer.echo(f"tracked: {mirror(out, tracking_uri)}")
