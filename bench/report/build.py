"""Everything that is rebuilt from the store alone: tables, statistics and figures of one results folder."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from bench.errors import StoreError
from bench.report import page, tables, verdicts
from bench.report.figures import inside
from bench.report.figures import write as figures
from bench.report.rows import prepare
from bench.store import read


def build(folder: str | os.PathLike[str], frame: pd.DataFrame | None = None) -> list[Path]:
    """Write tables/, figures/ and index.html of a results folder.

    Parameters
    ----------
    folder : path
        results/<suite>.
    frame : DataFrame, optional
        The store's rows with scores, of a caller that has read them already.

    Returns
    -------
    list of Path
        The files, in a fixed order.

    Raises
    ------
    StoreError
        There are no results.
    """
    results = Path(folder)
    if frame is None:
        frame = read(results, scores=True)
    if frame.empty:
        raise StoreError(f"{results} holds no results yet; run its suite first")
    rows = prepare(frame)
    tested = verdicts.verdicts(rows)
    return [
        *tables.write(results / "tables", rows),
        *verdicts.write(results / "tables", tested),
        *figures.write(results / "figures", rows),
        *inside.write(results),
        page.write(results, rows, tested),
    ]
