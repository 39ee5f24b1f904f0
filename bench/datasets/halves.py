"""Which half of the data methods may be tuned on: a rule that anyone can check, fixed before any result.

A family is in the development half where the sha256 of its alphabetically first name is an even number, else in the
half that results are reported on. Names are bare: without the source and without ADBench's number.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256


def in_development(family: Iterable[str]) -> bool:
    """Whether the family with these bare names is in the development half."""
    return int(sha256(min(family).encode()).hexdigest(), 16) % 2 == 0
