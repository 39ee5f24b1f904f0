"""What is known of OddBench's sets beside their files' own facts: copies of other sets, and what columns are odd.

The table is ``oddbench_kin.toml``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Kinship:
    """The family a set belongs to, and in one sentence what it shares with whom."""

    family: str
    shares: str


@cache
def kinships() -> dict[str, Kinship]:
    """By a set's bare name (``SkinAnomaly``); sets that are families of their own are not in it."""
    return {
        name: Kinship(group["family"], shares)
        for group in _table()["families"]
        for name, shares in group["sets"].items()
    }


@cache
def column_names() -> dict[str, str]:
    """By a set's bare name a sentence on the names of its columns, where they are odd."""
    return dict(_table()["columns"])


@cache
def rounded_columns() -> dict[str, str]:
    """By a set's bare name its columns of whole numbers that double precision rounds."""
    return dict(_table()["rounded"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("bench.datasets").joinpath("oddbench_kin.toml").read_text(encoding="utf-8"))
