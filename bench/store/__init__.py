"""The store: one row per cell as parquet, the manifest of what ran, and how both are written and read.

``read`` and ``Store`` are loaded on first use, so that the manifest costs no import of pyarrow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.store.reading import FOLDER, read
    from bench.store.segments import StoreWarning
    from bench.store.store import Store

__all__ = ["FOLDER", "Store", "StoreWarning", "read"]

_WHERE = {"FOLDER": "reading", "read": "reading", "StoreWarning": "segments", "Store": "store"}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"bench.store.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'bench.store' has no attribute {name!r}")
