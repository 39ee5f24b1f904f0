"""How MLflow is spoken to: one writer of a folder, short patience with a dead server, every trouble one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import TrackingError
from bench.lock import InUse, acquire
from bench.redaction import without_password

LOCK = ".mlflow.lock"
#: For the first question to a server: a dead one is known in seconds. MLflow's own default is minutes.
PROBE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
#: For the work itself; a user's own settings go before these.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}


@contextmanager
def settings(values: dict[str, str]) -> Iterator[None]:
    """MLflow reads these from the environment only; what the user has set stays, and all is put back."""
    mine = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Two mirrors of one folder at once would both add what is missing."""
    try:
        lock = acquire(folder / LOCK)
    except InUse as holder:
        raise TrackingError(f"{folder} is being tracked by {holder}; wait until it ends") from holder
    with lock:
        yield


@contextmanager
def troubles_as_one_sentence(uri: str) -> Iterator[None]:
    """Every trouble of MLflow, its database or the network as a TrackingError."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise TrackingError(f"MLflow cannot be imported ({error}); pip install mlflow") from error
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        reason = without_password(str(error).strip().splitlines()[0])[:300]
        raise TrackingError(
            f"MLflow at {without_password(uri)} cannot be used ({reason}); "
            "the results are safe in the store, track them later"
        ) from error
