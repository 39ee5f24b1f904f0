"""Which half of the data methods may be tuned on: a rule that anyone can check, fixed before any result.

A family is in the development half where the sha256 of its alphabetically first name is an even number, else in the
half that results are reported on. Names are bare: without the source and without ADBench's number.

OddBench's sets went by their own names until copies among them were seen. What was tuned on by then cannot be reported
on, so such a family goes where ADBench's sets of it are, else to development if one of its sets was there.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256


def in_development(family: Iterable[str]) -> bool:
    """Whether the family with these bare names is in the development half."""
    return int(sha256(min(family).encode()).hexdigest(), 16) % 2 == 0
