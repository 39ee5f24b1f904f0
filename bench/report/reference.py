"""Rebuilds every table and figure under results/reference/ from the committed stores (nox -s figures).

No method runs. With ``--check`` the exit code is 1 if a table's bytes changed, so that what is committed can be held
against what its store says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.errors import BenchError, StoreError
from bench.report.build import build
from bench.store import FOLDER

ROOT = Path("results/reference")


def rebuild(root: Path = ROOT) -> dict[Path, list[Path]]:
    """Build the report of every results folder below ``root``.

    Returns
    -------
    dict of folder to list of Path
        The tables of each folder whose bytes are not what they were (new ones too).

    Raises
    ------
    StoreError
        There is no results folder.
    """
    folders = sorted(path.parent for path in root.glob(f"*/{FOLDER}"))
    if not folders:
        raise StoreError(f"there are no results folders in {root} (folders with a {FOLDER}/); run from the repository")
    return {folder: _rebuilt(folder) for folder in folders}


def _rebuilt(folder: Path) -> list[Path]:
    before = _tables(folder)
    build(folder)
    after = _tables(folder)
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _tables(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (folder / "tables").glob("*")}


def main(words: Sequence[str] | None = None) -> int:
    """Rebuild, and say which tables changed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.report.reference", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help=f"default {ROOT}")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a table changed")
    chosen = parser.parse_args(words)
    try:
        rebuilt = rebuild(chosen.root)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 2
    for folder, changed in rebuilt.items():
        print(
            f"{folder}: " + (f"changed: {', '.join(path.name for path in changed)}" if changed else "tables unchanged")
        )
    return int(chosen.check and any(rebuilt.values()))


if __name__ == "__main__":
    sys.exit(main())
