"""Experiment -> cells -> tasks: what is to be done, and every reason why it cannot be, before any work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from bench import methods
from bench.datasets import registry, table
from bench.errors import BenchError, UnknownName
from bench.methods import signature
from bench.planning import grouping, identity
from bench.scenarios import problems_by_scenario
from bench.suite.load import Experiment, MethodChoice
from bench.types import Cell, Dataset, MethodSpec, Scenario, Task


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Attributes
    ----------
    cells : tuple of Cell
        All that can be done; all of the experiment if there are no problems and nothing is skipped.
    tasks : tuple of Task
        What is left to do, longest first.
    done : int
        Cells that the store has.
    problems : tuple of str
        Sentences; any one of them stops a run before work starts.
    skipped : tuple of str
        Methods left out because a library is missing, with the pip command.
    shapes : mapping of dataset name to (rows, features)
    """

    cells: tuple[Cell, ...]
    tasks: tuple[Task, ...]
    done: int
    problems: tuple[str, ...]
    skipped: tuple[str, ...]
    shapes: Mapping[str, grouping.Shape] = field(default_factory=dict)


def make_plan(
    experiment: Experiment,
    data_dir: str | os.PathLike[str] | None = None,
    done: AbstractSet[str] = frozenset(),
) -> Plan:
    """Expand an experiment into cells, check all of it, and group what is not done yet.

    Parameters
    ----------
    experiment : Experiment
    data_dir : path, optional
        Folder of the user's own copies; None = ``MNP_BENCH_DATA``, then the user's cache.
    done : set of str
        Keys of cells that a store has.

    Returns
    -------
    Plan
        With every problem of every dataset, scenario and method. Nothing is computed or written but
        the cached form of datasets read for the first time.
    """
    found: list[str] = []
    skipped: list[str] = []
    chosen = dict(_methods(experiment, found, skipped))
    datasets = dict(_datasets(experiment, data_dir, found))
    asked: list[Cell] = []
    possible: dict[tuple[str, Scenario], bool] = {}
    for part in experiment.parts:
        known = [(choice, chosen[choice]) for choice in part.methods if choice in chosen]
        for choice, method in known:
            found += _protocol_problems(choice, method.spec, part.scenarios)
        for name in part.datasets:
            if name not in datasets:
                continue
            unknown = [scenario for scenario in part.scenarios if (name, scenario) not in possible]
            for scenario, wrong in problems_by_scenario(datasets[name], unknown, experiment.seeds).items():
                found += wrong
                possible[name, scenario] = not wrong
            for scenario in part.scenarios:
                if possible[name, scenario]:
                    for choice, method in known:
                        asked += _cells(datasets[name], name, scenario, choice, method, experiment.seeds)
    found += identity.twins(asked)
    cells: dict[str, Cell] = {}
    for cell in asked:
        cells.setdefault(cell.key, cell)  # what two parts ask for is done once
    if not chosen and not found:
        found.append("no method is left to run; install what is missing or name others")
    shapes = {name: (len(dataset.y), int(dataset.X.shape[1])) for name, dataset in datasets.items()}
    plan = Plan(tuple(cells.values()), (), 0, tuple(dict.fromkeys(found)), tuple(dict.fromkeys(skipped)), shapes)
    return remaining(plan, done)


def remaining(plan: Plan, done: AbstractSet[str]) -> Plan:
    """The same plan with tasks for the cells that are not among ``done``."""
    left = [cell for cell in plan.cells if cell.key not in done]
    return replace(plan, tasks=grouping.tasks(left, plan.shapes), done=len(plan.cells) - len(left))


@dataclass(frozen=True)
class _Method:
    spec: MethodSpec
    source: str


def _methods(experiment: Experiment, found: list[str], skipped: list[str]) -> Iterator[tuple[MethodChoice, _Method]]:
    for choice in experiment.methods:
        try:
            spec = methods.get(choice.name)
            lacking = methods.missing(spec)
            if lacking:
                skipped.append(lacking)
                continue
            found += signature.problems(spec, [name for name, _ in choice.params])
            yield choice, _Method(spec, methods.source_hash(spec))
        except BenchError as error:
            found.append(str(error))


def _protocol_problems(choice: MethodChoice, spec: MethodSpec, scenarios: Iterable[Scenario]) -> list[str]:
    wrong = sorted({scenario.protocol for scenario in scenarios} - set(spec.protocols))
    known = ", ".join(spec.protocols)
    return [f"{choice.name} cannot run under protocol = {name!r}; it knows {known}" for name in wrong]


def _datasets(
    experiment: Experiment, data_dir: str | os.PathLike[str] | None, found: list[str]
) -> Iterator[tuple[str, Dataset]]:
    folder = None if data_dir is None else os.fspath(data_dir)
    tables = {table.table_name(source): source for source in experiment.tables}
    for name, source in tables.items():
        try:
            yield name, table.load_table(source, folder)
        except BenchError as error:
            found.append(str(error))
    cards = registry.cards()
    for name in experiment.datasets:
        if name not in cards:
            found.append(str(UnknownName("dataset", name, [*cards, *tables])))
            continue
        try:
            lacking = registry.available(cards[name], folder)
            if lacking:
                found.append(lacking)
            else:
                yield name, registry.load(name, folder)
        except BenchError as error:
            found.append(str(error))


def _cells(
    dataset: Dataset, name: str, scenario: Scenario, choice: MethodChoice, method: _Method, seeds: Iterable[int]
) -> Iterator[Cell]:
    what = identity.content(dataset.sha256, scenario, method.spec, dict(choice.params), method.source, 0)
    for seed, key in identity.keys_by_seed(what, seeds):
        yield Cell(name, dataset.sha256, scenario, choice.name, choice.params, seed, key, choice.label)
