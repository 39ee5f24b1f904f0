"""Reports group datasets by the families of today's cards, whatever was stored when the cells were run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.datasets import registry, select
from bench.report.build import build
from bench.report.families import by_todays_cards
from bench.report.source import read_source
from bench.report.statistics import judge
from bench.store import Store, read
from bench.types import Record
from tests.bench.records import FACTS, record

SKIN = registry.card("oddbench/SkinAnomaly")
SIZES = {"dataset_rows": SKIN.rows, "dataset_features": SKIN.features, "dataset_anomalies": SKIN.anomalies}


def stored(number: int, dataset: str, family: str, **more: Any) -> Record:
    made = record(number)
    return replace(
        made,
        cell=replace(made.cell, dataset=dataset, method=f"m{number % 2}"),
        metadata={**FACTS, "dataset_family": family, "method_title": f"M{number % 2}", **more},
    )


def test_a_copys_rows_join_the_family_of_what_they_copy_and_the_store_stays(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.append([stored(0, SKIN.name, SKIN.name, **SIZES), stored(1, "adbench/33_skin", "skin segmentation")])
    before = read(tmp_path)
    source = read_source(tmp_path)
    assert source.rows.dataset_family.tolist() == ["skin segmentation"] * 2
    assert source.rows.drop(columns="dataset_family").equals(before.drop(columns="dataset_family"))
    assert before.dataset_family.tolist() == [SKIN.name, "skin segmentation"] == read(tmp_path).dataset_family.tolist()


def test_the_users_own_table_of_a_registered_name_keeps_its_family(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.append([
            stored(0, SKIN.name, "mine", **SIZES | {"dataset_rows": 7}),
            stored(1, "nobody's", "mine too"),
            stored(2, SKIN.name, "long ago", **dict.fromkeys(SIZES)),  # never loaded: nothing but the name is known
        ])  # fmt: skip
    assert read_source(tmp_path).rows.dataset_family.tolist() == ["mine", "mine too", "skin segmentation"]


def test_rows_without_a_change_are_handed_on_as_they_are() -> None:
    rows = pd.DataFrame({"dataset": ["toy"], "dataset_family": ["toy"], **{name: [3] for name in SIZES}})
    assert by_todays_cards(rows) is rows
    assert by_todays_cards(rows[:0]).empty and by_todays_cards(pd.DataFrame()).empty


@pytest.mark.parametrize("copies", [1, 5])
def test_a_report_counts_a_family_once(tmp_path: Path, copies: int) -> None:
    names = ["oddbench/GlobalTerrorismAttack", "oddbench/IndiaAttackAnalysis", "oddbench/AustinCrime"]
    rows, rng = [], np.random.default_rng(0)
    for set_number, name in enumerate(names):
        card = registry.card(name)
        sizes = {"dataset_rows": card.rows, "dataset_features": card.features, "dataset_anomalies": card.anomalies}
        for seed in range(copies):
            for method in range(2):
                made = stored(method, name, name, **sizes)
                key = f"{set_number}-{seed}-{method}"
                cell = replace(made.cell, seed=seed, key=key)
                metrics = {**made.metrics, "average_precision": float(rng.random())}
                rows.append(replace(made, cell=cell, metrics=metrics))
    with Store(tmp_path) as store:
        store.append(rows)
    verdict = judge(read_source(tmp_path).rows, "average_precision", "x", bootstrap=False)
    assert sorted(verdict.matrix.index) == ["Global Terrorism Database", "oddbench/AustinCrime"]
    build(tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "3, in 2 families" in page


def test_the_committed_reference_of_oddbench_is_in_as_many_families_as_there_are() -> None:
    rows = read_source(Path(__file__).parents[3] / "results" / "reference" / "oddbench").rows
    assert (rows.dataset.nunique(), rows.dataset_family.nunique()) == (115, 112)
    report = rows[rows.dataset.isin(select.members("oddbench:report"))]
    assert (report.dataset.nunique(), report.dataset_family.nunique()) == (60, 60)
    assert set(rows.dataset_family[rows.dataset == SKIN.name]) == {"skin segmentation"}
