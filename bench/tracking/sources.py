"""Where a run comes from: the command and git commit of the manifest, and its dataset as MLflow describes one.

Nothing is loaded: sizes and hash are in the store, the address is on the dataset's card.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

#: So many digits of a dataset's sha256 are its digest, as many as MLflow's own digests have; a tag holds them all.
DIGEST = 8


@dataclass(frozen=True)
class DatasetFacts:
    """What the store knows of a dataset.

    Attributes
    ----------
    name, sha256 : str
    rows, features, anomalies : int or None
        None where no cell came far enough to load the dataset.
    """

    name: str
    sha256: str
    rows: int | None
    features: int | None
    anomalies: int | None


def command_text(command: str | Sequence[str]) -> str:
    """A manifest's command as it can be typed again: the program by its name, not by where it lay."""
    words = shlex.split(command) if isinstance(command, str) else list(command)
    if not words:
        return "mnp-bench"
    program = Path(words[0]).name
    return shlex.join(["mnp-bench" if program == "__main__.py" else program, *words[1:]])


def source_tags(run: Mapping[str, Any] | None) -> dict[str, str]:
    """MLflow's tags of source and version, from a run of the manifest; without one, the program's name alone."""
    tags = {"mlflow.source.type": "LOCAL", "mlflow.source.name": "mnp-bench"}
    if run is None:
        return tags
    tags["bench.command"] = command_text(run.get("command", ""))
    git = run.get("git")
    if git:
        tags["mlflow.source.git.commit"] = git["commit"]
        tags["mlflow.source.git.dirty"] = str(bool(git["dirty"])).lower()
    return tags


def dataset_input(dataset: DatasetFacts) -> DatasetInput:
    """The dataset as an input of a run: name, digest, address, rows and features."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    address = _address(dataset.name)
    described = Dataset(
        name=dataset.name,
        digest=dataset.sha256[:DIGEST],
        source_type="http" if address else "local",
        source=json.dumps({"url": address} if address else {"uri": dataset.name}),
        schema=_schema(dataset.features),
        profile=json.dumps(
            {"num_rows": dataset.rows, "num_features": dataset.features, "num_anomalies": dataset.anomalies}
        ),
    )
    return DatasetInput(described, [InputTag("mlflow.data.context", "training and test")])


def _address(name: str) -> str:
    """The URL on a registered dataset's card; a user's own table has none."""
    from bench.datasets.registry import cards

    card = cards().get(name)
    return card.url if card else ""


def _schema(features: int | None) -> str:
    """In MLflow's words for arrays: a matrix of float32, and a vector of 0 and 1."""

    def tensor(dtype: str, shape: list[int]) -> str:
        return json.dumps([{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}])

    columns = -1 if features is None else features
    return json.dumps(
        {"mlflow_tensorspec": {"features": tensor("float32", [-1, columns]), "targets": tensor("int8", [-1])}}
    )
