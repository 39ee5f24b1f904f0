"""Sets whose data are one file each: where it may lie on this machine, and what is said when it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.datasets.pins import not_here
from bench.datasets.places import cache_folder, find
from bench.errors import DataError
from bench.types import DatasetCard


@dataclass(frozen=True)
class LocalFiles:
    """The files of a source's sets; its methods are functions of ``bench.datasets.sources.Source``.

    Attributes
    ----------
    candidates : function of a card
        Relative paths below a folder of data files or the cache, the one that a download gets first.
    absent : function of a card and the first candidate
        The sentence that says how to get the file.
    """

    candidates: Callable[[DatasetCard], tuple[str, ...]]
    absent: Callable[[DatasetCard, str], str] = not_here

    def target(self, card: DatasetCard) -> Path:
        """Where a download of the set goes."""
        return cache_folder() / self.candidates(card)[0]

    def why_absent(self, card: DatasetCard, folder: Path | None) -> str | None:
        """None if the file is there, else the sentence that says how to get it."""
        candidates = self.candidates(card)
        return None if find(candidates, folder) else self.absent(card, candidates[0])

    def path(self, card: DatasetCard, folder: Path | None) -> Path:
        """The set's file, in the user's folder or else in the cache.

        Raises
        ------
        DataError
            It is in neither.
        """
        candidates = self.candidates(card)
        path = find(candidates, folder)
        if path is None:
            raise DataError(self.absent(card, candidates[0]))
        return path
