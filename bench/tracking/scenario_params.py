"""A scenario as MLflow parameters: every field of it on every run, so that one can filter and chart by any."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from bench.types import Scenario

#: What a field's empty value means, in a word.
EMPTY = {"contamination": "natural", "known_types": "all", "max_rows": "all"}
#: Fields that do not tell runs of a suite apart in a name.
NOT_IN_NAMES = ("contamination_fill", "max_rows", "drop_duplicates", "test_fraction", "validation_fraction")


def scenario_params(text: str) -> dict[str, str]:
    """Every field of a stored scenario (canonical JSON: what differs from the defaults) as text."""
    stored: dict[str, Any] = json.loads(text)
    values = {field.name: stored.get(field.name, field.default) for field in fields(Scenario)} | stored
    budget = values["label_budget"]
    params = {name: _text(name, value) for name, value in values.items()}
    params["label_budget_kind"] = "count" if isinstance(budget, int) else "ratio"
    params["scenario"] = text
    return params


def run_name(method: str, dataset: str, scenario: str) -> str:
    """Such as ``MNP on digits-low (label_budget=5, contamination=0.02)``: enough to tell a suite's runs apart."""
    params, changed = scenario_params(scenario), json.loads(scenario)
    always = ["label_budget", "contamination"]
    more = [name for name in changed if name not in always and name not in NOT_IN_NAMES]
    return f"{method} on {dataset} ({', '.join(f'{name}={params[name]}' for name in always + more)})"


def _text(name: str, value: Any) -> str:
    if name in EMPTY and (value is None or value in ([], ())):
        return EMPTY[name]
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
