"""A results folder or bundle as reports read it: its rows, and what its manifest says of their runs."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from bench.report.families import by_todays_cards
from bench.store import manifest, read


@dataclass(frozen=True, eq=False)
class Source:
    """One results folder or bundle.

    Attributes
    ----------
    path : str
        As it was given: what ``mnp-bench rerun`` takes.
    rows : DataFrame
        The store's rows, each dataset in the family that its card names today.
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


def read_source(path: str | os.PathLike[str], rows: pd.DataFrame | None = None) -> Source:
    """Read a results folder or bundle.

    Parameters
    ----------
    path : path
    rows : DataFrame, optional
        Its rows, of a caller that has read them already; default without scores.

    Raises
    ------
    StoreError
        It cannot be read.
    """
    return Source(
        os.fspath(path),
        by_todays_cards(read(path) if rows is None else rows),
        manifest.read_manifest(path),
        manifest.read_adoptions(path),
    )
