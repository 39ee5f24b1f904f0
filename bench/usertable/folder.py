"""A model folder: manifest.json, the detector's files, the usual rows. Reading it runs nothing that lies in it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import warnings
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from bench.atomic import write_whole
from bench.errors import ConfigError, DataError, StoreError, UnknownName
from bench.json_values import hashable
from bench.methods import create, get, source_hash
from bench.usertable import formats
from bench.usertable.contamination import Contamination
from bench.usertable.model import Model, require_savable
from bench.usertable.schema import from_json, to_json

FORMAT = "mnp-bench model 2"
MANIFEST, USUAL = "manifest.json", "usual_rows.safetensors"
#: Packages whose version can move a score or change how a file is read.
PACKAGES = ("mnp-bench", "numpy", "scipy", "scikit-learn", "pyod", "torch", "safetensors", "skops", "xgboost",
            "lightgbm", "catboost")  # fmt: skip
#: So many of the usual rows are scored again when a model is loaded.
CHECKED = 32


class ModelWarning(UserWarning):
    """A model was saved by other versions: its scores may differ from those it had."""


def save(model: Model, folder: str | os.PathLike[str]) -> Path:
    """Write a model to a new folder, whole or not at all.

    Parameters
    ----------
    model : Model
    folder : path
        Must not exist, or be a model folder, which is replaced.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ConfigError
        The method cannot be saved.
    StoreError
        Something that is no model lies there.
    """
    from safetensors.numpy import save_file

    require_savable(model.method)
    target = Path(folder)
    check_place(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.parent / f".unfinished-{os.getpid()}-{target.name}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        files = formats.write(model.detector, get(model.method), beside)
        save_file({"rows": np.ascontiguousarray(model.usual_rows), "scores": model.ordered_scores}, beside / USUAL)
        write_whole(beside / MANIFEST, _json(_manifest(model, beside, [*files, USUAL])))
        if target.exists():
            shutil.rmtree(target)
        beside.replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def check_place(folder: Path) -> None:
    """Refuse, before any work, a place where something other than a model lies."""
    if folder.is_dir() and (not any(folder.iterdir()) or _format(folder) == FORMAT):
        return
    if folder.exists():
        raise StoreError(f"{folder} is there and is no model folder; name another place to save the model")


def load(folder: str | os.PathLike[str]) -> Model:
    """Read a model folder and score some rows again, so that it is what it was.

    Parameters
    ----------
    folder : path
        What ``save`` wrote, or ``mnp-bench fit --save``.

    Returns
    -------
    Model
        The detector with its columns, categories and threshold.

    Raises
    ------
    DataError
        No model, a damaged one, or one that this version scores otherwise than the same versions did when it was saved.

    Warns
    -----
    ModelWarning
        Other versions wrote it.
    """
    from safetensors.numpy import load_file

    model_folder = Path(folder)
    told = _read_manifest(model_folder)
    try:
        model_facts, schema = told["model"], from_json(told["schema"])
        for name, digest in told["files"].items():
            if Path(name).name != name or _digest(model_folder / name) != digest:
                raise DataError(f"{model_folder / name} is not the file that was saved; fit the model again")
        try:
            differing = _differing(told)
            unfitted = create(model_facts["method"], model_facts["seed"], **_as_given(model_facts["params"]))
        except (UnknownName, ConfigError) as error:
            raise DataError(f"{model_folder} cannot be read here: {error}; fit the model again") from error
        try:
            detector = formats.read(unfitted, model_facts["saved_as"], model_folder)
            kept = load_file(model_folder / USUAL)
            usual, ordered = kept["rows"], kept["scores"]
            if usual.shape[1] != len(schema.feature_names):
                raise DataError(f"{model_folder / MANIFEST} describes other columns than the model has; fit it again")
            scores = _check_scores(detector, usual)
        except DataError:
            raise
        except Exception as error:  # what another version's file makes a library raise cannot be foreseen
            why = f"{differing}, and " if differing else ""
            raise DataError(
                f"{model_folder} cannot be read here: {why}{type(error).__name__}: {error}; fit it again"
            ) from error
        saved_scores = told["check_scores"]
        loaded = Model(
            detector=detector,
            method=model_facts["method"],
            seed=model_facts["seed"],
            params=model_facts["params"],
            schema=schema,
            usual_rows=usual,
            threshold=told["threshold"]["value"],
            alert_rate=told["threshold"]["alert_rate"],
            ordered_scores=ordered,
            contamination=None if told["contamination"] is None else Contamination(**told["contamination"]),
            training=told["training"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{model_folder / MANIFEST} is no whole manifest ({error!r}); fit the model again") from error
    same = scores == saved_scores
    if not differing and not same:
        raise DataError(
            f"{model_folder} gives other scores here than when it was saved, though all versions are the same (another "
            "processor?); fit the model again on this machine"
        )
    if differing:
        ends = "its scores are the same bits for the rows checked" if same else "its scores differ from those it had"
        warnings.warn(f"{model_folder}: {differing}; {ends}", ModelWarning, stacklevel=2)
    return loaded


def _manifest(model: Model, folder: Path, files: list[str]) -> dict[str, Any]:
    spec = get(model.method)
    return {
        "format": FORMAT,
        "versions": _versions(),
        "model": {
            "method": model.method,
            "seed": model.seed,
            "params": model.params,
            "saved_as": spec.saved_as,
            "code": source_hash(spec),
            "card": asdict(spec),
        },
        "schema": to_json(model.schema),
        "threshold": {"value": model.threshold, "alert_rate": model.alert_rate,
                      "set_on": "scores of the unlabelled training rows"},
        "contamination": None if model.contamination is None else asdict(model.contamination),
        "training": model.training,
        "files": {name: _digest(folder / name) for name in files},
        "check_scores": _check_scores(model.detector, model.usual_rows),
    }  # fmt: skip


def _versions() -> dict[str, str]:
    there = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            there[package] = version(package)
        except PackageNotFoundError:
            continue
    return there


def _differing(told: dict[str, Any]) -> str:
    """Versions and code that are not those of the manifest, in words; "" if all are."""
    here = _versions()
    changed = [
        f"{name} {old} (here {here.get(name, 'not installed')})"
        for name, old in told["versions"].items()
        if here.get(name) != old
    ]
    described = told["model"]
    if source_hash(get(described["method"])) != described["code"]:
        changed.append(f"other code of {described['method']}")
    return f"it was saved with {', '.join(changed)}" if changed else ""


def _check_scores(detector: Any, rows: np.ndarray) -> list[str]:
    """Scores of the first usual rows, to the bit."""
    return [float(score).hex() for score in detector.decision_function(rows[:CHECKED])]


def _as_given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: hashable(value) for name, value in params.items()}


def _format(folder: Path) -> str | None:
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told.get("format") if isinstance(told, dict) else None


def _read_manifest(folder: Path) -> dict[str, Any]:
    if not (folder / MANIFEST).is_file():
        raise DataError(f"{folder} is no model folder; make one with mnp-bench fit my.csv --label ... --save {folder}")
    written = _format(folder)
    if written is None:
        raise DataError(f"{folder / MANIFEST} cannot be read; fit the model again")
    if written != FORMAT:
        raise DataError(f"{folder} has the format {written!r}, this version reads {FORMAT!r}; fit the model again")
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return content


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
