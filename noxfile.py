"""Sessions: benchmark (the main job), tests, faults, lint, docs, wheel, lowest, parity, adbench, speed, figures.

``nox -s NAME -- ARGS``. Where torch comes from: ``torch_sources``.
"""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

import nox

nox.options.sessions = ["tests"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False  # a session of a Python that is not here is skipped, and says so

TORCH = "torch==2.13.0"
#: On Linux PyPI's torch brings some 3 GB of GPU libraries; this index has the builds without.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
#: Overrides the choice: the address of an index, or ``pip`` for whatever pip is configured with.
TORCH_VARIABLE = "MNP_BENCH_TORCH_INDEX"
#: numpydoc's validation of the public objects: a test, since which objects are public is known after importing only.
DOCSTRINGS = ("tests/test_docstrings.py", "-k", "complete")
#: pip would spend two thirds of an installation on bytecode of modules that nobody imports; Python makes it at need,
#: once, unless it is told not to keep any: then each of some thousand processes of the tests would make it again.
LATER = ("--no-compile",)
KEEP_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}
PYTHONS = ["3.11", "3.12", "3.13"]
ADBENCH_NEEDS = (
    "tensorflow-cpu==2.15.1",
    "pyod==1.0.0",
    "scikit-learn",
    "pandas",
    "fsspec",
    "requests",
    "tqdm",
    "wget",
)
# set before a process starts or torch is imported: see reproducibility/environment.py, which a test compares
EXACT = {
    "MKL_CBWR": "AVX2,STRICT",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=134217728"
    ":glibc.malloc.trim_threshold=536870912:glibc.malloc.top_pad=67108864",
}


def torch_sources(environ: Mapping[str, str], platform: str, reachable: Callable[[str], bool]) -> list[tuple[str, ...]]:
    """Arguments of pip that install torch, in the order in which they are tried.

    Parameters
    ----------
    environ : mapping
        Environment variables; ``MNP_BENCH_TORCH_INDEX`` overrides the choice, and nothing else is then tried.
    platform : str
        ``sys.platform``.
    reachable : function of an address
        Whether it answers; asked only on Linux and without an override.
    """
    chosen = environ.get(TORCH_VARIABLE, "").strip()
    as_configured = (TORCH,)
    if chosen == "pip":
        return [as_configured]
    if chosen:
        return [(TORCH, "--index-url", chosen)]
    if platform == "linux" and reachable(CPU_INDEX):
        return [(TORCH, "--index-url", CPU_INDEX), as_configured]
    return [as_configured]


@functools.cache
def _reachable(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/torch/", timeout=5):
            return True
    except (urllib.error.URLError, TimeoutError):
        return False


def install_torch(session: nox.Session) -> None:
    """Install torch from the first source that has it; the last one's failure is the session's."""
    session.env.update(KEEP_BYTECODE)
    *first, last = torch_sources(os.environ, sys.platform, _reachable)
    for arguments in first:
        try:
            session.install(*arguments, *LATER)
            return
        except nox.command.CommandFailed:
            session.warn(f"pip install {' '.join(arguments)} failed; taking torch from where pip is configured to look")
    session.install(*last, *LATER)


def _install(session: nox.Session, *extras: str) -> None:
    install_torch(session)
    wanted = ",".join(extras)
    session.install("-e", f".[{wanted}]" if wanted else ".", *LATER)
    session.env.update(EXACT)


@nox.session
def benchmark(session: nox.Session) -> None:
    """Run the embedded suite and build its report; arguments go to ``mnp-bench run quick``."""
    _install(session, "boost")
    session.run("mnp-bench", "run", "quick", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the fast tests, a file to each core at a time, and print their coverage; arguments go to pytest."""
    _install(session, "boost", "tabm", "dask", "dev")
    together = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")  # tests/conftest.py says what comes first
    session.run("pytest", *together, "--cov", "--cov-report=term:skip-covered", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """ruff, mypy, import-linter's contracts on which room may import which, and numpydoc's of public docstrings."""
    _install(session, "dev")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")
    session.run("pytest", *DOCSTRINGS)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html (warnings are errors) and check its links; arguments go to sphinx-build.

    The gallery's scripts run for real; a second build runs again only those that changed.
    """
    _install(session, "boost", "dask", "docs")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html", *session.posargs)
    session.run("python", "docs/_ext/links.py", "docs/_build/html")


def _built_wheel(session: nox.Session) -> str:
    """Build the sdist and from it the wheel, and give the wheel's path."""
    folder = pathlib.Path(session.create_tmp()).resolve()
    session.run("python", "-m", "build", "--outdir", str(folder), ".", silent=True)
    return str(max(folder.glob("*.whl"), key=lambda path: path.stat().st_mtime))


def _main_job(session: nox.Session) -> None:
    """The main job small, away from the checkout, so that only what was installed is imported."""
    words = session.posargs or ["quick", "--datasets", "digits-low", "--seeds", "0"]
    session.chdir(session.create_tmp())
    session.run("mnp-bench", "run", *words, "--fresh", env=EXACT)


@nox.session(python=PYTHONS)
def wheel(session: nox.Session) -> None:
    """Install the built wheel in an empty environment and run the main job small, on every supported Python.

    A Python that is not on this machine is skipped; arguments replace ``quick --datasets digits-low --seeds 0``.
    """
    session.install("build")
    built = _built_wheel(session)
    install_torch(session)
    session.install(built)
    _main_job(session)


@nox.session(python=PYTHONS[0], venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """The same with the lowest version of everything that pyproject.toml names (7 GB: old torch has no small build)."""
    session.install("build")
    built = _built_wheel(session)
    # uv takes for direct only what it is given itself, so the file is named and not the wheel
    session.install("--resolution", "lowest-direct", "-r", "pyproject.toml", "--extra", "boost")
    session.install("--no-deps", built)
    _main_job(session)


@nox.session
def figures(session: nox.Session) -> None:
    """Rebuild every table and figure of results/reference/ from the committed stores; runs no method."""
    _install(session)
    session.run("python", "-m", "bench.report.reference", *session.posargs)


@nox.session
def parity(session: nox.Session) -> None:
    """Compare with the authors' MNP, DeepOD and ADBench's printed tables (hours); needs MNP_BENCH_DATA with reference/.

    Arguments go to the last comparison, e.g. ``nox -s parity -- --methods devnet,prenet``.
    """
    _install(session, "boost")
    session.run("python", "-m", "tests.parity.mnp_published")
    session.run("python", "-m", "tests.parity.deepod_beside")
    session.run("python", "-m", "tests.parity.adbench_published", *session.posargs, success_codes=[0, 1])


@nox.session
def speed(session: nox.Session) -> None:
    """Seconds of a run in a group of 32 against the ordinary loop of its method, side by side (half an hour)."""
    _install(session, "boost")
    session.run("python", "-m", "tests.speed", "--out", "results/reference/speed", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """The slow tests: kills at twenty random moments, a Dask cluster that loses a worker, large data."""
    _install(session, "boost", "dask", "dev")
    session.run("pytest", "-m", "slow", "tests", *session.posargs)


@nox.session
def adbench(session: nox.Session) -> None:
    """Run ADBench's own DevNet, PReNet, FeaWAD and REPEN beside ours (half an hour); makes their environment once.

    ADBench pins pyod 1.0.0 and needs TensorFlow, so it lives in .nox/adbench-env. TensorFlow 2.15 is the oldest for
    Python 3.11; the packages that only other models of ADBench need are left out.
    """
    place = pathlib.Path(".nox/adbench-env")
    if not place.exists():
        try:
            session.run("python", "-m", "venv", str(place))
            program = str(place / "bin" / "pip")
            session.run(program, "install", "--quiet", "--no-deps", "adbench==0.1.11", external=True)
            session.run(program, "install", "--quiet", TORCH, *ADBENCH_NEEDS, external=True)
        except nox.command.CommandFailed:
            shutil.rmtree(place, ignore_errors=True)
            session.skip("ADBench's environment cannot be installed here (it needs Python 3.9-3.11 and TensorFlow)")
    _install(session, "boost")
    session.run("python", "-m", "tests.parity.adbench_peers", *session.posargs)
