"""Reading ``.npz`` files, never unpickling anything."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.datasets.stored import RawArrays
from bench.errors import DataError

#: Where the anomaly types are looked for if no key is named, in this order.
TYPE_KEYS = ("anomaly_type", "kind", "cls")


class SkippedField(UserWarning):
    """A field of a file is not read because it holds pickled objects."""


def npz_keys(path: Path) -> list[str]:
    """Names of the arrays in the file, which ``read_npz`` has read."""
    with np.load(path, allow_pickle=False) as archive:
        return list(archive.files)


def read_npz(path: Path, types_key: str | None = None) -> RawArrays:
    """Read X, y and, where asked for or present under one of ``TYPE_KEYS``, the anomaly types.

    Parameters
    ----------
    path : Path
        File with ``X`` (n, d) and ``y`` (n,), optionally strings (n,) of types and ``features`` (d,).
    types_key : str, optional
        Key of the array of types; None takes the first of ``TYPE_KEYS`` that is there.

    Returns
    -------
    RawArrays

    Raises
    ------
    DataError
        No readable npz file, an array that is missing, or one that holds pickled objects.
    """
    with open_npz(path, ("X", "y", *([types_key] if types_key else []))) as archive:
        types = types_key or own_types_key(archive.files)
        names = archive["features"].tolist() if "features" in archive.files else []
        X = archive["X"]
        if names and X.ndim == 2 and len(names) != X.shape[1]:
            raise DataError(f"{path} has {len(names)} names in features for {X.shape[1]} columns of X; correct it")
        return RawArrays(
            X=X,
            y=archive["y"].ravel(),
            anomaly_type=archive[types].astype(str) if types else None,
            feature_names=tuple(str(name) for name in names),
        )


def own_types_key(names: Sequence[str]) -> str:
    """The key under which a file's arrays hold the anomaly types though nobody named it; "" if they hold none."""
    return next((key for key in TYPE_KEYS if key in names), "")


@contextmanager
def open_npz(path: Path, needed: Sequence[str]) -> Iterator[np.lib.npyio.NpzFile]:
    """Open a file that holds the arrays ``needed``; what goes wrong while it is read becomes a DataError.

    Raises
    ------
    DataError
        As ``read_npz``.
    """
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} is no readable npz file (no zip archive); fetch or write it again")
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in needed if key not in archive.files]
            if missing:
                raise DataError(f"{path} has no array {missing[0]!r}, only {', '.join(sorted(archive.files))}")
            yield archive
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        if "allow_pickle" in str(error):
            raise DataError(f"{path} holds pickled objects, which are never loaded; store plain arrays") from error
        raise DataError(f"{path} is no readable npz file ({error}); fetch or write it again") from error


def plain_field(archive: np.lib.npyio.NpzFile, name: str) -> np.ndarray | None:
    """A field that can be done without: None if it is not there.

    Warns
    -----
    SkippedField
        It holds pickled objects, so it is not read: None.
    """
    if name not in archive.files:
        return None
    try:
        return np.asarray(archive[name])
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        path = archive.zip.filename if archive.zip else "the file"
        warnings.warn(f"{path}: {name} holds pickled objects and is skipped", SkippedField, 2)
        return None
