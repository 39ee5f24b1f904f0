"""All datasets by name: their cards, whether they can be loaded now, and loading itself."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from bench.datasets.arrays import digest
from bench.datasets.places import data_folder
from bench.datasets.sources import OWN, sources
from bench.errors import BenchError, DataError, UnknownName
from bench.types import Dataset, DatasetCard

#: As many sets that are not here are named one by one.
NAMED_ALONE = 5


@cache
def _all_cards() -> dict[str, DatasetCard]:
    return {name: card for source in sources().values() for name, card in source.cards().items()}


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


def why_absent(card: DatasetCard, data_dir: str | os.PathLike[str] | None = None) -> str | None:
    """None if the dataset can be loaded now without a network, else one sentence that says how to get it."""
    return _why_absent(card, data_folder(data_dir))


def here(cards: Iterable[DatasetCard]) -> dict[str, bool]:
    """For each card's name whether the set can be loaded now without a network."""
    folder = data_folder()
    return {card.name: _why_absent(card, folder) is None for card in cards}


def lacking(cards: Iterable[DatasetCard], data_dir: str | os.PathLike[str] | None = None) -> dict[str, list[str]]:
    """Sets that cannot be loaded now, by the sentence that says so; many of one source share a sentence.

    Parameters
    ----------
    cards : iterable of DatasetCard
    data_dir : path, optional

    Returns
    -------
    dict of sentence to names
    """
    folder = data_folder(data_dir)
    by_source: dict[str, dict[str, str]] = {}
    for card in cards:
        if how := _why_absent(card, folder):
            by_source.setdefault(card.source, {})[card.name] = how
    told: dict[str, list[str]] = {}
    for source, absent in by_source.items():
        names = list(absent)
        if len(names) <= NAMED_ALONE:
            told |= {how: [name] for name, how in absent.items()}
        else:
            told[
                f"{len(names)} datasets of {source} are not on this machine ({', '.join(names[:3])} and "
                f"{len(names) - 3} more); run `mnp-bench fetch` with their names or their collection once with a "
                "network, or point --data-dir or MNP_BENCH_DATA at a folder that holds their files"
            ] = names
    return told


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
        Read-only features; memory-mapped for sets that come from files.

    Raises
    ------
    UnknownName, DataError

    Examples
    --------
    >>> from bench import load_dataset
    >>> digits = load_dataset("digits-low")
    >>> digits
    Dataset('digits-low', 991 x 64, 90 anomalies, sha256=d707611f67ad)
    >>> digits.card.modes, digits.X.dtype
    (5, dtype('float32'))
    """
    return _load(name, data_folder(data_dir))


@lru_cache(maxsize=64)
def _load(name: str, folder: Path | None) -> Dataset:
    known = card(name)
    source = sources()[known.source]
    if known.source in OWN:
        return source.load(known, folder)
    try:
        dataset = source.load(known, folder)
    except BenchError:
        raise
    except Exception as error:  # a stranger's code may raise anything
        raise DataError(_failure(known, error)) from error
    _require_sound(dataset, known)
    return dataset


def _why_absent(card: DatasetCard, folder: Path | None) -> str | None:
    source = sources()[card.source]
    if card.source in OWN:
        return source.why_absent(card, folder)
    try:
        reason = source.why_absent(card, folder)
        return str(reason) if reason else None
    except Exception as error:  # a stranger's code may raise anything
        return _failure(card, error)


def _failure(card: DatasetCard, error: Exception) -> str:
    return f"{card.name}: the source {card.source} failed ({type(error).__name__}: {error}); tell its authors"


def _require_sound(dataset: Dataset, card: DatasetCard) -> None:
    """Refuse another package's set whose name or hash is not that of its content: results are filed under them."""
    if not isinstance(dataset, Dataset) or dataset.name != card.name:
        raise DataError(f"the source {card.source} gave no Dataset named {card.name}; mend its load()")
    if dataset.sha256 != digest(dataset.X, dataset.y, dataset.anomaly_type):
        raise DataError(
            f"{card.name}: the source {card.source} gave a hash that is not that of its arrays; "
            "make the set with bench.datasets.arrays.make_dataset"
        )
