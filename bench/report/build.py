"""Everything that is rebuilt from the store alone: tables and figures of one results folder."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from bench.errors import StoreError
from bench.report import curves, tables, verdicts
from bench.report.rows import prepare
from bench.store import read

CURVES = ("contamination", "label_budget")


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
    frame = read(place)
    if frame.empty:
        raise StoreError(f"{place} holds no results yet; run its suite first")
    rows = prepare(frame)
    return [
        *tables.write(place / "tables", rows),
        *verdicts.write(place / "tables", rows),
        *_figures(place / "figures", frame),
    ]


def _figures(folder: Path, frame: pd.DataFrame) -> list[Path]:
    written = []
    good = frame[frame.status == "ok"]
    for over in CURVES:
        if good[over].nunique() < 2:
            continue
        for metric in ("average_precision", "auc_roc"):
            figure, caption = curves.curve(frame, over, metric)
            folder.mkdir(parents=True, exist_ok=True)
            stem = folder / f"{over}_{metric}"
            for suffix in ("png", "pdf"):
                path = stem.with_suffix(f".{suffix}")
                # without dates and versions the files are the same bytes each time
                figure.savefig(
                    path, dpi=300, metadata={"Software": None} if suffix == "png" else {"CreationDate": None}
                )
                written.append(path)
            text = stem.with_suffix(".txt")
            text.write_text(caption + "\n", encoding="utf-8")
            written.append(text)
    return written
