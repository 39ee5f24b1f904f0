"""The store: one row per cell as parquet, the manifest of what ran, and how both are written and read.

``read`` and ``Store`` are loaded on first use, so that the atomic writer costs no import of pyarrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.store.store import FOLDER, Store, StoreWarning, read

__all__ = ["FOLDER", "Store", "StoreWarning", "read"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from bench.store import store

        return getattr(store, name)
    raise AttributeError(f"module 'bench.store' has no attribute {name!r}")
