"""The store's columns and how a Record becomes a row."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa

from bench.json_values import json_text
from bench.scenarios import canonical
from bench.types import Record

_FIRST: dict[str, pa.DataType] = {
    "dataset": pa.string(),
    "method": pa.string(),
    "seed": pa.int64(),
    "protocol": pa.string(),
    "label_budget": pa.float64(),
    "contamination": pa.float64(),
    "status": pa.string(),
    "average_precision": pa.float64(),
    "auc_roc": pa.float64(),
    "auc_pr_trapezoid": pa.float64(),
    "fit_seconds": pa.float64(),
    "score_seconds": pa.float64(),
    "peak_memory_mb": pa.float64(),
    "error": pa.string(),
    "cell": pa.string(),
    "label_budget_kind": pa.string(),
    "scenario": pa.string(),
    "params": pa.string(),
    "dataset_sha256": pa.string(),
    "dataset_family": pa.string(),
    "dataset_rows": pa.int64(),
    "dataset_features": pa.int64(),
    "dataset_anomalies": pa.int64(),
    "synthetic": pa.bool_(),
    "method_title": pa.string(),
    "method_family": pa.string(),
    "sees_validation": pa.bool_(),
}
_LAST: dict[str, pa.DataType] = {
    "n_train": pa.int64(),
    "n_labelled": pa.int64(),
    "n_test": pa.int64(),
    "group_width": pa.int64(),
    "started": pa.string(),
    "provenance": pa.string(),
}
#: Per test row, in one order: the score, and the truth (1 = anomaly). Read only when asked for.
SCORES, TRUTH = "scores", "truth"
PER_ROW: dict[str, pa.DataType] = {SCORES: pa.list_(pa.float32()), TRUTH: pa.list_(pa.int8())}
FIXED: dict[str, pa.DataType] = {**_FIRST, **_LAST}
#: Only rows that an adoption carried over to other code have it: its id in the manifest.
ADOPTED = "adopted"
HEADLINE = ("average_precision", "auc_roc", "auc_pr_trapezoid")


def ordered(names: set[str]) -> list[str]:
    """Column names in the documented order: facts, other metrics by name, sizes, what is per test row last."""
    metrics = [name for name in metric_names(names) if name not in FIXED]
    return [*_FIRST, *metrics, *_LAST, *(name for name in (ADOPTED, *PER_ROW) if name in names)]


def metric_names(columns: Iterable[str]) -> list[str]:
    """Those of a store's columns that are metrics, by name: the headline ones and all that are not ``FIXED``."""
    names = set(columns)
    return sorted((names - set(FIXED) - set(PER_ROW) - {ADOPTED}) | (names & set(HEADLINE)))


def metrics_of(row: pd.Series) -> dict[str, float]:
    """The metrics of a stored row of status "ok" by name; what its run did not measure (an empty field) is absent."""
    return {name: float(row[name]) for name in metric_names(row.index) if not pd.isna(row[name])}


def table(records: list[Record]) -> pa.Table:
    """The records as a table, one row each.

    Raises
    ------
    ValueError
        Metadata that have no column.
    """
    rows = [row(record) for record in records]
    names = {name for record_row in rows for name in record_row}
    types = {**FIXED, **PER_ROW}
    fields = [pa.field(name, types.get(name, pa.float64())) for name in ordered(names | set(PER_ROW))]
    columns = [pa.array([record_row.get(field.name) for record_row in rows], field.type) for field in fields]
    return pa.table(columns, schema=pa.schema(fields))


def row(record: Record) -> dict[str, Any]:
    """One record as plain values by column name.

    Natural contamination is NaN; a label budget's kind says whether it is a count or a ratio.
    """
    cell, scenario = record.cell, record.cell.scenario
    unknown = sorted(set(record.metadata) - set(FIXED))
    if unknown:
        raise ValueError(f"metadata without a column: {unknown}; add them to bench.store.schema or leave them out")
    return {
        **record.metrics,
        **record.metadata,
        "dataset": cell.dataset,
        "method": cell.method,
        "seed": cell.seed,
        "protocol": scenario.protocol,
        "label_budget": float(scenario.label_budget),
        "label_budget_kind": "count" if isinstance(scenario.label_budget, int) else "ratio",
        "contamination": math.nan if scenario.contamination is None else scenario.contamination,
        "status": record.status,
        **{name: record.metrics.get(name, math.nan) for name in HEADLINE},
        "fit_seconds": record.fit_seconds,
        "score_seconds": record.score_seconds,
        "peak_memory_mb": record.peak_memory_mb,
        "error": record.error,
        "cell": cell.key,
        "scenario": json_text(canonical(scenario)),
        "params": json_text(dict(cell.params)),
        "dataset_sha256": cell.dataset_sha256,
        "provenance": record.provenance,
        SCORES: record.scores,
        TRUTH: record.truth,
    }
