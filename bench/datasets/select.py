"""Collections by name, and texts that name datasets: a dataset, a collection, or a collection with a filter."""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import cache

from bench.datasets import registry
from bench.datasets.filters import filtered, read_filter
from bench.datasets.sources import Collection, Grouped, sources
from bench.errors import BenchError, ConfigError, UnknownName


@cache
def collections() -> dict[str, Collection]:
    """Every collection by the name that suites and commands use: ``adbench``, ``oddbench:eligible``, ..."""
    named: dict[str, Collection] = {}
    for source, what in sources().items():
        named[source] = Collection(f"all sets of {source}", tuple(what.cards()))
        if isinstance(what, Grouped):
            named |= {f"{source}:{name}" if name else source: group for name, group in what.collections().items()}
    return named


def is_collection(text: str) -> bool:
    """Whether a text means a collection, filtered or not, rather than one dataset."""
    return ":" in text or "[" in text or text in sources()


def expanded(names: Iterable[str], own: Container[str] = ()) -> list[str]:
    """Names of datasets, with each collection replaced by its members.

    Parameters
    ----------
    names : iterable of str
        Datasets, which are left as they are, known or not, and collections: ``oddbench:eligible``,
        ``oddbench:eligible[rows<=10000,features<50]``.
    own : container of str
        Names that are never collections: those of the user's tables.

    Returns
    -------
    list of str
        In order; what a collection brings is there once, what is named twice by itself stays twice.

    Raises
    ------
    UnknownName
        No such collection or filter; near matches are listed.
    ConfigError
        A filter that cannot be read, or that leaves nothing.
    """
    result: list[str] = []
    brought: set[str] = set()
    for name in names:
        if name in own or not is_collection(name):
            if name not in brought:
                result.append(name)
        else:
            added = [member for member in members(name) if member not in result]
            result += added
            brought |= set(added)
    return result


def members(text: str) -> tuple[str, ...]:
    """The datasets of a collection, filtered or not; errors as in ``expanded``."""
    name, bracket, rest = text.strip().partition("[")
    if name not in collections():
        raise UnknownName("collection", name, collections())
    names = collections()[name].members
    if not bracket:
        return names
    if not rest.endswith("]") or "[" in rest:
        raise ConfigError(f"{text!r} must end with the one ] that closes its filter")
    cards = registry.cards()
    try:
        kept = filtered((cards[member] for member in names), read_filter(rest[:-1]))
    except BenchError as error:
        raise ConfigError(f"{text}: {error}") from error
    if not kept:
        raise ConfigError(f"{text} names none of the {len(names)} sets of {name}; loosen the filter")
    return tuple(card.name for card in kept)


def split_names(text: str) -> list[str]:
    """Names with commas between them; a comma inside a filter's brackets separates nothing."""
    names, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth <= 0:
            names.append("")
        else:
            names[-1] += letter
    return [name.strip() for name in names if name.strip()]
