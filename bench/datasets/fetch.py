"""Data sets into the user's cache: which are asked for, which are there already, and pins of files without a hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.datasets import registry, select
from bench.datasets.download import Offline, download
from bench.datasets.pins import pin, remember_pin
from bench.datasets.places import file_sha256
from bench.datasets.sources import Downloadable, Source, sources
from bench.errors import DataError, UnknownName
from bench.types import DatasetCard

#: Called with the set's name, the bytes that are there and the bytes expected (None = unknown).
Progress = Callable[[str, int, "int | None"], None]

#: So many failures are told one by one.
MOST_REASONS = 5


@dataclass(frozen=True)
class Fetched:
    """What became of one set: its file, and a notice for the user ("" = downloaded or there, as pinned)."""

    name: str
    path: Path
    notice: str = ""


def members(names: Iterable[str], only: Iterable[str] | None = None) -> list[DatasetCard]:
    """Cards of the sets and collections named, in order and once each.

    Parameters
    ----------
    names : iterable of str
        Datasets or collections, also filtered: ``oddbench:eligible[rows<5000]``.
    only : iterable of str, optional
        Of these, only the sets of these names, with or without the source's name in front.

    Raises
    ------
    UnknownName
        Neither a dataset nor a collection, or a name in ``only`` that is not among the sets named.
    DataError
        A dataset that has no place to download it from.
    """
    known = registry.cards()
    chosen = dict.fromkeys(select.expanded(names))
    if only is not None:
        full = {short: name for name in chosen for short in (name, name.partition("/")[2])}
        for name in (wanted := list(only)):
            if name not in full:
                raise UnknownName("dataset", name, full)
        chosen = dict.fromkeys(full[name] for name in wanted)
    for name in chosen:
        if name not in known:
            raise UnknownName("dataset", name, known)
        if not isinstance(sources()[known[name].source], Downloadable):
            raise DataError(registry.why_absent(known[name]) or f"{name} needs no download")
    return [known[name] for name in chosen]


def fetch(names: Iterable[str], progress: Progress | None = None, only: Iterable[str] | None = None) -> list[Fetched]:
    """Download sets that are not in the cache yet.

    Parameters
    ----------
    names : iterable of str
        Datasets or collections (``adbench`` = the 47 Classical sets, ``adbench:CV_by_ViT``, ``oddbench``, ...).
    progress : callable, optional
    only : iterable of str, optional
        Of these, only the sets of these names.

    Returns
    -------
    list of Fetched

    Raises
    ------
    UnknownName, DataError
        After all others are there: the sets that could not be had, each with its reason. Without any
        connection the first failure ends the work.
    """
    fetched, failed = [], []
    for card in members(names, only):
        try:
            fetched.append(fetch_one(card, progress))
        except Offline:
            raise
        except DataError as error:
            failed.append(str(error))
    if failed:
        more = f"; {len(failed) - MOST_REASONS} more could not be had either" if len(failed) > MOST_REASONS else ""
        raise DataError("; ".join(failed[:MOST_REASONS]) + more)
    return fetched


def fetch_one(card: DatasetCard, progress: Progress | None = None) -> Fetched:
    """Download one set, unless its file is in the cache with the right hash."""
    source = sources()[card.source]
    if not isinstance(source, Downloadable):
        raise DataError(f"{card.name} needs no download")
    path = source.target(card)
    if path.is_file() and pin(card) == file_sha256(path):
        return Fetched(card.name, path)
    if path.is_file() and pin(card) is not None:
        path.unlink()  # damaged or changed
    if not path.is_file():
        tell = (lambda done, total: progress(card.name, done, total)) if progress else None
        download(source.urls(card), pin(card), path, card.name, tell)
    if pin(card) is not None:
        return Fetched(card.name, path)
    return Fetched(card.name, path, _pin_first(source, card, path))


def _pin_first(source: Source, card: DatasetCard, path: Path) -> str:
    """Check an unpinned file by reading it, then pin it; a file that does not read well is deleted."""
    try:
        source.load(card, None)
    except DataError:
        path.unlink()
        raise
    sha256 = file_sha256(path)
    remember_pin(card, sha256)
    return (
        f"{card.name}: no hash is published for this file, so it was checked by reading it and is pinned on "
        f"this machine to sha256 {sha256}"
    )
