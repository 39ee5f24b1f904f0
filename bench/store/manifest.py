"""What exactly ran: package versions, code, data, machine, settings. No library is imported to find out."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from bench.atomic import write_whole
from bench.errors import StoreError
from reproducibility.workers import WORKER_ENVIRONMENT

MANIFEST = "manifest.json"
#: Packages whose version can move a number.
PACKAGES = (
    "mnp-bench", "torch", "numpy", "scipy", "scikit-learn", "pyod", "pandas", "pyarrow", "joblib", "loky",
    "threadpoolctl", "numba", "mkl", "xgboost", "lightgbm", "catboost", "mlflow", "mlflow-skinny", "dask",
    "distributed",
)  # fmt: skip
#: Settings of the environment that choose code paths or thread counts.
SETTINGS = (
    "ATEN_CPU_CAPABILITY",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_DEBUG_CPU_TYPE",
    "OPENBLAS_CORETYPE",
    "NPY_DISABLE_CPU_FEATURES",
)
#: Facts that say when, how long and by which words a run went, not what ran.
OCCASION = ("started", "finished", "wall_seconds", "command")


def collect(
    experiment_text: str,
    command: Sequence[str] | str,
    datasets: Mapping[str, str] | None = None,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    methods: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Describe this run.

    Parameters
    ----------
    experiment_text : str
        The suite file as it was read.
    command : sequence of str or str
        The command line.
    datasets : mapping of name to sha256, optional
    tables : mapping of name to reading, optional
        How each of the user's own tables was read (``bench.datasets.reading.to_json``).
    methods : mapping of name to fingerprint, optional
        Of the methods' code (``bench.methods.source_hash``), so that results of two runs are known to be of one code.

    Returns
    -------
    dict
        JSON-able. ``packages`` leaves out what is not installed; ``git`` is None outside a checkout.
    """
    own: dict[str, Any] = {"methods": dict(sorted(methods.items()))} if methods else {}
    if tables:
        own["tables"] = {name: dict(reading) for name, reading in sorted(tables.items())}
    return {
        "started": _now(),
        "command": command if isinstance(command, str) else list(command),
        "suite": experiment_text,
        "datasets": dict(sorted((datasets or {}).items())),
        **own,
        "packages": versions(),
        "git": git_state(Path(__file__).parent),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": cpu(),
        "worker_environment": {
            **WORKER_ENVIRONMENT,
            **{name: os.environ[name] for name in SETTINGS if name in os.environ},
        },
    }


def provenance_id(run: Mapping[str, Any]) -> str:
    """Sixteen hex digits of what ran; the same for two runs that differ in time and command line only."""
    lasting = {name: value for name, value in run.items() if name not in OCCASION}
    return hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()[:16]


def write_manifest(folder: str | os.PathLike[str], run: Mapping[str, Any]) -> Path:
    """Add a run to the folder's manifest.json: ``{"runs": [{"id": ..., ...}]}``, oldest first.

    Raises
    ------
    StoreError
        The manifest there is broken, or cannot be written.
    """
    return _write(folder, _read(folder) | {"runs": [*read_manifest(folder), {"id": provenance_id(run), **run}]})


@contextmanager
def recorded(folder: str | os.PathLike[str], run: Mapping[str, Any]) -> Iterator[str]:
    """Keep a run in the folder's manifest: it is there when the block begins, and its end when the block ends.

    At the end, however it comes (an error and an interrupt too), the entry gets ``finished``, in the form of
    ``started``, and ``wall_seconds``, the seconds since the block began. A run that is killed lacks both, and so do
    those of manifests from before; nothing that reads a manifest may need them.

    Parameters
    ----------
    folder : results folder, which nobody else writes meanwhile
    run : mapping
        What ``collect`` gives.

    Yields
    ------
    str
        The run's id, for its rows.

    Raises
    ------
    StoreError
        As ``write_manifest``. An end that cannot be written is a ``StoreWarning``: no result depends on it.
    """
    write_manifest(folder, run)
    begun = time.perf_counter()
    try:
        yield provenance_id(run)
    finally:
        ended = {"finished": _now(), "wall_seconds": round(time.perf_counter() - begun, 3)}
        try:
            _add_to_last(folder, run, ended)
        except (OSError, StoreError) as error:
            from bench.store.segments import StoreWarning  # needs pyarrow

            told = f"{Path(folder) / MANIFEST} does not say when this run ended, which is all that is lost: {error}"
            warnings.warn(told, StoreWarning, stacklevel=1)


def _add_to_last(folder: str | os.PathLike[str], run: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    """Add facts to the newest entry of a run; one that was given twice has an entry each time."""
    whole = _read(folder)
    own = (provenance_id(run), run["started"])
    entries = [number for number, known in enumerate(whole["runs"]) if (known.get("id"), known.get("started")) == own]
    if not entries:
        raise StoreError("its entry is gone")
    whole["runs"][entries[-1]] |= more
    _write(folder, whole)


def read_manifest(folder: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The runs that made a results folder, oldest first; empty if there is no manifest.

    Raises
    ------
    StoreError
        The manifest is broken.
    """
    return list(_read(folder)["runs"])


def read_adoptions(folder: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """What was carried over from older code on which evidence, oldest first (see ``bench.app.adopt``)."""
    return list(_read(folder).get("adoptions", []))


def write_adoptions(folder: str | os.PathLike[str], adoptions: Sequence[Mapping[str, Any]]) -> Path:
    """Put these adoptions in the place of those that the manifest holds."""
    return _write(folder, _read(folder) | {"adoptions": list(adoptions)})


def read_whole(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Everything in the manifest of a results folder or bundle: ``runs`` and, where there are, ``adoptions``."""
    return _read(folder)


def replace(folder: str | os.PathLike[str], whole: Mapping[str, Any]) -> Path:
    """Write what ``read_whole`` gave as the manifest of a results folder."""
    return _write(folder, whole)


def _read(folder: str | os.PathLike[str]) -> dict[str, Any]:
    if Path(folder).is_file():
        from bench.store import bundle

        return bundle.read(folder).manifest
    path = Path(folder) / MANIFEST
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        list(whole["runs"])
    except FileNotFoundError:
        return {"runs": []}
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path} is no manifest of runs; move it away and give the same command again") from error
    return dict(whole)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write(folder: str | os.PathLike[str], whole: Mapping[str, Any]) -> Path:
    path = Path(folder) / MANIFEST
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(whole, indent=2) + "\n").encode())
    return path


def versions() -> dict[str, str]:
    """Versions of the installed packages that can move a number, by name."""
    wanted = {name.replace("_", "-").lower(): name for name in PACKAGES}
    installed: dict[str, str] = {}
    for package in distributions():
        name = wanted.get((package.name or "").replace("_", "-").lower())
        if name:
            installed.setdefault(name, package.version)
    return dict(sorted(installed.items()))


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and changed files of the checkout that holds ``folder``; None outside one or without git."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = (_git(folder, "status", "--porcelain", "--untracked-files=normal") or "").splitlines()
    difference = _git(folder, "diff", "HEAD") or ""
    digest = hashlib.sha256(difference.encode()).hexdigest()[:16] if difference else ""
    return {"commit": commit.strip(), "dirty": bool(changed), "changed": changed[:50], "diff_sha256": digest}


def cpu() -> dict[str, Any]:
    """The processor's model, number of cores and vector instruction sets."""
    import psutil

    model, flags = platform.processor(), set()
    info = Path("/proc/cpuinfo")
    if info.exists():
        first = dict(_pair(line) for line in info.read_text().split("\n\n")[0].splitlines())
        model = first.get("model name", model)
        flags = set(first.get("flags", first.get("Features", "")).split())
    elif sys.platform == "darwin":
        model = _said("sysctl", "-n", "machdep.cpu.brand_string") or model
    prefixes = ("sse", "ssse", "avx", "fma", "amx", "bmi", "f16c", "asimd", "sve")
    return {
        "model": model.strip(),
        "cores": psutil.cpu_count(logical=False),
        "threads": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "instructions": sorted(flag for flag in flags if flag.startswith(prefixes)),
    }


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _git(folder: Path, *words: str) -> str | None:
    return _said("git", "-C", str(folder), *words)


def _said(*command: str) -> str | None:
    """A command's output, None if it does not exist or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
