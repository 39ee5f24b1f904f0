"""The validation of pick holds a table's family back as it is known today, whatever the evidence says it was."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.picking.candidates import DEFAULT
from bench.report.blocks import Block, filled
from tests.validation import pick_report


class Asked(Exception):
    pass


def test_the_family_held_back_is_todays(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "oddbench/IndiaAttackAnalysis"  # a family of its own when the evidence was collected
    rows = pd.DataFrame(
        [("development", name, name, 650, 7, 0, 5, method, 0.5, "0.1 0.2") for method in DEFAULT],
        columns=[*pick_report.TABLE, "method", "average_precision", "above"],
    )

    def asked(*_: Any, without: str) -> None:
        raise Asked(without)

    monkeypatch.setattr(pick_report, "prior", asked)
    with pytest.raises(Asked, match="Global Terrorism Database"):
        list(pick_report.answers(rows))


def test_the_readme_says_what_the_validation_holds() -> None:
    folder = Path(__file__).parents[3] / "results" / "reference" / "pick"
    table = pd.read_csv(folder / "validation.csv")
    text = (folder / "README.md").read_text("utf-8")
    seen: list[str] = []

    def again(block: Block) -> str:
        seen.append(block.name)
        return pick_report.written(block, table)

    assert filled(text, again, "README.md", pick_report.MARK) == text
    assert seen == ["regret", "regret", "held", "equals"]
