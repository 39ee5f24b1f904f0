"""What is registered, as rows for a list: collections with their counts, or the sets of one collection."""

from __future__ import annotations

from typing import Any

from bench.datasets import registry, select
from bench.datasets.filters import difficulty
from bench.types import DatasetCard

Rows = list[dict[str, Any]]


def groups() -> Rows:
    """One row for each collection: how many sets it has, how many are here, and the range of their sizes."""
    cards = registry.cards()
    here = registry.here(cards.values())
    return [
        {
            "collection": name,
            "sets": len(group.members),
            "here": sum(here[member] for member in group.members),
            "rows": _range([cards[member].rows for member in group.members]),
            "features": _range([cards[member].features for member in group.members]),
            "what": group.title,
        }
        for name, group in select.collections().items()
    ]


def sets(collection: str | None = None) -> Rows:
    """One row for each set of a collection (None: of all), whether it can be loaded now included.

    Raises
    ------
    UnknownName, ConfigError
        As ``select.members``.
    """
    cards = registry.cards()
    chosen = [cards[name] for name in (cards if collection is None else select.members(collection))]
    here = registry.here(chosen)
    return [_row(card, here[card.name]) for card in chosen]


def _row(card: DatasetCard, here: bool) -> dict[str, Any]:
    return {
        "name": card.name,
        "rows": card.rows,
        "features": card.features,
        "anomaly_ratio": round(card.anomalies / card.rows, 4) if card.anomalies and card.rows else None,
        "modes": card.modes,
        "types": len(card.types) or None,
        "source": card.source + (" (generated)" if card.synthetic else ""),
        "origin": card.origin,
        "difficulty": difficulty(card),
        "available": here,
        "family": card.family,
        "title": card.title,
        "licence": card.licence,
        "citation": card.citation,
        "url": card.url,
        "sha256": card.sha256,
        "oddities": list(card.oddities),
    }


def _range(numbers: list[int | None]) -> str:
    known = [number for number in numbers if number is not None]
    if not known:
        return "not known"
    return f"{min(known)} to {max(known)}" + ("" if len(known) == len(numbers) else " or more")
