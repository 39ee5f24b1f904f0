"""Every value on a run's page leads to its own seeds, times, failure and the line that repeats each, in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from bench.app.report import build_report
from bench.report.grids import KEY_LETTERS, link_to
from bench.store import read
from tests.bench.leaderboard.made_up import folder, frame
from tests.bench.report.browser import Browser, program
from tests.bench.report.made_up import fail

pytestmark = pytest.mark.skipif(program() is None, reason="no Chromium on this machine")
LEVELS = tuple({"label_budget": 10, "contamination": level} for level in (0.02, 0.1))
NARROW = '{"hidden_dim":8}'


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    made = frame(5, 3, scenarios=LEVELS)
    other = frame(5, 3, methods=("mnp",), scenarios=LEVELS, code="narrow").assign(params=NARROW)
    rows = pd.concat([made, other], ignore_index=True)
    return fail(rows, method="prenet", dataset="made/002", seed=1, contamination=0.1)


@pytest.fixture(scope="module")
def run(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(folder(tmp_path_factory.mktemp("links") / "run", rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.report.figures.write.KINDS", ())
        build_report(path, read(path, scores=True))
    return path


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"), 1280)
    yield opened
    opened.close()


def followed(tab: Browser, run: Path, table: str, method: str, dataset: str) -> list[str]:
    """What the panel shows after a click on the value of a method on a dataset of a table."""
    tab.open(run / "index.html")
    link = tab.value(
        f"(() => {{ const table = [...document.querySelectorAll('#tables details')].find((d) => d.querySelector('summary').textContent.trim() === {json.dumps(table)});"
        " const heads = [...table.querySelectorAll('thead th')].map((h) => h.textContent.trim());"
        f" const row = [...table.querySelectorAll('tbody tr')].find((r) => r.cells[0].textContent.trim() === {json.dumps(method)});"
        f" return row.cells[heads.indexOf({json.dumps(dataset)})].querySelector('a').getAttribute('href'); }})()"
    )
    assert link.startswith("explore.html#cell")
    tab.call("Page.navigate", url="about:blank")
    tab.go(f"{run.resolve().as_uri()}/{link}")
    shown: list[str] = tab.value(
        "[...document.querySelectorAll('#panel[open] h2, #panel[open] dd, #panel[open] tr:not(.line) td, #panel[open] .failed, #panel[open] code')].map((e) => e.textContent.trim())"
    )
    return shown


def titles(tab: Browser, run: Path) -> list[str]:
    tab.open(run / "index.html")
    return list(tab.value("[...document.querySelectorAll('#tables summary')].map((s) => s.textContent.trim())"))


def test_a_value_leads_to_its_seeds_alone(tab: Browser, run: Path, rows: pd.DataFrame) -> None:
    (title,) = (t for t in titles(tab, run) if t.startswith("Average precision (weak") and "contamination 0.1" in t)
    said = followed(tab, run, title, "DevNet", "made/003")
    own = rows[(rows.method == "devnet") & (rows.dataset == "made/003") & (rows.contamination == 0.1)]
    assert said[0] == "DevNet on made/003"
    lines = [text for text in said if text.startswith("mnp-bench rerun")]
    assert sorted(line.split()[-2] for line in lines) == sorted(own["cell"].str[:KEY_LETTERS])
    for value in own.average_precision:
        assert f"{value:.4f}" in said
    ranked = tab.value(
        "[...document.querySelectorAll('[data-chip=contamination][aria-pressed=true]')].map((b) => b.textContent.trim())"
    )
    assert ranked == ["10%"]


def test_a_failure_is_told_with_its_reason(tab: Browser, run: Path) -> None:
    (title,) = (t for t in titles(tab, run) if t.startswith("Average precision (weak") and "contamination 0.1" in t)
    said = followed(tab, run, title, "PReNet", "made/002")
    assert said[0] == "PReNet on made/002" and "failed" in said
    assert any("the loss became NaN" in text for text in said)


def test_a_mean_over_scenarios_leads_to_all_of_them_and_another_metric_to_its_values(
    tab: Browser, run: Path, rows: pd.DataFrame
) -> None:
    (title,) = (t for t in titles(tab, run) if t.startswith("AUC-ROC (mean over 2 scenarios"))
    said = followed(tab, run, title, "DevNet", "made/001")
    own = rows[(rows.method == "devnet") & (rows.dataset == "made/001")]
    assert len([text for text in said if text.startswith("mnp-bench rerun")]) == 6 == len(own)
    for value in own.auc_roc:
        assert f"{value:.4f}" in said


def test_other_parameters_lead_to_their_own_cells(tab: Browser, run: Path, rows: pd.DataFrame) -> None:
    title = next(t for t in titles(tab, run) if t.startswith("Average precision (weak"))
    said = followed(tab, run, title, "MNP (hidden_dim=8)", "made/000")
    keys = {text.split()[-2] for text in said if text.startswith("mnp-bench rerun")}
    own = rows[(rows.params == NARROW) & (rows.dataset == "made/000")]
    assert len(keys) == 3 and keys <= set(own["cell"].str[:KEY_LETTERS])


def test_every_value_and_every_cell_has_its_link(tab: Browser, run: Path, rows: pd.DataFrame) -> None:
    tab.open(run / "index.html")
    bare = "[...document.querySelectorAll('#tables tbody tr')].flatMap((r) => [...r.cells].slice(1, 6)).filter((c) => !c.querySelector('a')).length"
    assert tab.value(bare) == 0
    links = tab.value(
        "[...document.querySelectorAll('#cells tbody td:last-child a')].map((a) => a.getAttribute('href'))"
    )
    assert len(links) == 25
    known = set(rows["cell"].str[:KEY_LETTERS])
    assert {link.removeprefix("explore.html#cell=") for link in links} <= known


def test_a_cell_that_is_not_there_is_said(tab: Browser, run: Path) -> None:
    tab.call("Page.navigate", url="about:blank")
    tab.go(f"{run.resolve().as_uri()}/explore.html#cell=000000000000")
    assert "does not show this cell" in tab.value("document.querySelector('#panel[open]').textContent.trim()")
    assert tab.errors == []


def test_without_an_explorer_nothing_leads_there() -> None:
    assert link_to("", "ab" * 32) == "" and link_to("explore.html", "") == ""
    assert link_to("explore.html", "ab" * 32, "auc_roc", True) == "explore.html#cells=abababababab&metric=auc_roc"
