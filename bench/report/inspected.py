"""The tables that ``mnp-bench inspect`` leaves in a results folder: where they lie, and how they are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from bench.errors import StoreError

#: In a results folder: <dataset>.parquet and <dataset>.losses.csv, with about.json.
FOLDER = "looks"
ABOUT = "about.json"


def read_about(folder: Path) -> dict[str, dict[str, Any]]:
    """What each look is of, by the stem of its files; empty if there is none.

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


def read_look(folder: Path, stem: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(what is seen, losses per epoch) of one look."""
    return pd.read_parquet(folder / f"{stem}.parquet"), pd.read_csv(folder / f"{stem}.losses.csv")
