"""Numbers and lists inside sentences, the same in tables, captions and summaries."""

from __future__ import annotations

from collections.abc import Sequence

#: More names than this do not stand in a sentence; no table has so many methods.
ALL = 1000


def count(number: int, thing: str, many: str = "") -> str:
    """``3 datasets``, ``1 dataset``, ``2 families``."""
    return f"{number:,} {thing if number == 1 else many or thing + 's'}"


def listed(names: Sequence[str], most: int) -> str:
    """``A``, ``A and B``, ``A, B and C``; of more than ``most`` the rest is counted: ``A, B and 7 more``."""
    shown = [*names[:most]]
    more = len(names) - len(shown)
    phrases = [*shown, f"{more:,} more"] if more > 0 else shown
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}" if phrases else ""


def uncapitalised(title: str) -> str:
    """A title inside a sentence: ``average precision``; ``AUC-ROC`` stays."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def seed_count(fewest: int, most: int) -> str:
    """On how many seeds something rests, of one method and dataset: ``one seed``, ``5 seeds``, ``1 to 5 seeds``."""
    return "one seed" if fewest == most == 1 else f"{span(fewest, most)} seeds"


def span(fewest: int, most: int) -> str:
    """``5``, or ``1 to 5`` where they differ."""
    return f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"


def p_value(p: float) -> str:
    """A p-value as tables print it: ``0.012``, ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_text(p: float) -> str:
    """A p-value as sentences say it: ``p = 0.012``, ``p < 0.001``."""
    return f"p {p_value(p)}" if p < 0.001 else f"p = {p_value(p)}"
