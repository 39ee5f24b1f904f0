"""Everything that is rebuilt from the store alone: tables, statistics and figures of one results folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bench.errors import StoreError
from bench.report import page, tables, verdicts
from bench.report.code import with_code
from bench.report.figures import inside
from bench.report.figures import write as figures
from bench.report.rows import prepare
from bench.report.source import read_source
from bench.report.spread import Tell, silent
from bench.store import read

#: Called with what is being made, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]


def build(
    folder: str | os.PathLike[str], frame: pd.DataFrame | None = None, progress: Progress | None = None
) -> list[Path]:
    """Write tables/, figures/ and index.html of a results folder.

    Parameters
    ----------
    folder : path
        results/<suite>.
    frame : DataFrame, optional
        The store's rows with scores, of a caller that has read them already.
    progress : function of (what, done, total), optional
        Is told how far tests and figures are.

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
    rows = prepare(*with_code(read_source(results, frame)))

    def telling(what: str) -> Tell:
        return (lambda done, total: progress(what, done, total)) if progress else silent

    tested = verdicts.verdicts(rows, telling("tests"))
    return [
        *tables.write(results / "tables", rows),
        *verdicts.write(results / "tables", tested),
        *figures.write(results / "figures", rows, telling("figures")),
        *inside.write(results),
        page.write(results, rows, tested),
    ]
