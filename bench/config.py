"""A suite file (TOML) becomes a frozen, validated Experiment; every trouble is one clear sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.datasets.table import TableSource, table_name
from bench.errors import ConfigError, UnknownName
from bench.types import Scenario

GRID = ("contamination", "label_budget")
NATURAL = "natural"


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
class Experiment:
    """A suite: datasets x scenarios x methods x seeds, with limits; ``text`` is the file as read."""

    name: str
    title: str
    datasets: tuple[str, ...]
    tables: tuple[TableSource, ...]
    methods: tuple[MethodChoice, ...]
    seeds: tuple[int, ...]
    scenarios: tuple[Scenario, ...]
    limits: Limits
    text: str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Method(_Strict):
    name: str
    params: dict[str, Any] = {}
    label: str = ""


class _Limits(_Strict):
    seconds: float = Field(default=Limits.seconds, gt=0)
    memory_mb: float = Field(default=Limits.memory_mb, gt=0)


class _Scenario(_Strict):
    protocol: Literal["weak", "paper", "adbench"] = "weak"
    label_budget: int | float | list[int | float] = 5
    contamination: float | Literal["natural"] | list[float | Literal["natural"]] = "natural"
    contamination_fill: Literal["refuse", "perturb"] = "refuse"
    known_types: list[str] = []
    unseen_only: bool = False
    label_noise: float = Field(default=0.0, ge=0, lt=1)
    irrelevant_features: float = Field(default=0.0, ge=0)
    duplicated_anomalies: int = Field(default=1, ge=1)
    drop_duplicates: bool = False
    max_rows: int | None = Field(default=None, gt=0)
    bootstrap_small: bool = False
    test_fraction: float = Field(default=0.35, gt=0, lt=1)


class _Suite(_Strict):
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    title: str = ""
    datasets: list[str] = []
    methods: list[str | _Method] = Field(min_length=1)
    seeds: list[int] = Field(default=[0, 1, 2, 3, 4], min_length=1)
    scenario: _Scenario = _Scenario()
    limits: _Limits = _Limits()
    dataset: list[dict[str, Any]] = []


def suites() -> dict[str, str]:
    """Names and titles of the suites that come with the package."""
    found = {}
    for path in sorted(files("bench").joinpath("suites").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            text = tomllib.loads(path.read_text(encoding="utf-8"))
            found[path.name.removesuffix(".toml")] = str(text.get("title", ""))
    return found


def read_suite(name_or_path: str) -> Experiment:
    """Read a suite by name, or a TOML file by path.

    Raises
    ------
    UnknownName, ConfigError
        No such suite; text that is no TOML; keys or values that are not allowed.
    """
    if name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        if not path.is_file():
            raise ConfigError(f"there is no suite file {name_or_path}; check the path")
        text = path.read_text(encoding="utf-8")
    else:
        if name_or_path not in suites():
            raise UnknownName("suite", name_or_path, suites())
        text = files("bench").joinpath("suites", f"{name_or_path}.toml").read_text(encoding="utf-8")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name_or_path} is not valid TOML: {error}") from error
    try:
        return _experiment(_Suite.model_validate(raw), text)
    except ValidationError as error:
        raise ConfigError(f"{name_or_path}: {_sentence(error)}") from error


def narrowed(
    experiment: Experiment,
    methods: Sequence[str] | None = None,
    datasets: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
) -> Experiment:
    """The same experiment with other methods, datasets or seeds.

    A method that the suite lists keeps the suite's parameters; any other registered name may be given.
    """
    changes: dict[str, Any] = {}
    if methods:
        listed = {choice.label or choice.name: choice for choice in experiment.methods}
        changes["methods"] = tuple(listed.get(name, MethodChoice(name)) for name in methods)
    if datasets:
        own = {table_name(source): source for source in experiment.tables}
        changes["tables"] = tuple(own[name] for name in datasets if name in own)
        changes["datasets"] = tuple(name for name in datasets if name not in own)
    if seeds:
        changes["seeds"] = tuple(seeds)
    return replace(experiment, **changes)


def _experiment(suite: _Suite, text: str) -> Experiment:
    tables = tuple(_table(entry) for entry in suite.dataset)
    if not suite.datasets and not tables:
        raise ConfigError("the suite names no data; give datasets = [...] or a [[dataset]] table with a path")
    chosen = [MethodChoice(m) if isinstance(m, str) else _choice(m) for m in suite.methods]
    return Experiment(
        name=suite.name,
        title=suite.title or suite.name,
        datasets=tuple(suite.datasets),
        tables=tables,
        methods=tuple(chosen),
        seeds=tuple(suite.seeds),
        scenarios=_scenarios(suite.scenario),
        limits=Limits(suite.limits.seconds, suite.limits.memory_mb),
        text=text,
    )


def _choice(method: _Method) -> MethodChoice:
    return MethodChoice(method.name, tuple(sorted(method.params.items())), method.label)


def _scenarios(given: _Scenario) -> tuple[Scenario, ...]:
    base = given.model_dump(exclude=set(GRID))
    base["known_types"] = tuple(base["known_types"])
    levels = given.contamination if isinstance(given.contamination, list) else [given.contamination]
    budgets = given.label_budget if isinstance(given.label_budget, list) else [given.label_budget]
    return tuple(
        Scenario(**base, label_budget=budget, contamination=None if level == NATURAL else float(level))
        for budget, level in product(budgets, levels)
    )


def _table(entry: dict[str, Any]) -> TableSource:
    known = {field.name for field in fields(TableSource)}
    unknown = sorted(set(entry) - known)
    if unknown:
        raise ConfigError(f"[[dataset]] has the unknown key {unknown[0]!r}; allowed: {', '.join(sorted(known))}")
    if "path" not in entry:
        raise ConfigError('[[dataset]] needs path = "file.csv"')
    values: dict[str, Any] = {k: tuple(map(str, v)) if isinstance(v, list) else v for k, v in entry.items()}
    return TableSource(**values)


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("_", "literal", "function")))
    if first["type"] == "extra_forbidden":
        models: dict[str, type[BaseModel]] = {"scenario": _Scenario, "limits": _Limits}
        model = models.get(str(first["loc"][0]), _Suite) if len(first["loc"]) > 1 else _Suite
        return f"unknown key {place!r}; allowed here: {', '.join(model.model_fields)}"
    given = "" if first["type"] == "missing" else f", got {first['input']!r}"
    return f"{place}: {first['msg'].lower()}{given}"
