"""Sessions: benchmark (the main job), tests, faults, lint, parity, adbench, speed, figures.

``nox -s NAME -- ARGS``.
"""

from __future__ import annotations

import pathlib
import shutil

import nox

nox.options.sessions = ["tests"]
nox.options.reuse_existing_virtualenvs = True

# the exact pin picks the CPU build; a range would bring gigabytes of GPU packages
TORCH = "torch==2.13.0"
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


def _install(session: nox.Session, *extras: str) -> None:
    session.install(TORCH)
    wanted = ",".join(extras)
    session.install("-e", f".[{wanted}]" if wanted else ".")
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
    session.run(
        "pytest", "-n", "auto", "--dist", "loadfile", "--cov", "--cov-report=term:skip-covered", *session.posargs
    )


@nox.session
def lint(session: nox.Session) -> None:
    """ruff, mypy, and import-linter's contracts on which room may import which."""
    _install(session, "dev")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


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
