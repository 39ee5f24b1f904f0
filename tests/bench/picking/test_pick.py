"""``pick`` from a table to a page, in both modes, in Python and as it is typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench import load_table, pick
from bench.errors import ConfigError, DataError
from bench.picking.candidates import DEFAULT, candidates
from bench.picking.modes import mode_of
from bench.picking.page import page
from bench.usertable.labels import rule
from bench.usertable.training import Table

CHEAP = ("logistic-regression", "pu-bagging")


def written(folder: Path, labels: np.ndarray) -> str:
    stream = np.random.default_rng(0)
    shift = 3.0 * (labels == "1")
    frame = pd.DataFrame(stream.normal(size=(len(labels), 3)) + shift[:, None], columns=list("abc"))
    frame.assign(fraud=labels).to_csv(folder / "my.csv", index=False)
    return str(folder / "my.csv")


@pytest.fixture
def few(tmp_path: Path) -> Table:
    return load_table(written(tmp_path, np.repeat(["1", ""], [8, 192])))


@pytest.fixture
def known(tmp_path: Path) -> Table:
    return load_table(written(tmp_path, np.repeat(["1", "0"], [40, 160])))


@pytest.mark.parametrize(
    ("counts", "mode", "words"),
    [
        ({"1": 30, "0": 300}, "known", "so '0' is taken as the truth; if it only means that nobody has looked"),
        ({"1": 30, "": 300}, "few", "300 rows have no label"),
        ({"fraud": 30, "unknown": 1, "normal": 300}, "few", "1 rows have no label"),
        ({"1": 5, "0": 300}, "few", "5 anomalies are too few"),
    ],
)
def test_the_mode_is_told_from_what_labels_mean(counts: dict[str, int], mode: str, words: str) -> None:
    made = rule(counts, "label", ("fraud",) if "fraud" in counts else (), "my.csv")
    mode, why = mode_of(made, None)
    assert mode == mode and words in why and f"mode {mode}" in why


def test_the_truth_cannot_be_asked_of_rows_without_a_label() -> None:
    with pytest.raises(DataError, match="needs the truth of every row, and 300 rows of column 'label' have no label"):
        mode_of(rule({"1": 30, "": 300}, "label", (), "my.csv"), "known")


def test_few_labels_give_a_method_that_can_be_fitted(few: Table, tmp_path: Path) -> None:
    told: list[str] = []
    picked = pick(few, methods=CHEAP, out=str(tmp_path / "out"), tell=told.append)
    again = pick(few, methods=CHEAP)
    assert picked.mode == "few" and picked.labels == 8 and picked.method in CHEAP
    assert str(picked) == str(again) and len(str(picked).splitlines()) == 3
    assert [candidate.merit for candidate in picked.judged] == [candidate.merit for candidate in again.judged]
    text = (tmp_path / "out" / "pick.html").read_text(encoding="utf-8")
    assert "Take " in text and "http" not in text and all(name in text for name in CHEAP)
    assert any("mode few" in line for line in told)


def test_the_truth_gives_simulated_labels_and_a_store(known: Table, tmp_path: Path) -> None:
    picked = pick(known, methods=CHEAP, out=str(tmp_path / "out"))
    assert picked.mode == "known" and picked.labels == 40
    from bench import read

    rows = read(tmp_path / "out")
    assert sorted(set(rows.label_budget)) == [5, 10] and len(rows) == 20
    best = rows.groupby("method").average_precision.mean().max()
    assert picked.judged[0].ranking is not None and picked.judged[0].ranking.value == pytest.approx(best)
    assert picked.judged[0].behind.value == 0.0
    assert "average precision" in page(picked)
    before = (tmp_path / "out" / "store").stat().st_mtime_ns, len(list((tmp_path / "out" / "store").glob("*.parquet")))
    again = pick(known, methods=CHEAP, out=str(tmp_path / "out"))
    assert str(again) == str(picked)  # from the store
    assert len(list((tmp_path / "out" / "store").glob("*.parquet"))) == before[1]


def test_one_label_leaves_it_to_the_reference(tmp_path: Path) -> None:
    picked = pick(load_table(written(tmp_path, np.repeat(["1", ""], [1, 99]))), methods=("iforest", "pu-bagging"))
    assert picked.method == "pu-bagging" and "one labelled anomaly cannot show" in str(picked)


def test_the_minutes_are_kept_and_what_they_cost_is_told(few: Table) -> None:
    picked = pick(few, minutes=1e-9)
    assert len(picked.judged) == 1 and set(picked.left_out) | {picked.method} >= set(DEFAULT[:4])
    assert all("beyond --minutes" in reason or "pip install" in reason for reason in picked.left_out.values())


def test_the_cheapest_go_first_and_mistakes_are_told() -> None:
    assert candidates(("mnp-plus", "logistic-regression"), 1000, 10)[0] == ("logistic-regression", "mnp-plus")
    for names, words in {("iforest", "iforest"): "twice", ("mnp-published",): "needs true labels"}.items():
        with pytest.raises(ConfigError, match=words):
            candidates(names, 1000, 10)


@pytest.mark.parametrize(("option", "words"), [({"alert_rate": 2.0}, "no share"), ({"minutes": 0.0}, "no time")])
def test_numbers_that_mean_nothing_are_refused(few: Table, option: dict[str, float], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        pick(few, **option)  # type: ignore[arg-type]


def test_pick_as_it_is_typed(few: Table, tmp_path: Path) -> None:
    words = ("pick", "my.csv", "--label", "fraud", "--methods", ",".join(CHEAP), "--out", "out")
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words], cwd=tmp_path, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    assert "next: mnp-bench fit my.csv --label fraud --method" in done.stdout
    assert (tmp_path / "out" / "pick.html").is_file()
    done = subprocess.run(
        [sys.executable, "-m", "bench", "pick", "my.csv", "--mode", "fewer"], cwd=tmp_path, capture_output=True,
        text=True, timeout=250,
    )  # fmt: skip
    assert done.returncode == 2 and "did you mean few" in done.stderr and done.stderr.count("\n") == 1


def test_seconds_are_those_of_a_fit_on_the_whole_table(monkeypatch: pytest.MonkeyPatch, few: Table) -> None:
    """It is judged on fewer rows, and tried in the order of what that costs."""
    from bench.app import pick as app
    from bench.picking import few as mode_few

    asked: list[int] = []

    def noted(names: tuple[str, ...], rows: int, width: int) -> tuple[tuple[str, ...], dict[str, str]]:
        asked.append(rows)
        return candidates(names, rows, width)

    monkeypatch.setattr(mode_few, "MOST_UNLABELLED", 50)
    monkeypatch.setattr(app, "MOST_UNLABELLED", 50)
    monkeypatch.setattr(app, "candidates", noted)
    monkeypatch.setattr(mode_few, "cell_seconds", lambda _, shape, __: float(shape[0]))
    picked = pick(few, methods=CHEAP)
    assert {judged.seconds for judged in picked.judged} == {len(few.y)} and asked == [50]
    assert any("drawn at random" in note for note in picked.notes)
