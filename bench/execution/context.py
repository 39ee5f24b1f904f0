"""What every task of a run needs to know, wherever it is computed."""

from __future__ import annotations

from dataclasses import dataclass

from bench.datasets.catalogue import Catalogue
from bench.suite.experiment import Limits


@dataclass(frozen=True)
class WorkContext:
    """What every task of a run needs to know; small, picklable, the same for all.

    Attributes
    ----------
    catalogue : Catalogue
        Which datasets the cells' names mean.
    limits : Limits
        Seconds and megabytes a cell may use.
    provenance : str
        Id of the run in the manifest.
    sources : tuple of (method, hash of its source)
        As planned; a worker whose code differs refuses.
    """

    catalogue: Catalogue
    limits: Limits
    provenance: str
    sources: tuple[tuple[str, str], ...] = ()
