"""The tables that ``mnp-bench inspect`` leaves in a results folder: what a model sees of its rows, its losses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from bench.atomic import write_whole
from bench.errors import StoreError

#: In a results folder: <dataset>.parquet and <dataset>.losses.csv, with about.json.
FOLDER = "inspection"
ABOUT = "about.json"


def write(out: Path, about: Mapping[str, Any], seen: pd.DataFrame, losses: pd.DataFrame) -> list[Path]:
    """Write both tables of one inspection and note what it is of.

    Parameters
    ----------
    out : results folder
    about : mapping
        dataset, method, seed, labelled (number of labelled anomalies).
    seen, losses : DataFrame

    Returns
    -------
    list of Path
    """
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    stem = str(about["dataset"]).replace("/", "_")
    table, history = folder / f"{stem}.parquet", folder / f"{stem}.losses.csv"
    seen.to_parquet(table, index=False)
    losses.to_csv(history, index=False)
    told = {**read_about(folder), stem: dict(about)}
    write_whole(folder / ABOUT, (json.dumps(dict(sorted(told.items())), indent=1) + "\n").encode())
    return [table, history]


def read_about(folder: Path) -> dict[str, dict[str, Any]]:
    """What each inspection is of, by the stem of its files; empty if there is none.

    Raises
    ------
    StoreError
        The file is broken.
    """
    try:
        return dict(json.loads((folder / ABOUT).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise StoreError(f"{folder / ABOUT} is broken; move {folder} away and inspect again") from error


def read(folder: Path, stem: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(what is seen, losses per epoch) of one inspection."""
    return pd.read_parquet(folder / f"{stem}.parquet"), pd.read_csv(folder / f"{stem}.losses.csv")
