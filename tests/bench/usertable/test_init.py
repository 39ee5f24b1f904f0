"""``init``: a suite file that the suites' own reader takes, and that says what was guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.app.init import init
from bench.datasets.table import TableSource, load_table
from bench.errors import ConfigError, DataError
from bench.suite.load import read_suite
from bench.usertable.suite_file import normal_values
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
    assert normal_values(counts, (), "my.csv") == expected


def test_labels_without_normal_rows_are_refused() -> None:
    with pytest.raises(DataError, match="a suite needs rows known to be normal"):
        normal_values({"1": 3, "": 90}, (), "my.csv")
    with pytest.raises(DataError, match="no row has the label 'C'"):
        normal_values({"A": 3, "B": 90}, ("C",), "my.csv")
