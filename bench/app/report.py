"""Everything that is built from a results folder's rows: tables, statistics, figures, and both pages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def build_report(folder: Path, rows: pd.DataFrame) -> list[Path]:
    """Write tables, figures, ``explore.html`` and ``index.html``, with a bar on a terminal; returns the files.

    Parameters
    ----------
    folder : results folder
    rows : its rows with scores

    Raises
    ------
    StoreError
        There are no results.
    """
    from bench.app.report_progress import report_progress
    from bench.report.build import build

    explorer = _explorer(folder)
    with report_progress() as tell:
        return [*explorer, *build(folder, rows, tell)]


def _explorer(folder: Path) -> list[Path]:
    """The leaderboard of this folder alone; rows that cannot be shown there cost no report."""
    from bench.errors import BenchError
    from bench.leaderboard import page
    from bench.leaderboard.merge import merge
    from bench.leaderboard.sources import read_sources
    from bench.report.page import EXPLORER

    path = folder / EXPLORER
    try:
        return [page.write(path, merge(read_sources([str(folder)])), folder.resolve().name)]
    except BenchError as error:
        path.unlink(missing_ok=True)
        print(f"no {EXPLORER}: {error}", file=sys.stderr)
        return []
