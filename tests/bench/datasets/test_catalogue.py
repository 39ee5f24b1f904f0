"""Which dataset a name means: the user's own tables, then the registered sets."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from bench.datasets import registry
from bench.datasets.catalogue import Catalogue
from bench.datasets.table import TableSource
from bench.errors import DataError, UnknownName
from bench.suite.load import read_suite


def table(path: Path, rows: int = 6) -> TableSource:
    path.write_text("a,label\n" + "".join(f"{i}.5,{i % 2}\n" for i in range(rows)))
    return TableSource(path.name, name="wine", label="label")


def test_a_table_of_ones_own_goes_before_a_registered_set_of_that_name(tmp_path: Path) -> None:
    catalogue = Catalogue(str(tmp_path), (table(tmp_path / "own.csv"),))
    assert len(catalogue.load("wine").y) == 6
    assert catalogue.card("wine") is None
    assert catalogue.reading("wine").file == "own.csv"
    assert Catalogue().load("wine") is registry.load("wine")
    assert Catalogue().card("wine") is registry.card("wine")
    with pytest.raises(UnknownName):
        catalogue.card("vine")


def test_a_table_is_loaded_once_and_again_when_its_file_has_changed(tmp_path: Path) -> None:
    catalogue = Catalogue(str(tmp_path), (table(tmp_path / "own.csv"),))
    before = catalogue.load("wine")
    assert catalogue.load("wine") is before
    assert pickle.loads(pickle.dumps(catalogue)) == catalogue
    table(tmp_path / "own.csv", rows=8)
    assert len(catalogue.load("wine").y) == 8


def test_the_folder_is_looked_at_when_it_is_needed(tmp_path: Path) -> None:
    catalogue = read_suite("quick", str(tmp_path / "nowhere")).catalogue
    assert catalogue.card("wine") is registry.card("wine")
    with pytest.raises(DataError, match="--data-dir names"):
        catalogue.load("wine")
    with pytest.raises(DataError, match="--data-dir names"):
        catalogue.why_absent(registry.card("wine"))


def test_why_a_set_is_absent_is_none_where_it_is_here() -> None:
    assert Catalogue().why_absent(registry.card("wine")) is None
