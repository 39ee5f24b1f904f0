"""A stored cell is named by what tells it apart; where several fit, they are listed."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest

from bench.app import cells
from bench.errors import StoreError
from bench.store import Store, read
from bench.types import Cell, Record, Scenario
from tests.bench.records import record as made_up


def record(dataset: str, method: str, seed: int, scenario: Scenario, params: tuple[tuple[str, object], ...]) -> Record:
    content = repr((dataset, method, seed, scenario, params))
    key = hashlib.sha256(content.encode()).hexdigest()
    return dataclasses.replace(made_up(0), cell=Cell(dataset, "ab" * 32, scenario, method, params, seed, key))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = [
        record(dataset, method, seed, scenario, params)
        for dataset in ("wine", "digits")
        for method, params in (("mnp", ()), ("mnp", (("n_prototypes", 4),)), ("pyod.models.knn:KNN", ()))
        for seed in (0, 1)
        for scenario in (Scenario(label_budget=5), Scenario(label_budget=5, contamination=0.02))
    ]
    made.append(record("digits", "devnet", 0, Scenario(known_types=("a", "b"), protocol="adbench"), ()))
    with Store(tmp_path) as store:
        store.append(made)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("wine:pyod.models.knn:KNN:0@contamination=0.02", ("wine", "pyod.models.knn:KNN", 0, 0.02, "{}")),
        ("wine:mnp:1@contamination=0.020,n_prototypes=4", ("wine", "mnp", 1, 0.02, '{"n_prototypes":4}')),
        ("wine:mnp:1@n_prototypes=4, contamination=natural", ("wine", "mnp", 1, None, '{"n_prototypes":4}')),
        ("digits:devnet:0", ("digits", "devnet", 0, None, "{}")),
        ("digits:devnet:0@known_types=a+b", ("digits", "devnet", 0, None, "{}")),
    ],
)
def test_a_cell_is_found_by_what_tells_it_apart(folder: Path, name: str, wanted: tuple[object, ...]) -> None:
    row = cells.find(folder, name)
    contamination = None if row.contamination != row.contamination else row.contamination
    assert (row.dataset, row.method, row.seed, contamination, row.params) == wanted
    assert cells.find(folder, row["cell"][:20])["cell"] == row["cell"]


def test_every_name_given_finds_its_own_cell(folder: Path) -> None:
    frame = read(folder)
    called = cells.names(frame)
    assert called.is_unique
    assert "digits:devnet:0" in set(called)  # nothing to tell it from
    assert "wine:pyod.models.knn:KNN:1@contamination=0.02" in set(called)
    for key, name in zip(frame["cell"], called, strict=True):
        if "@" not in name or "n_prototypes" in name or "knn" in name:
            assert cells.find(folder, name)["cell"] == key


def test_what_is_ambiguous_or_unknown_is_listed(folder: Path) -> None:
    with pytest.raises(StoreError) as told:
        cells.find(folder, "wine:pyod.models.knn:KNN:0")
    for contamination in ("natural", "0.02"):
        assert f"wine:pyod.models.knn:KNN:0@contamination={contamination} (" in str(told.value)
    with pytest.raises(StoreError, match=r"no cell of .* is .*contamination=0\.5.*give one of these") as told:
        cells.find(folder, "wine:mnp:0@contamination=0.5")
    assert "n_prototypes=4" in str(told.value)
    with pytest.raises(StoreError, match=r"no cell of .*give one of these"):
        cells.find(folder, "wine:mnp:0@colour=red")
    with pytest.raises(StoreError, match="holds no cell 'beer:mnp:0'"):
        cells.find(folder, "beer:mnp:0")
    with pytest.raises(StoreError, match="and 5 more"):
        cells.find(folder, "")
