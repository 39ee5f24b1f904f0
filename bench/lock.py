"""One writer of a folder at a time: a lock that ends with its process, however that ends, and its holder's name."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock

#: Beside a lock, who holds it: opening the lock file itself may empty it, so a name in it would be lost.
HOLDER_SUFFIX = ".holder"


class InUse(Exception):
    """Another process, or another part of this one, holds the lock; the message names it."""


def acquire(path: Path) -> FileLock:
    """Take the lock at once, or not at all.

    Parameters
    ----------
    path : Path
        The lock's file, in a folder that exists; it stays there when the lock is let go.

    Returns
    -------
    FileLock
        Held until its ``release`` or the end of the process, also by a kill.

    Raises
    ------
    InUse
        It is held; says by whom.
    OSError
        The file cannot be made.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=0, thread_local=False)  # any thread may let go of what another one took
    holder = path.with_name(path.name + HOLDER_SUFFIX)
    try:
        lock.acquire()
    except Timeout as error:
        raise InUse(_text(holder) or "another process") from error
    try:
        holder.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
    except BaseException:
        lock.release()
        raise
    return lock


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
