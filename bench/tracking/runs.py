"""What MLflow is told of a store: one run per (dataset, scenario, method, parameters), as plain facts.

A run's metrics are the mean and the standard deviation over its seeds; a curve over seeds would mean nothing, since
seeds have no order. The value of every seed stands in the run's description.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bench.tracking.descriptions import group_description, number_text
from bench.tracking.scenario_params import run_name, scenario_params
from bench.tracking.sources import DatasetFacts, source_tags

if TYPE_CHECKING:
    import pandas as pd

GROUP = ["dataset", "scenario", "method", "params"]
#: Tags of a child run that the mirror finds its way by.
GROUP_TAG, CELLS_TAG = "bench.group", "bench.cells"
#: Enters the hash of a run's content: a mirror made by another version of this room is made anew.
LAYOUT = "2"
#: Numbers that describe the cell or the machine's grouping, not the result.
NOT_METRICS = {"seed", "label_budget", "contamination", "n_train", "n_labelled", "n_test", "group_width", "synthetic"}
#: Columns that are the same for all seeds, as parameters to filter and to chart by.
PARAMS = ("dataset", "dataset_family", "method", "method_title", "method_family", "params")
#: The dataset's sizes, for charts over them.
SIZES = ("dataset_rows", "dataset_features", "dataset_anomalies")
#: MLflow's limits on the length of a parameter and of a tag.
LONGEST_PARAM, LONGEST_TAG = 6000, 5000
#: So many digits of a cell's key tell it apart.
SHORT = 12


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
    metrics : tuple of (name, value)
        ``<metric>_mean`` and ``<metric>_std`` over the seeds that succeeded.
    dataset : DatasetFacts
    started, ended : int
        Milliseconds since 1970, from the rows.
    """

    key: str
    content: str
    name: str
    status: str
    params: tuple[tuple[str, str], ...]
    tags: tuple[tuple[str, str], ...]
    metrics: tuple[tuple[str, float], ...]
    dataset: DatasetFacts
    started: int
    ended: int


def groups(frame: pd.DataFrame, manifest_runs: Sequence[Mapping[str, Any]] = ()) -> Iterator[Group]:
    """The store's rows as groups, in a fixed order.

    Parameters
    ----------
    frame : DataFrame
        As ``bench.store.read`` gives it.
    manifest_runs : sequence of mappings
        The runs of the folder's manifest, oldest first, for source and commit.
    """
    metrics = metric_names(frame)
    rows = frame.sort_values("seed", ignore_index=True)
    texts = _row_texts(rows)
    runs = {run["id"]: run for run in manifest_runs}
    for key, members in rows.groupby(GROUP, sort=True, dropna=False):
        of_group = set(members.provenance)
        newest = next((run for name, run in reversed(runs.items()) if name in of_group), None)
        yield _group(tuple(map(str, key)), members, [texts[row] for row in members.index], metrics, newest)


def metric_names(frame: pd.DataFrame) -> list[str]:
    """Columns that hold a number measured: average_precision, fit_seconds and so on."""
    numbers = frame.select_dtypes("number").columns
    return [name for name in numbers if name not in NOT_METRICS and not name.startswith("dataset_")]


def _group(
    key: tuple[str, ...],
    rows: pd.DataFrame,
    texts: list[str],
    metrics: list[str],
    manifest_run: Mapping[str, Any] | None,
) -> Group:
    first, good, bad = rows.iloc[0], rows[rows.status == "ok"], rows[rows.status != "ok"]
    params = {name: str(first[name]) for name in PARAMS}
    params |= {name: number_text(first[name]) for name in SIZES if first[name] == first[name]}
    params |= {"seeds_ok": str(len(good))} | scenario_params(first.scenario)
    params |= {f"param.{name}": json.dumps(value) for name, value in json.loads(first.params).items()}
    identity, content = _hash("\0".join(key)), _hash("\n".join([LAYOUT, *sorted(texts)]))
    name = run_name(str(first.method_title), str(first.dataset), str(first.scenario))
    tags = {
        GROUP_TAG: identity,
        CELLS_TAG: content,
        "cells": ",".join(cell[:SHORT] for cell in rows.cell),
        "seeds": ",".join(map(str, rows.seed)),
        "failed_seeds": ",".join(map(str, bad.seed)),
        "dataset_sha256": first.dataset_sha256,
        "synthetic": str(bool(first.synthetic)),
        "sees_validation": str(bool(first.sees_validation)),
        "provenance": ",".join(sorted(set(rows.provenance))),
        **source_tags(manifest_run),
        "mlflow.note.content": group_description(name, rows, metrics, LONGEST_TAG),
    }
    times = [_milliseconds(text) for text in rows.started]
    spent = rows[["fit_seconds", "score_seconds"]].sum(axis=1).sum()
    return Group(
        key=identity,
        content=content,
        name=name,
        status="FAILED" if len(bad) else "FINISHED",
        params=tuple((name, value[:LONGEST_PARAM]) for name, value in params.items()),
        tags=tuple((name, value[:LONGEST_TAG]) for name, value in tags.items() if value),
        metrics=tuple(_over_seeds(good, metrics)),
        dataset=_dataset(first),
        started=min(times),
        ended=max(times) + round(1000 * float(spent)),
    )


def _over_seeds(good: pd.DataFrame, metrics: list[str]) -> Iterator[tuple[str, float]]:
    """Mean and standard deviation (n - 1) of each metric; neither for one that was not measured."""
    for name in metrics:
        values = good[name].dropna()
        if len(values):
            yield f"{name}_mean", float(values.mean())
        if len(values) > 1:
            yield f"{name}_std", float(values.std(ddof=1))


def _dataset(row: pd.Series[Any]) -> DatasetFacts:
    sizes = (None if row[name] != row[name] else int(row[name]) for name in SIZES)
    return DatasetFacts(str(row.dataset), str(row.dataset_sha256), *sizes)


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
