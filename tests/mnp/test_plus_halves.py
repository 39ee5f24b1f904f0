"""The halves that MNP+ was developed and reported on: fixed by a rule on names, families whole."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.datasets import registry, select
from tests.parity import mnp_plus_halves as halves
from tests.parity.mnp_plus_halves import COLUMNS, FAMILIES, family, in_development
from tests.parity.mnp_plus_tables import on_shared_cells

DEVELOPMENT = (
    "ALOI annthyroid backdoor breastw campaign cardio Cardiotocography cover donors Hepatitis http Lymphography "
    "mammography mnist optdigits PageBlocks pendigits shuttle skin smtp SpamBase thyroid vertebral WBC WDBC Wilt wine WPBC"
)
REPORT = "celeba fault glass Ionosphere landsat letter magic.gamma musk Pima satellite satimage-2 Stamps vowels Waveform yeast"


def test_adbenchs_halves_are_these() -> None:
    bare = {name: name.partition("_")[2] for name in registry.cards() if name.count("/") == 1 and "adbench/" in name}
    halves = {text: in_development(name) for name, text in bare.items()}
    assert {name for name in DEVELOPMENT.split() if not halves[name]} == set()
    assert {name for name in REPORT.split() if halves[name]} == set()
    assert set(halves) - set(DEVELOPMENT.split()) - set(REPORT.split()) == {"census", "fraud", "speech", "InternetAds"}


def test_families_are_whole_and_agree_with_the_registrys() -> None:
    for names in FAMILIES:
        assert len({in_development(f"adbench/0_{name}") for name in names}) == 1
    cards = {
        name.partition("_")[2]: card.family
        for name, card in registry.cards().items()
        if "adbench/" in name and name.count("/") == 1
    }
    together = {name: names for names in FAMILIES for name in names}
    for name, own in cards.items():
        kin = {other for other, theirs in cards.items() if theirs == own}
        assert kin <= set(together.get(name, (name,))), name


def test_an_oddbench_set_is_a_family_of_its_own_but_for_copies() -> None:
    # sha256("AustinCrime") is even, that of "FloodRisk" is odd
    assert in_development("oddbench/AustinCrime")
    assert not in_development("oddbench/FloodRisk")
    assert family("oddbench/FloodRisk") == ("FloodRisk",)
    assert family("oddbench/SkinAnomaly") == family("adbench/33_skin") and in_development("oddbench/SkinAnomaly")
    assert family("oddbench/SatelliteAnomaly") == ("landsat", "satellite", "satimage-2")
    assert family("oddbench/IndiaAttackAnalysis") == family("oddbench/GlobalTerrorismAttack")


def test_no_family_is_cut_and_oddbenchs_halves_are_the_collections() -> None:
    where: dict[str, set[bool]] = {}
    for collection in ("adbench:given", "oddbench:given"):
        for name in select.members(collection):
            where.setdefault(min(family(name)), set()).add(in_development(name))
    assert [name for name, sides in where.items() if len(sides) > 1] == []
    for half in ("development", "report"):
        of_half = {name for name in select.members("oddbench:given") if in_development(name) == (half == "development")}
        assert of_half == set(select.members(f"oddbench:{half}"))


def test_sets_that_came_to_a_half_later_are_last_in_it(tmp_path: Path) -> None:
    (tmp_path / "oddbench").mkdir()
    for name in ("AustinCrime", "SkinAnomaly", "WeatherEvents", "SalesPerformance", "FloodRisk"):
        (tmp_path / "oddbench" / f"{name}.npz").touch()
    development = halves.members(tmp_path, "development")
    assert development[-1] == "oddbench/SkinAnomaly" and development[:-1] == sorted(development[:-1])
    assert "oddbench/SkinAnomaly" not in halves.members(tmp_path, "report")


Asked = list[tuple[str, list[tuple[float, int]]]]


@pytest.fixture
def two_sets(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Sets of ten rows, one anomaly in three of them, and a method whose scores are the truth."""

    class Run:
        y_test = np.array([0, 0, 1] * 3 + [0])

    asked: Asked = []

    def scored(method: str, cells: dict[tuple[float, int], Run]) -> list[np.ndarray]:
        asked.append((method, sorted(cells)))
        return [run.y_test.astype(float) for run in cells.values()]

    monkeypatch.setattr(halves, "load", lambda name, folder: name)
    monkeypatch.setattr(
        halves, "splits", lambda name: {(budget, seed): Run() for budget in (0.05, 1) for seed in (0, 1)}
    )
    monkeypatch.setattr(halves, "scored", scored)
    return asked


def test_only_the_cells_asked_for_and_not_yet_there_are_scored(two_sets: Asked, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    halves.append(["a"], ["m"], tmp_path, out, labels=[1.0], seeds=[0])
    halves.append(["a", "b"], ["m"], tmp_path, out, seeds=[0])
    halves.append(["a", "b"], ["m"], tmp_path, out, seeds=[0])
    assert two_sets == [("m", [(1, 0)]), ("m", [(0.05, 0)]), ("m", [(0.05, 0), (1, 0)])]
    assert len(pd.read_csv(out)) == len(pd.read_csv(out).drop_duplicates(["set", "labels", "seed"])) == 4


def test_a_rival_is_compared_on_the_cells_it_has_and_those_it_lacks_are_counted() -> None:
    stream = np.random.default_rng(0)
    cells = [(f"oddbench/{letter}", labels, seed) for letter in "abcdefgh" for labels in (0.05, 1.0) for seed in (0, 1)]
    ours = [(name, "mnp-plus", labels, seed, stream.uniform(0.5, 0.6)) for name, labels, seed in cells]
    whole = [(name, "whole", labels, seed, ap - 0.2) for name, _, labels, seed, ap in ours]
    part = [
        (name, "part", labels, seed, ap + 0.1) for name, _, labels, seed, ap in ours if seed == 0 and labels == 0.05
    ]
    table, budgets = on_shared_cells(pd.DataFrame([*ours, *whole, *part], columns=COLUMNS))
    table = table.set_index("against")
    assert table.difference.to_dict() == pytest.approx({"whole": 0.2, "part": -0.1})
    assert table.lacking.to_dict() == {"whole": 0, "part": 24}
    assert table.wins.to_dict() == {"whole": 8, "part": 0}
    # eight signs alike: p = 2 / 2^8, twice that after Holm's correction over two methods
    assert table["Holm's p"].to_dict() == pytest.approx({"whole": 4 / 256, "part": 4 / 256})
    assert budgets[1.0]["whole"] == pytest.approx(0.2)
    assert np.isnan(budgets[1.0]["part"])


def test_a_rival_with_few_families_has_no_test_and_does_not_count_in_the_correction() -> None:
    stream = np.random.default_rng(0)
    ours = [(f"oddbench/{letter}", "mnp-plus", 0.05, 0, stream.uniform(0.5, 0.6)) for letter in "abcdefgh"]
    whole = [(name, "whole", labels, seed, ap - 0.2) for name, _, labels, seed, ap in ours]
    few = [(name, "few", labels, seed, ap - 0.3) for name, _, labels, seed, ap in ours[:5]]
    table = on_shared_cells(pd.DataFrame([*ours, *whole, *few], columns=COLUMNS))[0].set_index("against")
    corrected = table["Holm's p"]
    assert np.isnan(table.p["few"]) and np.isnan(corrected["few"])
    assert corrected["whole"] == pytest.approx(2 / 256)
