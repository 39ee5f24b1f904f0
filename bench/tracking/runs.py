"""What MLflow is told of a store: one group of rows per (dataset, scenario, method, parameters), as plain facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

GROUP = ["dataset", "scenario", "method", "params"]
#: Tags of a child run that the mirror finds its way by.
GROUP_TAG, CELLS_TAG = "bench.group", "bench.cells"
#: Numbers that describe the cell or the machine's grouping, not the result.
NOT_METRICS = {"seed", "label_budget", "contamination", "n_train", "n_labelled", "n_test", "group_width", "synthetic"}
#: Only these have a meaning of their own when a cell failed.
FACTS = ("dataset", "method", "method_title", "protocol", "label_budget", "label_budget_kind", "contamination")
#: MLflow's limits on the length of a parameter and of a tag.
LONGEST_PARAM, LONGEST_TAG = 6000, 5000
#: So many digits of a cell's key tell it apart.
SHORT = 12


@dataclass(frozen=True)
class Point:
    """One value of a metric."""

    name: str
    value: float
    step: int
    milliseconds: int


@dataclass(frozen=True)
class Group:
    """One child run.

    Attributes
    ----------
    key : str
        Identity: hash of dataset, scenario, method and parameters.
    content : str
        Hash of every row's every value; equal content means that nothing is to be done.
    name, status : str
        Status is "FINISHED", or "FAILED" when any cell failed.
    params, tags : tuple of (name, text)
    points : tuple of Point
        Per-seed values (step = seed) of the cells that succeeded, and their means.
    started, ended : int
        Milliseconds since 1970, from the rows.
    """

    key: str
    content: str
    name: str
    status: str
    params: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    points: tuple[Point, ...]
    started: int
    ended: int


def groups(frame: pd.DataFrame) -> Iterator[Group]:
    """The store's rows as groups, in a fixed order."""
    metrics = metric_names(frame)
    rows = frame.sort_values("seed", ignore_index=True)
    texts = _row_texts(rows)
    for key, some in rows.groupby(GROUP, sort=True, dropna=False):
        yield _group(tuple(map(str, key)), some, [texts[place] for place in some.index], metrics)


def metric_names(frame: pd.DataFrame) -> list[str]:
    """Columns that hold a number measured: average_precision, fit_seconds and so on."""
    numbers = frame.select_dtypes("number").columns
    return [name for name in numbers if name not in NOT_METRICS and not name.startswith("dataset_")]


def _group(key: tuple[str, ...], rows: pd.DataFrame, texts: list[str], metrics: list[str]) -> Group:
    first, good = rows.iloc[0], rows[rows.status == "ok"]
    bad = rows[rows.status != "ok"]
    params = {name: str(first[name]) for name in FACTS}
    params |= {"scenario": first.scenario, "params": first.params}
    params |= {f"param.{name}": json.dumps(value) for name, value in json.loads(first.params).items()}
    identity, content = _hash("\0".join(key)), _hash("\n".join(sorted(texts)))
    tags = {
        GROUP_TAG: identity,
        CELLS_TAG: content,
        "cells": ",".join(cell[:SHORT] for cell in rows.cell),
        "seeds": ",".join(map(str, rows.seed)),
        "failed_seeds": ",".join(map(str, bad.seed)),
        "dataset_sha256": first.dataset_sha256,
        "dataset_family": str(first.dataset_family),
        "synthetic": str(bool(first.synthetic)),
        "method_family": str(first.method_family),
        "sees_validation": str(bool(first.sees_validation)),
        "provenance": ",".join(sorted(set(rows.provenance))),
    }
    if len(bad):
        reasons = [
            f"seed {seed}: {status}: {why}" for seed, status, why in zip(bad.seed, bad.status, bad.error, strict=True)
        ]
        tags["mlflow.note.content"] = "\n\n".join(reasons)
    times = [_milliseconds(text) for text in rows.started]
    spent = rows[["fit_seconds", "score_seconds"]].sum(axis=1).sum()
    return Group(
        key=identity,
        content=content,
        name=f"{first.method_title} on {first.dataset}",
        status="FAILED" if len(bad) else "FINISHED",
        params=tuple((name, value[:LONGEST_PARAM]) for name, value in params.items()),
        tags=tuple((name, value[:LONGEST_TAG]) for name, value in tags.items() if value),
        points=tuple(_points(good, metrics)),
        started=min(times),
        ended=max(times) + round(1000 * float(spent)),
    )


def _points(good: pd.DataFrame, metrics: list[str]) -> Iterator[Point]:
    measured = [name for name in metrics if good[name].notna().any()]
    times = [_milliseconds(text) for text in good.started]
    for name in measured:
        for seed, when, value in zip(good.seed, times, good[name], strict=True):
            if value == value:
                yield Point(name, float(value), int(seed), when)
        yield Point(f"mean_{name}", float(good[name].mean()), 0, max(times))


def _row_texts(rows: pd.DataFrame) -> list[str]:
    """Each row's every value as canonical JSON.

    What a row has no value for is left out: a metric added for other rows does not change this one.
    """
    lines = rows[sorted(rows.columns)].to_json(orient="records", lines=True, double_precision=15).splitlines()
    told = ({name: value for name, value in json.loads(line).items() if value is not None} for line in lines)
    return [json.dumps(values) for values in told]


def _milliseconds(text: str) -> int:
    return round(1000 * datetime.fromisoformat(text).timestamp())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
