"""A report on all cores is the report on one, and says how far it is."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bench.report import verdicts
from bench.report.figures import KINDS, Kind
from bench.report.figures import write as figures
from bench.report.figures.canvas import Drawing, Unsuited
from bench.report.figures.strips import pages, strips
from bench.report.rows import prepare
from bench.report.spread import spread
from tests.bench.report.made_up import rows

FEW = tuple(family for family in KINDS if family.name in ("critical_difference", "heatmap", "roc"))
SCENARIOS = ({"contamination": 0.02}, {"contamination": 0.1})


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_figures_are_the_same_bytes_on_one_core_and_on_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "KINDS", FEW)
    frame = rows(tuple(f"set{n}" for n in range(5)), seeds=2, scenarios=SCENARIOS, scores=True)
    alone = figures.write(tmp_path / "one", frame)
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(figures, "MANY", 1)
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    several = figures.write(tmp_path / "several", frame, lambda done, total: told.append((done, total)))
    assert [path.name for path in alone] == [path.name for path in several]
    assert hashes(tmp_path / "one") == hashes(tmp_path / "several")
    assert told == [(done, 6) for done in range(1, 7)]


def test_the_tests_are_the_same_on_one_core_and_on_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = prepare(rows(tuple(f"set{n}" for n in range(6)), seeds=2, scenarios=SCENARIOS, scores=True))
    (tmp_path / "one").mkdir()
    verdicts.write(tmp_path / "one", verdicts.verdicts(frame))
    monkeypatch.setattr(verdicts, "MANY_ROWS", 1)
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    (tmp_path / "several").mkdir()
    verdicts.write(tmp_path / "several", verdicts.verdicts(frame))
    assert hashes(tmp_path / "one") == hashes(tmp_path / "several")


def test_results_come_in_order_and_trouble_comes_through() -> None:
    assert spread(divmod, [(7, 2), (9, 4)], False, lambda *_: None) == [(3, 1), (2, 1)]
    with pytest.raises(ZeroDivisionError):
        spread(divmod, [(7, 0)], False, lambda *_: None)


def test_dozens_of_strip_pages_give_way_to_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = prepare(rows(tuple(f"set{n}" for n in range(150)), seeds=1))
    assert pages(frame) == 1
    with pytest.raises(Unsuited, match="150 datasets would need"):
        strips(frame)
    monkeypatch.setattr(figures, "KINDS", tuple(family for family in KINDS if family.name == "strips"))
    figures.write(tmp_path, frame)
    (missing,) = figures.read_index(tmp_path / figures.CAPTIONS)["not_drawn"]
    assert missing["title"] == "Every run" and "nobody reads" in missing["reason"]


def no_figure(_: object) -> Drawing:
    raise Unsuited("it cannot be drawn")


def test_a_figure_that_cannot_be_drawn_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "KINDS", (Kind("none", "None", no_figure), FEW[1]))
    figures.write(tmp_path, rows(seeds=2))
    index = figures.read_index(tmp_path / figures.CAPTIONS)
    assert [entry["name"] for entry in index["figures"]] == ["heatmap"]
    assert [entry["reason"] for entry in index["not_drawn"]] == ["it cannot be drawn"]
