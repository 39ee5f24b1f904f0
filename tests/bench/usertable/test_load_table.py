"""What a user's table is read as, and that every guess is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.errors import DataError, UnknownName
from bench.usertable.labels import rule
from bench.usertable.training import Table, load_table
from tests.bench.usertable.conftest import FRAUDS, payments


def test_features_are_what_tells_rows_apart(table: Table) -> None:
    assert list(table.X.columns) == ["amount", "country=DE", "country=FR", "country=IT", "abroad", "age"]
    assert table.y.sum() == FRAUDS and not np.isnan(table.X.to_numpy()).any()
    frame = payments()
    assert np.array_equal(table.X["amount"], frame["amount"])
    assert np.array_equal(table.X["country=FR"], frame["country"] == "FR")
    assert (table.X["age"][5:10] == frame["age"].median()).all()


def test_everything_left_out_or_converted_is_told(table: Table) -> None:
    told = "\n".join(table.notes)
    for column, why in {"id": "counts the rows", "when": "dates", "iban": "names rows", "bank": "constant",
                        "age again": "equals column 'age'"}.items():  # fmt: skip
        assert any(f"{column!r}" in note and why in note for note in table.notes), column
    assert "everything else (empty) counts as unlabelled, not as normal (388 rows)" in told
    assert "'age' has no finite value in 5 rows, replaced by its median" in told
    assert "'abroad' holds true and false" in told


@pytest.mark.parametrize("ending", ["german.csv", "packed.csv.gz", "typed.parquet"])
def test_the_same_table_in_another_form_is_the_same(ending: str, table: Table, tmp_path: Path) -> None:
    path = tmp_path / ending
    if ending == "german.csv":
        payments().to_csv(path, index=False, sep=";", decimal=",")
    elif ending == "packed.csv.gz":
        payments().to_csv(path, index=False)
    else:
        payments().assign(when=pd.date_range("2024-01-01", periods=400)).to_parquet(path)
    again = load_table(str(path), "fraud")
    pd.testing.assert_frame_equal(again.X, table.X)
    assert np.array_equal(again.y, table.y)


def test_a_category_may_begin_with_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes 1 and 2 in the first block, A in a later one: all three are categories, in every row."""
    monkeypatch.setattr("bench.datasets.blocks.BLOCK_BYTES", 2000)
    code = ["1", "2"] * 500 + ["A"] * 1300
    pd.DataFrame({"code": code, "x": np.arange(2300) % 7, "y": np.arange(2300) < 5}).to_csv(
        tmp_path / "t.csv", index=False
    )
    X = load_table(str(tmp_path / "t.csv"), "y").X
    assert list(X.columns) == ["code=1", "code=2", "code=A", "x"]
    assert (X.iloc[:, :3].sum(axis=1) == 1).all()


def test_types_and_drop_are_the_users(csv: Path) -> None:
    table = load_table(str(csv), "fraud", drop=("country",), types={"age": "category"})
    assert "amount" in table.X and "age=18.0" in table.X and "age=missing" in table.X and "country=DE" not in table.X
    with pytest.raises(UnknownName, match="aeg"):
        load_table(str(csv), "fraud", types={"aeg": "number"})
    with pytest.raises(DataError, match="holds text"):
        load_table(str(csv), "fraud", types={"country": "number"})


def test_dirty_numbers_are_refused_and_not_left_out(csv: Path) -> None:
    frame = payments().astype({"amount": object})
    frame.loc[7, "amount"] = "oops"
    frame.to_csv(csv, index=False)
    with pytest.raises(DataError, match="'amount' holds numbers but for 'oops' in row 8"):
        load_table(str(csv), "fraud")


@pytest.mark.parametrize(
    ("counts", "named", "expected"),
    [
        ({"1": 3, "0": 9}, (), ("1",)),
        ({"True": 3, "False": 9}, (), ("1",)),
        ({"1.0": 3, "": 9}, (), ("1",)),
        ({"fraud": 3, "": 9, "nan": 2}, (), ("fraud",)),
        ({"fraud": 3, "Normal": 9}, (), ("fraud",)),
        ({"fraud": 3, "theft": 2, "0": 9}, ("fraud", "theft"), ("fraud", "theft")),
        ({"0": 3, "1": 9}, ("0",), ("0",)),
    ],
)
def test_which_labels_mean_an_anomaly(
    counts: dict[str, int], named: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    made = rule(counts, "label", named, "my.csv")
    assert made.anomalies == expected
    assert made.labelled + made.unlabelled == sum(counts.values())


@pytest.mark.parametrize(
    ("counts", "named", "words"),
    [
        ({"fraud": 3, "theft": 2, "": 9}, (), "say which of them"),
        ({"a": 3, "b": 9}, ("c",), "no row has the label 'c'"),
        ({"0": 3, "": 9}, (), "no row of label column"),
        ({"1": 3}, (), "every row"),
    ],
)
def test_labels_that_cannot_be_told_are_refused(counts: dict[str, int], named: tuple[str, ...], words: str) -> None:
    with pytest.raises(DataError, match=words):
        rule(counts, "label", named, "my.csv")


def test_numbers_with_a_comma_among_texts_are_categories_of_their_own(tmp_path: Path) -> None:
    """Every row has exactly one category, also where the decimal mark is a comma."""
    rows = [f"{('high', 'low', 'high', '1,5', 'low')[i % 5]};{i % 7},5;{int(i < 3)}" for i in range(60)]
    (tmp_path / "t.csv").write_text("level;size;fraud\n" + "\n".join(rows))
    table = load_table(str(tmp_path / "t.csv"))
    assert [name for name in table.X.columns if "level" in name] == ["level=1.5", "level=high", "level=low"]
    assert (table.X.filter(like="level=").sum(axis=1) == 1).all()
