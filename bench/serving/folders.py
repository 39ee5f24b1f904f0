"""Which results folders there are below a folder, and which of their files may be shown."""

from __future__ import annotations

from pathlib import Path

from bench.errors import StoreError
from bench.store import FOLDER

#: So deep below the folder that was named results are looked for.
DEPTH = 3
#: What a results folder's page links to; nothing else is handed out.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".tex": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}


def results_folders(root: Path) -> dict[str, Path]:
    """Results folders at or below a folder by their path from it (itself by its name); links are not followed.

    Raises
    ------
    StoreError
        There is no such folder.
    """
    if not root.is_dir():
        raise StoreError(f"there is no folder {root}; run a suite first, or name the folder that holds results")
    by_name: dict[str, Path] = {}
    level = [root]
    for _ in range(DEPTH + 1):
        by_name |= {_called(folder, root): folder for folder in level if (folder / FOLDER).is_dir()}
        inside = [child for folder in level for child in folder.iterdir()]
        level = [child for child in inside if child.is_dir() and not child.is_symlink()]
    return dict(sorted(by_name.items()))


def _called(folder: Path, root: Path) -> str:
    return root.resolve().name if folder == root else folder.relative_to(root).as_posix()


def file_in(folder: Path, words: list[str]) -> Path | None:
    """The file of a results folder that a path's words name; None if there is none that may be shown.

    Parameters
    ----------
    folder : results folder
    words : the path's parts, decoded
    """
    if not words or any(_is_strange(word) for word in words):
        return None
    path = folder.joinpath(*words)
    if path.suffix not in TYPES or not path.is_file():
        return None
    links = [path, *path.parents][: len(words)]
    inside = path.resolve().is_relative_to(folder.resolve())
    return path if inside and not any(step.is_symlink() for step in links) else None


def _is_strange(word: str) -> bool:
    return word in ("", ".", "..") or word.startswith(".") or any(sign in word for sign in "/\\\0:")
