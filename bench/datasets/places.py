"""Where data files lie: the user's own folder first, then the user's cache."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from bench.errors import DataError

DATA_DIR_VARIABLE = "MNP_BENCH_DATA"
CACHE_VARIABLE = "MNP_BENCH_CACHE"


def data_folder(data_dir: str | os.PathLike[str] | None = None) -> Path | None:
    """The folder of the user's own copies: the argument, else ``MNP_BENCH_DATA``, else None.

    Raises
    ------
    DataError
        The folder named does not exist.
    """
    named = data_dir or os.environ.get(DATA_DIR_VARIABLE)
    if not named:
        return None
    folder = Path(named).expanduser().resolve()
    if not folder.is_dir():
        how = "--data-dir" if data_dir else DATA_DIR_VARIABLE
        raise DataError(f"{how} names {folder}, which is no folder; correct it or leave it out")
    return folder


def cache_folder() -> Path:
    """The user's cache: ``MNP_BENCH_CACHE``, else the platform's place for caches. It may not exist yet."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser().resolve()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("mnp-bench"))


def find(relative: tuple[str, ...], own: Path | None) -> Path | None:
    """The first of these relative paths that is a file, in the user's folder or else in the cache."""
    for folder in (own, cache_folder()):
        if folder is not None:
            for path in relative:
                if (folder / path).is_file():
                    return folder / path
    return None


def file_sha256(path: Path) -> str:
    """Sha256 of a file's bytes, computed once per process and version of the file."""
    stat = path.stat()
    return _file_sha256(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1024)
def _file_sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    sha = sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()
