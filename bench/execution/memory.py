"""The process's peak of resident memory, measured anew for each group where the system allows."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import sys
from pathlib import Path

_PROC = Path("/proc/self")


def forget_peak() -> bool:
    """Let the peak start again from the memory in use now; False where only the lifetime's peak is known."""
    with contextlib.suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)  # what an earlier group left is not this one's
    try:
        (_PROC / "clear_refs").write_text("5")
    except OSError:
        return False  # not Linux, or a container that forbids it
    return True


def peak_mb() -> float:
    """The peak of resident memory in MB (10^6 bytes), since ``forget_peak`` where that works."""
    try:
        status = (_PROC / "status").read_text()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6
