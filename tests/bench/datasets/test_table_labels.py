"""Which rows are normal: labels as people write them, labels that are missing, values that no row has."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.datasets.arrays import make_dataset
from bench.datasets.reading import LabelValue
from bench.datasets.table import TableSource, load_table, reading_of
from bench.errors import DataError
from bench.suite.load import parse_suite
from bench.types import DatasetCard
from tests.present import present


def saved(labels: Any, path: Path, **columns: Any) -> Any:
    frame = pd.DataFrame({"f": np.arange(len(labels)) ** 2 % 7, **columns, "label": labels})
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        np.savez(path, X=frame[["f"]].to_numpy(), y=np.asarray(labels))
    return str(path)


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz"])
def test_a_row_without_a_label_is_refused_whatever_the_file(tmp_path: Path, ending: str) -> None:
    path = saved([0.0, 0.0, np.nan, 1.0, 0.0], tmp_path / f"t{ending}")
    with pytest.raises(DataError, match="row 3 has no label"):
        load_table(TableSource(path))


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz"])
@pytest.mark.parametrize("word", ["None", "NaN", "NA", "n/a", "<NA>", "null", "?", "-", ""])
def test_words_for_a_missing_label_are_no_labels(tmp_path: Path, ending: str, word: str) -> None:
    path = saved(["0", "0", "1", word, "2"], tmp_path / f"t{ending}")
    with pytest.raises(DataError, match="row 4 has no label"):
        load_table(TableSource(path))


@pytest.mark.parametrize("word", ["None", "NA"])
def test_a_word_for_a_missing_value_is_a_label_if_normal_names_it(tmp_path: Path, word: str) -> None:
    path = saved([word, word, "dos", word], tmp_path / "t.csv")
    assert load_table(TableSource(path, normal=(word,))).y.tolist() == [0, 0, 1, 0]


def test_arrays_of_every_source_are_checked() -> None:
    card = DatasetCard("s", "s", "typed", "s", "", "", "")
    X = np.arange(8.0).reshape(4, 2)
    with pytest.raises(DataError, match="row 2 has no label"):
        make_dataset(X, np.array([0, np.nan, 1, 0]), None, card)
    for missing in ("nan", "", "None"[:0], "NA"):
        with pytest.raises(DataError, match="row 3 is an anomaly without a type"):
            make_dataset(X, np.array([0, 0, 1, 1]), np.array(["", "nan", missing, "scan"]), card)


def test_anomalies_need_a_type_and_normal_rows_do_not(tmp_path: Path) -> None:
    path = saved([0, 1, 0, 1], tmp_path / "t.parquet", kind=[None, "x", None, "z"])
    assert present(load_table(TableSource(path, type_column="kind")).anomaly_type).tolist() == ["", "x", "", "z"]
    path = saved([0, 1, 0, 1], tmp_path / "u.parquet", kind=["a", "x", "a", None])
    with pytest.raises(DataError, match="row 4 is an anomaly without a type"):
        load_table(TableSource(path, type_column="kind"))


@pytest.mark.parametrize("written", ["0", "1"])
@pytest.mark.parametrize("normal", [("0",), ("0.0",), ("False",), ("false",), (" 0 ",)])
def test_normal_values_are_read_as_labels_are(tmp_path: Path, normal: Any, written: str) -> None:
    labels = ["0.0", "1.0"] if written == "0" else ["False", "True"]
    path = saved(labels * 5, tmp_path / "t.csv")
    assert load_table(TableSource(path, normal=normal)).y.tolist() == [0, 1] * 5


def test_a_suite_file_can_write_normal_as_text_number_or_truth() -> None:
    for written in ('"0"', "0", "0.0", "false"):
        text = f'name = "n"\nmethods = ["iforest"]\n[[dataset]]\npath = "t.csv"\nnormal = [{written}]\n'
        assert parse_suite(text, "n.toml").tables[0].normal[0].lower() in ("0", "0.0", "false")


def test_every_normal_value_that_no_row_has_is_named(tmp_path: Path) -> None:
    path = saved(["benign", "scan", "dos", "benign"], tmp_path / "t.csv")
    with pytest.raises(DataError, match=r"no row has the label 'Scan' \(normal\) \(did you mean 'scan'\?\)"):
        load_table(TableSource(path, normal=("benign", "Scan")))
    with pytest.raises(DataError, match="no row has the label 'a' or 'b'"):
        load_table(TableSource(path, normal=("a", "benign", "b")))


def test_labels_that_differ_in_case_alone_are_refused(tmp_path: Path) -> None:
    path = saved(["normal", "Normal", "dos", "normal"], tmp_path / "t.csv")
    with pytest.raises(DataError, match="'normal' and 'Normal' differ in case alone"):
        load_table(TableSource(path, normal=("normal",)))
    assert load_table(TableSource(path, normal=("normal", "Normal"))).y.sum() == 1


def test_a_column_of_fractions_is_no_label(tmp_path: Path) -> None:
    path = saved(np.arange(40) / 8, tmp_path / "t.csv")
    with pytest.raises(DataError, match=r"label column 'label' has 40 values .* with fractions"):
        load_table(TableSource(path, label="label"))


def test_the_reading_tells_the_values_with_counts(tmp_path: Path) -> None:
    source = TableSource(saved([0, 2, 0, 1, 2, 2], tmp_path / "t.csv"))
    assert reading_of(source).values == (LabelValue("0", 2, True), LabelValue("2", 3, False), LabelValue("1", 1, False))
