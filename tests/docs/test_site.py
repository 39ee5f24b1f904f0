"""What the site is made of: pages from the registry whose figures are those of the stores, and a check of its links."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.datasets import registry
from bench.methods import specs
from bench.methods.registry import ours

ROOT = Path(__file__).parents[2]
SUMMARY = ROOT / "results" / "reference" / "adbench" / "tables" / "average_precision_summary.csv"
#: Those of docs/_ext, which a test may import.
MODULES = tuple(path.stem for path in (ROOT / "docs" / "_ext").glob("*.py"))


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of docs/_ext, as Sphinx does."""
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))

    def imported(name: str) -> Any:
        return __import__(name)

    yield imported
    for name in MODULES:
        sys.modules.pop(name, None)


def test_every_method_has_a_page_with_its_card(part: Any) -> None:
    pages = part("method_pages")
    plain = part("markdown").plain
    for name in sorted(ours()):
        text = pages.page(specs()[name])
        assert f"`{name}`" in text
        assert plain(specs()[name].citation) in text
        assert plain(specs()[name].deviations[1:]) in text
    listed = pages.index()
    assert all(f"({name}.md)" in listed for name in ours())


def test_equations_stand_as_they_are_written_and_prose_flows(part: Any) -> None:
    shown = part("method_pages").paragraphs
    assert shown("Rows of ``x`` are\nembedded.\n\nL = a_b\nL_2 = c * d") == [
        "Rows of `x` are embedded.",
        "```text\nL = a_b\nL_2 = c * d\n```",
    ]
    assert shown("f(p, q) = w.h(p)\nwith h") == ["```text\nf(p, q) = w.h(p)\nwith h\n```"]


def test_a_page_has_the_figures_of_the_committed_table(part: Any) -> None:
    summary = pd.read_csv(SUMMARY)
    first = summary[summary.metric == "average_precision"] if "metric" in summary else summary
    row = first[first.method == "DevNet"].iloc[0]
    text = part("method_pages").page(specs()["devnet"])
    assert f"average rank over datasets **{row['rank']:.2f}**" in text


def test_a_method_that_was_not_run_claims_nothing(part: Any) -> None:
    text = part("method_pages").page(specs()["tabicl"])
    if "tabicl" not in part("evidence").variants():
        assert "not part of the reference run" in text
        assert "average rank" not in text


def test_every_set_has_a_page_or_a_line(part: Any) -> None:
    pages = part("dataset_pages")
    tables = "".join(map(pages.table_page, pages.TABLES))
    listed = pages.index()
    for card in registry.cards().values():
        if pages.alone(card):
            assert f"({pages.file_name(card)}.md)" in listed
        else:
            assert f"| `{card.name}` |" in tables
    digits = pages.page(registry.card("digits-low"))
    assert "* - Rows\n  - 991\n" in digits
    assert "90 (9.1%)" in digits


def test_quoted_figures_are_numbers(part: Any) -> None:
    figures = part("figures_in_text").substitutions()
    pages = [ROOT / "docs" / "index.md", *(ROOT / "docs").rglob("explain/*.md")]
    quoted = {word for page in pages for word in _quoted(page)}
    assert {"seeds", "printed_methods"} < quoted
    assert quoted == set(figures) & quoted
    assert not [name for name, text in figures.items() if text in ("", "nan", "-")]


def test_the_first_picture_has_the_means_of_the_committed_table(part: Any, tmp_path: Path) -> None:
    front = part("front_page")
    summary = pd.read_csv(SUMMARY)
    committed = summary.dropna(subset="rank").set_index("method")["average"]
    drawn = {name: interval.value for name, interval in front.means().items()}
    assert drawn == pytest.approx(committed.to_dict(), abs=1e-6)  # the table has six digits
    assert list(drawn.values()) == sorted(drawn.values())
    assert all(interval.low < interval.value < interval.high for interval in front.means().values())
    front.picture(tmp_path / "means.png")
    assert (tmp_path / "means.png").read_bytes().startswith(b"\x89PNG")


def _quoted(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [piece.partition("}}")[0].strip() for piece in text.split("{{")[1:]]


def test_signs_of_markdown_stay_signs(part: Any) -> None:
    assert part("markdown").plain("a|b_c*") == r"a\|b\_c\*"
    assert part("markdown").prose("see ``x_y`` for a_b") == r"see `x_y` for a\_b"


def test_dead_links_are_found_and_live_ones_are_not(part: Any, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text(
        '<a href="sub/b.html#there">1</a> <a href="sub/b.html#gone">2</a> <a href="#top">3</a> <img src="x.png">'
        '<h1 id="top"></h1> <a href="https://example.org/none">4</a>'
    )
    (tmp_path / "sub" / "b.html").write_text('<p id="there"></p><a href="../a.html">back</a>')
    sentences, inside, outside = part("links").dead(tmp_path)
    assert sentences == [
        "a.html: sub/b.html#gone: there is no such anchor",
        "a.html: x.png: there is no such file",
    ]
    assert (inside, outside) == (5, 1)
    assert part("links").main([str(tmp_path)]) == 1
    (tmp_path / "empty").mkdir()
    assert part("links").main([str(tmp_path / "empty")]) == 2


GALLERY = sorted((ROOT / "examples" / "gallery").glob("*.py"))


@pytest.mark.parametrize("script", GALLERY, ids=lambda path: path.stem)
def test_an_example_is_short(script: Path) -> None:
    assert 20 <= len(script.read_text(encoding="utf-8").splitlines()) <= 40


def test_the_gallery_shows_every_example(part: Any) -> None:
    pytest.importorskip("sphinx_gallery", reason="in the docs extra")
    assert sorted(part("gallery_setup").ORDER) == [path.stem for path in GALLERY]


def test_every_table_has_heads_or_is_a_fact_sheet(part: Any) -> None:
    """A table whose heads are empty shows an empty bar; names of facts are heads of their rows instead."""
    methods, sets = part("method_pages"), part("dataset_pages")
    pages = [methods.index(), sets.index(), *map(sets.table_page, sets.TABLES)]
    pages += [methods.page(specs()[name]) for name in ours()]
    pages += [sets.page(card) for card in registry.cards().values() if sets.alone(card)]
    assert not [line for page in pages for line in page.splitlines() if line.startswith("|") and not line.strip("| ")]
    assert sum("```{list-table}\n:stub-columns: 1\n" in page for page in pages) > 100


def test_a_fact_sheet_keeps_a_fact_to_its_name(part: Any) -> None:
    assert part("markdown").pairs([("Rows", "991"), ("Gone", ""), ("Data", "real")]) == (
        "```{list-table}\n:stub-columns: 1\n\n* - Rows\n  - 991\n* - Data\n  - real\n```"
    )
