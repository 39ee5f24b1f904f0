"""The same experiment with other methods, datasets, seeds or limits, as the command line asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.datasets import select
from bench.datasets.table import table_name
from bench.errors import ConfigError
from bench.suite.experiment import Experiment, MethodChoice, distinct

#: More seeds than this are a slip of the hand.
MOST_SEEDS = 10_000
#: A seed of more digits does not fit into 64 bits.
MOST_DIGITS = 18


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
        seeds=distinct(seeds) if seeds else experiment.seeds,
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
    return distinct(seeds)
