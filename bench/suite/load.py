"""A suite file (TOML) becomes a frozen, validated Experiment; every trouble is one clear sentence."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
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
from bench.suite.experiment import Experiment, Limits, MethodChoice, Part, distinct
from bench.suite.schema import GRID, MethodEntry, PartEntry, ScenarioEntry, SuiteFile, TableEntry, validated
from bench.types import Scenario


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
    return list(distinct(wrong))


def _twice(names: Any) -> list[Any]:
    return [name for name, count in Counter(names).items() if count > 1]
