"""``problems``: every reason why a scenario cannot be done on a dataset, before any work starts."""

from __future__ import annotations

from collections.abc import Iterable

from bench.errors import DataError
from bench.scenarios.draw import outline
from bench.scenarios.reasons import reasons
from bench.types import Dataset, Scenario


def problems(dataset: Dataset, scenario: Scenario, seeds: Iterable[int]) -> list[str]:
    """All reasons why ``split(dataset, scenario, seed)`` cannot be drawn for some of the seeds.

    Parameters
    ----------
    dataset : Dataset
    scenario : Scenario
    seeds : iterable of int

    Returns
    -------
    list of str
        One sentence each, beginning with the dataset's name; empty if all can be done.
    """
    return problems_by_scenario(dataset, [scenario], seeds)[scenario]


def problems_by_scenario(
    dataset: Dataset, scenarios: Iterable[Scenario], seeds: Iterable[int]
) -> dict[Scenario, list[str]]:
    """``problems`` of several scenarios, seed by seed, so that those that share a cut of the rows draw it once."""
    reasons_by_scenario = {scenario: reasons(dataset, scenario) for scenario in scenarios}
    drawn = [scenario for scenario, wrong in reasons_by_scenario.items() if not wrong]
    failing: dict[Scenario, dict[str, list[int]]] = {scenario: {} for scenario in drawn}
    for number, seed in enumerate(sorted(set(seeds))):
        for scenario in drawn:
            if number and scenario.protocol == "paper":
                continue  # one fixed split
            try:
                outline(dataset, scenario, seed)
            except DataError as error:
                failing[scenario].setdefault(str(error), []).append(seed)
    for scenario, wrong in failing.items():
        reasons_by_scenario[scenario] = [
            f"{text} (seeds {', '.join(map(str, which))})" for text, which in wrong.items()
        ]
    return {scenario: [f"{dataset.name}: {text}" for text in wrong] for scenario, wrong in reasons_by_scenario.items()}
