"""The validation of pick holds a table's family back as it is known today, whatever the evidence says it was."""

from typing import Any

import pandas as pd
import pytest

from bench.picking.candidates import DEFAULT
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
