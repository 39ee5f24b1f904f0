"""The page of a run: whole in itself, true to the numbers, and working in a real browser."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from bench.report import page, verdicts
from bench.report.figures import KINDS
from bench.report.figures import write as figures
from bench.report.rows import prepare
from bench.report.summary import claims, leaders, standing
from bench.store import read
from tests.bench.report.browser import Browser, program
from tests.bench.report.made_up import rows

FIXTURE = Path(__file__).parent / "fixture"
NASTY = "<script>alert('x')</script>&\"evil"
FEW = tuple(figure for figure in KINDS if figure.name in ("contamination_average_precision", "critical_difference"))


def written(folder: Path, frame: pd.DataFrame) -> Path:
    prepared = prepare(frame)
    figures.write(folder / "figures", prepared)
    return page.write(folder, prepared, verdicts.verdicts(prepared))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    shutil.copy(FIXTURE / "manifest.json", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.report.figures.write.KINDS", FEW)  # a few are enough to be embedded
        return written(folder, read(FIXTURE))


class Outline(HTMLParser):
    """Tags that are open, addresses that are asked for, pictures without words."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.silent: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag == "img" and not known.get("alt"):
            self.silent.append(str(known.get("src"))[:40])


def test_nothing_is_fetched_and_every_picture_has_words(made: Path) -> None:
    text = made.read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(text)
    outside = [a for a in outline.addresses if not a.startswith(("data:", "#", "tables/", "figures/"))]
    assert outside == [] and outline.silent == []
    assert len(set(outline.ids)) == len(outline.ids)
    assert {a[1:] for a in outline.addresses if a.startswith("#")} <= set(outline.ids)
    assert not re.search(r"@import|url\(\s*['\"]?https?:", text)
    drawn = json.loads((made.parent / "figures" / "captions.json").read_text())["figures"]
    assert len(drawn) == 4
    assert len([a for a in outline.addresses if a.startswith("data:image/webp")]) == len(drawn)
    assert made.stat().st_size < 3_000_000


def test_the_same_store_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    prepared = prepare(read(FIXTURE))
    folder = Path(shutil.copytree(made.parent, tmp_path / made.parent.name))
    before = (folder / page.NAME).read_text().replace(str(made.parent), "")
    assert page.write(folder, prepared, verdicts.verdicts(prepared)).read_text().replace(str(folder), "") == before


def test_names_from_data_are_text_not_code(tmp_path: Path) -> None:
    frame = rows(("wine", "glass"), ("mnp", "iforest"), 2)
    frame.loc[frame.method == "iforest", "method_title"] = NASTY
    frame.loc[frame.dataset == "glass", "dataset"] = NASTY
    prepared = prepare(frame)
    text = page.page(tmp_path, prepared, verdicts.verdicts(prepared))
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text


def test_an_address_on_the_command_line_keeps_its_password() -> None:
    run = {"id": "a", "started": "now", "command": ["run", "--tracking-uri", "http://me:secret@host:5000"]}
    lines = page.provenance(run)["facts"]
    assert "secret" not in lines["command"] and "host:5000" in lines["command"]


def test_the_time_of_a_run_is_shown_where_it_is_known() -> None:
    run = {"id": "a", "started": "2026-01-01T00:00:00+00:00", "command": ["run"]}
    lines = page.provenance(run)["facts"]
    assert lines["finished"] == lines["wall time"] == "not recorded"
    lines = page.provenance({**run, "finished": "2026-01-01T01:00:00+00:00", "wall_seconds": 3600.25})["facts"]
    assert (lines["finished"], lines["wall time"]) == ("2026-01-01T01:00:00+00:00", "3,600.2 s")


def test_words_are_those_of_the_numbers() -> None:
    frame = rows(tuple(f"set{n}" for n in range(12)), ("mnp", "devnet", "iforest"), 3)
    frame.loc[frame.method == "mnp", "average_precision"] = 0.9
    frame.loc[frame.method == "iforest", "average_precision"] = 0.1
    frame.loc[frame.method == "devnet", "average_precision"] = 0.5
    frame["dataset_family"] = frame.dataset
    (verdict,) = (entry for entry in verdicts.verdicts(prepare(frame)) if entry.metric == "average_precision")
    assert leaders(verdict) == [
        "Highest mean over 12 datasets in 12 families: MNP 0.900 (0.900 to 0.900), DevNet 0.500 (0.500 to 0.500), "
        "Isolation forest 0.100 (0.100 to 0.100)."
    ]
    assert claims(verdict)[0].endswith("of MNP (1.00); it is higher than every other method.")
    assert standing(verdict, "MNP")[0].endswith("(1.00): higher than DevNet and Isolation forest.")
    assert standing(verdict, "DevNet")[0].endswith("(2.00): higher than Isolation forest and lower than MNP.")


@pytest.fixture(scope="module")
def browser(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if program() is None:
        pytest.skip("no Chromium on this machine")
    tab = Browser(tmp_path_factory.mktemp("profile"))
    tab.open(made)
    yield tab
    tab.close()


def column(tab: Browser, table: str, number: int) -> list[str]:
    script = f"[...document.querySelectorAll('#{table} tbody tr')].map((r) => r.cells[{number}].innerText)"
    return list(tab.value(script))


def test_a_click_sorts_by_number_not_by_letter(browser: Browser) -> None:
    head = "document.querySelectorAll('#table-1-1 thead th')[1]"
    means = []
    for _ in range(2):
        browser.value(f"{head}.click()")
        browser.value("new Promise((done) => setTimeout(done, 200))")
        means.append([float(text.split()[0]) for text in column(browser, "table-1-1", 1)])
    assert len(means[0]) == 4 and means[0] == sorted(means[0]) and means[1] == sorted(means[0], reverse=True)


def test_writing_filters_rows(browser: Browser) -> None:
    box = "document.querySelector('#table-1-1').closest('.dt-container').querySelector('input')"
    write = f"(() => {{ const b = {box}; b.value = '%s'; b.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"
    browser.value(write % "devnet")
    browser.value("new Promise((done) => setTimeout(done, 600))")
    assert column(browser, "table-1-1", 0) == ["DevNet"]
    browser.value(write % "")
    browser.value("new Promise((done) => setTimeout(done, 600))")
    assert len(column(browser, "table-1-1", 0)) == 4


def test_one_scenario_is_shown_at_a_time(browser: Browser) -> None:
    options = browser.value("[...document.querySelectorAll('#scenario option')].map((o) => o.value)")
    shown = (
        "[...new Set([...document.querySelectorAll('[data-scenario]:not([hidden])')].map((e) => e.dataset.scenario))]"
    )
    choose = "(() => { const s = document.getElementById('scenario'); s.value = %s; s.dispatchEvent(new Event('change')); })()"
    assert len(options) > 2 and options[-1] == ""
    try:
        for name in options[:-1]:
            browser.value(choose % json.dumps(name))
            assert browser.value(shown) == [name]
        browser.value(choose % '""')
        assert sorted(browser.value(shown)) == sorted(options[:-1])
    finally:
        browser.value(choose % json.dumps(options[0]))


def test_the_answer_comes_first_with_one_picture(browser: Browser) -> None:
    summary = "document.querySelector('#summary')"
    first = browser.value(f"[...{summary}.querySelectorAll('p')].find((p) => p.offsetHeight).innerText")
    assert first.startswith("Highest mean over")
    pictures = browser.value(f"[...{summary}.querySelectorAll('figure')].filter((f) => f.offsetHeight).length")
    assert pictures == 1


def test_all_cells_come_in_pages(browser: Browser) -> None:
    assert len(column(browser, "table-cells", 0)) == 25


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_screen_scrolls_sideways(browser: Browser, width: int) -> None:
    browser.size(width)
    assert browser.value("document.documentElement.scrollWidth") <= width


def test_no_error_and_no_request_that_leaves_the_disk(browser: Browser) -> None:
    assert browser.errors == []
    assert [url[:60] for url in browser.requests if not url.startswith(("file:", "data:", "about:"))] == []
