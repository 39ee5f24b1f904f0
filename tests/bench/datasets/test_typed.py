"""Typed sets: shares of the types as stated, real files only where they are."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.datasets import registry, typed
from bench.errors import DataError
from tests.present import present

needs_data = pytest.mark.skipif(
    not os.environ.get("MNP_BENCH_DATA"), reason="MNP_BENCH_DATA is not set: no typed files to read"
)


def test_shares_are_of_all_rows_that_are_kept() -> None:
    row = {"counts": {"normal": 900, "a": 500, "b": 10, "c": 7}, "types": {"a": 0.05, "b": "all", "c": 0.5}}
    assert typed.kept(row | {"types": {"a": 0.05, "b": "all"}}) == {"a": 48, "b": 10}
    assert typed.kept(row)["c"] == 7  # no more than there are
    assert typed.kept({"counts": {"normal": 5, "a": 2}}) == {"a": 2}


@pytest.mark.parametrize("name", typed.cards())
def test_anomalies_are_rare(name: Any) -> None:
    card = typed.cards()[name]
    assert 0.02 < present(card.anomalies) / present(card.rows) < 0.08


@needs_data
@pytest.mark.parametrize("name", ["nslkdd", "iot23", "fraud-oracle"])
def test_real_files_hold_the_types_as_stated(name: str) -> None:
    card = registry.card(name)
    told = registry.why_absent(card)

    if told:
        pytest.skip(told)
    dataset = registry.load(name)
    assert isinstance(dataset.X, np.memmap)
    if card.types:
        types, counts = np.unique(present(dataset.anomaly_type)[dataset.y == 1], return_counts=True)
        assert dict(zip(types, counts, strict=True)) == typed.kept(typed.definitions()[name])


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "typed").mkdir()
    np.savez(tmp_path / "typed" / "nslkdd.npz", X=np.eye(2), y=[0, 1])
    with pytest.raises(DataError, match="is pinned to"):
        registry.load("nslkdd", tmp_path)
