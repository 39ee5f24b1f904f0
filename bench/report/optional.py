"""Packages that a report makes use of where they are installed."""

from __future__ import annotations

from functools import cache
from importlib import import_module


@cache
def installed(package: str) -> bool:
    """Whether a package can be imported; where it can, it is imported now."""
    try:
        import_module(package)
    except ModuleNotFoundError:
        return False
    return True
