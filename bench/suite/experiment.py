"""What a suite is once it is read: parts of datasets, scenarios and methods, over seeds, with limits."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from bench.datasets.catalogue import Catalogue
from bench.datasets.table import TableSource
from bench.types import Scenario

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class MethodChoice:
    """A method of a suite: its registered name, parameters that differ from its defaults, a label for tables."""

    name: str
    params: tuple[tuple[str, Any], ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Limits:
    """What one cell may use: seconds and megabytes."""

    seconds: float = 3600.0
    memory_mb: float = 8192.0


@dataclass(frozen=True)
class Part:
    """Datasets (registered ones and tables, by name) x scenarios x methods."""

    datasets: tuple[str, ...]
    methods: tuple[MethodChoice, ...]
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True)
class Experiment:
    """A suite: its parts, each over all seeds, with limits.

    Attributes
    ----------
    name, title : str
    parts : tuple of Part
        One, unless the suite file has [[part]] tables.
    catalogue : Catalogue
        The user's own tables, and where data files lie.
    seeds : tuple of int
    limits : Limits
    text : str
        The suite file as read.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    catalogue: Catalogue
    seeds: tuple[int, ...]
    limits: Limits
    text: str

    @property
    def tables(self) -> tuple[TableSource, ...]:
        """The user's own tables."""
        return self.catalogue.tables

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Names of the registered datasets used, without the tables."""
        own = self.catalogue.own()
        return distinct(name for part in self.parts for name in part.datasets if name not in own)

    @cached_property
    def methods(self) -> tuple[MethodChoice, ...]:
        """All methods used."""
        return distinct(choice for part in self.parts for choice in part.methods)

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """All scenarios used."""
        return distinct(scenario for part in self.parts for scenario in part.scenarios)


def distinct(items: Iterable[T]) -> tuple[T, ...]:
    """The items in their order, each once."""
    return tuple(dict.fromkeys(items))
