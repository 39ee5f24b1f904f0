"""The leaderboard's page in a real browser: its numbers against other people's, and what a reader can do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.app.leaderboard import build
from bench.leaderboard.page import SCRIPTS
from bench.report import pairwise, statistics
from bench.report.bootstrap import family_weights
from bench.report.rows import prepare
from tests.bench.leaderboard.made_up import METHODS, folder, frame
from tests.bench.report.browser import Browser, program
from tests.bench.report.made_up import fail

pytestmark = pytest.mark.skipif(program() is None, reason="no Chromium on this machine")
LEVELS = tuple({"label_budget": budget, "contamination": level} for budget in (3, 10, 20) for level in (0.02, 0.1))
PROGRAM = "\n".join(files("bench.leaderboard").joinpath("page", f"{name}.js").read_text() for name in SCRIPTS[:-1])


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    made = frame(scenarios=LEVELS)
    made["dataset_family"] = ["family-" + name[-3:-1] + str(int(name[-1]) // 2) for name in made.dataset]
    made.loc[made.method == "iforest", "method_title"] = "<b>Isolation</b> & 'forest'"
    lacking = frame(methods=("knn",), scenarios=LEVELS, code="b")
    return fail(pd.concat([made, lacking], ignore_index=True), method="knn", dataset="made/004", seed=1)


@pytest.fixture(scope="module")
def made(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("board")
    build([folder(target / "my runs", rows)], str(target / "page.html"))
    return target / "page.html"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"), 1440)
    yield opened
    opened.close()


@pytest.fixture
def browser(tab: Browser, made: Path) -> Browser:
    tab.size(1440, 1000, mobile=False)
    tab.value("history.replaceState(null, '', '#')")
    tab.open(made)
    return tab


def computed(tab: Browser, script: str) -> dict[str, Any]:
    """What the page's own functions give."""
    return dict(tab.value(f"(() => {{ {PROGRAM}\n{script} }})()"))


def settled(tab: Browser) -> None:
    tab.value(
        "new Promise((done) => { const look = () => document.documentElement.dataset.ready ? done() : setTimeout(look, 20);"
        " setTimeout(look, 30); })"
    )


def pressed(tab: Browser, chip: str, value: str) -> None:
    tab.value(f"[...document.querySelectorAll('[data-chip={chip}]')].find((b) => b.textContent === '{value}').click()")
    settled(tab)


def only(tab: Browser, chip: str, value: str) -> None:
    on = texts(tab, f"[data-chip={chip}][aria-pressed=true]")
    for other in on:
        if other != value:
            pressed(tab, chip, other)
    if value not in on:
        pressed(tab, chip, value)


def texts(tab: Browser, selector: str) -> list[str]:
    script = f"[...document.querySelectorAll({json.dumps(selector)})].map((element) => element.innerText.trim())"
    return list(tab.value(script))


def ranking(tab: Browser) -> dict[str, list[str]]:
    lines = tab.value(
        "[...document.querySelectorAll('#board tbody tr')].map((r) => [...r.cells].map((c) => c.innerText.trim()))"
    )
    return {line[0]: line[1:] for line in lines}


def test_ranks_means_and_wins_are_those_of_the_report(browser: Browser, rows: pd.DataFrame) -> None:
    chosen = rows[(rows.label_budget == 10) & (rows.contamination == 0.1) & (rows.method != "knn")]
    prepared = prepare(chosen)
    matrix = statistics.unit_matrix(prepared, "average_precision")
    ranks = statistics.average_ranks(matrix)
    only(browser, "labels", "10")
    only(browser, "contamination", "10%")
    shown = ranking(browser)
    assert set(shown) == set(ranks.index)
    assert [shown[name][0] for name in shown] == sorted((shown[name][0] for name in shown), key=float)
    best = matrix.eq(matrix.max(axis=1), axis=0).sum()
    for name in ranks.index:
        assert shown[name][0] == f"{ranks[name]:.2f}"
        assert shown[name][1].split()[0] == f"{matrix[name].mean():.3f}"
        assert shown[name][2] == str(best[name])
    means = {
        n: np.average(p.groupby("where").average_precision.mean(), weights=family_weights(p))
        for n, p in prepared.groupby("variant")
    }
    assert {name: f"{mean:.3f}" for name, mean in means.items()} == {n: v[1].split()[0] for n, v in shown.items()}


def made_values(families: int, methods: int, bits: int) -> pd.DataFrame:
    """Made-up means; with few bits there are ties, and differences are exact."""
    draw = np.random.default_rng(families * 100 + methods + bits)
    values = draw.uniform(size=(families, methods)) + 0.1 * np.arange(methods)
    return pd.DataFrame(np.round(values / 2 * 2**bits) / 2**bits, columns=[f"m{k}" for k in range(methods)])


@pytest.mark.parametrize(("families", "methods", "bits"), [(6, 3, 30), (9, 4, 3), (40, 6, 30), (40, 5, 3), (70, 8, 6)])
def test_the_tests_are_those_of_scipy(tab: Browser, families: int, methods: int, bits: int) -> None:
    matrix = made_values(families, methods, bits)
    entries = json.dumps([{"byFamily": list(matrix[name])} for name in matrix])
    got = computed(
        tab,
        f"const entries = {entries}; const found = {{ entries, families: [...Array({families})].map((_, n) => n) }};"
        "const verdict = judged(found); return { friedman: verdict.friedman, pairs: verdict.pairs };",
    )
    assert got["friedman"] == pytest.approx(statistics.friedman(matrix), rel=1e-9)
    plain = pairwise.wilcoxon(matrix)
    holm = pairwise.holm_pairs(plain)
    assert len(got["pairs"]) == methods * (methods - 1) // 2
    for pair in got["pairs"]:
        assert pair["p"] == pytest.approx(plain.iloc[pair["i"], pair["j"]], rel=1e-7, abs=1e-12)
        assert pair["holm"] == pytest.approx(holm.iloc[pair["i"], pair["j"]], rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(("families", "methods", "bits"), [(12, 4, 30), (30, 6, 3), (3, 5, 30)])
def test_elo_and_improvability_are_bencheval_s(tab: Browser, families: int, methods: int, bits: int) -> None:
    pytest.importorskip("bencheval", reason="bencheval is not installed; it is in the extra dev")
    from bencheval.elo_utils import EloHelper
    from bencheval.evaluator import BenchmarkEvaluator

    matrix = made_values(families, methods, bits)
    if families == 3:
        matrix = pd.DataFrame([[0.1, 0.2, 0.3, 0.4, 0.5]] * 3, columns=matrix.columns)  # each beats the one before
    long = (1 - matrix).melt(var_name="method", value_name="metric_error", ignore_index=False)
    long = long.rename_axis("task").reset_index().astype({"task": str})
    judge = BenchmarkEvaluator(task_col="task", method_col="method", error_col="metric_error")
    judge_elo = EloHelper(method_col="method", task_col="task", error_col="metric_error", split_col=None)
    theirs = judge_elo.compute_mle_elo_from_ranks(long)
    improvable = long.assign(v=judge.compute_improvability_per(long, ["task"])).groupby("method").v.mean()
    entries = json.dumps([{"byFamily": list(matrix[name])} for name in matrix])
    got = computed(
        tab,
        f"const entries = {entries}; const found = {{ entries, families: [...Array({families})].map((_, n) => n) }};"
        "return { elo: [...eloOf(rankTable(found), entries.length)], improvable: entries.map((e) => improvability(found, e)) };",
    )
    assert got["elo"] == pytest.approx([theirs[name] for name in matrix], abs=0.05)
    assert got["improvable"] == pytest.approx([improvable[str(name)] for name in matrix], rel=1e-9)


def test_a_method_that_lacks_a_cell_is_listed_below_and_takes_nothing_away(browser: Browser) -> None:
    assert set(ranking(browser)) == {"MNP", "DevNet", "PReNet", "Random forest", "<b>Isolation</b> & 'forest'"}
    (line,) = texts(browser, "#below tbody tr")
    assert line.startswith("knn") and "35 of 36" in line
    assert "12 datasets in 6 families" in texts(browser, "#headline .note")[0]
    browser.value("document.querySelector('#below button').click()")
    panel = texts(browser, "#panel")[0]
    assert "1 are missing: 0 were not run, 1 ended without a result" in panel and "the loss became NaN" in panel


def test_choosing_follows_into_table_pictures_and_address(browser: Browser) -> None:
    before = browser.value("document.querySelector('#cost').innerHTML")
    pressed(browser, "learners", "weakly supervised")
    assert set(ranking(browser)) == {"MNP", "DevNet", "PReNet"}
    assert browser.value("document.querySelector('#cost').innerHTML") != before
    assert len(texts(browser, "#sets thead th")) == 4
    address = browser.value("decodeURIComponent(location.hash)")
    assert "weakly supervised" in address
    browser.call("Page.reload")
    settled(browser)
    assert set(ranking(browser)) == {"MNP", "DevNet", "PReNet"}


def test_curves_run_over_every_level(browser: Browser) -> None:
    for page, levels in (("labels", ["3", "10", "20"]), ("contamination", ["2%", "10%"])):
        words = browser.value(f"[...document.querySelectorAll('#{page} svg text')].map((t) => t.textContent)")
        assert [word for word in words if word in levels] == levels
        assert browser.value(f"document.querySelectorAll('#{page} polyline').length") == 5


def test_a_click_on_a_head_sorts(browser: Browser) -> None:
    click = "[...document.querySelectorAll('#board thead button')].find((b) => b.textContent === 'Time').click()"
    browser.value(click)
    first = list(ranking(browser))
    browser.value(click)
    assert list(ranking(browser)) == first[::-1] and first[0].endswith("'forest'")
    assert browser.value("document.querySelector('#board [aria-sort]').innerText").startswith("Time")


def test_a_click_on_a_method_shows_its_card(browser: Browser) -> None:
    browser.value(
        "[...document.querySelectorAll('#board button.link')].find((b) => b.innerText.trim() === 'DevNet').click()"
    )
    panel = texts(browser, "#panel")[0]
    assert "Pang" in panel and "Deviations" in panel and "Best sets" in panel and "not that of the version" in panel


def test_a_click_on_a_value_gives_the_line_that_repeats_it(browser: Browser, made: Path, rows: pd.DataFrame) -> None:
    browser.value("document.querySelector('#sets button.value').click()")
    lines = texts(browser, "#panel code")
    method = browser.value("document.querySelector('#panel h2').innerText").split(" on ")[0]
    own = rows[(rows.method_title == method) & (rows.dataset == "made/000")]
    assert len(lines) == 3
    for line in lines:
        start, key, end = line.rsplit(" ", 2)
        assert start == f"mnp-bench rerun '{made.parent / 'my runs'}'" and end == "--verify"
        assert own["cell"].str.startswith(key).sum() == 1


def test_the_filter_of_datasets_leaves_those_that_fit(browser: Browser) -> None:
    browser.value("(() => { const s = document.querySelector('#search'); s.value = '007'; s.oninput(); })()")
    assert texts(browser, "#sets tbody th") == ["made/007"]


def test_two_draws_of_one_choice_give_the_same_intervals(browser: Browser) -> None:
    first = ranking(browser)
    browser.call("Page.reload")
    settled(browser)
    assert ranking(browser) == first


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_screen_scrolls_sideways(browser: Browser, width: int) -> None:
    browser.size(width)
    browser.call("Page.reload")
    settled(browser)
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value("document.getElementById('choose').open") == (width >= 832)


def contrast(tab: Browser, selector: str) -> float:
    """Of text and page, by WCAG's definition."""
    colours = tab.value(
        f"[getComputedStyle(document.querySelector('{selector}')).color, getComputedStyle(document.body).backgroundColor]"
    )
    levels = []
    for colour in colours:
        channels = [int(number) / 255 for number in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        levels.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(levels) + 0.05) / (min(levels) + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_by_day_and_by_night(browser: Browser, scheme: str) -> None:
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        assert (browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)") == (
            scheme == "light"
        )
        for selector in ("body", ".note", "#board thead th", "#board td"):
            assert contrast(browser, selector) >= 4.5, selector
    finally:
        browser.call("Emulation.setEmulatedMedia", features=[])


def test_paper_shows_the_tables_without_the_controls(browser: Browser) -> None:
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert browser.value("getComputedStyle(document.querySelector('aside')).display") == "none"
        assert browser.value("document.querySelector('#board').offsetHeight") > 0
        assert browser.value("document.querySelector('#by-set .note').offsetHeight") == 0
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


def test_no_error_and_nothing_from_outside(browser: Browser) -> None:
    assert browser.errors == []
    assert [url for url in browser.requests if not url.startswith(("file:", "data:", "about:"))] == []
    assert browser.value("document.querySelectorAll('#board b').length") == 0  # names are text


def test_thirty_thousand_cells_are_painted_within_two_seconds(tab: Browser, tmp_path: Path) -> None:
    names = [*METHODS, *(f"method-{number}" for number in range(15))]
    page = tmp_path / "large.html"
    build([folder(tmp_path / "large", frame(300, 5, names))], str(page))
    tab.open(page)
    paint = tab.value("performance.getEntriesByType('paint').map((one) => one.startTime)")
    drawn = tab.value("performance.getEntriesByName('ranked')[0].startTime")
    print(f"30,000 cells: {page.stat().st_size / 1e6:.1f} MB, first paint {max(paint):.0f} ms, ranking {drawn:.0f} ms")
    assert page.stat().st_size < 8_000_000
    assert len(ranking(tab)) == 20
    assert len(texts(tab, "#sets tbody tr")) == 40
    tab.value("dispatchEvent(new Event('beforeprint'))")  # on paper there is no button for the rest
    assert len(texts(tab, "#sets tbody tr")) == 300
