"""The reference: the file is what the committed results say, and strengths are fair where tables lack methods."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.picking import prior as module
from bench.picking import reference_table
from bench.picking.prior import prior
from bench.store import read

ROOT = Path(__file__).parents[3]


def test_the_file_is_what_the_results_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this fails after a new reference run: python -m bench.picking.reference_table."""
    monkeypatch.chdir(ROOT)
    made = reference_table.reference_table()
    assert reference_table.TARGET.read_text(encoding="utf-8") == reference_table.text(made)


def test_an_entry_is_the_mean_over_seeds_of_the_store() -> None:
    rows = read(ROOT / "results" / "reference" / "adbench")
    rows = rows[(rows.dataset == "adbench/38_thyroid") & (rows.method == "pu-bagging")]
    table = pd.read_csv(reference_table.TARGET)
    table = table[(table.dataset == "adbench/38_thyroid") & (table.labels == rows.n_labelled.iloc[0])]
    assert np.isclose(table["pu-bagging"], rows.average_precision.mean(), atol=5e-5).any()


def made_up(monkeypatch: pytest.MonkeyPatch, rows: list[tuple[object, ...]]) -> None:
    columns = ["dataset", "family", "rows", "features", "labels", "a", "b", "c"]
    monkeypatch.setattr(module, "_reference", lambda: pd.DataFrame(rows, columns=columns))


def test_methods_are_compared_within_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """c was run on the easy table only and is no better there than b: it must not look better than b."""
    made_up(
        monkeypatch,
        [("hard", "hard", 1000, 10, 5, 0.2, 0.1, np.nan), ("easy", "easy", 1000, 10, 5, 1.0, 0.9, 0.9)],
    )
    expected = prior(["a", "b", "c", "d"], 1000, 10, 5)
    assert expected.strength[0] - expected.strength[1] == pytest.approx(0.1)
    assert expected.strength[1] == pytest.approx(expected.strength[2])
    assert np.isnan(expected.strength[3]) and expected.spread == pytest.approx(0.0, abs=1e-12)


def test_tables_like_this_one_count_more_and_families_once(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = ("x", "x", 1000, 10, 5, 0.9, 0.1, 0.5), ("y", "y", 1000, 10, 500, 0.1, 0.9, 0.5)
    made_up(monkeypatch, [near, far])
    assert prior(["a", "b"], 1000, 10, 5).strength[0] > 0.2
    assert prior(["a", "b"], 1000, 10, 500).strength[0] < -0.2
    assert prior(["a", "b"], 1000, 10, 5, without="x").strength[0] == pytest.approx(-0.4)
    made_up(monkeypatch, [near, *[("y2", "y", 1000, 10, 5, 0.1, 0.9, 0.5)] * 9])
    assert prior(["a", "b"], 1000, 10, 5).strength[0] == pytest.approx(0.0, abs=1e-12)


def test_with_more_labels_the_reference_holds_classifiers_less_far_behind() -> None:
    few, many = (prior(["iforest", "xgboost"], 3000, 20, labels).strength for labels in (3, 50))
    assert many[1] - many[0] > few[1] - few[0] > 0
