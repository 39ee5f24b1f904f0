"""Commands that compute stored cells again: rerun, verify, adopt."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.app.cli.options import DataDir, Folder, Jobs, workers
from bench.app.cli.program import FAILED, app


@app.command()
def rerun(
    out: Folder,
    cell: Annotated[str, typer.Argument(help="The beginning of a cell's key, or e.g. wine:mnp:0@contamination=0.02.")],
    verify: Annotated[bool, typer.Option("--verify", help="Say whether the bits are those stored.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Compute one cell again from the store's own record."""
    from bench.app.verify import find, repeat, sentences
    from bench.datasets.catalogue import Catalogue

    (done,) = repeat(out, [find(out, cell)], Catalogue(data_dir))
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
    from bench.app.repeated_output import show_verified
    from bench.app.verify import repeat
    from bench.app.verify import sample as draw
    from bench.datasets.catalogue import Catalogue

    rows = draw(out, sample, seed)
    done = show_verified(lambda tell: repeat(out, rows, Catalogue(data_dir), workers(jobs), tell), len(rows))
    raise typer.Exit(0 if all(repeated.same for repeated in done) else FAILED)


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
    from bench.app.repeated_output import show_adopted
    from bench.datasets.catalogue import Catalogue

    verdicts = show_adopted(lambda tell: carry_over(out, sample, seed, Catalogue(data_dir), workers(jobs), tell))
    raise typer.Exit(0 if all(verdict.adopted for verdict in verdicts) else FAILED)
