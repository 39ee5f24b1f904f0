"""The MLflow experiment that a folder's runs go to: opened or made, and described for its pages."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import TrackingError
from bench.redaction import without_password
from bench.tracking.connection import PROBE, settings
from bench.tracking.descriptions import EXPERIMENT

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

DATABASE, FILES = "mlflow.db", "mlflow-artifacts"
#: What MLflow calls an experiment of trained models; without it some versions show an empty page of GenAI traces.
KIND_TAG, KIND = "mlflow.experimentKind", "custom_model_development"
#: What the pages write there themselves as a guess, or before they have one.
GUESSED = ("", "no_inferred_type", "genai_development_inferred", "custom_model_development_inferred")
NOTE_TAG = "mlflow.note.content"
EXPERIMENT_TAGS = {
    NOTE_TAG: EXPERIMENT,
    "mlflow.experiment.primaryMetric.name": "average_precision_mean",
    "mlflow.experiment.primaryMetric.greaterIsBetter": "true",
}


def open_experiment(where: str, title: str, folder: Path) -> tuple[MlflowClient, Experiment]:
    """A client, and the experiment, made if there is none."""
    with settings(PROBE):
        from mlflow import MlflowClient

        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.WARNING)
        client = MlflowClient(where)
        experiment = client.get_experiment_by_name(title)
    files = (folder / FILES).as_uri() if where.startswith("sqlite:") else None
    own = where == f"sqlite:///{folder / DATABASE}"
    if experiment is not None and own and experiment.artifact_location != files:
        # the folder was moved or copied: MLflow cannot move the place of an experiment's files
        client.rename_experiment(experiment.experiment_id, f"{title} (as {experiment.artifact_location})")
        experiment = None
    if experiment is None:
        number = client.create_experiment(title, artifact_location=files)
        experiment = client.get_experiment(number)
    if experiment.lifecycle_stage != "active":
        raise TrackingError(
            f"the experiment {title!r} at {without_password(where)} was deleted; "
            "restore it, or empty MLflow's trash (mlflow gc)"
        )
    return client, experiment


def describe(client: MlflowClient, experiment: Experiment) -> None:
    """Say what the experiment is; a kind or a description that a person has chosen stays."""
    there = experiment.tags
    missing = {name: text for name, text in EXPERIMENT_TAGS.items() if name not in there}
    if there.get(KIND_TAG, "") in GUESSED:
        missing[KIND_TAG] = KIND
    for name, text in missing.items():
        client.set_experiment_tag(experiment.experiment_id, name, text)


def page_of(uri: str, experiment_id: str) -> str:
    """The address of the experiment's runs; MLflow 3.17 heeds its own switch before the experiment's tag."""
    page = f"#/experiments/{experiment_id}/runs?workflowType=machine_learning"
    return f"{uri.rstrip('/')}/{page}" if uri.startswith(("http:", "https:")) else page
