"""The tables of documents about MNP+ are those of the rows beside them."""

from functools import partial
from pathlib import Path

import pytest

from bench.report.blocks import Block, filled
from tests.parity.mnp_plus_words import MARK, written

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "results" / "reference" / "mnp-plus"


@pytest.mark.parametrize("document", ["results/reference/mnp-plus/README.md", "docs/mnp-plus.md"])
def test_tables_are_those_of_the_rows(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    assert f"<!-- {MARK}:" in text
    assert filled(text, partial(written, folder=FOLDER), document, MARK) == text


def test_a_trial_has_its_interval_or_its_standard_error(tmp_path: Path) -> None:
    header = "variant,base,cells," + ",".join(
        f"{name}_{what}"
        for name in ("adbench", "oddbench", "unseen", "types")
        for what in ("gain", "se", "low", "high")
    )
    whole, bare = ",".join(["0.5,0.1,-0.25,1.0"] * 4), ",".join(["-0.5,0.1,,"] * 4)
    some = ",".join([",,,", *["0.5,0.1,-0.25,1.0"] * 3])
    body = [f"with,a base,7,{whole}", f"without,a base,7,{bare}", f"elsewhere,a base,7,{some}"]
    rows = "\n".join([header, *body, f"other,another,7,{whole}"]) + "\n"
    (tmp_path / "trials-paired.csv").write_text(rows, "utf-8")
    lines = written(Block("trials", (), {"base": "a_base"}), tmp_path).splitlines()
    assert lines[2] == "| with | " + "+.500 [-.250, +1.000] | " * 4 + "7 |"
    assert lines[3] == "| without | " + "-.500 ± .100 | " * 4 + "7 |"
    assert lines[4] == "| elsewhere | not run | " + "+.500 [-.250, +1.000] | " * 3 + "7 |"
    assert len(lines) == 5
