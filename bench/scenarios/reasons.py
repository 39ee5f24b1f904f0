"""Reasons against a scenario that can be told without drawing anything."""

from __future__ import annotations

import numpy as np

from bench.near_matches import near_matches
from bench.types import Dataset, Scenario


def reasons(dataset: Dataset, scenario: Scenario) -> list[str]:
    """Everything wrong with the scenario's values and types, one sentence each."""
    return [*of_values(scenario), *of_types(dataset, scenario)]


def of_values(scenario: Scenario) -> list[str]:
    """Reasons that lie in the scenario's own values, whatever the dataset."""
    s = scenario
    if isinstance(s.label_budget, bool):
        budget_fits = False
    elif isinstance(s.label_budget, int):
        budget_fits = s.label_budget >= 1
    else:
        budget_fits = 0 < s.label_budget <= 1
    fixed = s.protocol in ("paper", "adbench")
    checks = [
        (s.protocol in ("weak", "paper", "adbench"), f"protocol = {s.protocol!r}; use weak, paper, adbench"),
        (budget_fits, f"label_budget = {s.label_budget}; give a whole number from 1 or a share in (0, 1]"),
        (
            s.contamination is None or 0 <= s.contamination < 1,
            f"contamination = {s.contamination}; give a share in [0, 1), or leave it out for what is there",
        ),
        (
            s.contamination_fill in ("refuse", "perturb"),
            f'contamination_fill = {s.contamination_fill!r}; use "refuse" or "perturb"',
        ),
        (0 <= s.label_noise < 1, f"label_noise = {s.label_noise}; give a share in [0, 1)"),
        (
            0 <= s.irrelevant_features < 1,
            f"irrelevant_features = {s.irrelevant_features}; give a share of all columns in [0, 1)",
        ),
        (
            isinstance(s.duplicated_anomalies, int) and s.duplicated_anomalies >= 1,
            f"duplicated_anomalies = {s.duplicated_anomalies}; give a whole number from 1",
        ),
        (
            s.duplicated_anomalies == 1 or s.protocol != "paper",
            "duplicated_anomalies is not part of the paper protocol; use weak or adbench",
        ),
        (s.max_rows is None or s.max_rows >= 20, f"max_rows = {s.max_rows}; give at least 20"),
        (
            not s.bootstrap_small or s.protocol == "adbench",
            f"bootstrap_small belongs to protocol adbench, not {s.protocol}; leave it out",
        ),
        (0 < s.test_fraction < 1, f"test_fraction = {s.test_fraction}; give a share in (0, 1)"),
        (
            s.validation_fraction == 0,
            f"validation_fraction = {s.validation_fraction}: only the paper protocol has a validation part, "
            "and its size is fixed; leave it out",
        ),
        (
            not fixed or s.test_fraction == Scenario.test_fraction,
            f"test_fraction = {s.test_fraction} but protocol {s.protocol} fixes it; leave it out",
        ),
        (not s.unseen_only or bool(s.known_types), "unseen_only needs known_types; name those seen"),
    ]
    return [text for fits, text in checks if not fits]


def of_types(dataset: Dataset, scenario: Scenario) -> list[str]:
    """Reasons that lie in the anomaly types asked for."""
    if not scenario.known_types:
        return []
    if dataset.anomaly_type is None:
        return ["known_types given but the anomalies have no types; choose a typed dataset"]
    there = sorted(set(np.unique(dataset.anomaly_type[dataset.y == 1]).tolist()))
    unknown = [name for name in scenario.known_types if name not in there]
    sentences = []
    for name in unknown:
        near = near_matches(name, there) or there[:12]
        sentences.append(f"known_types names {name!r}, which is no anomaly type here; types: {', '.join(near)}")
    if not unknown and set(scenario.known_types) == set(there):
        sentences.append("known_types names every anomaly type, so none is unseen; leave one out")
    return sentences
