"""The store mirrored into MLflow: one writer, after the run, re-doable at any time.

One parent run for a results folder, one child run per (dataset, scenario, method with parameters). A child
is whole when it has ended and its tag holds the hash of its rows; any other is made anew, so that a mirror
cut off anywhere is completed by the next call.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import TrackingError
from bench.tracking.runs import CELLS_TAG, GROUP_TAG, Group, groups

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, Run

FOLDER_TAG, PARENT_TAG, ARTEFACTS_TAG = "bench.folder", "mlflow.parentRunId", "bench.artefacts"
DATABASE, FILES, LOCK = "mlflow.db", "mlflow-artifacts", ".mlflow.lock"
ARTEFACTS = ("index.html", "manifest.json", "tables", "figures")
ENDED = ("FINISHED", "FAILED")
#: What one call of log_batch may carry.
BATCH = 900
#: For the first question to a server: a dead one is found in seconds. MLflow's own default is minutes.
PROBE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
#: For the work itself; a user's own settings go before these.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}


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
    """

    uri: str
    experiment: str
    parent_run_id: str
    runs: int
    metrics_logged: int
    new: int

    def __str__(self) -> str:
        return f"{self.runs} runs ({self.new} new or changed) in experiment {self.experiment!r} at {self.uri}"


def track(folder: str | os.PathLike[str], uri: str | None = None, experiment: str | None = None) -> TrackSummary:
    """Mirror a results folder into MLflow; a second call adds only what is missing or changed.

    Parameters
    ----------
    folder : path
        results/<suite>.
    uri : str, optional
        Tracking server or database; default ``MLFLOW_TRACKING_URI``, else SQLite at ``<folder>/mlflow.db``.
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

    place = Path(folder).resolve()
    frame = read(place)
    where = uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{place / DATABASE}"
    title = experiment or f"mnp-bench/{place.name}"
    with _only_writer(place), _settings(QUIET), _told(where):
        client, found = _opened(where, title, place)
        with _settings(PATIENCE):
            parent = _parent(client, found.experiment_id, place)
            wanted = list(groups(frame))
            todo, gone = _difference(wanted, _children(client, found.experiment_id, parent))
            _delete(client, gone)
            for group in todo:
                _write(client, found.experiment_id, parent, group)
            if todo:  # a request whose answer was lost on the way is sent twice by MLflow's client
                _delete(client, _difference(wanted, _children(client, found.experiment_id, parent))[1])
            _artefacts(client, parent, place)
            client.set_tag(parent, "cells", str(len(frame)))
            client.set_tag(parent, "failed_cells", str(int((frame.status != "ok").sum())))
            client.set_terminated(parent, "FINISHED")
    sent = sum(len(group.points) for group in todo)
    return TrackSummary(_shown(where), title, parent, len(wanted), sent, len(todo))


def _opened(where: str, title: str, place: Path) -> tuple[MlflowClient, Experiment]:
    """A client, and the experiment, made if there is none."""
    with _settings(PROBE):
        from mlflow import MlflowClient

        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.WARNING)
        client = MlflowClient(where)
        found = client.get_experiment_by_name(title)
    files = (place / FILES).as_uri() if where.startswith("sqlite:") else None
    own = where == f"sqlite:///{place / DATABASE}"
    if found is not None and own and found.artifact_location != files:
        # the folder was moved or copied: MLflow cannot move the place of an experiment's files
        client.rename_experiment(found.experiment_id, f"{title} (as {found.artifact_location})")
        found = None
    if found is None:
        number = client.create_experiment(title, artifact_location=files)
        found = client.get_experiment(number)
    if found.lifecycle_stage != "active":
        raise TrackingError(
            f"the experiment {title!r} at {_shown(where)} was deleted; restore it, or empty MLflow's trash (mlflow gc)"
        )
    return client, found


def _parent(client: MlflowClient, experiment: str, place: Path) -> str:
    """The folder's own run: found by what the folder is, so that two folders of one name stay apart."""
    identity = _identity(place)
    found = client.search_runs([experiment], f"tags.`{FOLDER_TAG}` = '{identity}'", order_by=["attributes.start_time"])
    if found:
        return str(found[0].info.run_id)
    run = client.create_run(experiment, run_name=place.name, tags={FOLDER_TAG: identity})
    return str(run.info.run_id)


def _identity(place: Path) -> str:
    """By its name and first run, so that it may move; by its path where there is no manifest."""
    from bench.store.manifest import read_manifest

    runs = read_manifest(place)
    words = (runs[0]["id"], runs[0]["started"]) if runs else (socket.gethostname(), str(place))
    return hashlib.sha256("\0".join((place.name, *words)).encode()).hexdigest()[:16]


def _children(client: MlflowClient, experiment: str, parent: str) -> list[Run]:
    found: list[Run] = []
    token = None
    while True:
        page = client.search_runs(
            [experiment],
            f"tags.`{PARENT_TAG}` = '{parent}'",
            max_results=1000,
            order_by=["attributes.start_time"],
            page_token=token,
        )
        found += page
        token = page.token
        if not token:
            return found


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
    values = [Metric(point.name, point.value, point.milliseconds, point.step) for point in group.points]
    params = [Param(name, value) for name, value in group.params]
    client.log_batch(run_id, metrics=values[:BATCH], params=params)
    for begin in range(BATCH, len(values), BATCH):
        client.log_batch(run_id, metrics=values[begin : begin + BATCH])
    client.set_terminated(run_id, group.status, group.ended)  # last: only an ended run counts as whole


def _artefacts(client: MlflowClient, parent: str, place: Path) -> None:
    """Send the report's files, unless the very same were sent before."""
    present = [place / name for name in ARTEFACTS if (place / name).exists()]
    files = sorted(file for path in present for file in ([path] if path.is_file() else path.rglob("*")))
    digest = hashlib.sha256()
    for file in (file for file in files if file.is_file()):
        digest.update(f"{file.relative_to(place)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    if client.get_run(parent).data.tags.get(ARTEFACTS_TAG) == digest.hexdigest():
        return
    for path in present:
        if path.is_dir():
            client.log_artifacts(parent, str(path), path.name)
        else:
            client.log_artifact(parent, str(path))
    client.set_tag(parent, ARTEFACTS_TAG, digest.hexdigest())


@contextmanager
def _settings(values: dict[str, str]) -> Iterator[None]:
    """MLflow reads these from the environment only; what the user has set stays, and all is put back."""
    mine = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)


@contextmanager
def _only_writer(place: Path) -> Iterator[None]:
    """Two mirrors of one folder at once would both add what is missing."""
    with (place / LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise TrackingError(f"{place} is being tracked by another process; wait until it ends") from error
        yield


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Every trouble of MLflow, its database or the network as one sentence."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise TrackingError(f"MLflow cannot be imported ({error}); pip install mlflow") from error
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        reason = _shown(str(error).strip().splitlines()[0])[:300]
        raise TrackingError(
            f"MLflow at {_shown(where)} cannot be used ({reason}); the results are safe in the store, track them later"
        ) from error


def _shown(text: str) -> str:
    """The text without the password of a URI in it."""
    return re.sub(r"(://[^/:@\s]*):[^/@\s]+@", r"\1:***@", text)
