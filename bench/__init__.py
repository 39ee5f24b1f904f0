"""MNP-Bench: a benchmark suite and reproducibility harness for weakly supervised anomaly detection.

The public face, loaded on first use: ``create`` makes a detector, ``load_dataset`` loads a dataset, ``run`` runs a
suite, ``read`` gives a results folder as a frame with one row per cell.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.app.run import run_suite as run
    from bench.datasets.registry import load as load_dataset
    from bench.methods import create
    from bench.store import read

    __version__: str

__all__ = ["__version__", "create", "load_dataset", "read", "run"]

_WHERE = {
    "create": ("bench.methods.registry", "create"),
    "load_dataset": ("bench.datasets.registry", "load"),
    "read": ("bench.store.reading", "read"),
    "run": ("bench.app.run", "run_suite"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("mnp-bench")
    if name in _WHERE:
        module, attribute = _WHERE[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module 'bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
