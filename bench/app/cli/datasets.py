"""Commands about what is registered: list, describe, fetch."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.app.cli.options import AsJson, DataDir, option_names, refuse_file
from bench.app.cli.program import app


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
    from bench.datasets.catalogue import Catalogue
    from bench.errors import ConfigError

    refuse_file(dataset)
    catalogue = Catalogue(data_dir)
    typer.echo(cards.describe(dataset, catalogue))
    if picture:
        figure = cards.picture(catalogue.load(dataset))
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
        fetched = download(names, progress, option_names("--only", only))
    for file in fetched:
        typer.echo(f"{file.name}: {file.path}" + (f" ({file.notice})" if file.notice else ""))
