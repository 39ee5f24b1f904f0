"""Generated blocks about what folders hold and cost, against numbers counted by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.errors import StoreError
from bench.methods import ours
from bench.report import generated
from bench.report import source as source_module
from bench.report import stores as stores_module
from bench.report.blocks import Block
from tests.bench.report import made_up

NAMES = [f"d{number}" for number in range(4)]
BUDGETS = ({"label_budget": 0.01}, {"label_budget": 0.1})
SUITE = """
name = "one"
title = "One"
datasets = ["wine", "breast-cancer"]
methods = ["mnp", "prenet"]
seeds = [0, 1, 2]

[scenario]
label_budget = 5
"""


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> stores_module.Stores:
    whole = made_up.rows(NAMES, ["mnp", "devnet", "ecod", "iforest"], scenarios=BUDGETS, seeds=2)
    few = (whole.method != "ecod") | (whole.seed == 0)
    narrow = (whole.method != "iforest") | ((whole.label_budget == 0.1) & (whole.dataset != "d3"))
    frames = {
        "one": whole,
        "fewer": whole[few & narrow],
        "torn": whole.drop(whole.index[whole.method == "ecod"][0]),
        "levels": made_up.rows(NAMES, ["mnp"], scenarios=({"contamination": 0.0}, {"contamination": 0.2}), seeds=1),
    }
    monkeypatch.setattr(source_module, "read", lambda folder: frames.get(folder.name, pd.DataFrame()))
    monkeypatch.setattr(stores_module, "read_manifest", lambda folder: [{"suite": SUITE}])
    return stores_module.Stores(tmp_path)


def write(stores: stores_module.Stores, name: str, *subjects: str, **options: str) -> str:
    return generated.written(stores, Block(name, subjects, options))


def test_what_is_held(stores: stores_module.Stores) -> None:
    asks = "Its suite asks 2 datasets and 3 seeds. Not run of its suite: prenet."
    assert write(stores, "held", "one", "levels").splitlines() == [
        f"- `one/`: all 4 methods have 2 seeds on 4 datasets at 1% and 10% labels. {asks}",
        f"- `levels/`: its one method has one seed on 4 datasets at 0% and 20% contamination. {asks}",
    ]


def test_who_has_fewer_runs_is_named_with_them(stores: stores_module.Stores) -> None:
    fewer, torn = (write(stores, "held", folder) for folder in ("fewer", "torn"))
    assert "`fewer/`: 2 of 4 methods have 2 seeds on 4 datasets at 1% and 10% labels; " in fewer
    assert "; ECOD has one seed on 4 datasets at 1% and 10% labels; " in fewer
    assert "; Isolation forest has 2 seeds on 3 datasets at 10% labels. " in fewer
    assert "; ECOD has 15 runs on 4 datasets at 1% and 10% labels. " in torn


def test_who_is_absent(stores: stores_module.Stores) -> None:
    text = write(stores, "absent", "one")
    assert text.startswith(f"Of the {len(ours())} registered methods `one/` has no run of ")
    assert "PReNet" in text and "TabPFN" in text and "ECOD" not in text


def test_where_the_time_went_by_hand(stores: stores_module.Stores) -> None:
    rows = stores.read("one")
    seconds = (rows.fit_seconds + rows.score_seconds).groupby(rows.variant).sum().sort_values(ascending=False)
    text = write(stores, "spent", "one", rows="2")
    assert text.startswith(f"{seconds.sum() / 60:,.0f} minutes of one core for all 4 methods together, of which ")
    assert f"{seconds.iloc[0] / seconds.sum():.0%}" in text and text.count("%") == 2


def test_a_bound_is_held_against_all_and_against_what_suites_name(stores: stores_module.Stores) -> None:
    """Of the suite's methods only MNP has rows; without it nothing of the suite's is left."""
    rows = pd.concat([stores.read(folder) for folder in ("one", "levels")])
    hours = (rows.fit_seconds + rows.score_seconds) / 3600 / 2
    every, own = hours.sum(), hours[rows.method == "mnp"].sum()
    between = f"{(every + own) / 2:.9f}"
    text = write(stores, "bound", "one", "levels", hours=between, cores="2")
    assert text.startswith(f"`one/` and `levels/` took {every:.1f} hours of 2 cores, where ")
    assert f": missed by {60 * (every - own) / 2:,.0f} minutes. Of that the 1 method" in text
    assert text.endswith(f"took {own:.1f}: kept.")
    without = write(stores, "bound", "one", hours="0", cores="1", without="devnet")
    assert " hours of 1 core without DevNet, where 0 were asked: missed" in without


def test_what_a_group_saves(stores: stores_module.Stores) -> None:
    with pytest.raises(StoreError, match=r"cannot read .*speed\.csv: No such file"):
        write(stores, "speedup", method="mnp")
    folder = stores.root / "speed"
    folder.mkdir()
    pd.DataFrame({"method": ["mnp", "mnp", "devnet"], "D": [62, 6, 6], "ratio": [7.7, 19.9, 2.0]}).to_csv(
        folder / "speed.csv"
    )
    assert write(stores, "speedup", method="mnp") == (
        "In a group of 32 a run of MNP takes 1/20 (6 features) to 1/8 (62 features) of the time of the same run in "
        "ordinary torch modules."
    )


@pytest.mark.parametrize(
    ("name", "subjects", "options", "words"),
    [
        ("held", (), {}, "held needs results folders"),
        ("bound", (), {"hours": "3", "cores": "2"}, "bound needs results folders"),
        ("bound", ("one",), {"hours": "3"}, "bound needs cores=NUMBER"),
        ("bound", ("one",), {"hours": "x", "cores": "2"}, "bound needs hours=NUMBER"),
        ("bound", ("one",), {"hours": "3", "cores": "2", "without": "nobody"}, "no row is of method 'nobody'"),
        ("absent", ("one", "levels"), {}, "absent needs one results folder"),
    ],
)
def test_what_cannot_be_written_is_told(
    stores: stores_module.Stores, name: str, subjects: tuple[str, ...], options: dict[str, str], words: str
) -> None:
    with pytest.raises(StoreError, match=words):
        write(stores, name, *subjects, **options)
