"""Where ADBench's own environment is; imports nothing, as every list of methods asks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: The Python of ADBench's environment; ``nox -s adbench`` makes one at ``DEFAULT``.
VARIABLE = "MNP_BENCH_ADBENCH"
DEFAULT = Path(".nox/adbench-env") / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def python() -> Path | None:
    """The Python of ADBench's environment, None if there is none."""
    given = os.environ.get(VARIABLE)
    path = Path(given) if given else DEFAULT
    return path.absolute() if path.is_file() else None


def missing() -> str:
    """Nothing when the models can run here, else what they need."""
    return "" if python() else f"an environment of ADBench's own: nox -s adbench, or set {VARIABLE}"
