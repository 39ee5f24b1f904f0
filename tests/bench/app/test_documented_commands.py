"""Every ``mnp-bench`` command and Python block that README and docs show runs here, on the quick suite made small.

What a command cannot have on a machine without network or cluster is stated in ``adapted`` and ``WITHOUT``, what a page's
Python takes for granted in ``READERS_OWN``.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.store import read

pytestmark = pytest.mark.timeout(1200)  # the first one runs a suite and draws its figures
ROOT = Path(__file__).parents[3]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "explain").glob("*.md")),
]
COMMAND = re.compile(r"`(mnp-bench [^`]+)`")
NARROW = ["--datasets", "digits-low", "--seeds", "0"]
#: Only said in a sentence, or in need of the network: their help must know the words.
WITHOUT = {"fetch", "verify", "track", "run", "fit", "score", "adopt", "leaderboard", "serve", "bundle"}
#: What a page's Python blocks, which run one after the other, take from their reader; and what must be true afterwards.
READERS_OWN = {
    "README.md": (
        "import numpy as np\nstream = np.random.default_rng(0)\nX, X_test = stream.normal(size=(2, 80, 4))\n"
        "y = np.repeat([1, 0], [5, 75])\n",
        "assert scores.shape == (80,) and len(frame)\n",
    ),
    "your-table.md": (
        "import pandas as pd\nnew = pd.read_csv('new.csv')\n",
        "assert len(scores) == len(new) and best.n_estimators in grid['n_estimators']\n",
    ),
    "datasets.md": (
        "",
        "from bench.datasets.arrays import digest\nmade = load(CARD, None)\nassert cards() == {made.name: CARD}\n"
        "assert made.sha256 == digest(made.X, made.y, None) and why_absent(CARD, None) is None\n",
    ),
    "mlflow.md": ("", "assert set(runs['params.method']) == {'mnp'} and len(runs)\n"),
}
#: Blocks whose package stands for a cluster that nobody has here; their text must be Python.
ABSENT = ("dask_jobqueue",)


def fences(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def commands() -> Iterator[str]:
    """All commands shown, each once, alternatives (``a|b``, ``[--json]``) written out."""
    shown: list[str] = []
    for page in PAGES:
        for block in fences(page, ""):
            shown += [line.partition(" #")[0].strip() for line in block.splitlines() if line.startswith("mnp-bench ")]
        shown += [re.sub(r"\s+", " ", text) for text in COMMAND.findall(page.read_text(encoding="utf-8"))]
    for text in dict.fromkeys(shown):
        optional = re.search(r" \[([^\]]+)\]", text)
        versions = (
            [text]
            if optional is None
            else [text.replace(optional[0], ""), text.replace(optional[0], f" {optional[1]}")]
        )
        for version in versions:
            choice = re.search(r"\S+(\|\S+)+", version)
            yield from [version.replace(choice[0], word) for word in choice[0].split("|")] if choice else [version]


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *words], cwd=folder, capture_output=True, text=True, timeout=900
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands speak of: results/quick, an older copy of it, a suite and its table."""
    folder = tmp_path_factory.mktemp("documented")
    done = command(folder, "run", "quick", "--methods", "mnp,devnet", "--no-track", "--jobs", "1", *NARROW)
    assert done.returncode == 0, done.stderr
    shutil.copytree(folder / "results" / "quick", folder / "results" / "quick-old")
    stream = np.random.default_rng(0)
    y = np.repeat([0, 1], [120, 30])
    pd.DataFrame(stream.normal(size=(150, 3)) + 3 * y[:, None], columns=list("abc")).assign(label=y).to_csv(
        folder / "my.csv", index=False
    )
    shutil.copy(folder / "my.csv", folder / "new.csv")
    words = ("fit", "my.csv", "--label", "label", "--method", "logistic-regression", "--save", "model")
    fitted = command(folder, *words)  # what docs/your-table.md scores by
    assert fitted.returncode == 0, fitted.stderr
    (suite,) = [block for block in fences(ROOT / "README.md", "toml") if "# my.toml" in block]
    (folder / "my.toml").write_text(suite)
    return folder


def adapted(text: str, folder: Path) -> tuple[list[str], int]:
    """The words given instead, and the exit code that says they did what the page says."""
    words = shlex.split(text)[1:]
    if (len(words) == 1 and words[0] in WITHOUT) or words[0] in ("fetch", "serve"):  # serving does not end by itself
        return [words[0], "--help"], 0
    if {"SUITE", "BUNDLE"} & set(words):  # placeholders of a recipe
        return [words[0], "--help"], 0
    words = ["results/quick" if word == "OUT" else word for word in words]
    if "dask" in words:  # no scheduler answers, which is said after all words are understood
        words[words.index("adbench")] = "smoke"
        words[words.index("--address") + 1] = "tcp://127.0.0.1:9"
        return words, 2
    if words[:2] == ["run", "quick"]:
        return [*words, "--no-track", *NARROW], 0
    if words[:2] == ["run", "my.toml"]:
        return [*words, "--no-track", "--seeds", "0"], 0
    if words[0] == "leaderboard" and "mine.mnpbundle.zip" in words and not (folder / "mine.mnpbundle.zip").exists():
        assert command(folder, "bundle", "results/quick", "--to", "mine.mnpbundle.zip").returncode == 0
    key = next((word for word in words if re.fullmatch(r"[0-9a-f]{6}", word)), None)
    if key:  # the beginning of some cell's key
        words[words.index(key)] = read(folder / "results" / "quick")["cell"].iloc[0][:16]
    if words[0] == "verify":
        words[words.index("--sample") + 1] = "3"
    if words[0] == "adopt" and "--sample" in words:
        words[words.index("--sample") + 1] = "1"
    return words, 0


def test_the_pages_show_commands() -> None:
    shown = list(commands())
    assert len(shown) > 20
    for name in (
        "list",
        "plan",
        "run",
        "status",
        "report",
        "rerun",
        "verify",
        "adopt",
        "compare",
        "inspect",
        "track",
        "bundle",
        "leaderboard",
    ):
        assert any(text.split()[1] == name for text in shown), name


#: Commands that fit many models or that other tests run too: they are shown to work by the session of slow tests.
LONG = ("pick", "verify", "adopt", "run", "inspect", "report")


def marked(text: str) -> Any:
    """A command, marked slow where it takes long; of those that do a cell again, one is always shown to work."""
    name, again = text.split()[1], "@" in text and "--verify" in text
    return pytest.param(text, marks=pytest.mark.slow) if name in LONG or (name == "rerun" and not again) else text


@pytest.mark.parametrize("text", [marked(text) for text in sorted(commands())])
def test_a_command_that_a_page_shows_works(text: str, folder: Path) -> None:
    words, code = adapted(text, folder)
    done = command(folder, *words)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if code:
        assert "no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
    if "--verify" in words:
        assert "bit-identical" in done.stdout


def blocks(page: Path) -> list[str]:
    """A page's Python, but for blocks of packages that only a cluster has."""
    every = fences(page, "python")
    for block in every:
        ast.parse(block)
    return [block for block in every if not any(f"from {name} " in block for name in ABSENT)]


def test_what_is_absent_is_absent() -> None:
    assert not any(importlib.util.find_spec(name) for name in ABSENT)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name)
def test_the_python_of_a_page_works(page: Path, folder: Path) -> None:
    before, after = READERS_OWN.get(page.name, ("", ""))
    if page.name == "mlflow.md":
        tracked = command(folder, "track", "results/quick")
        assert tracked.returncode == 0, tracked.stderr
    done = subprocess.run(
        [sys.executable, "-c", before + "\n".join(blocks(page)) + after],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
