"""``init``: a suite file that the suites' own reader takes, and that says what was guessed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.app.init import init
from bench.datasets.table import TableSource, load_table
from bench.errors import BenchError, ConfigError, DataError
from bench.suite.load import read_suite
from bench.usertable.suite_file import normal_values
from bench.usertable.training import load_table as load_own_table
from tests.bench.usertable.conftest import payments


def _suite(
    frame_text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **options: tuple[str, ...]
) -> tuple[TableSource, str]:
    monkeypatch.chdir(folder)
    (folder / "my.csv").write_text(frame_text)
    told: list[str] = []
    written = init("my.csv", None, told.append, **options)  # type: ignore[arg-type]
    (source,) = read_suite(str(written)).tables
    return source, "\n".join(told)


def test_the_file_is_a_suite_that_reads_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNP_BENCH_CACHE", str(tmp_path / "cache"))
    frame = payments()
    frame["fraud"] = frame["fraud"].replace("", "0")
    source, told = _suite(frame.to_csv(index=False, sep=";"), tmp_path, monkeypatch)
    dataset = load_table(source)
    assert dataset.feature_names == ("amount", "country=DE", "country=FR", "country=IT", "abroad", "age")
    assert dataset.y.sum() == 12
    assert "normal is '0' (as their names say); anomalies are '1' (12 of 400 rows)" in told
    assert all(f"left out: {name!r}" in told for name in ("id", "when", "iban", "bank", "age again"))
    assert "could be the label too (two values, or its name): 'abroad'" in told
    assert "# left out: 'when'" in (tmp_path / "my.toml").read_text()
    with pytest.raises(ConfigError, match=r"my\.toml is there already"):
        init("my.csv", None, print)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_suite_reads_what_fit_reads(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Semicolons, decimal commas, letters that are no ASCII, a number that is a category: one reading, the same matrix."""
    monkeypatch.setenv("MNP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    frame = payments().assign(zip=[10115 + i % 3 for i in range(400)]).replace({"country": {"DE": "Österreich"}})
    frame["fraud"] = frame["fraud"].replace("", "0")
    frame = frame.rename(columns={"amount": "Betrag (€)"})
    frame.to_csv("my.csv", index=False, sep=";", decimal=",", encoding=encoding)
    told: list[str] = []
    (source,) = read_suite(str(init("my.csv", None, told.append, types={"zip": "category"}))).tables
    dataset = load_table(source)
    fitted = load_own_table("my.csv", types={"zip": "category"})
    assert dataset.feature_names == tuple(fitted.X.columns)
    assert "Betrag (€)" in dataset.feature_names and "country=Österreich" in dataset.feature_names
    assert "zip=10116" in dataset.feature_names
    assert np.array_equal(dataset.X, fitted.X.to_numpy()) and np.array_equal(dataset.y, fitted.y)
    assert any("decimal mark is ','" in line for line in told)
    assert any("is not UTF-8" in line for line in told) == (encoding != "utf-8")


def test_types_that_cannot_be_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNP_BENCH_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "my.csv"
    payments().to_csv(path, index=False)
    for types, words in {("contry", "category"): "did you mean country", ("country", "number"): "holds text"}.items():
        source = TableSource(str(path), label="country", normal=("DE",), drop=("when", "iban", "bank"), types=(types,))
        with pytest.raises(BenchError, match=words):
            load_table(replace(source, label="fraud", normal=("",), categories="onehot", missing="median"))


def test_what_the_user_says_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = payments()
    text = frame.drop(columns="fraud").to_csv(index=False)
    source, told = _suite(text, tmp_path, monkeypatch, label="country", normal=("DE", "IT"), drop=("age",))  # type: ignore[arg-type]
    assert source.label == "country" and source.normal == ("DE", "IT") and "age" in source.drop
    assert "as --normal says" in told


def test_rows_without_label_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = payments()
    frame.loc[50:, "fraud"] = "0"
    _, told = _suite(frame.to_csv(index=False), tmp_path, monkeypatch)
    assert "38 rows have no label, and a suite needs the truth of every row" in told


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"0": 9, "1": 2}, (("0",), "as their names say")),
        ({"0": 2, "1": 9}, (("0",), "as their names say")),
        ({"benign": 5, "dos": 6, "scan": 2}, (("benign",), "as their names say")),
        ({"A": 9, "B": 2}, (("A",), "a guess: the most frequent value")),
    ],
)
def test_which_values_are_normal(counts: dict[str, int], expected: tuple[tuple[str, ...], str]) -> None:
    assert normal_values(counts, "label", (), "my.csv") == expected


def test_labels_without_normal_rows_are_refused() -> None:
    with pytest.raises(DataError, match="a suite needs rows known to be normal"):
        normal_values({"1": 3, "": 90}, "label", (), "my.csv")
    with pytest.raises(DataError, match="no row has the label 'C'"):
        normal_values({"A": 3, "B": 90}, "label", ("C",), "my.csv")
