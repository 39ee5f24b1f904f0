"""Methods of other people's packages: by entry point, and any PyOD detector by its path in a suite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.app.run import Choices, run_suite
from bench.store import read
from bench.suite.load import parse_suite

DETECTOR = '''
"""A detector from elsewhere."""
import numpy as np
from pyod.models.base import BaseDetector

class Far(BaseDetector):
    """Distance to the mean, to some power."""
    def __init__(self, power=1.0, seed=0, contamination=0.1):
        super().__init__(contamination=contamination)
        self.power, self.seed = power, seed
    def fit(self, X, y=None):
        self.centre_ = X.mean(axis=0)
        self.decision_scores_ = self.decision_function(X)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self
    def decision_function(self, X):
        return np.linalg.norm(X - self.centre_, axis=1) ** self.power

CARDS = {"far": {"title": "Far away", "family": "unsupervised", "year": 2026, "citation": "Nobody (2026).",
                 "factory": "far_away:Far", "deviations": "none"}}
'''
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "far-away"
version = "0.1"
[project.entry-points."mnp_bench.methods"]
far = "far_away:CARDS"
[tool.setuptools]
py-modules = ["far_away"]
"""


def installed(tmp_path: Path, detector: str) -> dict[str, str]:
    """Install a package into a folder of its own; the environment that sees it."""
    source, target = tmp_path / "source", tmp_path / "place"
    source.mkdir()
    (source / "pyproject.toml").write_text(PROJECT)
    (source / "far_away.py").write_text(detector)
    words = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(target)]
    subprocess.run([sys.executable, "-m", *words, str(source)], check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(target)}


def command(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bench", *words], capture_output=True, text=True, env=environment)


def test_a_package_brings_a_method_that_is_listed_and_runs(tmp_path: Path) -> None:
    environment = installed(tmp_path, DETECTOR)
    listed = command(environment, "list", "methods", "--json")
    (card,) = [card for card in json.loads(listed.stdout) if card["name"] == "far"]
    assert card["title"] == "Far away" and card["citation"] == "Nobody (2026)."
    suite = tmp_path / "suite.toml"
    suite.write_text(
        'name = "far"\ndatasets = ["wine"]\nmethods = ["far", { name = "far", label = "far 2", params = { power = 2.0 } }]\nseeds = [0]\n'
    )
    done = command(environment, "run", str(suite), "--no-track", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    frame = read(tmp_path / "out")
    assert list(frame.status) == ["ok", "ok"] and set(frame.method) == {"far"}
    unknown = command(environment, "plan", str(suite), "--methods", "farr")
    assert unknown.returncode == 2 and "did you mean far" in unknown.stdout + unknown.stderr


@pytest.mark.parametrize(
    ("detector", "words"),
    [
        (DETECTOR.replace("import numpy as np", "import nothing_of_that_name"), "nothing_of_that_name"),
        (DETECTOR.replace('"year": 2026, ', ""), "year"),
    ],
)
def test_a_broken_package_is_named_and_hides_nobody_else(tmp_path: Path, detector: str, words: str) -> None:
    listed = command(installed(tmp_path, detector), "list", "methods", "--json")
    assert listed.returncode == 0, listed.stderr
    assert "devnet" in {card["name"] for card in json.loads(listed.stdout)}
    (line,) = [line for line in listed.stderr.splitlines() if words in line]
    assert "far" in line and "Traceback" not in listed.stderr


def test_any_pyod_detector_by_path_with_parameters(tmp_path: Path) -> None:
    text = """
name = "paths"
datasets = ["wine"]
methods = [{ name = "pyod.models.knn:KNN", params = { n_neighbors = 3 } }, { name = "pyod.models.knn:KNN", label = "k9", params = { n_neighbors = 9 } }]
seeds = [0]
"""
    ended = run_suite(parse_suite(text, "paths"), Choices(out=str(tmp_path), track=False))
    frame = read(tmp_path)
    assert ended.failed == 0 and sorted(frame.params) == ['{"n_neighbors":3}', '{"n_neighbors":9}']
    assert frame.average_precision.nunique() == 2
