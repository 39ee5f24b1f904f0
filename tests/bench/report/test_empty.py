"""Stores in which nothing, or little, succeeded: the report is built and says why."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.errors import StoreError
from bench.report import build as build_module
from bench.report.build import build
from bench.report.outcomes import failures, reason_line
from tests.bench.report.made_up import fail, rows

LEVELS = ({"contamination": 0.0}, {"contamination": 0.02})
UNSEEN = ({"contamination": 0.02, "known_types": ["0"]}, {"contamination": 0.02, "known_types": ["1"]})
PAPER = ({"protocol": "paper", "contamination": 0.02},)


def with_a_failed_scenario() -> pd.DataFrame:
    return fail(rows(scenarios=LEVELS), contamination=0.02)


CASES = {
    "nothing succeeded": fail(rows()),
    "nothing succeeded, one cell": fail(rows(datasets=["wine"], methods=["devnet"], seeds=1)),
    "nothing succeeded, levels": fail(rows(scenarios=LEVELS)),
    "nothing succeeded, unseen types": fail(rows(scenarios=UNSEEN)),
    "nothing succeeded, paper": fail(rows(scenarios=PAPER)),
    "nothing succeeded, no reason": fail(rows()).assign(error=None),
    "a method failed": fail(rows(), method="devnet"),
    "a method failed, scores": fail(rows(scores=True), method="devnet"),
    "the only other method failed": fail(rows(methods=["mnp", "devnet"]), method="devnet"),
    "a dataset failed": fail(rows(), dataset="wine"),
    "the only dataset but one failed": fail(rows(datasets=["wine", "digits-low"]), dataset="wine"),
    "a scenario failed": with_a_failed_scenario(),
    "a seed failed": fail(rows(), seed=1),
    "a seed failed of one method": fail(rows(), seed=1, method="mnp"),
    "one seed": rows(seeds=1),
    "one seed, a method failed": fail(rows(seeds=1), method="mnp"),
    "one cell": rows(datasets=["wine"], methods=["devnet"], seeds=1),
    "every method on another dataset": fail(
        fail(rows(datasets=["wine", "digits-low"], methods=["mnp", "devnet"]), dataset="wine", method="mnp"),
        dataset="digits-low",
        method="devnet",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_report_is_built_whatever_failed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = CASES[name]
    monkeypatch.setattr(build_module, "read", lambda folder, scores: frame)
    written = build(tmp_path)
    assert all(path.stat().st_size for path in written)
    told = (tmp_path / "tables" / "failures.md").read_text()
    page = (tmp_path / "index.html").read_text()
    failed = int((frame.status != "ok").sum())
    assert len(pd.read_csv(tmp_path / "tables" / "failures.csv")) == failed
    reason = "none" if not failed else "the loss became NaN" if frame.error.notna().any() else "no reason was recorded"
    assert reason in told
    assert not failed or reason in page


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("there are 2 anomalies; label fewer", "there are 2 anomalies; label fewer"),
        ('  File "a.py", line 3, in fit\n    x = 1 / 0\n        ~~^~~\nZeroDivisionError: by zero', "ZeroDivisionError: by zero"),
        ('File "a.py", line 3, in fit\n    raise E("a\\nb")\nValueError: a\nb', "ValueError: a"),
        ('no result after 5 s, the limit\nFile "a.py", line 3 in fit\nFile "b.py", line 4 in run', "no result after 5 s, the limit"),
        ('its process was killed by signal 11 (SIGSEGV)\nFile "a.py", line 3 in fit', "its process was killed by signal 11 (SIGSEGV)"),
        ("its process ended with exit code 1\n  File 'a'\n    import x\nImportError: x", "ImportError: x"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_line_that_says_why(error: str, line: str) -> None:
    assert reason_line(error) == line


def test_a_timeout_is_listed_by_its_reason_and_not_by_its_place() -> None:
    frame = rows()
    frame["status"] = "timeout"
    frame["error"] = 'no result after 5 s, the limit\nFile "a.py", line 3 in fit'
    assert set(failures(frame).reason) == {"no result after 5 s, the limit"}


def test_a_broken_index_of_figures_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "read", lambda folder, scores: rows(seeds=1))
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "captions.json").write_text(json.dumps({"figures": []})[:-3])
    with pytest.raises(StoreError, match=r"captions\.json is broken; remove the folder"):
        build(tmp_path)
