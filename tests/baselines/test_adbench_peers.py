"""ADBench's own models: disabled in one line where their environment is missing, spoken to over files where it is there."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from baselines import adbench_environment
from baselines.adbench_peers import ADBenchPeer
from bench import methods
from bench.errors import MissingExtra

#: Speaks the protocol of the script with a model of its own: distance to the mean of the unlabelled rows.
STAND_IN = """#!{python}
import sys
import numpy as np
centre = None
for line in sys.stdin:
    words = line.rstrip("\\n").split("\\t")
    if words[0] == "fit":
        rows = np.load(words[1], allow_pickle=False)
        if rows["y"].sum() == 0:
            print("error: ValueError: no labelled anomaly", flush=True)
            continue
        assert 0 <= rows["X"].min() and rows["X"].max() <= 1
        centre = rows["X"][rows["y"] == 0].mean(axis=0)
    else:
        np.save(words[2], np.linalg.norm(np.load(words[1]) - centre, axis=1))
    print("ok", flush=True)
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(adbench_environment.VARIABLE, str(program))


def rows() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    X[:6] += 5
    return X, (np.arange(60) < 3).astype(int)


def test_a_missing_environment_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(adbench_environment.VARIABLE, "/nowhere/python")
    spec = methods.get("adbench-devnet")
    assert methods.missing(spec).startswith("adbench-devnet needs an environment of ADBench's own: nox -s adbench")
    with pytest.raises(MissingExtra, match="nox -s adbench"):
        methods.create("adbench-devnet")


@pytest.mark.usefixtures("stand_in")
def test_rows_go_over_files_scaled_and_scores_come_back() -> None:
    X, y = rows()
    model = methods.create("adbench-devnet", seed=1).fit(X, y)
    scores = model.decision_function(X)
    assert scores.shape == (60,) and scores[:6].min() > scores[6:].max()
    assert np.array_equal(model.decision_scores_, scores) and model.labels_.sum() == 6
    with pytest.raises(ValueError, match="3"):
        model.decision_function(X[:, :2])


@pytest.mark.usefixtures("stand_in")
def test_what_adbench_says_went_wrong_is_told() -> None:
    X, y = rows()
    with pytest.raises(RuntimeError, match="could not fit: error: ValueError: no labelled anomaly"):
        ADBenchPeer("REPEN").fit(X, 0 * y)


@pytest.mark.usefixtures("stand_in")
def test_nothing_is_left_behind() -> None:
    X, y = rows()
    model = ADBenchPeer().fit(X, y)
    process, folder = model._process, Path(model._folder.name)
    del model
    assert process.poll() is not None and not folder.exists()
