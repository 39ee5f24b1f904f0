"""What may be missing, where a test relies on it."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """The value; a failed test where it is None."""
    assert value is not None
    return value
