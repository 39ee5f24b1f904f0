"""Options and arguments that several commands share, and what their words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.suite.experiment import Experiment

Suite = Annotated[str, typer.Argument(help="A suite's name (see list suites) or a TOML file.", show_default=False)]
Folder = Annotated[str, typer.Argument(metavar="OUT", help="A results folder, e.g. results/quick.", show_default=False)]
Out = Annotated[str | None, typer.Option("--out", metavar="DIR", help="Results folder; default results/<suite>.")]
Jobs = Annotated[int, typer.Option("--jobs", min=0, help="Worker processes; 0 = one per core.", show_default=False)]
Methods = Annotated[str | None, typer.Option("--methods", metavar="a,b", help="Only these methods.")]
Datasets = Annotated[str | None, typer.Option("--datasets", metavar="x,y", help="Only these datasets or collections.")]
Seeds = Annotated[str | None, typer.Option("--seeds", metavar="0-4", help="These seeds: 0-4 or 0,2,5.")]
DataDir = Annotated[str | None, typer.Option("--data-dir", metavar="DIR", help="Folder with data files you have.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
TrackingUri = Annotated[str | None, typer.Option("--tracking-uri", metavar="URI", help="MLflow server or database.")]
Label = Annotated[str | None, typer.Option("--label", metavar="COLUMN", help="Default: the one with a label's name.")]
Anomaly = Annotated[str | None, typer.Option("--anomaly", metavar="a,b", help="Label values that mean anomaly.")]
Drop = Annotated[str | None, typer.Option("--drop", metavar="a,b", help="Columns that are no features.")]
Types = Annotated[str | None, typer.Option("--types", metavar="a=category", help="Columns read as number or category.")]
Table = Annotated[str, typer.Argument(metavar="TABLE", help="A .csv or .parquet file.", show_default=False)]


def experiment_of(
    suite: str, methods: str | None, datasets: str | None, seeds: str | None, data_dir: str | None
) -> Experiment:
    """The suite that the words name, with the methods, datasets and seeds chosen on the command line."""
    from bench.suite.load import read_suite
    from bench.suite.narrow import narrowed, read_seeds

    if not suite.endswith(".toml"):
        refuse_file(suite)
    whole = read_suite(suite, data_dir)
    named = option_names("--methods", methods), option_names("--datasets", datasets)
    return narrowed(whole, *named, None if seeds is None else read_seeds(seeds))


def refuse_file(name: str) -> None:
    """A table where a name is expected: say how a table is used."""
    from pathlib import Path

    from bench.errors import ConfigError

    if Path(name).suffix and Path(name).is_file():
        raise ConfigError(
            f"{name} is a file, here a registered name is needed; mnp-bench init {name} writes a suite file for "
            "a table of your own, which mnp-bench plan and run take"
        )


def option_names(option: str, text: str | None) -> list[str] | None:
    """The names in an option's text; None where it is not given.

    Raises
    ------
    ConfigError
        The option is given and names nothing.
    """
    from bench.datasets.select import split_names
    from bench.errors import ConfigError

    if text is None:
        return None
    named = split_names(text)
    if not named:
        raise ConfigError(f"{option} {text!r} names nothing; write names with commas between them")
    return named


def workers(jobs: int) -> int:
    """Worker processes: as asked, or one per core."""
    import joblib

    return jobs or int(joblib.cpu_count())
