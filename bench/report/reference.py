"""Rebuilds every table and figure under results/reference/ from the committed stores (nox -s figures).

No method runs. The generated blocks of README.md, of results/reference/README.md and of the folders' own are written
anew too (``bench.report.blocks``). With ``--check`` the exit code is 1 if the bytes of a table or document changed, so
that what is committed can be held against what its store says; ``--words`` does the documents only. ``--drop-scores``,
before a commit, takes the scores of single rows out of every store and does nothing else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.atomic import write_text
from bench.errors import BenchError, StoreError
from bench.report.blocks import filled
from bench.report.build import build
from bench.report.generated import written
from bench.report.stores import Stores
from bench.store import FOLDER
from bench.store.scoreless import drop_scores

ROOT = Path("results/reference")
DOCUMENT = "README.md"


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
    return {folder: _rebuilt(folder) for folder in results_folders(root)}


def results_folders(root: Path = ROOT) -> list[Path]:
    """The results folders right below ``root``; ``StoreError`` where there is none."""
    folders = sorted(path.parent for path in root.glob(f"*/{FOLDER}"))
    if not folders:
        raise StoreError(f"there are no results folders in {root} (folders with a {FOLDER}/); run from the repository")
    return folders


def _rebuilt(folder: Path) -> list[Path]:
    before = _tables(folder)
    build(folder)
    after = _tables(folder)
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _tables(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (folder / "tables").glob("*")}


def documents(root: Path = ROOT) -> list[Path]:
    """The documents that may hold generated blocks: of the repository, of ``root`` and of its folders."""
    paths = [root / DOCUMENT, *sorted(root.glob(f"*/{DOCUMENT}"))]
    if root == ROOT:
        paths.insert(0, Path(DOCUMENT))
    return [path for path in paths if path.is_file()]


def reworded(root: Path = ROOT) -> dict[Path, str]:
    """The text that each document has once its generated blocks are written anew; nothing is changed.

    Raises
    ------
    StoreError
        A block cannot be written, told with its document and line.
    """
    stores = Stores(root)
    texts = {path: path.read_text(encoding="utf-8") for path in documents(root)}
    return {path: filled(text, lambda block: written(stores, block), str(path)) for path, text in texts.items()}


def reword(root: Path = ROOT) -> list[Path]:
    """Write the generated blocks of every document anew; returns the documents whose bytes changed.

    Raises
    ------
    StoreError
        A block cannot be written; no document is changed then.
    """
    made = reworded(root)
    changed = [path for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    for path in changed:
        write_text(path, made[path])
    return changed


def main(words: Sequence[str] | None = None) -> int:
    """Rebuild, and say which tables changed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.report.reference", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help=f"default {ROOT}")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a table or document changed")
    parser.add_argument("--words", action="store_true", help="only the generated blocks of the documents")
    parser.add_argument("--drop-scores", action="store_true", help="only take the scores of rows out of the stores")
    chosen = parser.parse_args(words)
    try:
        if chosen.drop_scores:
            for folder in results_folders(chosen.root):
                print(f"{folder}: scores of {drop_scores(folder):,} cells dropped")
            return 0
        rebuilt = {} if chosen.words else rebuild(chosen.root)
        changed_words = reword(chosen.root)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 2
    for folder, changed in rebuilt.items():
        print(
            f"{folder}: " + (f"changed: {', '.join(path.name for path in changed)}" if changed else "tables unchanged")
        )
    for path in documents(chosen.root):
        print(f"{path}: {'changed' if path in changed_words else 'unchanged'}")
    return int(chosen.check and (bool(changed_words) or any(rebuilt.values())))


if __name__ == "__main__":
    sys.exit(main())
