"""What a cell is: the key that its content gives, the name that people give it, and which result replaces which.

The key is content: data, scenario, method with its code, parameters, seed. Names of registered datasets and labels of
methods are not part of it; a table of the user's own is what they call it, so two tables that hold the same are both
done and shown. Where two names of a plan mean one content, ``twins`` and ``equal_tables`` say so before any work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.datasets import registry
from bench.json_values import hashable, json_text
from bench.scenarios import canonical
from bench.types import Cell, MethodSpec, Scenario

if TYPE_CHECKING:
    import pandas as pd

#: Raised when the meaning of a scenario or a metric changes, so that old cells are not taken for new ones.
PROTOCOL_VERSION = 1
#: dataset, scenario, method, parameters (both as canonical JSON), seed: what a suite asks for by names.
Name = tuple[str, str, str, str, int]
Params = tuple[tuple[str, Any], ...]


def content(
    dataset_sha256: str,
    scenario: Scenario,
    spec: MethodSpec,
    params: Mapping[str, Any],
    source: str,
    seed: int,
    dataset: str = "",
) -> dict[str, Any]:
    """What makes a cell what it is: labels, folders and names of registered datasets are not part of it.

    Parameters
    ----------
    dataset : str
        The dataset's name; it counts if it is not registered, thus a table of the user's own.
    params : mapping
        What the suite says; the card's own parameters are added.
    source : str
        ``methods.source_hash(spec)``.
    """
    own = {} if not dataset or dataset in registry.cards() else {"table": dataset}
    return {
        **own,
        "protocol_version": PROTOCOL_VERSION,
        "dataset": dataset_sha256,
        "scenario": canonical(scenario),
        "method": spec.factory,
        "params": {**dict(spec.params), **params},
        "source": source,
        "seed": seed,
    }


def cell_key(content: Mapping[str, Any]) -> str:
    """sha256 of the canonical JSON (sorted keys, no spaces) of a cell's content: see ``content``."""
    return hashlib.sha256(json_text(content).encode()).hexdigest()


def keys_by_seed(content: Mapping[str, Any], seeds: Iterable[int]) -> Iterator[tuple[int, str]]:
    """``cell_key`` for each seed: the JSON text around the seed is the same for all, and most of the work."""
    before, _, after = json_text({**content, "seed": 0}).rpartition('"seed":0')
    for seed in seeds:
        yield seed, hashlib.sha256(f'{before}"seed":{seed}{after}'.encode()).hexdigest()


def scenario_of(text: str) -> Scenario:
    """The scenario whose canonical JSON a store holds."""
    return Scenario(**{name: hashable(value) for name, value in json.loads(text).items()})


def params_of(text: str) -> Params:
    """The parameters whose canonical JSON a store holds."""
    return tuple(sorted((name, hashable(value)) for name, value in json.loads(text).items()))


def renamed(spec: MethodSpec, params: Iterable[tuple[str, Any]]) -> Params:
    """Parameters under their names of today, as the card's ``renamed`` says."""
    names = dict(spec.renamed)
    return tuple(sorted((names.get(name, name), value) for name, value in params))


def superseded(cells: Iterable[Cell], frame: pd.DataFrame) -> set[str]:
    """Keys of stored rows that say what a stored cell among ``cells`` says anew.

    Same dataset name, scenario, method, parameters and seed, but of other data or code; without this
    an average would mix them.

    Parameters
    ----------
    cells : the cells of a plan
    frame : the store's rows, without scores
    """
    cells = tuple(cells)
    scenarios = {scenario: json_text(canonical(scenario)) for scenario in {cell.scenario for cell in cells}}
    params = {values: json_text(dict(values)) for values in {cell.params for cell in cells}}
    current: dict[Name, str] = {
        (c.dataset, scenarios[c.scenario], c.method, params[c.params], c.seed): c.key for c in cells
    }
    stored = set(frame["cell"])
    return {
        key
        for key, name in zip(frame["cell"], names(frame), strict=True)
        if current.get(name, key) != key and current[name] in stored
    }


def names(frame: pd.DataFrame) -> Iterator[Name]:
    """The name of each stored row."""
    return zip(frame.dataset, frame.scenario, frame.method, frame.params, frame.seed, strict=True)


def twins(cells: Iterable[Cell]) -> list[str]:
    """A sentence for each two registered datasets, and each two methods, that are one content under two names.

    One of the two names would be missing from every table.
    """
    first: dict[str, Cell] = {}
    wrong: dict[str, None] = {}
    for cell in cells:
        other = first.setdefault(cell.key, cell)
        if other is cell or (sentence := _twin(other, cell)) is None:
            continue
        wrong[sentence] = None
    return list(wrong)


def equal_tables(cells: Iterable[Cell]) -> list[str]:
    """A sentence for each group of the datasets of a plan that hold the same data under several names."""
    named: dict[str, dict[str, None]] = {}
    for cell in cells:
        named.setdefault(cell.dataset_sha256, {})[cell.dataset] = None
    return [
        f"{', '.join(names)} hold the same data (sha256 {sha256[:12]}): each is shown, and averages count them all"
        for sha256, names in named.items()
        if len(names) > 1
    ]


def _twin(cell: Cell, other: Cell) -> str | None:
    if cell.dataset != other.dataset:
        return (
            f"the datasets {cell.dataset!r} and {other.dataset!r} hold the same data "
            f"(sha256 {cell.dataset_sha256[:12]}), so each result would count twice; leave one out"
        )
    mine, its = cell.label or cell.method, other.label or other.method
    if mine != its:
        return (
            f"the methods {mine!r} and {its!r} are the same code with the same parameters; "
            "leave one out or give them different parameters"
        )
    return None
