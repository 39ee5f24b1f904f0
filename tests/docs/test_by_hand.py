"""What README.md and the reference's say in prose holds no figure of a store: those stand in generated blocks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.datasets import select
from bench.report import blocks
from bench.suite.load import read_suite

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "results/reference/README.md")
NUMBER = (
    r"(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fifteen|twenty|thirty|hundred)"
)
#: What a store or a table of figures counts.
THING = (
    r"(?:seed|method|dataset|set|famil(?:y|ies)|cell|run|table|pair|place|budget|split|hour|minute|second|time|label"
    r"|labelled|repetition|row)s?"
)
#: A decimal fraction, so many of a thing (an adjective between), a part in words.
FIGURE = re.compile(
    rf"\d*(?:\.\d+)+|\b{NUMBER} (?:[a-z]+ )?{THING}\b|\b(?:half|third|quarter|fifth|tenth|twentieth) (?:of )?the\b",
    re.IGNORECASE,
)
#: Figures in prose that no store holds.
ELSEWHERE = {
    "README.md": {
        "0.75",  # the size of an installation
        *("five real sets", "five labelled", "five seeds", "759 real tables"),  # tests below
    },
    "results/reference/README.md": {
        *("3.11", "2.13.0"),  # versions
        "tenth of the",  # what tests/mnp ask of the number of modes
    },
}


def prose(document: str) -> str:
    """Its text without generated blocks, code, headings and the targets of links."""
    text = blocks.filled((ROOT / document).read_text(encoding="utf-8"), lambda block: "", document)
    text = re.sub(r"^(?:```.*?^```$|#.*?$|<!--.*?-->$)", "", text, flags=re.M | re.S)
    text = re.sub(r"`[^`]*`|\[arXiv [\d.]+|\]\([^)]*\)", "", text)
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_figure_is_written_by_hand(document: str) -> None:
    found = [match[0].strip() for match in FIGURE.finditer(prose(document))]
    assert sorted(set(found)) == sorted(ELSEWHERE[document])


@pytest.mark.parametrize(
    "text", ["on 44 sets", "five seeds", "a mean of .62", "3 of 5 runs", "half of the", "three corrected pairs"]
)
def test_a_figure_is_seen(text: str) -> None:
    assert FIGURE.search(text)


def test_the_first_picture_is_told_by_its_suite() -> None:
    quick = read_suite("quick")
    (budget,) = {scenario.label_budget for scenario in quick.scenarios}
    assert (len(quick.datasets), budget, len(quick.seeds)) == (5, 5, 5)


def test_oddbench_has_as_many_tables_as_is_said() -> None:
    assert len(select.members("oddbench")) == 759
