"""Reading ``.npz`` files of X, y and an optional column of types, never unpickling anything."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from bench.datasets.stored import RawArrays
from bench.errors import DataError


def npz_keys(path: Path) -> list[str]:
    """Names of the arrays in the file, which ``read_npz`` has read."""
    with np.load(path, allow_pickle=False) as archive:
        return list(archive.files)


def read_npz(path: Path, kind: str | None = None) -> RawArrays:
    """Read X, y and, where asked for or present as ``kind`` or ``cls``, the types.

    Parameters
    ----------
    path : Path
        File with ``X`` (n, d) and ``y`` (n,), optionally strings (n,) of types and ``features`` (d,).
    kind : str, optional
        Key of the array of types; None takes ``kind`` or ``cls`` if one is there.

    Returns
    -------
    RawArrays

    Raises
    ------
    DataError
        No readable npz file, an array that is missing, or one that holds pickled objects.
    """
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} is no readable npz file (no zip archive); fetch or write it again")
    try:
        with np.load(path, allow_pickle=False) as archive:
            keys = set(archive.files)
            missing = [key for key in ("X", "y", *([kind] if kind else [])) if key not in keys]
            if missing:
                raise DataError(f"{path} has no array {missing[0]!r}, only {', '.join(sorted(keys))}")
            types = kind or next((key for key in ("kind", "cls") if key in keys), None)
            names = archive["features"].tolist() if "features" in keys else []
            X = archive["X"]
            if names and X.ndim == 2 and len(names) != X.shape[1]:
                raise DataError(f"{path} has {len(names)} names in features for {X.shape[1]} columns of X; correct it")
            return RawArrays(
                X=X,
                y=archive["y"].ravel(),
                kind=archive[types].astype(str) if types else None,
                feature_names=tuple(str(name) for name in names),
            )
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        if "allow_pickle" in str(error):
            raise DataError(f"{path} holds pickled objects, which are never loaded; store plain arrays") from error
        raise DataError(f"{path} is no readable npz file ({error}); fetch or write it again") from error
