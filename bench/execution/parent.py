"""A process that ends when the one that started it is gone, however that ended."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time


def die_with(parent: int) -> None:
    """End this process when its parent ends, however that ends."""
    if sys.platform == "linux":
        # The kernel's own watch: it also ends a C call that never lets go of the interpreter.
        set_death_signal = 1
        ctypes.CDLL(None, use_errno=True).prctl(set_death_signal, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # it was gone before the watch began
    else:
        watch_parent(parent)


def watch_parent(parent: int) -> None:
    """Start a thread that ends this process within a second after its parent is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()
