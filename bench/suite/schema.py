"""The form of a suite file: which keys there are, which values they take, and errors as plain sentences."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError

from bench.errors import ConfigError
from bench.near_matches import near_matches
from bench.types import Scenario

#: Keys of [scenario] that take one value or a list; lists are crossed.
GRID = ("label_budget", "contamination", "label_noise", "irrelevant_features", "duplicated_anomalies")
NATURAL = "natural"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _budget(value: Any) -> int | float:
    if not _number(value):
        raise ValueError("give a number of anomalies (5) or a share of them (0.05), or a list of these")
    return value  # type: ignore[no-any-return]


def _level(value: Any) -> float | None:
    if value == NATURAL:
        return None
    if not _number(value):
        raise ValueError(f'give a share in [0, 1), "{NATURAL}" for what is there, or a list of these')
    return float(value)


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _as_entry(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """Parameters must survive JSON unchanged, or a cell's key could not hold them."""
    for name, content in value.items():
        items = content if isinstance(content, list) else [content]
        if not all(item is None or isinstance(item, str | int | float | bool) for item in items):
            raise ValueError(f"the value of {name} must be a string, a number, true or false, or a list of these")
    return value


_Filled = AfterValidator(lambda values: values if values else _refuse("is empty; give at least one"))


def _refuse(sentence: str) -> Any:
    raise ValueError(sentence)


class MethodEntry(_Strict):
    """A method: a registered name, or a table with parameters and a label."""

    name: str
    params: Annotated[dict[str, Any], AfterValidator(_plain)] = {}
    label: str = ""


class LimitsEntry(_Strict):
    """[limits] of one cell; what is not set keeps the default of ``bench.suite.experiment.Limits``."""

    seconds: Annotated[float, Field(gt=0)] = 0.0
    memory_mb: Annotated[float, Field(gt=0)] = 0.0


class ScenarioEntry(_Strict):
    """[scenario]: fields of ``bench.types.Scenario``; the keys in GRID may be lists."""

    protocol: Literal["weak", "paper", "adbench"] = Scenario.protocol
    label_budget: Annotated[list[Annotated[Any, PlainValidator(_budget)]], BeforeValidator(_as_list), _Filled] = [
        Scenario.label_budget
    ]
    contamination: Annotated[list[Annotated[Any, PlainValidator(_level)]], BeforeValidator(_as_list), _Filled] = [
        Scenario.contamination
    ]
    contamination_fill: Literal["refuse", "perturb"] = Scenario.contamination_fill
    known_types: list[str] = []
    unseen_only: bool = Scenario.unseen_only
    label_noise: Annotated[list[float], BeforeValidator(_as_list), _Filled] = [Scenario.label_noise]
    irrelevant_features: Annotated[list[float], BeforeValidator(_as_list), _Filled] = [Scenario.irrelevant_features]
    duplicated_anomalies: Annotated[list[int], BeforeValidator(_as_list), _Filled] = [Scenario.duplicated_anomalies]
    drop_duplicates: bool = Scenario.drop_duplicates
    max_rows: int | None = Scenario.max_rows
    bootstrap_small: bool = Scenario.bootstrap_small
    test_fraction: float = Scenario.test_fraction


class TableEntry(_Strict):
    """[[dataset]]: fields of ``bench.datasets.table.TableSource``."""

    path: str
    name: str = ""
    label: str | None = None
    normal: list[Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int | float) else v)]] = ["0"]
    type_column: str | None = None
    drop: list[str] = []
    categories: Literal["reject", "onehot"] = "reject"
    missing: Literal["reject", "median", "ffill"] = "reject"
    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    types: dict[str, Literal["number", "category"]] = {}
    licence: str = "the owner's"
    citation: str = "own data"
    url: str = ""


_Methods = Annotated[list[Annotated[MethodEntry, BeforeValidator(_as_entry)]], _Filled]
_Names = Annotated[list[str], _Filled]


class PartEntry(_Strict):
    """[[part]]: datasets x scenarios x methods; what it leaves out is taken from the top of the file."""

    datasets: _Names | None = None
    methods: _Methods | None = None
    scenario: ScenarioEntry | None = None


class SuiteFile(_Strict):
    """The whole file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    title: str = ""
    datasets: list[str] = []
    methods: _Methods | None = None
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], _Filled] = [0, 1, 2, 3, 4]
    scenario: ScenarioEntry = ScenarioEntry()
    limits: LimitsEntry = LimitsEntry()
    dataset: list[TableEntry] = []
    part: list[PartEntry] = []


#: Where unknown keys are looked up for near matches.
_SECTIONS: dict[str, type[BaseModel]] = {
    "scenario": ScenarioEntry,
    "limits": LimitsEntry,
    "dataset": TableEntry,
    "methods": MethodEntry,
    "part": PartEntry,
}


def validated(raw: dict[str, Any], origin: str) -> SuiteFile:
    """Check a parsed TOML document.

    Raises
    ------
    ConfigError
        One line per trouble, each naming the key, the value and what is allowed.
    """
    try:
        return SuiteFile.model_validate(raw)
    except ValidationError as error:
        lines = [f"{origin}: {_sentence(trouble)}" for trouble in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from error


def _sentence(error: Any) -> str:
    location, given = error["loc"], error["input"]
    if error["type"] == "extra_forbidden":
        return _unknown_key(location)
    key = _key(location)
    if error["type"] == "missing":
        return f"{key} is missing; add it"
    if error["type"] == "value_error":
        return f"{key} = {_toml(given)}: {error['ctx']['error']}"
    if error["type"] == "literal_error":
        near = near_matches(str(given), re.findall("'([^']*)'", error["ctx"]["expected"]), most=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        return f"{key} = {_toml(given)}; allowed: {error['ctx']['expected']}{hint}"
    if error["type"] == "string_pattern_mismatch":
        return f"{key} = {_toml(given)}; use letters, digits, dots, hyphens and underscores (it names a folder)"
    message = error["msg"].removeprefix("Input ").replace("dictionary", "table").replace("valid list", "list")
    return f"{key} = {_toml(given)}; it {message}"


def _unknown_key(location: tuple[Any, ...]) -> str:
    section = next((part for part in reversed(location[:-1]) if part in _SECTIONS), None)
    allowed = list((_SECTIONS[section] if section else SuiteFile).model_fields)
    near = near_matches(str(location[-1]), allowed)
    hint = f"; did you mean {', '.join(near)}?" if near else _elsewhere(str(location[-1]), section)
    return f"unknown key '{_key(location)}'; allowed here: {', '.join(allowed)}{hint}"


def _elsewhere(key: str, section: str | None) -> str:
    """In TOML a key below a [table] belongs to it, which is easily overlooked."""
    if section and key in SuiteFile.model_fields:
        return "; move it to the top of the file, above the first [table]"
    if key in ScenarioEntry.model_fields and section != "scenario":
        return "; move it below [scenario]"
    return ""


def _key(location: tuple[Any, ...]) -> str:
    """A key as people find it: ``scenario.protocol``, ``part[2].datasets``; a list's place counts from one."""
    *front, last = location
    words = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in front]
    if not isinstance(last, int):
        words.append(f".{last}")
    elif front and front[-1] in ("part", "dataset", "methods"):
        words.append(f"[{last + 1}]")
    return "".join(words).removeprefix(".")


def _toml(value: Any) -> str:
    """A value as written in TOML, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
