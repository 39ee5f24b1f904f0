"""``mnp-bench leaderboard``: results of any number of folders and bundles on one page."""

from __future__ import annotations

from typing import Annotated

import typer


def leaderboard(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[OUT|BUNDLE]...", help="Results folders, folders of such, bundles; default results/reference."
        ),
    ] = None,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="The page.")] = "leaderboard.html",
) -> None:
    """Rank methods over results folders and bundles on one page: choose, compare, repeat any cell."""
    for line in build(sources or [], out):
        typer.echo(line)


def build(paths: list[str], out: str) -> list[str]:
    """Write the page; returns what was left out, and what was made.

    Raises
    ------
    StoreError
        A source cannot be read, or the page not be written.
    """
    from pathlib import Path

    from bench.leaderboard import page
    from bench.leaderboard.merge import merge
    from bench.leaderboard.sources import read_sources, reference
    from bench.report.words import count

    merged = merge(read_sources(paths or reference()))
    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    page.write(target, merged)
    size = target.stat().st_size / 1e6
    cells = f"{count(len(merged.rows), 'cell')} of {count(len(merged.sources), 'source')}, {size:.1f} MB"
    return [*map(str, merged.left_out), f"{out}: {cells}"]
