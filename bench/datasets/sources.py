"""What a source of datasets is, and which there are: ours, and those that other packages register.

A package registers a source through the entry-point group ``mnp_bench.datasets``; the entry point's name is the
source's name, and it loads to any object with the functions of ``Source``, a module for instance.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from bench.errors import ConfigError
from bench.types import Dataset, DatasetCard

GROUP = "mnp_bench.datasets"
#: Modules of ``bench.datasets``, in the order of lists.
OWN = ("bundled", "synthetic", "adbench", "oddbench", "typed")


class SourceWarning(UserWarning):
    """Another package's datasets cannot be used."""


@dataclass(frozen=True)
class Collection:
    """Sets that are named together: one line for people, and the sets' names."""

    title: str
    members: tuple[str, ...]


@runtime_checkable
class Source(Protocol):
    """Datasets of one kind. Parameter names are part of nothing; calls are positional."""

    def cards(self) -> Mapping[str, DatasetCard]:
        """Every set's card by its name; read without touching data, as every list needs it.

        A name begins with the source's name and a slash, so that no two sources meet; ``card.source`` is the
        source's name.
        """

    def why_absent(self, card: DatasetCard, folder: Path | None, /) -> str | None:
        """None if the set can be loaded now without a network, else one sentence that says how to get it.

        ``folder`` is the user's folder of data files (``--data-dir`` or ``MNP_BENCH_DATA``), if there is one.
        """

    def load(self, card: DatasetCard, folder: Path | None, /) -> Dataset:
        """The set, as ``bench.datasets.arrays.make_dataset`` makes it of arrays; never from the network.

        Raises
        ------
        DataError
            It is not here, or cannot be used; one sentence with the remedy.
        """


@runtime_checkable
class Downloadable(Source, Protocol):
    """A source whose sets are single files that ``mnp-bench fetch`` can bring, checked against ``card.sha256``."""

    def urls(self, card: DatasetCard, /) -> Sequence[str]:
        """Https addresses of the set's file, best first."""

    def target(self, card: DatasetCard, /) -> Path:
        """Where the file goes, below ``bench.datasets.places.cache_folder()``; ``load`` looks there too."""


@runtime_checkable
class Grouped(Source, Protocol):
    """A source with collections of its own, named ``SOURCE:NAME`` in suites and commands."""

    def collections(self) -> Mapping[str, Collection]:
        """Collections by NAME; the one named ``""`` is what the source's bare name means (else: all its sets)."""


if TYPE_CHECKING:  # mypy holds our own modules against the protocols
    from bench.datasets import adbench, bundled, oddbench, synthetic, typed

    _plain: tuple[Source, ...] = (bundled, synthetic, typed)
    _downloadable: tuple[Downloadable, ...] = (adbench, oddbench)
    _grouped: tuple[Grouped, ...] = (adbench, oddbench)


@cache
def sources() -> dict[str, Source]:
    """Every source by name, ours first.

    Warns
    -----
    SourceWarning
        Another package's source cannot be loaded, lacks a function, has cards that break the rules of ``Source``, or
        takes the name of another one; its datasets are left out.
    """
    known = {name: cast(Source, import_module(f"bench.datasets.{name}")) for name in OWN}
    for point in entry_points(group=GROUP):
        try:
            known[point.name] = _checked(point, known)
        except Exception as error:  # a stranger's import may raise anything
            warnings.warn(
                f"the datasets of {point.value} are left out: {type(error).__name__}: {error}", SourceWarning, 2
            )
    return known


def _checked(point: EntryPoint, known: Mapping[str, Any]) -> Source:
    if point.name in known:
        raise ConfigError(f"a source named {point.name!r} is there already; rename the entry point")
    source = point.load()
    lacking = [name for name in ("cards", "why_absent", "load") if not callable(getattr(source, name, None))]
    if lacking:
        raise ConfigError(f"it has no function {', '.join(lacking)}; see bench.datasets.sources.Source")
    for name, card in source.cards().items():
        if not isinstance(card, DatasetCard) or card.name != name or not name.startswith(f"{point.name}/"):
            raise ConfigError(f"the card {name!r} must be a DatasetCard of that name, beginning with '{point.name}/'")
        if card.source != point.name:
            raise ConfigError(f"the card {name!r} names the source {card.source!r}; it must be {point.name!r}")
    return cast(Source, source)
