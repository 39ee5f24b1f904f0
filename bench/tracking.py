"""The store mirrored into MLflow: one writer, after the run, re-doable at any time.

One parent run for a results folder, one child run per (dataset, scenario, method with parameters).
"""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import TrackingError

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient

GROUP = ["dataset", "scenario", "method", "params"]
FOLDER_TAG, GROUP_TAG, CELLS_TAG, PARENT_TAG = "bench.folder", "bench.group", "bench.cells", "mlflow.parentRunId"
NOT_METRICS = {"seed", "label_budget", "contamination", "n_train", "n_labelled", "n_test", "group_width", "synthetic"}
ARTEFACTS = ("tables", "figures", "manifest.json", "index.html")


@dataclass(frozen=True)
class TrackSummary:
    """Where the runs are, how many child runs there are, and how many of them are new or changed."""

    uri: str
    experiment: str
    parent_run_id: str
    runs: int
    new: int

    def __str__(self) -> str:
        return f"{self.runs} runs ({self.new} new) in experiment {self.experiment!r} at {self.uri}"


def track(folder: str | os.PathLike[str], uri: str | None = None, experiment: str | None = None) -> TrackSummary:
    """Mirror a results folder into MLflow; a second call adds only what is missing or changed.

    Parameters
    ----------
    folder : path
        results/<suite>.
    uri : str, optional
        Tracking server; default ``MLFLOW_TRACKING_URI``, else SQLite at ``<folder>/mlflow.db``.
    experiment : str, optional
        Default ``mnp-bench/<suite>``.

    Raises
    ------
    StoreError
        There are no results.
    TrackingError
        The server cannot be reached or refuses; the store keeps everything, so call again later.
    """
    from bench.store import read

    place = Path(folder)
    frame = read(place)
    where = uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(place / 'mlflow.db').resolve()}"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    title = experiment or f"mnp-bench/{place.resolve().name}"
    try:
        client = MlflowClient(where)
        number = _experiment(client, title, place if where.startswith("sqlite:") else None)
        parent = _parent(client, number, place)
        new = _children(client, number, parent, frame)
        for name in ARTEFACTS:
            if (place / name).exists():
                log = client.log_artifacts if (place / name).is_dir() else client.log_artifact
                log(parent, str(place / name), *([name] if (place / name).is_dir() else []))
        failed = int((frame.status != "ok").sum())
        client.log_metric(parent, "cells", len(frame))
        client.log_metric(parent, "failed_cells", failed)
        client.set_terminated(parent, "FINISHED")
    except (MlflowException, OSError) as error:
        raise TrackingError(f"MLflow at {where} cannot be used: {str(error).splitlines()[0][:200]}") from error
    return TrackSummary(where, title, parent, frame.groupby(GROUP, dropna=False).ngroups, new)


def _experiment(client: MlflowClient, title: str, place: Path | None) -> str:
    found = client.get_experiment_by_name(title)
    if found is not None:
        return str(found.experiment_id)
    location = None if place is None else (place / "mlflow-artifacts").resolve().as_uri()
    return str(client.create_experiment(title, artifact_location=location))


def _parent(client: MlflowClient, number: str, place: Path) -> str:
    name = place.resolve().name
    found = client.search_runs([number], f"tags.`{FOLDER_TAG}` = '{name}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    run = client.create_run(number, run_name=name, tags={FOLDER_TAG: name})
    return str(run.info.run_id)


def _children(client: MlflowClient, number: str, parent: str, frame: pd.DataFrame) -> int:
    known = _known(client, number, parent)
    new = 0
    for key, rows in frame.groupby(GROUP, sort=True, dropna=False):
        rows = rows.sort_values("seed")
        group = hashlib.sha256("\0".join(map(str, key)).encode()).hexdigest()[:16]
        cells = hashlib.sha256("".join(sorted(rows.cell + rows.status)).encode()).hexdigest()[:16]
        old = known.get(group)
        if old is not None and old[1] == cells:
            continue
        if old is not None:
            client.delete_run(old[0])
        _child(client, number, parent, rows, group, cells)
        new += 1
    return new


def _known(client: MlflowClient, number: str, parent: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    token = None
    while True:
        page = client.search_runs([number], f"tags.`{PARENT_TAG}` = '{parent}'", max_results=1000, page_token=token)
        for run in page:
            tags = run.data.tags
            found[tags.get(GROUP_TAG, run.info.run_id)] = (run.info.run_id, tags.get(CELLS_TAG, ""))
        token = page.token
        if not token:
            return found


def _child(client: MlflowClient, number: str, parent: str, rows: pd.DataFrame, group: str, cells: str) -> None:
    from mlflow.entities import Metric, Param, RunTag

    first = rows.iloc[0]
    facts = ["dataset", "method", "protocol", "label_budget", "contamination", "scenario", "params"]
    params = [Param(name, str(first[name])[:6000]) for name in facts]
    tags = {
        PARENT_TAG: parent,
        GROUP_TAG: group,
        "dataset_sha256": first.dataset_sha256,
        "provenance": first.provenance,
        "method_family": first.method_family,
        "sees_validation": str(bool(first.sees_validation)),
        "failed": str(int((rows.status != "ok").sum())),
    }
    text = {name: str(value) for name, value in tags.items()}
    run = client.create_run(number, run_name=f"{first.method} {first.dataset}", tags=text)
    identity, now = run.info.run_id, run.info.start_time
    good = rows[rows.status == "ok"]
    names = [n for n in good.select_dtypes("number").columns if n not in NOT_METRICS and not n.startswith("dataset_")]
    values = [
        Metric(name, float(value), now, int(seed))
        for name in names
        for seed, value in zip(good.seed, good[name], strict=True)
        if value == value
    ]
    values += [Metric(f"mean_{n}", float(good[n].mean()), now, 0) for n in names if good[n].notna().any()]
    for begin in range(0, len(values), 1000):
        client.log_batch(identity, metrics=values[begin : begin + 1000])
    # the tag of the cells comes last: a run cut off before it is done again
    done: list[Any] = [RunTag(CELLS_TAG, cells)]
    client.log_batch(identity, params=params, tags=done)
    client.set_terminated(identity, "FINISHED" if len(good) == len(rows) else "FAILED")
