"""All datasets by name: their cards, whether they can be loaded now, and loading itself."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from bench.datasets.places import data_folder
from bench.errors import UnknownName
from bench.types import Dataset, DatasetCard

#: A source is a module with ``cards()``, ``available(card, data_dir)`` and ``load(card, data_dir)``.
SOURCES = ("bundled", "synthetic", "adbench", "typed")


def _source(name: str) -> ModuleType:
    return import_module(f"bench.datasets.{name}")


@cache
def _all_cards() -> dict[str, DatasetCard]:
    return {name: card for source in SOURCES for name, card in _source(source).cards().items()}


def cards() -> dict[str, DatasetCard]:
    """Every registered dataset's card by name, sources in order; no data are touched."""
    return dict(_all_cards())


def card(name: str) -> DatasetCard:
    """The card of one dataset.

    Raises
    ------
    UnknownName
        With the near matches.
    """
    try:
        return _all_cards()[name]
    except KeyError:
        raise UnknownName("dataset", name, _all_cards()) from None


def available(card: DatasetCard, data_dir: str | os.PathLike[str] | None = None) -> str:
    """Empty if the dataset can be loaded now without a network, else one sentence that says how to get it."""
    return str(_source(card.source).available(card, data_folder(data_dir)))


def load(name: str, data_dir: str | os.PathLike[str] | None = None) -> Dataset:
    """Load a dataset, once per process.

    Parameters
    ----------
    name : str
        As listed by ``cards()``.
    data_dir : path, optional
        Folder with the user's own copies; None = ``MNP_BENCH_DATA``, then the user's cache.

    Returns
    -------
    Dataset
        Read-only float32 features; memory-mapped for sets that come from files.

    Raises
    ------
    UnknownName, DataError
    """
    return _load(name, data_folder(data_dir))


@lru_cache(maxsize=64)
def _load(name: str, folder: Path | None) -> Dataset:
    known = card(name)
    dataset: Dataset = _source(known.source).load(known, folder)
    return dataset
