"""Experiment -> cells -> tasks: what is to be done, and every reason why it cannot be, before any work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from bench import methods
from bench.datasets import registry
from bench.datasets.catalogue import Catalogue
from bench.datasets.reading import Reading
from bench.errors import BenchError, UnknownName
from bench.methods import signature, trial
from bench.planning import grouping, identity
from bench.scenarios import problems_by_scenario
from bench.suite.experiment import Experiment, MethodChoice
from bench.types import Cell, Dataset, MethodSpec, Scenario, Task

LARGEST_SEED = 2**32 - 1


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
    notices : tuple of str
        What stands in the way of nothing, but should be known.
    skipped : tuple of str
        Methods left out because a library is missing, with the pip command.
    shapes : mapping of dataset name to (rows, features)
    sources : tuple of (method, hash of its source)
        Of every method that can run.
    readings : mapping of dataset name to Reading
        What was guessed, left out and converted in each of the user's tables.
    """

    cells: tuple[Cell, ...]
    tasks: tuple[Task, ...]
    done: int
    problems: tuple[str, ...]
    skipped: tuple[str, ...]
    notices: tuple[str, ...] = ()
    shapes: Mapping[str, grouping.Shape] = field(default_factory=dict)
    sources: tuple[tuple[str, str], ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)


def make_plan(
    experiment: Experiment,
    done: AbstractSet[str] = frozenset(),
) -> Plan:
    """Expand an experiment into cells, check all of it, and group what is not done yet: see ``expand``.

    Parameters
    ----------
    done : set of str
        Keys of cells that a store has.
    """
    return remaining(expand(experiment), done)


def expand(experiment: Experiment) -> Plan:
    """Expand an experiment into cells and check all of it; ``remaining`` groups them once the store is asked.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    Plan
        Without tasks, with every problem of every dataset, scenario and method. Nothing is computed or written but
        the cached form of datasets read for the first time.
    """
    problems: list[str] = []
    skipped: list[str] = []
    chosen = dict(_methods(experiment, problems, skipped))
    problems += trial.problems([(method.spec, dict(choice.params)) for choice, method in chosen.items()])
    problems += _seed_problems(experiment.seeds)
    datasets = dict(_datasets(experiment, problems))
    asked: list[Cell] = []
    possible: dict[tuple[str, Scenario], bool] = {}
    for part in experiment.parts:
        known = [(choice, chosen[choice]) for choice in part.methods if choice in chosen]
        for choice, method in known:
            problems += _protocol_problems(choice, method.spec, part.scenarios)
        for name in part.datasets:
            if name not in datasets:
                continue
            unknown = [scenario for scenario in part.scenarios if (name, scenario) not in possible]
            for scenario, wrong in problems_by_scenario(datasets[name], unknown, experiment.seeds).items():
                problems += wrong
                possible[name, scenario] = not wrong
            for scenario in part.scenarios:
                if possible[name, scenario]:
                    for choice, method in known:
                        asked += _cells(datasets[name], name, scenario, choice, method, experiment.seeds)
    problems += identity.twins(asked)
    cells: dict[str, Cell] = {}
    for cell in asked:
        cells.setdefault(cell.key, cell)  # what two parts ask for is done once
    if not chosen and not problems:
        problems.append("no method is left to run; install what is missing or name others")
    shapes = {name: (len(dataset.y), int(dataset.X.shape[1])) for name, dataset in datasets.items()}
    return Plan(
        cells=tuple(cells.values()),
        tasks=(),
        done=0,
        problems=tuple(dict.fromkeys(problems)),
        skipped=tuple(dict.fromkeys(skipped)),
        notices=tuple(identity.equal_tables(cells.values())),
        shapes=shapes,
        sources=tuple(sorted({choice.name: method.source for choice, method in chosen.items()}.items())),
        readings=_readings(experiment.catalogue, datasets),
    )


def remaining(plan: Plan, done: AbstractSet[str]) -> Plan:
    """The same plan with tasks for the cells that are not among ``done``."""
    left = [cell for cell in plan.cells if cell.key not in done]
    return replace(plan, tasks=grouping.tasks(left, plan.shapes), done=len(plan.cells) - len(left))


@dataclass(frozen=True)
class _Method:
    spec: MethodSpec
    source: str


def _methods(experiment: Experiment, problems: list[str], skipped: list[str]) -> Iterator[tuple[MethodChoice, _Method]]:
    for choice in experiment.methods:
        try:
            spec = methods.get(choice.name)
            lacking = methods.missing(spec)
            if lacking:
                skipped.append(lacking)
                continue
            problems += signature.problems(spec, [name for name, _ in choice.params])
            yield choice, _Method(spec, methods.source_hash(spec))
        except BenchError as error:
            problems.append(str(error))


def _seed_problems(seeds: Iterable[int]) -> list[str]:
    beyond = [seed for seed in seeds if not 0 <= seed <= LARGEST_SEED]
    return [f"seed {seed} is out of range; numpy and scikit-learn take 0 to {LARGEST_SEED}" for seed in beyond]


def _protocol_problems(choice: MethodChoice, spec: MethodSpec, scenarios: Iterable[Scenario]) -> list[str]:
    wrong = sorted({scenario.protocol for scenario in scenarios} - set(spec.protocols))
    known = ", ".join(spec.protocols)
    return [f"{choice.name} cannot run under protocol = {name!r}; it knows {known}" for name in wrong]


def _datasets(experiment: Experiment, problems: list[str]) -> Iterator[tuple[str, Dataset]]:
    catalogue = experiment.catalogue
    own = catalogue.own()
    for name in own:
        try:
            yield name, catalogue.load(name)
        except BenchError as error:
            problems.append(str(error))
    cards = registry.cards()
    unknown = [name for name in experiment.datasets if name not in cards]
    problems += [str(UnknownName("dataset", name, [*cards, *own])) for name in unknown]
    try:
        lacking = catalogue.lacking(cards[name] for name in experiment.datasets if name in cards)
    except BenchError as error:  # a data folder that does not exist is one trouble, not one for each dataset
        problems.append(str(error))
        return
    problems += lacking
    absent = {name for names in lacking.values() for name in names}
    for name in experiment.datasets:
        if name in cards and name not in absent:
            try:
                yield name, catalogue.load(name)
            except BenchError as error:
                problems.append(str(error))


def _readings(catalogue: Catalogue, datasets: Mapping[str, Dataset]) -> dict[str, Reading]:
    """How those of the user's tables that could be loaded were read."""
    return {name: catalogue.reading(name) for name in catalogue.own() if name in datasets}


def _cells(
    dataset: Dataset, name: str, scenario: Scenario, choice: MethodChoice, method: _Method, seeds: Iterable[int]
) -> Iterator[Cell]:
    what = identity.content(dataset.sha256, scenario, method.spec, dict(choice.params), method.source, 0, name)
    for seed, key in identity.keys_by_seed(what, seeds):
        yield Cell(name, dataset.sha256, scenario, choice.name, choice.params, seed, key, choice.label)
