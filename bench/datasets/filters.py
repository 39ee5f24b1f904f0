"""Filters of datasets by what their cards say: ``rows<=10000,features<50,origin=Science|Human``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bench.errors import ConfigError, UnknownName
from bench.types import DatasetCard

#: AUC-ROC of a forest with all labels, from which on a set is easy or medium; below it is hard.
EASY, MEDIUM = 0.95, 0.8

NUMBERS: dict[str, Callable[[DatasetCard], float | None]] = {
    "rows": lambda card: card.rows,
    "features": lambda card: card.features,
    "anomalies": lambda card: card.anomalies,
    "anomaly_ratio": lambda card: card.anomalies / card.rows if card.anomalies and card.rows else None,
    "modes": lambda card: card.modes,
    "forest_auc": lambda card: card.forest_auc,
    "iforest_auc": lambda card: card.iforest_auc,
}
WORDS: dict[str, Callable[[DatasetCard], tuple[str, ...]]] = {
    "name": lambda card: (card.name, card.name.partition("/")[2]),
    "family": lambda card: (card.family, card.family.partition("/")[2]),
    "origin": lambda card: tuple(word.strip() for word in card.origin.split(",")),
    "difficulty": lambda card: (difficulty(card),),
}
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
_CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|!=|<|>|=)\s*(.*?)\s*", re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """One comparison of a filter."""

    field: str
    comparison: str
    value: str

    def holds(self, card: DatasetCard) -> bool | None:
        """Whether the card meets it; None where the card does not say."""
        if self.field in NUMBERS:
            number = NUMBERS[self.field](card)
            return None if number is None else _COMPARED[self.comparison](number, float(self.value))
        words = [word.lower() for word in WORDS[self.field](card) if word]
        asked = [word.strip().lower() for word in self.value.split("|")]
        met = any(fnmatchcase(word, pattern) for word in words for pattern in asked)
        return None if not words else met == (self.comparison == "=")


def difficulty(card: DatasetCard) -> str:
    """Say "easy", "medium" or "hard" by the AUC-ROC of a forest with all labels; "" where it is not known."""
    auc = card.forest_auc
    return "" if auc is None else "easy" if auc >= EASY else "medium" if auc >= MEDIUM else "hard"


def read_filter(text: str) -> tuple[Condition, ...]:
    """The conditions of a filter's text, which all must hold.

    Parameters
    ----------
    text : str
        Comparisons with commas between them. Numbers (``rows``, ``features``, ``anomalies``, ``anomaly_ratio``,
        ``modes``, ``forest_auc``, ``iforest_auc``) take ``< <= = != >= >``; words (``name``, ``family``, ``origin``,
        ``difficulty``) take ``=`` and ``!=``, with ``*`` for any letters and ``|`` between alternatives.

    Raises
    ------
    ConfigError
        What is no comparison, a value that does not fit its field.
    UnknownName
        A field that does not exist.
    """
    return tuple(_condition(part) for part in text.split(","))


def _condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None or not match[3]:
        raise ConfigError(f"the filter {text.strip()!r} is no comparison; write e.g. rows<=10000 or origin=Science")
    field, comparison, value = match.groups()
    if field in WORDS:
        if comparison not in ("=", "!="):
            raise ConfigError(f"the filter {text.strip()!r} compares words; use = or !=")
        return Condition(field, comparison, value)
    if field not in NUMBERS:
        raise UnknownName("filter", field, (*NUMBERS, *WORDS))
    try:
        float(value)
    except ValueError:
        raise ConfigError(f"the filter {text.strip()!r} needs a number; {value!r} is none") from None
    return Condition(field, comparison, value)


def filtered(cards: Iterable[DatasetCard], conditions: Iterable[Condition]) -> list[DatasetCard]:
    """The cards that meet all conditions, in order.

    Raises
    ------
    ConfigError
        A condition on something that is not known of all sets: leaving those out silently would be a choice.
    """
    kept = list(cards)
    for condition in conditions:
        met = [(card, condition.holds(card)) for card in kept]
        unknown = [card.name for card, holds in met if holds is None]
        if unknown:
            more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
            raise ConfigError(
                f"{condition.field} is not known of {', '.join(unknown[:3])}{more}; leave this filter out, "
                "or put one that excludes them before it"
            )
        kept = [card for card, holds in met if holds]
    return kept
