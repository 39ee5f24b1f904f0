"""Made-up store rows, as ``bench.store.read`` gives them, for tests of the reports."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from reproducibility.streams import generator

#: name -> (title, family, skill, seconds)
METHODS = {
    "mnp": ("MNP", "weak", 1.4, 2.0),
    "devnet": ("DevNet", "weak", 1.0, 0.5),
    "deep-sad": ("Deep SAD", "weak", 0.9, 0.8),
    "prenet": ("PReNet", "weak", 1.1, 0.6),
    "logistic-regression": ("Logistic regression", "supervised", 1.0, 0.03),
    "random-forest": ("Random forest", "supervised", 1.2, 0.4),
    "iforest": ("Isolation forest", "unsupervised", 0.3, 0.3),
    "ecod": ("ECOD", "unsupervised", 0.1, 0.05),
}


def rows(
    datasets: Sequence[str] = ("digits-low", "breast-cancer", "wine"),
    methods: Sequence[str] = ("mnp", "devnet", "logistic-regression", "iforest"),
    seeds: int = 3,
    scenarios: Sequence[Mapping[str, Any]] = ({"contamination": 0.02},),
    params: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    families: Mapping[str, str] | None = None,
    scores: bool = False,
) -> pd.DataFrame:
    """A full grid of successful cells; values depend on the names only, not on the grid."""
    made = [
        _row(dataset, method, chosen, seed, dict(scenario), (families or {}).get(dataset, dataset), scores)
        for scenario in scenarios
        for dataset in datasets
        for method in methods
        for chosen in (params or {}).get(method, ({},))
        for seed in range(seeds)
    ]
    return pd.DataFrame(made)


def fail(
    frame: pd.DataFrame, reason: str = "the loss became NaN", status: str = "failed", **where: Any
) -> pd.DataFrame:
    """The frame with the cells that match ``where`` turned into failures."""
    hit = pd.Series(True, index=frame.index)
    for column, value in where.items():
        hit &= frame[column] == value
    assert hit.any()
    metrics = [name for name in frame.columns if name.startswith(("average_precision", "auc_"))]
    changed = frame.copy()
    changed.loc[hit, metrics] = math.nan
    changed.loc[hit, "status"] = status
    changed.loc[hit, "error"] = f"Traceback\n{reason}"
    return changed


def _row(
    dataset: str, method: str, params: Mapping[str, Any], seed: int, scenario: dict[str, Any], family: str, scores: bool
) -> dict[str, Any]:
    title, method_family, skill, seconds = METHODS[method]
    level = scenario.get("contamination")
    budget = scenario.get("label_budget", 5)
    text = json.dumps(params, sort_keys=True)
    ease = generator("ease", dataset).normal(0, 1.0)
    fit = generator("fit", dataset, method, text).normal(0, 0.35)
    luck = generator("luck", dataset, method, text, seed, json.dumps(scenario, sort_keys=True)).normal(0, 0.2)
    labels = 0.35 * math.log(budget / 5) if method_family != "unsupervised" and isinstance(budget, int) else 0.0
    worth = {"contrast": -0.5, "likelihood": -0.2, "reconstruction_input": -0.05}
    cut = sum(worth.get(name, 0.0) for name in params)
    cut -= 0.15 * abs((params.get("n_prototypes") or 4) - 4)
    logit = skill + ease + fit + luck + labels + cut - 6 * (level or 0.0)
    precision = round(1 / (1 + math.exp(-logit)), 6)
    row: dict[str, Any] = {
        "dataset": dataset,
        "method": method,
        "seed": seed,
        "protocol": scenario.get("protocol", "weak"),
        "label_budget": float(budget),
        "contamination": math.nan if level is None else level,
        "status": "ok",
        "average_precision": precision,
        "auc_roc": round(0.5 + 0.5 * math.sqrt(precision), 6),
        "auc_pr_trapezoid": round(precision * 0.98, 6),
        "fit_seconds": round(seconds * (1 + 0.1 * seed), 4),
        "score_seconds": 0.01,
        "peak_memory_mb": 300.0,
        "error": "",
        "cell": f"{dataset}/{method}/{text}/{seed}/{json.dumps(scenario, sort_keys=True)}",
        "label_budget_kind": "count" if isinstance(budget, int) else "ratio",
        "scenario": json.dumps(scenario, sort_keys=True, separators=(",", ":")),
        "params": json.dumps(params, sort_keys=True, separators=(",", ":")),
        "dataset_sha256": "ab" * 32,
        "dataset_family": family,
        "dataset_rows": 500,
        "dataset_features": 10,
        "dataset_anomalies": 40,
        "synthetic": dataset.startswith("synthetic"),
        "method_title": title,
        "method_family": method_family,
        "sees_validation": scenario.get("protocol") == "paper" and method == "mnp",
        "best_f1": precision,
        "n_train": 300,
        "n_labelled": 5,
        "n_test": 200,
        "group_width": 8 if method_family == "weak" else 1,
        "started": "2026-01-01T00:00:00+00:00",
        "provenance": "p",
    }
    if scenario.get("known_types"):
        row["average_precision_known"] = precision
        row["average_precision_unseen"] = round(precision * (0.75 if method_family != "unsupervised" else 0.95), 6)
        row["auc_roc_unseen"] = round(row["auc_roc"] * 0.95, 6)
    if scores:
        draw = generator("scores", dataset, method, seed)
        truth = np.zeros(200, dtype=np.int8)
        truth[:16] = 1
        row["scores"] = (draw.normal(0, 1, 200) + truth * (logit + 1.0)).astype(np.float32)
        row["truth"] = truth
    return row
