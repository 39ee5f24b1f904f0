"""A report makes both pages of a run; rows that no leaderboard shows cost the second page only."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.app.report import build_report
from bench.store import read
from tests.bench.leaderboard.made_up import edited, folder, frame


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("bench.report.figures.write.KINDS", ())
    return Path(folder(tmp_path / "run", frame(6, 2)))


def test_the_page_leads_to_every_value(results: Path) -> None:
    written = build_report(results, read(results, scores=True))
    assert results / "explore.html" in written and results / "index.html" in written
    assert 'href="explore.html"' in (results / "index.html").read_text()


def test_without_sound_rows_there_is_a_report_without_it(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_report(results, read(results, scores=True))
    edited(str(results), packages={})
    build_report(results, read(results, scores=True))
    assert not (results / "explore.html").exists()
    assert "no explore.html: no cell can be shown" in capsys.readouterr().err
    assert "explore.html" not in (results / "index.html").read_text()
