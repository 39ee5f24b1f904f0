"""A suite file (TOML) becomes a frozen, validated Experiment; every trouble is one clear sentence."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

from bench.datasets import select
from bench.datasets.catalogue import Catalogue
from bench.datasets.table import TableSource, table_name
from bench.errors import BenchError, ConfigError, UnknownName
from bench.json_values import hashable
from bench.scenarios.reasons import of_values
from bench.suite.schema import GRID, MethodEntry, PartEntry, ScenarioEntry, SuiteFile, TableEntry, validated
from bench.types import Scenario

#: More seeds than this are a slip of the hand.
MOST_SEEDS = 10_000
#: A seed of more digits does not fit into 64 bits.
MOST_DIGITS = 18


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
        return _once(name for part in self.parts for name in part.datasets if name not in own)

    @cached_property
    def methods(self) -> tuple[MethodChoice, ...]:
        """All methods used."""
        return _once(choice for part in self.parts for choice in part.methods)

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """All scenarios used."""
        return _once(scenario for part in self.parts for scenario in part.scenarios)


def suites() -> dict[str, str]:
    """Names and titles of the suites that come with the package."""
    titles = {}
    for path in sorted(files("bench").joinpath("suites").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            text = tomllib.loads(path.read_text(encoding="utf-8"))
            titles[path.name.removesuffix(".toml")] = str(text.get("title", ""))
    return titles


def read_suite(name_or_path: str, data_dir: str | None = None) -> Experiment:
    """Read a suite by name, or a TOML file by path; its tables are also looked up from the file's folder.

    Parameters
    ----------
    name_or_path : str
    data_dir : str, optional
        Folder with the user's own copies of data files; None = ``MNP_BENCH_DATA``, then the user's cache.

    Raises
    ------
    UnknownName
        No such suite; near matches are listed.
    ConfigError
        A file that cannot be read, text that is no TOML, keys or values that are not allowed.
    """
    if not name_or_path.endswith(".toml"):
        if name_or_path not in suites():
            raise UnknownName("suite", name_or_path, suites())
        text = files("bench").joinpath("suites", f"{name_or_path}.toml").read_text(encoding="utf-8")
        named = parse_suite(text, name_or_path)
        return replace(named, catalogue=replace(named.catalogue, data_dir=data_dir))
    path = Path(name_or_path).expanduser()
    if not path.is_file():
        raise ConfigError(f"there is no suite file {name_or_path}; check the path")
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows editors put a byte order mark first
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the suite file {name_or_path} cannot be read as UTF-8 text: {error}") from error
    read = parse_suite(text, name_or_path)
    tables = tuple(_beside(source, path.parent) for source in read.tables)
    return replace(read, catalogue=Catalogue(data_dir, tables))


def parse_suite(text: str, origin: str) -> Experiment:
    """Make an Experiment of a suite's text; ``origin`` names it in errors.

    Raises
    ------
    ConfigError
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin} is not valid TOML: {error}") from error
    suite = validated(raw, origin)
    try:
        experiment = _experiment(suite, text)
    except BenchError as error:
        raise ConfigError(f"{origin}: {error}") from error
    if wrong := _contradictions(experiment):
        raise ConfigError("\n".join(f"{origin}: {sentence}" for sentence in wrong))
    return experiment


def narrowed(
    experiment: Experiment,
    methods: Sequence[str] | None = None,
    datasets: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
) -> Experiment:
    """The same experiment with fewer or other methods, datasets or seeds.

    What the suite lists (methods by label or name) keeps its parameters and stays in its parts; any
    other name is added to every part, for the registries to know or refuse. Among the datasets may be
    collections, filtered or not.
    """
    parts = experiment.parts
    if methods:
        listed = {name for choice in experiment.methods for name in (choice.label, choice.name)}
        added = tuple(MethodChoice(name) for name in methods if name not in listed)
        kept = [tuple(c for c in part.methods if c.label in methods or c.name in methods) for part in parts]
        parts = tuple(replace(part, methods=some + added) for part, some in zip(parts, kept, strict=True))
    if datasets:
        there = {name for part in parts for name in part.datasets}
        asked = dict.fromkeys(select.expanded(datasets, there))
        new = tuple(name for name in asked if name not in there)
        parts = tuple(replace(p, datasets=(*(name for name in p.datasets if name in asked), *new)) for p in parts)
    used = {name for part in parts for name in part.datasets}
    return replace(
        experiment,
        parts=tuple(part for part in parts if part.datasets and part.methods),
        catalogue=experiment.catalogue.with_tables(s for s in experiment.tables if table_name(s) in used),
        seeds=_once(seeds) if seeds else experiment.seeds,
    )


def limited(experiment: Experiment, seconds: float | None = None, memory_mb: float | None = None) -> Experiment:
    """The same experiment with other limits per cell; None keeps the suite's."""
    given = {"seconds": seconds, "memory_mb": memory_mb}
    changed = {name: float(value) for name, value in given.items() if value is not None}
    return replace(experiment, limits=replace(experiment.limits, **changed))


def read_seeds(text: str) -> tuple[int, ...]:
    """Read seeds as people write them: ``0-4`` or ``0,2,5``, also mixed.

    Raises
    ------
    ConfigError
    """
    seeds: list[int] = []
    for word in text.split(","):
        first, dash, last = (piece.strip() for piece in word.partition("-"))
        if max(len(first), len(last)) > MOST_DIGITS:
            raise ConfigError(f"{text[:40]!r} holds a seed of more than {MOST_DIGITS} digits; choose smaller ones")
        if not first.isdecimal() or (dash and not last.isdecimal()) or int(last or first) < int(first):
            raise ConfigError(f"{text!r} is no list of seeds; write 0-4 or 0,2,5")
        if int(last or first) - int(first) + len(seeds) >= MOST_SEEDS:
            raise ConfigError(f"{text[:40]!r} are more than {MOST_SEEDS:,} seeds; name fewer")
        seeds += range(int(first), int(last or first) + 1)
    return _once(seeds)


def _experiment(suite: SuiteFile, text: str) -> Experiment:
    tables = tuple(_table(entry) for entry in suite.dataset)
    own = [table_name(source) for source in tables]
    everything = (*suite.datasets, *own)
    whole = PartEntry(datasets=list(everything) or None, methods=suite.methods or None, scenario=suite.scenario)
    return Experiment(
        name=suite.name,
        title=suite.title or suite.name,
        parts=tuple(_part(entry, whole, own) for entry in suite.part or [whole]),
        catalogue=Catalogue(tables=tables),
        seeds=tuple(suite.seeds),
        limits=Limits(**suite.limits.model_dump(exclude_unset=True)),
        text=text,
    )


def _part(entry: PartEntry, whole: PartEntry, tables: Sequence[str]) -> Part:
    """A part takes what it does not say from the top of the file; its [scenario] key by key."""
    assert whole.scenario is not None
    own = entry.scenario.model_dump(exclude_unset=True) if entry.scenario else {}
    return Part(
        datasets=tuple(select.expanded(entry.datasets or whole.datasets or (), tables)),
        methods=tuple(_choice(method) for method in entry.methods or whole.methods or ()),
        scenarios=_scenarios(whole.scenario.model_copy(update=own)),
    )


def _choice(entry: MethodEntry) -> MethodChoice:
    params = tuple((key, hashable(value)) for key, value in sorted(entry.params.items()))
    return MethodChoice(entry.name, params, entry.label)


def _scenarios(entry: ScenarioEntry) -> tuple[Scenario, ...]:
    fixed = entry.model_dump(exclude=set(GRID)) | {"known_types": tuple(entry.known_types)}
    grid = product(*(getattr(entry, name) for name in GRID))
    return tuple(Scenario(**fixed, **dict(zip(GRID, values, strict=True))) for values in grid)


def _table(entry: TableEntry) -> TableSource:
    given: dict[str, Any] = entry.model_dump(exclude_unset=True)
    types = tuple(sorted(given.pop("types", {}).items()))
    return TableSource(**{key: hashable(value) for key, value in given.items()}, types=types)


def _beside(source: TableSource, folder: Path) -> TableSource:
    here = folder / source.path
    return source if Path(source.path).is_absolute() or not here.is_file() else replace(source, path=str(here))


def _contradictions(experiment: Experiment) -> list[str]:
    """What no single key tells: names given twice, parts without data or methods, impossible scenarios."""
    own = [table_name(source) for source in experiment.tables]
    wrong = [f"two [[dataset]] tables are named {name!r}; give one another name" for name in _twice(own)]
    for number, part in enumerate(experiment.parts, start=1):
        where = f"[[part]] {number}: " if len(experiment.parts) > 1 else ""
        if not part.datasets:
            wrong.append(where + "there are no data; give datasets = [...] or a [[dataset]] table with a path")
        if not part.methods:
            wrong.append(where + "there are no methods; give methods = [...]")
        wrong += [
            where + f"the dataset {name!r} is given twice; leave one out or rename the table"
            for name in _twice(part.datasets)
            if name not in _twice(own)
        ]
        wrong += [
            where + f"two methods are called {name!r}; give each a label of its own"
            for name in _twice(choice.label or choice.name for choice in part.methods)
        ]
        if _twice(part.scenarios):
            wrong.append(where + f"a list in [scenario] ({', '.join(GRID)}) holds a value twice; leave one out")
        wrong += [where + "[scenario] " + sentence for s in part.scenarios for sentence in of_values(s)]
    wrong += [f"seeds holds {seed} twice; leave one out" for seed in _twice(experiment.seeds)]
    return list(_once(wrong))


def _twice(names: Any) -> list[Any]:
    return [name for name, count in Counter(names).items() if count > 1]


def _once(items: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(items))
