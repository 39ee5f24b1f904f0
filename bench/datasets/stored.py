"""Datasets from files, converted once to ``.npy`` in the user's cache and memory-mapped from there.

A conversion is filed under the hash of what it was made from, so a changed file is converted anew.
"""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets.arrays import frozen, make_dataset, sized
from bench.datasets.places import CACHE_VARIABLE, cache_folder
from bench.errors import DataError
from bench.types import Dataset, DatasetCard

#: Goes up when the conversion changes; sets in single precision are converted as they always were.
FORMAT, SINGLE_FORMAT = 2, 1
#: Features up to this size are read instead of mapped: a map holds a file open, and a suite has hundreds of sets.
IN_MEMORY_BYTES = 1 << 21
#: The array ``anomaly_type``. Caches of users hold it under this name, and its absence means that there are no types.
TYPES_FILE = "kind.npy"


@dataclass(frozen=True, eq=False)
class RawArrays:
    """Arrays as a source has read them: X (n, d), y (n,), anomaly_type (n,) or None, names of the d columns or ().

    ``reading`` is JSON-able: what the source wants to remember of how it read them (see ``remembered``).
    """

    X: np.ndarray
    y: np.ndarray
    anomaly_type: np.ndarray | None = None
    feature_names: tuple[str, ...] = ()
    reading: Mapping[str, Any] | None = None


def stored(
    origin: object, build: Callable[[], RawArrays], card: DatasetCard, single_precision: bool = False
) -> Dataset:
    """The dataset made by ``build``, memory-mapped from the cache; built only if it is not there yet.

    Parameters
    ----------
    origin : JSON-able
        Everything the arrays depend on: file hashes and options.
    build : callable
    card : DatasetCard
    single_precision : bool
        As in ``make_dataset``.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        From ``build``, from the checks of ``make_dataset``, or because the cache cannot be written.
    """
    folder = _folder(origin, single_precision)
    if not (folder / "facts.json").is_file():
        raw = build()
        dataset = make_dataset(raw.X, raw.y, raw.anomaly_type, card, raw.feature_names, single_precision)
        _write(dataset, folder, raw.reading)
    return _read(folder, card)


def remembered(origin: object, single_precision: bool = False) -> dict[str, Any] | None:
    """The ``reading`` of the arrays that ``stored`` keeps for this origin; None if it keeps none."""
    try:
        metadata = json.loads((_folder(origin, single_precision) / "facts.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    reading: dict[str, Any] | None = metadata.get("reading")
    return reading


def _folder(origin: object, single_precision: bool) -> Path:
    text = json.dumps([SINGLE_FORMAT if single_precision else FORMAT, origin], sort_keys=True)
    return cache_folder() / "arrays" / sha256(text.encode()).hexdigest()


def _write(dataset: Dataset, folder: Path, reading: Mapping[str, Any] | None) -> None:
    """Write next to the final place, then rename: readers see all of it or nothing."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
        try:
            np.save(draft / "X.npy", dataset.X)
            np.save(draft / "y.npy", dataset.y)
            if dataset.anomaly_type is not None:
                np.save(draft / TYPES_FILE, dataset.anomaly_type)
            metadata = {"sha256": dataset.sha256, "feature_names": dataset.feature_names, "reading": reading}
            (draft / "facts.json").write_text(json.dumps(metadata), encoding="utf-8")
            draft.rename(folder)
        finally:
            # Still there if something failed, or if another process was first.
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        if (folder / "facts.json").is_file():
            return
        raise DataError(
            f"cannot write the converted {dataset.name} to {folder.parent} ({error.strerror}); "
            f"free some space or set {CACHE_VARIABLE} to a folder that can be written"
        ) from error


def _read(folder: Path, card: DatasetCard) -> Dataset:
    metadata = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    try:
        small = (folder / "X.npy").stat().st_size <= IN_MEMORY_BYTES
        X = frozen(np.load(folder / "X.npy", mmap_mode=None if small else "r", allow_pickle=False))
        y = np.load(folder / "y.npy", allow_pickle=False)
        anomaly_type = None
        if (folder / TYPES_FILE).is_file():
            anomaly_type = frozen(np.load(folder / TYPES_FILE, allow_pickle=False))
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) in (errno.EMFILE, errno.ENFILE):
            raise DataError(
                f"{card.name}: too many files are open; raise the limit, e.g. with ulimit -n 4096"
            ) from error
        raise DataError(f"{card.name}: {folder} is damaged ({error}); delete that folder") from error
    names = tuple(metadata["feature_names"])
    return Dataset(card.name, X, frozen(y), anomaly_type, metadata["sha256"], sized(card, X, y), names)
