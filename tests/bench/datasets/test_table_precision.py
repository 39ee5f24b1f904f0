"""Users' tables lose no precision: float32 only where that is exact, refusal where even float64 is not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.datasets.arrays import digest, make_dataset
from bench.datasets.table import TableSource, load_table, reading_of
from bench.errors import DataError
from bench.scenarios import split
from bench.types import DatasetCard, Scenario

EPOCH = 1_700_000_000


def table(values: Any, labels: Any = None) -> Any:
    labels = np.arange(len(values)) % 10 == 0 if labels is None else labels
    return pd.DataFrame({"t": values, "label": np.asarray(labels).astype(int)})


def written(frame: pd.DataFrame, path: Path) -> Any:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        np.savez(path, X=frame.drop(columns="label").to_numpy(), y=frame["label"].to_numpy())
    return TableSource(str(path), label=None if path.suffix == ".npz" else "label")


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz"])
def test_times_that_float32_would_merge_stay_apart(tmp_path: Path, ending: str) -> None:
    times = EPOCH + np.arange(40) * 3 % 100
    source = written(table(times), tmp_path / f"epoch{ending}")
    dataset = load_table(source)
    assert dataset.X.dtype == np.float64 and dataset.X[:, 0].tolist() == times.tolist()
    assert isinstance(dataset.X, np.memmap) and not dataset.X.flags.writeable
    assert reading_of(source).precision == "float64"


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz"])
def test_values_that_float32_holds_stay_in_it(tmp_path: Path, ending: str) -> None:
    source = written(table(np.arange(40) * 3 % 100 / 8), tmp_path / f"small{ending}")
    assert load_table(source).X.dtype == np.float32
    assert reading_of(source).precision == "float32"


def test_the_value_that_needs_double_precision_is_told(tmp_path: Path) -> None:
    times = np.full(30, EPOCH * 1.0)
    times[3] = EPOCH + 1
    times[:3] = 64.0
    reading = reading_of(written(table(times), tmp_path / "t.csv"))
    assert reading.precision_reason == "single precision cannot hold 1700000001 (row 4, column 't') exactly"


def test_precision_is_part_of_the_identity_of_double_sets_only() -> None:
    X, y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1], dtype=np.int8)
    assert digest(X, y, None) != digest(X.astype(np.float32), y, None)
    # the hash that the first version gave these arrays: published sets keep their names
    assert digest(X.astype(np.float32), y, None) == "90e384d8601603f6f2936e9a3b6171dc09cc45a08c7ad996ee9bcc3014f31018"


def test_a_median_between_two_single_precision_values_is_not_rounded(tmp_path: Path) -> None:
    low, high = np.float32(0.1), np.nextafter(np.float32(0.1), np.float32(1))
    frame = pd.DataFrame({"a": np.array([low, high, np.nan], dtype=np.float32).repeat(10), "label": [0, 1] * 15})
    path = tmp_path / "m.parquet"
    frame.to_parquet(path, index=False)
    X = load_table(TableSource(str(path), missing="median")).X
    assert X[20, 0] == (float(low) + float(high)) / 2


def test_whole_numbers_beyond_double_precision_are_refused_with_their_row(tmp_path: Path) -> None:
    numbers = 2**53 + np.arange(30)
    for ending in (".csv", ".parquet"):
        with pytest.raises(DataError, match=r"row 2, column 't' holds 9007199254740993, .* would round"):
            load_table(written(table(numbers), tmp_path / f"ids{ending}"))
    with pytest.raises(DataError, match=r"row 1, column 0 holds 9007199254740993, .* would round"):
        load_table(written(table(numbers), tmp_path / "ids.npz"))
    exact = 2**60 + 1024 * np.arange(30)
    assert load_table(written(table(exact), tmp_path / "exact.csv")).X[:, 0].tolist() == exact.tolist()


def test_whole_numbers_beyond_64_bits_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("t,label\n" + "".join(f"{10**30 + i},{i % 2}\n" for i in range(20)))
    with pytest.raises(DataError, match=r"row 1, column 't' holds 10{30}, a whole number"):
        load_table(TableSource(str(tmp_path / "t.csv")))


@pytest.mark.parametrize(("text", "holds"), [("5e40", True), ("1e308", True), ("1e400", False), ("-1e400", False)])
def test_too_large_is_said_of_what_double_precision_cannot_hold_only(tmp_path: Path, text: str, holds: bool) -> None:
    rows = "".join(f"{text if i == 3 else i * i},{i % 2}\n" for i in range(20))
    (tmp_path / "t.csv").write_text("t,label\n" + rows)
    for missing in ("reject", "median"):
        source = TableSource(str(tmp_path / "t.csv"), missing=missing)
        if holds:
            assert load_table(source).X[3, 0] == float(text)
        else:
            with pytest.raises(DataError, match=rf"row 4, column 't' holds {text}, which is too large for double"):
                load_table(source)


def test_published_sets_stay_in_single_precision_and_say_what_it_cannot_hold() -> None:
    card = DatasetCard("s", "s", "adbench", "s", "", "", "")
    X, y = np.full((10, 2), 0.1), np.arange(10) % 2
    assert make_dataset(X, y, None, card, single_precision=True).X.dtype == np.float32
    with pytest.raises(DataError, match=r"holds 1e\+39, which is too large for single precision"):
        make_dataset(np.full((10, 2), 1e39), y, None, card, single_precision=True)


def test_masked_values_are_refused() -> None:
    card = DatasetCard("m", "m", "table", "m", "", "", "")
    X = np.ma.masked_array(np.ones((4, 2)), mask=np.array([[0, 1]] + [[0, 0]] * 3, dtype=bool))
    with pytest.raises(DataError, match="masked values"):
        make_dataset(X, np.array([0, 1, 0, 1]), None, card)


SCENARIOS = (
    Scenario(label_budget=3),
    Scenario(label_budget=3, irrelevant_features=0.5),
    Scenario(label_budget=3, contamination=0.4, contamination_fill="perturb"),
    Scenario(label_budget=3, drop_duplicates=True),
    Scenario(label_budget=3, duplicated_anomalies=2),
    Scenario(label_budget=3, max_rows=60),
    Scenario(label_budget=2, protocol="paper"),
    Scenario(label_budget=3, protocol="adbench"),
)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_splits_keep_double_precision(tmp_path: Path, scenario: Any) -> None:
    times = EPOCH + np.arange(120) * 7 % 97
    frame = table(times, np.arange(120) % 6 == 0)
    frame.insert(1, "u", np.arange(120) % 2 / 10)
    dataset = load_table(written(frame, tmp_path / "epoch.csv"))
    cut = split(dataset, scenario, 0)
    for X in (cut.X_train, cut.X_test, cut.X_val):
        if X is not None:
            assert X.dtype == np.float64 and set(X[:, 0]) <= set(times)
    if scenario.irrelevant_features:
        assert len(np.unique(cut.X[:, -2:])) > 2 and cut.X.dtype == np.float64


def test_rows_that_differ_beyond_single_precision_are_no_duplicates(tmp_path: Path) -> None:
    times = EPOCH + np.arange(60).repeat(2)
    dataset = load_table(written(table(times, np.arange(120) % 12 < 2), tmp_path / "epoch.csv"))
    cut = split(dataset, Scenario(label_budget=2, drop_duplicates=True), 0)
    assert len(cut.train) + len(cut.test) == 60
