"""Methods named by path: any class with the two calls, and what is said about a path that cannot be found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.errors import ConfigError
from bench.methods import create, get

DETECTOR = """
from sklearn.base import BaseEstimator


class Mean(BaseEstimator):
    def fit(self, X, y):
        self.middle_ = X[y == 0].mean(axis=0)
        return self

    def decision_function(self, X):
        return ((X - self.middle_) ** 2).sum(axis=1)
"""


def test_a_class_with_the_two_calls_is_a_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not be PyOD's: the contract is two calls."""
    (tmp_path / "squared_mean.py").write_text(DETECTOR)
    monkeypatch.syspath_prepend(str(tmp_path))
    X = np.arange(12.0).reshape(6, 2)
    scores = create("squared_mean:Mean").fit(X, np.array([0, 0, 0, 0, 0, 1])).decision_function(X)
    assert np.argmax(scores) == 5


@pytest.mark.parametrize("written", ["own_detector:Mean", "own_detector.py:Mean"])
def test_a_file_of_this_folder_is_told_how_to_be_reached(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own_detector.py").write_text(DETECTOR)
    with pytest.raises(
        ConfigError, match=r"own_detector\.py lies in this folder: put PYTHONPATH=\. .* own_detector:Cl"
    ):
        get(written)


@pytest.mark.parametrize(
    "written", ["nowhere:Mean", "./nowhere.py:Mean", "nowhere.deep:Mean", ":Mean", "own_detector:"]
)
def test_a_path_of_nothing_is_told_its_form(written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="write it as package"):
        get(written)
