"""Made-up cells and records for tests of the store and of what reads it."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.types import Cell, Record, Scenario, Status

FACTS = {
    "dataset_family": "toy",
    "dataset_rows": 100,
    "dataset_features": 3,
    "dataset_anomalies": 9,
    "synthetic": True,
    "method_title": "Toy",
    "method_family": "weak",
    "sees_validation": False,
    "n_train": 65,
    "n_labelled": 5,
    "n_test": 35,
    "group_width": 1,
    "started": "2026-01-01T00:00:00+00:00",
}


def cell(number: int, **scenario: Any) -> Cell:
    return Cell("toy", "ab" * 32, Scenario(**scenario), "toy-method", (("width", 3),), number, f"key-{number:08d}")


def record(number: int, status: Status = "ok", value: float = 0.5, scores: int = 4, **scenario: Any) -> Record:
    metrics = {"average_precision": value, "auc_roc": 0.75, "auc_pr_trapezoid": 0.4, "best_f1": 0.3}
    return Record(
        cell(number, **scenario),
        status,
        metrics if status == "ok" else {},
        1.5,
        0.25,
        123.0,
        "" if status == "ok" else "it broke",
        np.linspace(0, 1, scores, dtype=np.float32) + np.float32(number) if status == "ok" else None,
        "run-1",
        FACTS,
        (np.arange(scores) % 3 == 0).astype(np.int8) if status == "ok" else None,
    )
