"""The tables of the stored run, compared letter by letter with the golden ones; ``--force-regen`` makes them anew.

The stored run is real (see ``make_fixture``); the golden tables were read and checked when they were made.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.report import reference, tables, verdicts
from bench.report.rows import prepare
from bench.store import FOLDER, read

FIXTURE = Path(__file__).parent / "fixture"
GOLDEN = Path(__file__).parent / "golden"
TABLES = ("average_precision", "auc_roc", "auc_pr_trapezoid")
FILES = (
    *(f"{name}{ending}" for name in TABLES for ending in (".csv", "_summary.csv", ".md", ".tex")),
    *(f"{name}.{suffix}" for name in ("cost", "failures") for suffix in ("csv", "md", "tex")),
    "statistics.md", "tests.csv", "ranks.csv", "pairwise.csv", "intervals.csv", "improvement.csv",
)  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    rows = prepare(read(FIXTURE))
    tables.write(folder, rows)
    verdicts.write(folder, verdicts.verdicts(rows))
    return folder


def test_no_table_is_forgotten(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_tables_are_the_golden_ones(written: Path, name: str, request: pytest.FixtureRequest) -> None:
    made = (written / name).read_text(encoding="utf-8")
    golden = GOLDEN / name
    if request.config.getoption("force_regen"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(made, encoding="utf-8")
    assert made == golden.read_text(encoding="utf-8")


def test_the_stored_run_has_what_tables_must_show() -> None:
    text = (GOLDEN / "average_precision.md").read_text(encoding="utf-8")
    for sign in ("failed (0/", "†", "‡", "§", "complete methods", "Not in the comparison", "**", "<ins>"):
        assert sign in text, sign


def test_rebuilding_reference_results_changes_no_table(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # figures have tests of their own and take most of the time
    monkeypatch.setattr("bench.report.build.figures.write", lambda *_: [])
    shutil.copytree(FIXTURE / FOLDER, tmp_path / "run" / FOLDER)
    assert reference.main([str(tmp_path), "--check"]) == 1  # every table is new
    assert reference.main([str(tmp_path), "--check"]) == 0
    changed = tmp_path / "run" / "tables" / "cost.md"
    changed.write_text(changed.read_text() + "by hand\n")
    assert reference.main([str(tmp_path), "--check"]) == 1
    assert "changed: cost.md" in capsys.readouterr().out
    assert changed.read_text(encoding="utf-8") == (written / "cost.md").read_text(encoding="utf-8")


def test_no_results_to_rebuild_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main([str(tmp_path)]) == 2
    assert "there are no results folders" in capsys.readouterr().err
