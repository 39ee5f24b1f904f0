"""Whole files or none: written beside, synced, then renamed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from bench.errors import BenchError, StoreError

#: Names of files that are being written begin with this.
UNFINISHED = ".unfinished-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_whole(
    path: Path, content: bytes | memoryview, *, sync: bool = True, trouble: type[BenchError] = StoreError
) -> None:
    """Write a file so that a crash at any moment leaves the old file or the new one, never a part.

    Parameters
    ----------
    path : Path
    content : bytes
    sync : bool
        Force file and folder to the disk before returning; False for files that may be lost.
    trouble : type of BenchError, default StoreError
        What is raised.

    Raises
    ------
    BenchError
        No space or no permission, in one sentence.
    """
    beside = path.parent / f"{UNFINISHED}{os.getpid()}-{path.name}"
    try:
        with beside.open("wb") as stream:
            stream.write(content)
            if sync:
                stream.flush()
                os.fsync(stream.fileno())
        beside.replace(path)
        if sync:
            sync_folder(path.parent)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise trouble(_told(path, error)) from error


def write_text(path: Path, text: str) -> None:
    """``write_whole`` for text in UTF-8 that can be made again, so it is not forced to the disk.

    Raises
    ------
    StoreError
        As ``write_whole``.
    """
    write_whole(path, text.encode(), sync=False)


def sync_folder(folder: Path) -> None:
    """Force a folder's entries (new names, renames, removals) to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(path: Path, error: OSError) -> str:
    if error.errno in _FULL:
        return (
            f"the disk is full: {path} cannot be written; free some space and give the same command again, "
            "everything stored so far is kept"
        )
    return f"{path} cannot be written: {error.strerror}; correct that and give the same command again"
