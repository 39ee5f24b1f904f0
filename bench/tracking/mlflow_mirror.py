"""The store mirrored into MLflow: one writer, after the run, re-doable at any time.

One parent run for a results folder, one child run per (dataset, scenario, method with parameters). A child
is whole when it has ended and its tag holds the hash of its rows; any other is made anew, so that a mirror
cut off anywhere is completed by the next call.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.redaction import without_password
from bench.tracking.connection import PATIENCE, QUIET, only_writer, settings, troubles_as_one_sentence
from bench.tracking.descriptions import folder_description
from bench.tracking.experiment import DATABASE, NOTE_TAG, describe, open_experiment, page_of
from bench.tracking.runs import CELLS_TAG, GROUP_TAG, Group, groups
from bench.tracking.sources import dataset_input, source_tags

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.entities import Run

FOLDER_TAG, PARENT_TAG, ARTEFACTS_TAG = "bench.folder", "mlflow.parentRunId", "bench.artefacts"
ARTEFACTS = ("index.html", "manifest.json", "tables", "figures")
ENDED = ("FINISHED", "FAILED")
#: Parameters that one call of log_batch may carry; it would take more metrics.
BATCH = 100


@dataclass(frozen=True)
class TrackSummary:
    """What a call of ``track`` found and did.

    Attributes
    ----------
    uri, experiment, parent_run_id : str
        Where the runs are; a password in the URI is hidden.
    runs : int
        Child runs, one per (dataset, scenario, method, parameters).
    metrics_logged : int
        Values sent by this call.
    new : int
        Child runs that this call made or made anew.
    page : str
        Where MLflow's pages show the runs: a whole address for a server, else what follows the address of
        ``mlflow ui``. MLflow 3 opens on its GenAI side, which has no list of runs, unless the address says otherwise.
    """

    uri: str
    experiment: str
    parent_run_id: str
    runs: int
    metrics_logged: int
    new: int
    page: str

    def __str__(self) -> str:
        return (
            f"{self.runs} runs ({self.new} new or changed) in experiment {self.experiment!r} at {self.uri}; "
            f"page: {self.page}"
        )


def track(
    folder: str | os.PathLike[str],
    uri: str | None = None,
    experiment: str | None = None,
    rows: pd.DataFrame | None = None,
) -> TrackSummary:
    """Mirror a results folder into MLflow; a second call adds only what is missing or changed.

    Parameters
    ----------
    folder : path
        results/<suite>.
    uri : str, optional
        Tracking server or database; default ``MLFLOW_TRACKING_URI``, else SQLite at ``<folder>/mlflow.db``.
    experiment : str, optional
        Default ``mnp-bench/<suite>``.
    rows : DataFrame, optional
        The store's rows, of a caller that has read them already.

    Raises
    ------
    StoreError
        There are no results.
    TrackingError
        The server cannot be reached or refuses; the store keeps everything, so call again later.
    """
    from bench.store import read
    from bench.store.manifest import read_manifest
    from bench.store.schema import PER_ROW

    results = Path(folder).resolve()
    made_by = read_manifest(results)
    frame = read(results) if rows is None else rows.drop(columns=[name for name in PER_ROW if name in rows])
    where = uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{results / DATABASE}"
    title = experiment or f"mnp-bench/{results.name}"
    with only_writer(results), settings(QUIET), troubles_as_one_sentence(where):
        client, opened = open_experiment(where, title, results)
        with settings(PATIENCE):
            describe(client, opened)
            parent = _parent(client, opened.experiment_id, results, made_by)
            wanted = list(groups(frame, made_by))
            todo, gone = _difference(wanted, _children(client, opened.experiment_id, parent))
            _delete(client, gone)
            for group in todo:
                _write(client, opened.experiment_id, parent, group)
            if todo:  # a request whose answer was lost on the way is sent twice by MLflow's client
                _delete(client, _difference(wanted, _children(client, opened.experiment_id, parent))[1])
            _artefacts(client, parent, results)
            _sum_up(client, parent, results, frame, wanted, made_by)
            client.set_terminated(parent, "FINISHED")
    sent = sum(len(group.metrics) for group in todo)
    shown = without_password(where)
    return TrackSummary(shown, title, parent, len(wanted), sent, len(todo), page_of(shown, opened.experiment_id))


def _parent(client: MlflowClient, experiment: str, folder: Path, made_by: Sequence[Mapping[str, Any]]) -> str:
    """The folder's own run: known by what the folder is, so that two folders of one name stay apart."""
    identity = _identity(folder, made_by)
    there = client.search_runs([experiment], f"tags.`{FOLDER_TAG}` = '{identity}'", order_by=["attributes.start_time"])
    if there:
        return str(there[0].info.run_id)
    run = client.create_run(experiment, run_name=folder.name, tags={FOLDER_TAG: identity})
    return str(run.info.run_id)


def _sum_up(
    client: MlflowClient,
    parent: str,
    folder: Path,
    frame: pd.DataFrame,
    wanted: Sequence[Group],
    made_by: Sequence[Mapping[str, Any]],
) -> None:
    """The parent's tags and inputs; sent again they are the same."""
    from mlflow.entities import RunTag

    last = made_by[-1] if made_by else None
    tags = {
        "cells": str(len(frame)),
        "failed_cells": str(int((frame.status != "ok").sum())),
        NOTE_TAG: folder_description(folder.name, frame, last),
        **source_tags(last),
    }
    client.log_batch(parent, tags=[RunTag(name, text) for name, text in tags.items()])
    client.log_inputs(parent, [dataset_input(dataset) for dataset in {group.dataset: None for group in wanted}])


def _identity(folder: Path, made_by: Sequence[Mapping[str, Any]]) -> str:
    """By its name and first run, so that it may move; by its path where there is no manifest."""
    words = (made_by[0]["id"], made_by[0]["started"]) if made_by else (socket.gethostname(), str(folder))
    return hashlib.sha256("\0".join((folder.name, *words)).encode()).hexdigest()[:16]


def _children(client: MlflowClient, experiment: str, parent: str) -> list[Run]:
    children: list[Run] = []
    token = None
    while True:
        page = client.search_runs(
            [experiment],
            f"tags.`{PARENT_TAG}` = '{parent}'",
            max_results=1000,
            order_by=["attributes.start_time"],
            page_token=token,
        )
        children += page
        token = page.token
        if not token:
            return children


def _difference(wanted: Sequence[Group], there: Sequence[Run]) -> tuple[list[Group], list[str]]:
    """Groups to write, and ids of runs to delete: cut off, changed, doubled, or no longer in the store."""
    contents = {group.key: group.content for group in wanted}
    whole: dict[str, str] = {}
    gone: list[str] = []
    for run in there:
        key = run.data.tags.get(GROUP_TAG, "")
        same = run.data.tags.get(CELLS_TAG, "") == contents.get(key)
        if same and run.info.status in ENDED and key not in whole:
            whole[key] = run.info.run_id
        else:
            gone.append(run.info.run_id)
    return [group for group in wanted if group.key not in whole], gone


def _delete(client: MlflowClient, run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        client.delete_run(run_id)


def _write(client: MlflowClient, experiment: str, parent: str, group: Group) -> None:
    from mlflow.entities import Metric, Param

    tags = {PARENT_TAG: parent, **dict(group.tags)}
    run = client.create_run(experiment, start_time=group.started, run_name=group.name, tags=tags)
    run_id = run.info.run_id
    values = [Metric(name, value, group.ended, 0) for name, value in group.metrics]
    params = [Param(name, value) for name, value in group.params]
    client.log_inputs(run_id, [dataset_input(group.dataset)])
    for begin in range(0, max(len(values), len(params)), BATCH):
        end = begin + BATCH
        client.log_batch(run_id, metrics=values[begin:end], params=params[begin:end])
    client.set_terminated(run_id, group.status, group.ended)  # last: only an ended run counts as whole


def _artefacts(client: MlflowClient, parent: str, folder: Path) -> None:
    """Send the report's files, unless the very same were sent before."""
    present = [folder / name for name in ARTEFACTS if (folder / name).exists()]
    files = sorted(file for path in present for file in ([path] if path.is_file() else path.rglob("*")))
    digest = hashlib.sha256()
    for file in (file for file in files if file.is_file()):
        digest.update(f"{file.relative_to(folder)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    if client.get_run(parent).data.tags.get(ARTEFACTS_TAG) == digest.hexdigest():
        return
    for path in present:
        if path.is_dir():
            client.log_artifacts(parent, str(path), path.name)
        else:
            client.log_artifact(parent, str(path))
    client.set_tag(parent, ARTEFACTS_TAG, digest.hexdigest())
