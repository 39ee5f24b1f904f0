"""``mnp-bench bundle``: a results folder as one small file to hand on."""

from __future__ import annotations

from typing import Annotated

import typer


def bundle(
    out: Annotated[str, typer.Argument(metavar="OUT", help="A results folder.", show_default=False)],
    to: Annotated[str | None, typer.Option("--to", metavar="FILE", help="Default: OUT.mnpbundle.zip.")] = None,
) -> None:
    """Write a results folder as one file, without scores: others can report, compare and rank it."""
    typer.echo(bundle_folder(out, to))


def bundle_folder(out: str, to: str | None) -> str:
    """Write the bundle; returns what is said of it.

    Raises
    ------
    StoreError
        No results, or the file cannot be written.
    """
    from pathlib import Path

    from bench.datasets import registry
    from bench.errors import StoreError
    from bench.planning.recipes import recipes
    from bench.store import bundle as bundles
    from bench.store import manifest, reading

    folder = Path(out)
    if bundles.is_bundle(folder):
        raise StoreError(f"{out} is a file; give the results folder that is to be bundled")
    rows = reading.rows_of(folder)
    if not rows.num_rows:
        raise StoreError(f"{out} holds no results yet; run its suite first")
    path = Path(to) if to else folder.with_name(folder.resolve().name + bundles.ENDING)
    told = manifest.read_whole(folder)
    named = zip(rows["method"].to_pylist(), rows["params"].to_pylist(), strict=True)
    own = set(rows["dataset"].to_pylist()) - set(registry.cards())
    size = bundles.write(path, folder.resolve().name, rows, told, recipes(named, told), own)
    large = "" if size < 1_000_000 else "; that is more than a megabyte, as the store has very many cells"
    return f"{path}: {rows.num_rows:,} cells, {size / 1000:,.0f} kB, without the scores of single rows{large}"
