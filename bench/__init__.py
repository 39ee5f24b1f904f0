"""MNP-Bench: a benchmark suite and reproducibility harness for weakly supervised anomaly detection.

The public face, loaded on first use: ``create`` makes a detector, ``load_dataset`` loads a dataset, ``run`` runs a
suite, ``read`` gives a results folder as a frame with one row per cell. For a table of your own: ``load_table`` reads
it, ``pick`` finds a method for it, ``fit`` makes a model of it, ``save_model`` and ``load_model`` keep that,
``explain`` and ``explanation_figure`` say which columns make a row anomalous,
``WeakLabelKFold`` and ``weak_average_precision`` choose parameters with few labels.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.app.pick import pick
    from bench.app.run import run_suite as run
    from bench.datasets.registry import load as load_dataset
    from bench.methods import create
    from bench.store import read
    from bench.usertable.explain import explain
    from bench.usertable.explanation_figure import explanation_figure
    from bench.usertable.folder import load as load_model
    from bench.usertable.folder import save as save_model
    from bench.usertable.model import fit
    from bench.usertable.selection import WeakLabelKFold, weak_average_precision
    from bench.usertable.training import load_table

    __version__: str

__all__ = [
    "WeakLabelKFold",
    "__version__",
    "create",
    "explain",
    "explanation_figure",
    "fit",
    "load_dataset",
    "load_model",
    "load_table",
    "pick",
    "read",
    "run",
    "save_model",
    "weak_average_precision",
]

_WHERE = {
    "WeakLabelKFold": ("bench.usertable.selection", "WeakLabelKFold"),
    "create": ("bench.methods.registry", "create"),
    "explain": ("bench.usertable.explain", "explain"),
    "explanation_figure": ("bench.usertable.explanation_figure", "explanation_figure"),
    "fit": ("bench.usertable.model", "fit"),
    "load_dataset": ("bench.datasets.registry", "load"),
    "load_model": ("bench.usertable.folder", "load"),
    "load_table": ("bench.usertable.training", "load_table"),
    "pick": ("bench.app.pick", "pick"),
    "read": ("bench.store.reading", "read"),
    "run": ("bench.app.run", "run_suite"),
    "save_model": ("bench.usertable.folder", "save"),
    "weak_average_precision": ("bench.usertable.selection", "weak_average_precision"),
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
