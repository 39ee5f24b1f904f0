"""The results folders and bundles that a leaderboard is made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.errors import StoreError
from bench.report.source import Source, read_source
from bench.store import FOLDER

#: Where a checkout keeps its committed results.
REFERENCE = Path("results/reference")


def reference() -> list[str]:
    """The committed results folders of the checkout that is the current folder.

    Raises
    ------
    StoreError
        There are none.
    """
    folders = _below(REFERENCE)
    if not folders:
        raise StoreError(
            f"there is no {REFERENCE}/ here; name results folders or bundles, or go to a checkout of the project"
        )
    return folders


def read_sources(paths: Sequence[str]) -> list[Source]:
    """Read results folders and bundles, in the order given; one that is given twice is read once.

    A folder that is no results folder stands for those directly in it.

    Raises
    ------
    StoreError
        One of them cannot be read, or none holds a result.
    """
    named = [folder for path in paths for folder in _below(Path(path)) or [path.rstrip("/")]]
    read_ones = [read_source(path) for path in dict.fromkeys(named)]
    if not any(len(source.rows) for source in read_ones):
        raise StoreError(f"{', '.join(paths)}: no results yet; run a suite first")
    return read_ones


def _below(folder: Path) -> list[str]:
    """The results folders in a folder, by name; none if it is one itself."""
    if (folder / FOLDER).exists():
        return []
    return sorted(path.parent.as_posix() for path in folder.glob(f"*/{FOLDER}"))
