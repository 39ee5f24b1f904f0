"""A run's page on paper: whole tables on the sheet, nothing that only a screen can use, no lists of hashes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.report import page, verdicts
from bench.report.code import with_code
from bench.report.rows import prepare
from bench.report.source import read_source
from tests.bench.leaderboard.made_up import METHODS, folder, frame
from tests.bench.report.browser import Browser, program

pytestmark = pytest.mark.skipif(program() is None, reason="no Chromium on this machine")
#: CSS pixels between the margins of A4, upright and across.
UPRIGHT, ACROSS = 680, 1032


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"), UPRIGHT)
    yield opened
    opened.close()


def printed(tab: Browser, path: Path, methods: int, width: int) -> None:
    """Open the page of a run of so many methods as paper of that width shows it."""
    names = [*METHODS, *(f"method number {number}" for number in range(methods - len(METHODS)))]
    run = Path(folder(path / str(methods), frame(12, 3, names)))
    rows = prepare(*with_code(read_source(run)))
    written = page.write(run, rows, verdicts.verdicts(rows))
    tab.size(width, 1000, mobile=False)
    tab.call("Emulation.setEmulatedMedia", media="print")
    tab.open(written)
    tab.value("dispatchEvent(new Event('beforeprint'))")


@pytest.mark.parametrize(("methods", "width"), [(5, UPRIGHT), (14, UPRIGHT), (24, ACROSS)])
def test_every_column_is_on_the_sheet(tab: Browser, tmp_path: Path, methods: int, width: int) -> None:
    printed(tab, tmp_path, methods, width)
    edges = tab.value(
        "[...document.querySelectorAll('table.grid')].filter((t) => t.offsetHeight).map((t) => t.getBoundingClientRect().right)"
    )
    assert len(edges) >= 3 and max(edges) <= width
    spilt = "[...document.querySelectorAll('table.grid td')].filter((c) => c.offsetHeight && c.scrollWidth > c.clientWidth + 1).length"
    assert tab.value(spilt) == 0
    landscape = tab.value("document.querySelectorAll('table.landscape').length")
    assert (landscape > 0) == (width == ACROSS)


def test_what_only_a_screen_can_use_is_left_out(tab: Browser, tmp_path: Path) -> None:
    printed(tab, tmp_path, 5, UPRIGHT)
    for selector in ("nav", ".screen", ".dt-search", ".dt-column-order", "#cells", "#provenance details details"):
        seen = f"[...document.querySelectorAll({selector!r})].map((one) => one.getClientRects().length)"
        heights = tab.value(seen)
        assert heights and set(heights) == {0}, selector
    assert tab.value("document.querySelector('#provenance dl').offsetHeight") > 0
    assert tab.value("[...document.querySelectorAll('#statistics details')].every((one) => one.open)")
