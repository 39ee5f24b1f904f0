"""Markdown that is written by program: tables, and text that must not be read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

SPECIAL = re.compile(r"([\\`*_\[\]{}<>$|#])")


def plain(text: object) -> str:
    """Text as it stands, whatever signs are in it."""
    return SPECIAL.sub(r"\\\1", str(text)).replace("\n", " ")


def prose(text: str) -> str:
    """A docstring's sentences, whose doubled backquotes hold code."""
    pieces = re.split(r"``(.+?)``", text.replace("\n", " "))
    return "".join(f"`{piece}`" if place % 2 else plain(piece) for place, piece in enumerate(pieces))


def number(value: float, digits: int = 3) -> str:
    """A number to so many digits; a dash for none."""
    return "-" if value != value else f"{value:.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign."""
    return "-" if value != value else f"{value:+.{digits}f}"


def seconds(value: float) -> str:
    """Seconds to two digits that count."""
    return "-" if value != value else f"{value:.2g}" if value < 100 else f"{value:.0f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table whose first ``left`` columns stand left and the others right; cells are markdown already."""
    marks = [":--" if place < left else "--:" for place in range(len(header))]
    lines = [header, marks, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """A fact sheet: names as heads of rows and what they are, without those that are empty."""
    lines = [f"* - {name}\n  - {value}" for name, value in rows if value]
    return "\n".join(["```{list-table}", ":stub-columns: 1", "", *lines, "```"])
