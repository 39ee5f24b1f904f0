"""Which dataset is meant: one place that knows the user's own tables and the folder of the user's copies.

A ``Catalogue`` is made once, where the command line or a suite is read, and handed on as one thing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from bench.datasets import registry, table
from bench.datasets.places import data_folder
from bench.datasets.reading import Reading
from bench.datasets.table import TableSource
from bench.types import Dataset, DatasetCard


@dataclass(frozen=True)
class Catalogue:
    """Datasets by name: the user's own tables first, then the registered sets.

    Frozen, hashable and small, so that it travels to workers. The folder is looked at where it is needed: another
    machine of a cluster may have its copies elsewhere.

    Attributes
    ----------
    data_dir : str, optional
        Folder with the user's own copies of data files; None = ``MNP_BENCH_DATA``, then the user's cache.
    tables : tuple of TableSource
        The user's own tables; one named as a registered set goes before it.
    """

    data_dir: str | None = None
    tables: tuple[TableSource, ...] = ()

    def with_tables(self, tables: Iterable[TableSource]) -> Catalogue:
        """The same folder with these tables instead."""
        return replace(self, tables=tuple(tables))

    def own(self) -> dict[str, TableSource]:
        """The user's own tables by name."""
        return {table.table_name(source): source for source in self.tables}

    def card(self, name: str) -> DatasetCard | None:
        """The card of a registered set; None for a table of the user's own, of which nothing is known yet.

        Raises
        ------
        UnknownName
            Neither has that name.
        """
        return None if name in self.own() else registry.card(name)

    def load(self, name: str) -> Dataset:
        """The dataset, in memory once per process (a table again when its file has changed).

        Raises
        ------
        UnknownName, DataError
            As ``registry.load`` and ``table.load_table``.
        """
        source = self.own().get(name)
        if source is None:
            return registry.load(name, self.data_dir)
        folder = data_folder(self.data_dir)
        stat = table.locate(source, folder).stat()
        return _table(source, folder, stat.st_size, stat.st_mtime_ns)

    def reading(self, name: str) -> Reading:
        """What was guessed, left out and converted in one of the user's own tables; raises as ``load``."""
        return table.reading_of(self.own()[name], data_folder(self.data_dir))

    def why_absent(self, card: DatasetCard) -> str | None:
        """None if the registered set can be loaded now without a network, else how to get it in one sentence."""
        return registry.why_absent(card, self.data_dir)

    def lacking(self, cards: Iterable[DatasetCard]) -> dict[str, list[str]]:
        """Registered sets that cannot be loaded now, by the sentence that says so: see ``registry.lacking``."""
        return registry.lacking(cards, self.data_dir)


@lru_cache(maxsize=4)
def _table(source: TableSource, folder: Path | None, _size: int, _mtime_ns: int) -> Dataset:
    return table.load_table(source, folder)


#: The registered sets, with their files in the usual folders.
EVERYWHERE = Catalogue()
