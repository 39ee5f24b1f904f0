"""Everything that is rebuilt from the store alone: tables, statistics and figures of one results folder."""

from __future__ import annotations

import os
from pathlib import Path

from bench.errors import StoreError
from bench.report import tables, verdicts
from bench.report.figures import inside
from bench.report.figures import write as figures
from bench.report.rows import prepare
from bench.store import read


def build(folder: str | os.PathLike[str]) -> list[Path]:
    """Write tables/ and figures/ of a results folder.

    Returns
    -------
    list of Path
        The files, in a fixed order.

    Raises
    ------
    StoreError
        There are no results.
    """
    place = Path(folder)
    frame = read(place, scores=True)
    if frame.empty:
        raise StoreError(f"{place} holds no results yet; run its suite first")
    rows = prepare(frame)
    return [
        *tables.write(place / "tables", rows),
        *verdicts.write(place / "tables", rows),
        *figures.write(place / "figures", rows),
        *inside.write(place),
    ]
