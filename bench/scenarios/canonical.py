"""The canonical form of a scenario: what enters a cell's key and the store."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from bench.types import Scenario


def canonical(scenario: Scenario) -> dict[str, Any]:
    """The scenario's fields that differ from the defaults, sorted by name, ready for JSON.

    An integer and a float of equal value stay apart (a budget of 1 label is not a budget of 100%).
    """
    changed = {}
    for field in sorted(fields(scenario), key=lambda f: f.name):
        value = getattr(scenario, field.name)
        if value != field.default or type(value) is not type(field.default):
            changed[field.name] = list(value) if isinstance(value, tuple) else value
    return changed
