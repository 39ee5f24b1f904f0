"""The worked example of another package's method is installed as a user would, and runs beside ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.store import read

EXAMPLE = Path(__file__).parents[1] / "examples" / "third_party_method"
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the example is installed; built without a network, from a copy of its files."""
    folder = tmp_path_factory.mktemp("installed")
    source = tmp_path_factory.mktemp("source") / "example"
    for path in EXAMPLE.rglob("*"):
        if path.suffix in (".py", ".toml", ".md"):
            copy = source / path.relative_to(EXAMPLE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*pip, "--target", str(folder), str(source)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return {**os.environ, "PYTHONPATH": str(folder)}


def command(environment: dict[str, str], folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_listed(environment: dict[str, str], tmp_path: Path) -> None:
    listed = json.loads(command(environment, tmp_path, "list", "methods", "--json"))
    assert any("nearest-anomaly" in card.values() for card in listed)


def test_it_runs_beside_ours(environment: dict[str, str], tmp_path: Path) -> None:
    methods = ["--methods", "nearest-anomaly,logistic-regression"]
    narrow = ["--datasets", "digits-0147", "--seeds", "0", "--jobs", "1", "--no-track"]
    command(environment, tmp_path, "run", "quick", *methods, *narrow)
    rows = read(tmp_path / "results" / "quick")
    own = rows[rows.method == "nearest-anomaly"]
    assert len(own) == 3
    assert (own.status == "ok").all()
    assert own.average_precision.mean() > 2 * own.dataset_anomalies.iloc[0] / own.dataset_rows.iloc[0]  # beats chance
