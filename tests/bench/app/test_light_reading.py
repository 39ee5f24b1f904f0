"""Reading, reporting, comparing and ranking work where no training library is installed, in under 300 MB."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.bench.leaderboard.made_up import folder, frame

ROOT = Path(__file__).parents[3]
#: What only training, tracking and the registry's own detectors need.
HEAVY = (
    "torch", "pyod", "mlflow", "numba", "sklearn", "xgboost", "lightgbm", "catboost", "sqlalchemy", "dask", "statsmodels",
    "scikit_posthocs", "seaborn",
)  # fmt: skip
#: What tests and figures need beside.
ALSO = ("scipy", "matplotlib", "PIL")
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
WORDS = [
    (["status", "one"], "stored: 60 cells"),
    (["bundle", "one"], "60 cells"),
    (["compare", "one", "two"], "They share 60 cells"),
    (["leaderboard", "one", "two", "--out", "x.html"], "120 cells of 2 sources"),
    (["report", "one"], "index.html"),
]
UNTESTED = "No test was made, because SciPy is not installed here: pip install scipy."
MEGABYTES = 300


def made(path: Path) -> Path:
    folder(path / "one", frame(datasets=6, seeds=2))
    folder(path / "two", frame(datasets=6, seeds=2, code="b"), commit="d" * 40)
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("light"))


def without(packages: tuple[str, ...], words: list[str], results: Path) -> subprocess.CompletedProcess[str]:
    script = BLOCKED % (packages, words)
    return subprocess.run([sys.executable, "-c", script], cwd=results, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("absent", [HEAVY, HEAVY + ALSO], ids=["training", "tests and figures"])
@pytest.mark.parametrize(("words", "says"), WORDS)
def test_without_libraries(results: Path, words: list[str], says: str, absent: tuple[str, ...]) -> None:
    done = without(absent, words, results)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1) and says in done.stdout, done.stderr


def test_what_is_missing_is_said_once_and_the_rest_is_written(results: Path) -> None:
    assert without(HEAVY + ALSO, ["report", "one"], results).returncode == 0
    page = (results / "one" / "index.html").read_text()
    assert UNTESTED in page and "Not drawn: the figures: the package matplotlib is not installed here" in page
    assert page.count("matplotlib is not installed") == 1
    assert "Highest mean over 6 datasets" in page and "Friedman:" not in page
    said = without(HEAVY + ALSO, ["compare", "one", "two"], results).stdout
    assert UNTESTED in said and "differs; not tested" in said
    assert UNTESTED not in without(HEAVY, ["compare", "one", "two"], results).stdout


def test_a_command_that_needs_a_missing_package_says_so_in_one_sentence(results: Path) -> None:
    done = without(("sklearn", "torch"), ["run", "quick", "--datasets", "digits-low", "--out", "new"], results)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("mnp-bench:")]
    assert re.search(
        r"the package (scikit-learn|sklearn|torch) is not installed here: pip install (scikit-learn|torch)$", line
    )


def copied(target: Path) -> Path:
    """What an installation is built of: building leaves files where it is done."""
    for name in ("bench", "mnp", "baselines", "replicas", "reproducibility"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target)
    return target


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_in_an_environment_of_less_than_300_mb(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "leaderboard.md").read_text()
    (packages,) = re.findall(r"^pip install --no-compile (numpy .+)$", text, re.M)
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, *packages.split()], check=True)
    subprocess.run([*pip, "--no-deps", str(copied(tmp_path / "checkout"))], check=True)
    results = made(tmp_path / "results")
    for words, says in WORDS:
        command = [str(python), "-B", "-m", "bench", *words]
        done = subprocess.run(command, cwd=results, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1) and says in done.stdout, done.stderr
    size = sum(file.lstat().st_size for file in (tmp_path / "env").rglob("*") if file.is_file()) / 1e6
    print(f"{size:.0f} MB")
    assert size < MEGABYTES
