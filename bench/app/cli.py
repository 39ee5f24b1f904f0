"""The command line ``mnp-bench``: it reads words, the rooms do the work.

Every import beyond typer happens inside a command, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from bench.suite.load import Experiment

FAILED, BAD_INPUT, INCOMPLETE, INTERRUPTED = 1, 2, 3, 130
#: Commands whose work is in files: what they print can be lost without losing anything.
WORK_IN_FILES = ("run", "report", "track", "fetch", "inspect")


class Commands(TyperGroup):
    """Errors meant for the user, and those of the system, become one line and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command chosen."""
        from bench.app import edge
        from bench.errors import BenchError

        try:
            return super().invoke(ctx)
        except BenchError as error:
            _stop(str(error), BAD_INPUT)
        except edge.OF_THE_SYSTEM as error:
            _stop(edge.sentence(error), BAD_INPUT)
        except KeyboardInterrupt:
            _stop("interrupted; what was finished is stored, the same command goes on from there", INTERRUPTED)


app = typer.Typer(
    name="mnp-bench",
    cls=Commands,
    help="Benchmark suite and reproducibility harness for weakly supervised anomaly detection.",
    epilog="Exit codes: 0 done, 1 some cells failed or differ, 2 bad input, 3 all cells done but not the report or "
    "MLflow, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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


def main() -> None:
    """Entry point of the program."""
    from bench.app import edge

    streams = edge.guard_streams()
    try:
        app(prog_name="mnp-bench")
    except SystemExit as end:
        lost, code = edge.lost_output(streams), edge.exit_code(end)
        if lost:
            typer.echo(f"mnp-bench: {lost}", err=True)
        only_printed = not set(WORK_IN_FILES) & set(sys.argv[1:2])
        sys.exit(BAD_INPUT if lost and only_printed and not code else code)


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="datasets, methods or suites")],
    collection: Annotated[str | None, typer.Option(metavar="NAME", help="Datasets of this one, also filtered.")] = None,
    page: Annotated[int, typer.Option(min=0, help="Of a long list; 0 = all.")] = 1,
    as_json: AsJson = False,
) -> None:
    """List what is registered; of datasets the collections, or the sets of one of them."""
    from bench.app import output
    from bench.errors import ConfigError, UnknownName

    if what == "datasets":
        output.show_datasets(collection, page, as_json)
        return
    tables = {"methods": output.methods, "suites": output.suites}
    if what not in tables:
        raise UnknownName("list", what, ["datasets", *tables])
    if collection is not None:
        raise ConfigError(f"--collection belongs to list datasets, not to list {what}; leave it out")
    output.show(tables[what](), as_json)


@app.command()
def describe(
    dataset: Annotated[str, typer.Argument(help="A dataset's name.", show_default=False)],
    data_dir: DataDir = None,
    picture: Annotated[str | None, typer.Option(metavar="FILE", help="Also draw it, e.g. set.png.")] = None,
) -> None:
    """Print a dataset's card, with the oddities found in its data."""
    from bench.datasets import describe as cards
    from bench.errors import ConfigError

    _refuse_file(dataset)
    typer.echo(cards.describe(dataset, data_dir))
    if picture:
        from bench.datasets.registry import load

        figure = cards.picture(load(dataset, data_dir))
        endings = figure.canvas.get_supported_filetypes()
        if picture.rpartition(".")[2].lower() not in endings:
            raise ConfigError(f"--picture {picture}: end the name in one of .{', .'.join(sorted(endings))}")
        figure.savefig(picture, dpi=150, bbox_inches="tight")
        typer.echo(f"picture      {picture}")


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(help="Datasets or collections, e.g. oddbench.", show_default=False)],
    only: Annotated[str | None, typer.Option("--only", metavar="x,y", help="Only these sets of them.")] = None,
) -> None:
    """Download datasets to the cache and verify their hashes."""
    from bench.app.output import download_progress
    from bench.datasets.fetch import fetch as download

    with download_progress() as progress:
        fetched = download(names, progress, _names("--only", only))
    for one in fetched:
        typer.echo(f"{one.name}: {one.path}" + (f" ({one.notice})" if one.notice else ""))


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

    experiment = _experiment(suite, methods, datasets, seeds)
    made = make_plan(experiment, data_dir, stored_keys(folder_of(experiment, out)))
    show_plan(made, _workers(jobs), as_json)
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
    no_track: Annotated[bool, typer.Option("--no-track", help="Leave MLflow out.")] = False,
    tracking_uri: TrackingUri = None,
    time_limit: Annotated[float | None, typer.Option(min=1, help="Seconds a cell may take.")] = None,
    memory_limit: Annotated[float | None, typer.Option(min=1, help="Megabytes a worker may hold.")] = None,
    backend: Annotated[str, typer.Option(help="loky (this machine) or dask (a cluster).")] = "loky",
    address: Annotated[str | None, typer.Option(help="Dask scheduler, e.g. tcp://10.0.0.1:8786.")] = None,
) -> None:
    """Run a suite: do what is not stored yet, build the report, track it in MLflow."""
    from bench.app.run import Choices, run_suite
    from bench.suite.load import limited

    experiment = limited(_experiment(suite, methods, datasets, seeds), time_limit, memory_limit)
    choices = Choices(
        out=out,
        jobs=-1 if backend == "dask" and not jobs else _workers(jobs),
        fresh=fresh,
        retry_failed=retry_failed,
        data_dir=data_dir,
        backend=backend,
        address=address,
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


@app.command()
def rerun(
    out: Folder,
    cell: Annotated[str, typer.Argument(help="The beginning of a cell's key, or e.g. wine:mnp:0@contamination=0.02.")],
    verify: Annotated[bool, typer.Option("--verify", help="Say whether the bits are those stored.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Compute one cell again from the store's own record."""
    from bench.app.verify import find, repeat, sentences

    (done,) = repeat(out, [find(out, cell)], data_dir)
    typer.echo(sentences(done, verify))
    failed = not done.same if verify else done.record.status != "ok"
    raise typer.Exit(FAILED if failed else 0)


@app.command("verify")
def verify_(
    out: Folder,
    sample: Annotated[int, typer.Option(min=1, help="So many random cells.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Which ones.")] = 0,
    jobs: Jobs = 1,
    data_dir: DataDir = None,
) -> None:
    """Compute a random sample of cells again and say which bits are not those stored."""
    from bench.app.output import show_verified
    from bench.app.verify import repeat
    from bench.app.verify import sample as draw

    rows = draw(out, sample, seed)
    done = show_verified(lambda tell: repeat(out, rows, data_dir, _workers(jobs), tell), len(rows))
    raise typer.Exit(0 if all(one.same for one in done) else FAILED)


@app.command()
def adopt(
    out: Folder,
    sample: Annotated[int, typer.Option(min=1, help="So many cells of each method at least.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Which ones.")] = 0,
    jobs: Jobs = 1,
    data_dir: DataDir = None,
) -> None:
    """Carry results over to today's code, once a sample computed again has proven that every bit is equal."""
    from bench.app.adopt import adopt as carry_over
    from bench.app.output import show_adopted

    verdicts = show_adopted(lambda tell: carry_over(out, sample, seed, data_dir, _workers(jobs), tell))
    raise typer.Exit(0 if all(verdict.adopted for verdict in verdicts) else FAILED)


@app.command()
def report(out: Folder) -> None:
    """Build tables and figures again from the store."""
    from bench.app.failed import failed_text
    from bench.report.build import build
    from bench.store import read

    rows = read(out, scores=True)
    for path in build(out, rows):
        typer.echo(str(path))
    if not (rows.status == "ok").any():
        _stop(failed_text(rows), FAILED)


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
    from bench.app.inspect import inspect as look
    from bench.errors import ConfigError
    from bench.types import Scenario

    _refuse_file(dataset)
    if label_budget >= 1 and not label_budget.is_integer():
        raise ConfigError(f"--label-budget {label_budget:g} is neither a share below 1 nor a whole number of anomalies")
    budget = label_budget if label_budget < 1 else int(label_budget)
    for path in look(dataset, out or "results/inspect", Scenario(label_budget=budget), seed, data_dir, method):
        typer.echo(str(path))


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="OUT1", help="A results folder.", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="OUT2", help="Another one.", show_default=False)],
) -> None:
    """Say where two results folders differ: code, packages, machine, cells, and a paired test by method."""
    from bench.report.compare import compare as side_by_side
    from bench.report.compare_text import words

    found = side_by_side(first, second)
    typer.echo(words(found), nl=False)
    raise typer.Exit(0 if found.same else FAILED)


@app.command()
def track(out: Folder, tracking_uri: TrackingUri = None) -> None:
    """Mirror a results folder into MLflow; what is there already is left alone."""
    from bench.tracking.mlflow_mirror import track as mirror

    typer.echo(f"tracked: {mirror(out, tracking_uri)}")


Label = Annotated[str | None, typer.Option("--label", metavar="COLUMN", help="Default: the one with a label's name.")]
Anomaly = Annotated[str | None, typer.Option("--anomaly", metavar="a,b", help="Label values that mean anomaly.")]
Drop = Annotated[str | None, typer.Option("--drop", metavar="a,b", help="Columns that are no features.")]
Types = Annotated[str | None, typer.Option("--types", metavar="a=category", help="Columns read as number or category.")]
Table = Annotated[str, typer.Argument(metavar="TABLE", help="A .csv or .parquet file.", show_default=False)]


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

    values, left_out = (tuple(_names(*given) or ()) for given in (("--normal", normal), ("--drop", drop)))
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

    values, left_out = (tuple(_names(*given) or ()) for given in (("--anomaly", anomaly), ("--drop", drop)))
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
        tuple(_names(*given) or ()) for given in (("--anomaly", anomaly), ("--drop", drop), ("--methods", methods))
    )
    pick_file(
        table, typer.echo, label, asked_mode(mode), names, minutes, alert_rate, seed, out, _workers(jobs), values,
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
) -> None:
    """Score new rows by a saved model: score, rank and alert of each row."""
    from bench.app.score import budget_of, score_file

    budget, estimated = budget_of(alerts, alert_rate, contamination)
    score_file(model, table, out, budget, id_column, typer.echo, explain, estimated)


def _experiment(suite: str, methods: str | None, datasets: str | None, seeds: str | None) -> Experiment:
    from bench.suite.load import narrowed, read_seeds, read_suite

    if not suite.endswith(".toml"):
        _refuse_file(suite)
    numbers = None if seeds is None else read_seeds(seeds)
    return narrowed(read_suite(suite), _names("--methods", methods), _names("--datasets", datasets), numbers)


def _refuse_file(name: str) -> None:
    """A table where a name is expected: say how a table is used."""
    from pathlib import Path

    from bench.errors import ConfigError

    if Path(name).suffix and Path(name).is_file():
        raise ConfigError(
            f"{name} is a file, here a registered name is needed; mnp-bench init {name} writes a suite file for "
            "a table of your own, which mnp-bench plan and run take"
        )


def _names(option: str, text: str | None) -> list[str] | None:
    from bench.datasets.select import split_names
    from bench.errors import ConfigError

    if text is None:
        return None
    names = split_names(text)
    if not names:
        raise ConfigError(f"{option} {text!r} names nothing; write names with commas between them")
    return names


def _workers(jobs: int) -> int:
    import joblib

    return jobs or int(joblib.cpu_count())


def _stop(sentence: str, code: int) -> NoReturn:
    typer.echo(f"mnp-bench: {sentence}", err=True)
    sys.exit(code)
