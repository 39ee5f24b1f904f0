"""Commands for a table of one's own: init, pick, fit, score."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.app.cli.options import Anomaly, Drop, Jobs, Label, Table, Types, option_names, workers
from bench.app.cli.program import app


@app.command()
def init(
    table: Table,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="Default: the table's name .toml.")] = None,
    label: Label = None,
    normal: Annotated[str | None, typer.Option("--normal", metavar="a,b", help="Label values that are normal.")] = None,
    drop: Drop = None,
    types: Types = None,
) -> None:
    """Look at your own table and write a commented suite file for it."""
    from bench.app.fit import parsed_types
    from bench.app.init import init as write_suite

    values, left_out = (tuple(option_names(*given) or ()) for given in (("--normal", normal), ("--drop", drop)))
    write_suite(table, out, typer.echo, label, values, left_out, parsed_types(types))


@app.command()
def fit(
    table: Table,
    save: Annotated[str, typer.Option("--save", metavar="DIR", help="The model folder that is made.")],
    label: Label = None,
    method: Annotated[str, typer.Option("--method", help="See list methods.")] = "mnp-plus",
    anomaly: Anomaly = None,
    drop: Drop = None,
    types: Types = None,
    alert_rate: Annotated[float, typer.Option(help="Share of unlabelled rows above the threshold.")] = 0.01,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    estimate_contamination: Annotated[
        bool, typer.Option("--estimate-contamination", help="Up to 5 more fits.")
    ] = False,
) -> None:
    """Fit a detector on your own table with a few labelled anomalies, and save it."""
    from bench.app.fit import fit_and_save, parsed_types

    values, left_out = (tuple(option_names(*given) or ()) for given in (("--anomaly", anomaly), ("--drop", drop)))
    fit_and_save(
        table, save, method, seed, alert_rate, typer.echo, label, values, left_out, parsed_types(types),
        estimate_contamination,
    )  # fmt: skip
    typer.echo(f"saved to {save}; score new rows with: mnp-bench score {save} new.csv --out scores.csv")


@app.command()
def pick(
    table: Table,
    label: Label = None,
    mode: Annotated[str | None, typer.Option(help="known (all labels are true) or few; default as they are.")] = None,
    methods: Annotated[str | None, typer.Option("--methods", metavar="a,b", help="Compare these.")] = None,
    minutes: Annotated[float, typer.Option(help="No method is begun that would take longer.")] = 10.0,
    alert_rate: Annotated[float, typer.Option(help="Share of rows that can be looked at.")] = 0.01,
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="Default results/pick-<table>.")] = None,
    jobs: Jobs = 1,
    anomaly: Anomaly = None,
    drop: Drop = None,
    types: Types = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Find a detector for your own table, and say how sure that is."""
    from bench.app.fit import parsed_types
    from bench.app.pick import asked_mode, pick_file

    values, left_out, names = (
        tuple(option_names(*given) or ())
        for given in (("--anomaly", anomaly), ("--drop", drop), ("--methods", methods))
    )
    pick_file(
        table, typer.echo, label, asked_mode(mode), names, minutes, alert_rate, seed, out, workers(jobs), values,
        left_out, parsed_types(types),
    )  # fmt: skip


@app.command()
def score(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model folder, made by fit.", show_default=False)],
    table: Table,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="A .csv or .parquet file.")],
    alerts: Annotated[int | None, typer.Option("--alerts", help="So many rows are alerts.")] = None,
    alert_rate: Annotated[float | None, typer.Option("--alert-rate", help="This share of the rows is.")] = None,
    contamination: Annotated[
        str | None, typer.Option("--contamination", help="Expected share of anomalies, or: estimate.")
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id", metavar="COLUMN", help="Carried to the output.")] = None,
    explain: Annotated[int, typer.Option("--explain", min=0, help="Say why, of so many highest rows.")] = 0,
    explain_figure: Annotated[
        str | None, typer.Option("--explain-figure", metavar="FILE", help="And draw them: .pdf, .png or .svg.")
    ] = None,
) -> None:
    """Score new rows by a saved model: score, rank and alert of each row."""
    from bench.app.score import budget_of, score_file

    budget, estimated = budget_of(alerts, alert_rate, contamination)
    score_file(model, table, out, budget, id_column, typer.echo, explain, estimated, explain_figure)
