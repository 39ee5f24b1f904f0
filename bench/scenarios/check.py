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
    found = reasons(dataset, scenario)
    if not found:
        failing: dict[str, list[int]] = {}
        for seed in sorted(set(seeds)):
            try:
                outline(dataset, scenario, seed)
            except DataError as error:
                failing.setdefault(str(error), []).append(seed)
            if scenario.protocol == "paper":
                break  # one fixed split
        found = [f"{text} (seeds {', '.join(map(str, which))})" for text, which in failing.items()]
    return [f"{dataset.name}: {text}" for text in found]
