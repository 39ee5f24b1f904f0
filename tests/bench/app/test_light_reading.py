"""Reading, reporting, comparing and ranking work where no training library is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.leaderboard.made_up import folder, frame

#: What only training, tracking and the registry's own detectors need.
HEAVY = ("torch", "pyod", "mlflow", "numba", "sklearn", "xgboost", "lightgbm", "catboost", "sqlalchemy", "dask")
BLOCKED = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in %r:
            raise ModuleNotFoundError(f"No module named {name!r}, as on a machine without it", name=name)
sys.meta_path.insert(0, Absent())
from bench.app.cli import main
sys.argv = ["mnp-bench", *%r]
main()
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("light")
    folder(made / "one", frame(datasets=6, seeds=2))
    folder(made / "two", frame(datasets=6, seeds=2, code="b"), commit="d" * 40)
    return made


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["status", "one"], "stored: 60 cells"),
        (["bundle", "one"], "60 cells"),
        (["compare", "one", "two"], "They share 60 cells"),
        (["leaderboard", "one", "two", "--out", "x.html"], "120 cells of 2 sources"),
        (["report", "one"], "index.html"),
    ],
)
def test_without_training_libraries(results: Path, words: list[str], says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED % (HEAVY, words)], cwd=results, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1) and says in done.stdout, done.stderr
