"""Columns of text: words for missing numbers, numbers that are written in other ways, categories, and none of these."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.datasets.reading import Category, Missing
from bench.datasets.table import TableSource, load_table, reading_of
from bench.errors import DataError


def saved(values: Any, path: Path) -> Any:
    frame = pd.DataFrame({"amount": values, "label": [0, 1] * (len(values) // 2)})
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path, index=False)
    return str(path)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize(
    "word", ["n/a", "N/A", "NA", "na", "NaN", "nan", "None", "none", "null", "NULL", "<NA>", "#N/A", "?", "-", ".", "NaT",
             "#DIV/0!", "missing", "\\N", "", " "]
)  # fmt: skip
def test_a_word_for_a_missing_number_is_missing(tmp_path: Path, ending: str, word: str) -> None:
    values = [f"{i * i % 13}.5" for i in range(30)]
    values[7] = word
    path = saved(values, tmp_path / f"t{ending}")
    for categories in ("reject", "onehot"):
        with pytest.raises(DataError, match="row 8, column 'amount' is missing"):
            load_table(TableSource(path, categories=categories))
        source = TableSource(path, categories=categories, missing="median")
        assert load_table(source).X.shape == (30, 1)
        (missing,) = reading_of(source).missing
        assert (missing.column, missing.rows) == ("amount", 1)


def test_missing_values_are_told_with_their_words_and_what_replaced_them(tmp_path: Path) -> None:
    values = ["1", "n/a", "5", "-", "7", "n/a", "9", "inf"]
    reading = reading_of(TableSource(saved(values, tmp_path / "t.csv"), missing="ffill"))
    assert reading.missing == (Missing("amount", 4, ("n/a", "-", "infinite"), "replaced by the value above"),)


def test_a_word_among_numbers_is_refused_with_its_row(tmp_path: Path) -> None:
    values = [str(i * i) for i in range(30)]
    values[7], values[9] = "oops", "what"
    for categories in ("reject", "onehot"):
        with pytest.raises(DataError, match="'amount' holds numbers but for 'oops' in row 8 and 1 more such rows"):
            load_table(TableSource(saved(values, tmp_path / "t.csv"), categories=categories))


@pytest.mark.parametrize(
    ("form", "what"),
    [
        ("{:,}.80", "numbers with thousands separators"),
        ("{:,}", "numbers with thousands separators"),
        ("{},25", "numbers with a decimal comma"),
        ("${}", "numbers with a sign of currency or a unit"),
        ("{}%", "numbers with a sign of currency or a unit"),
        ("{} kg", "numbers with a sign of currency or a unit"),
        ("0x{:x}", "hexadecimal numbers"),
        ("2024-01-01 {:08d}", None),
    ],
)
def test_numbers_written_in_other_ways_are_named(tmp_path: Path, form: str, what: Any) -> None:
    path = saved([form.format(1000 + 37 * i) for i in range(30)], tmp_path / "t.csv")
    for categories in ("reject", "onehot"):
        with pytest.raises(DataError, match=what or "it names rows|hold text"):
            load_table(TableSource(path, categories=categories))


def test_thousands_separators_among_small_numbers_are_named(tmp_path: Path) -> None:
    path = saved([f"{400 + 70 * i:,}" for i in range(30)], tmp_path / "t.csv")
    with pytest.raises(DataError, match=r"thousands separators \('1,030' in row 10\)"):
        load_table(TableSource(path, categories="onehot"))


@pytest.mark.parametrize(
    "form", ["2024-01-{:02d}", "2024/01/{:02d} 10:00:00", "{:02d}.01.2024", "{}/12/24", "{:02d} Mar 2024", "10:{:02d}",
             "2024-01-{:02d}T10:00:00Z"]
)  # fmt: skip
def test_dates_and_times_are_named(tmp_path: Path, form: str) -> None:
    path = saved([form.format(i % 28 + 1) for i in range(30)], tmp_path / "t.csv")
    for categories in ("reject", "onehot"):
        with pytest.raises(DataError, match="holds dates or times"):
            load_table(TableSource(path, categories=categories))


@pytest.mark.parametrize("form", ["{} days 00:10:00", "{}:10:00.5", "PT{}M", "{} min", "1h {}m", "{}ms"])
def test_durations_are_named(tmp_path: Path, form: str) -> None:
    path = saved([form.format(i + 30) for i in range(30)], tmp_path / "t.csv")
    with pytest.raises(DataError, match="holds durations"):
        load_table(TableSource(path, categories="onehot"))


def test_dates_durations_and_lists_of_a_parquet_file_are_named(tmp_path: Path) -> None:
    for values, what in (
        (pd.date_range("2024", periods=4), r"dates or times \(timestamp"),
        (pd.to_timedelta(range(4), unit="s"), r"durations \(duration"),
        ([[1, 2]] * 4, "not one number or text per row"),
    ):
        with pytest.raises(DataError, match=f"column 'amount' holds .*{what}" if "not" in what else what):
            load_table(TableSource(saved(values, tmp_path / "t.parquet"), categories="onehot"))


@pytest.mark.parametrize(
    "values", [["1", "A2", "B3"], ["tcp", "udp", "-"], ["10.0.0.1", "10.0.0.2", "192.168.100.100"], ["2d", "3d", "none"],
               ["market", "may be", "1.2.3"]]
)  # fmt: skip
def test_categories_stay_categories(tmp_path: Path, values: Any) -> None:
    source = TableSource(saved(values * 10, tmp_path / "t.csv"), categories="onehot")
    dataset = load_table(source)
    assert dataset.feature_names == tuple(f"amount={value}" for value in sorted(values))
    assert (dataset.X.sum(axis=1) == 1).all() and dataset.X[0].tolist() == [v == values[0] for v in sorted(values)]
    assert reading_of(source).categories == (Category("amount", 3),)


def test_texts_that_name_rows_are_no_categories(tmp_path: Path) -> None:
    path = saved([f"user{i}" for i in range(60)], tmp_path / "t.csv")
    with pytest.raises(DataError, match=r"60 different texts .* it names rows"):
        load_table(TableSource(path, categories="onehot"))


def test_true_and_false_are_numbers_and_told(tmp_path: Path) -> None:
    source = TableSource(saved(["True", "false", "TRUE", "False"], tmp_path / "t.csv"))
    assert load_table(source).X[:, 0].tolist() == [1, 0, 1, 0]
    assert reading_of(source).converted == ("amount",)


def test_numbers_that_parquet_holds_as_text_are_numbers(tmp_path: Path) -> None:
    path = saved(["1.5", " 2.5", "1e2", "-4"], tmp_path / "t.parquet")
    assert load_table(TableSource(path)).X[:, 0].tolist() == [1.5, 2.5, 100, -4]


def test_categories_of_numbers_that_first_come_alone_are_all_there(tmp_path: Path) -> None:
    """The first blocks hold codes that look like numbers, and no text yet."""
    values = [str(i % 3) for i in range(70_000)] + ["x", "y"] * 40_000
    source = TableSource(saved(values, tmp_path / "t.parquet"), categories="onehot")
    dataset = load_table(source)
    assert dataset.feature_names == ("amount=0", "amount=1", "amount=2", "amount=x", "amount=y")
    assert dataset.X.sum(axis=0).tolist() == [23334, 23333, 23333, 40000, 40000]
