"""What does not belong in a store, or is torn: named in a warning and moved to a folder of its own, never deleted."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from pathlib import Path

from bench.atomic import UNFINISHED, sync_folder
from bench.store import segments
from bench.store.segments import StoreWarning

SHELF = "set-aside"


def foreign(folder: Path, own: Collection[str]) -> None:
    """Set aside everything in a store's folder but its sound parts, the files named ``own`` and the shelf itself.

    Warns
    -----
    StoreWarning
        For each file: where it was, where it is now, and why.
    """
    for path in sorted(folder.iterdir()):
        if path.name not in own and path.name != SHELF and (reason := _strangeness(path)):
            _set_aside(path, reason)


def _strangeness(path: Path) -> str:
    if path.name.startswith(UNFINISHED):
        return "a run ended while it was being written"
    part = segments.parsed(path) if path.is_file() else None
    return segments.fault(part) if part else "it is not a file of a results store"


def _set_aside(path: Path, reason: str) -> None:
    shelf = path.parent / SHELF
    shelf.mkdir(exist_ok=True)
    number, target = 0, shelf / path.name
    while target.exists():
        number += 1
        target = shelf / f"{path.name}.{number}"
    path.rename(target)
    sync_folder(path.parent)
    warnings.warn(f"{path} was set aside as {target}: {reason}", StoreWarning, stacklevel=6)
