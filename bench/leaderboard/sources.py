"""The results folders and bundles that a leaderboard is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from bench.errors import StoreError
from bench.store import manifest, read

#: Where a checkout keeps its committed results.
REFERENCE = Path("results/reference")


@dataclass(frozen=True, eq=False)
class Source:
    """One results folder or bundle.

    Attributes
    ----------
    path : str
        As it was given: what ``mnp-bench rerun`` takes.
    rows : DataFrame
        The store's rows, without scores.
    runs, adoptions : list of dict
        From its manifest.
    """

    path: str
    rows: pd.DataFrame
    runs: list[dict[str, Any]]
    adoptions: list[dict[str, Any]]

    def keeping(self, chosen: pd.Series) -> Source:
        """The same with fewer rows."""
        return replace(self, rows=self.rows[chosen])


def reference() -> list[str]:
    """The committed results folders of the checkout that is the current folder.

    Raises
    ------
    StoreError
        There are none.
    """
    folders = sorted(path.parent.as_posix() for path in REFERENCE.glob("*/store"))
    if not folders:
        raise StoreError(
            f"there is no {REFERENCE}/ here; name results folders or bundles, or go to a checkout of the project"
        )
    return folders


def read_sources(paths: Sequence[str]) -> list[Source]:
    """Read results folders and bundles, in the order given; one that is given twice is read once.

    Raises
    ------
    StoreError
        One of them cannot be read, or none holds a result.
    """
    read_ones = [
        Source(path, read(path), manifest.read_manifest(path), manifest.read_adoptions(path))
        for path in dict.fromkeys(path.rstrip("/") for path in paths)
    ]
    if not any(len(source.rows) for source in read_ones):
        raise StoreError(f"{', '.join(paths)}: no results yet; run a suite first")
    return read_ones
