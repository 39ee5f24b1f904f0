"""``fit`` and ``score`` as they are typed: two processes, the same bits, and one sentence for each mistake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.usertable.folder import load
from bench.usertable.training import load_table


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *words], cwd=folder, capture_output=True, text=True, timeout=250
    )


def test_fit_then_score(csv: Path) -> None:
    done = command(csv.parent, "fit", "my.csv", "--save", "model", "--method", "pu-bagging")
    assert done.returncode == 0, done.stderr
    assert "everything else (empty) counts as unlabelled" in done.stdout
    done = command(csv.parent, "score", "model", "my.csv", "--out", "scores.csv", "--alerts", "12", "--id", "id")
    assert done.returncode == 0, done.stderr
    assert "400 rows scored by pu-bagging, 12 of them alerts" in done.stdout
    frame = pd.read_csv(csv.parent / "scores.csv")
    assert list(frame.columns) == ["row", "id", "score", "rank", "alert"]
    assert frame["alert"][:12].sum() >= 10  # the frauds have twenty times the usual amount
    here = load(csv.parent / "model").detector.decision_function(load_table(str(csv)).X)
    assert np.array_equal(frame["score"], here)


def test_mistakes_are_one_sentence(csv: Path, typed: Any) -> None:
    (csv.parent / "full").mkdir()
    (csv.parent / "full" / "x").write_text("mine")
    for words, told in {
        ("fit", "none.csv", "--save", "m"): "there is no file",
        ("fit", "my.csv", "--save", "full"): "is no model folder",
        ("fit", "my.csv", "--save", "m", "--method", "lunar"): "cannot be saved",
        ("fit", "my.csv", "--save", "m", "--label", "fruad"): "did you mean fraud",
        ("fit", "my.csv", "--save", "m", "--types", "age"): "write column=number",
        ("run", "my.csv"): "mnp-bench init my.csv writes a suite file",
        ("score", "full", "my.csv", "--out", "s.csv"): "is no model folder; make one",
    }.items():
        done = typed(*words, folder=csv.parent)
        assert done.returncode == 2 and told in done.stderr, done.stderr
        assert done.stderr.count("\n") == 1
    assert not (csv.parent / "m").exists()
