"""What is guessed about a table's columns is said, and what is implausible is refused: index, header, label."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.datasets.reading import LeftOut
from bench.datasets.table import TableSource, load_table, reading_of
from bench.errors import DataError


@pytest.fixture
def frame() -> Any:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.integers(0, 9, 40), "b": rng.integers(0, 9, 40), "label": np.arange(40) % 8 == 0}) * 1


def read(frame: pd.DataFrame, path: Path, index: Any = False, **options: Any) -> Any:
    frame.to_csv(path, index=index) if path.suffix == ".csv" else frame.to_parquet(path, index=index)
    source = TableSource(str(path), **options)
    return load_table(source), reading_of(source)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("label", ["label", None])
def test_a_nameless_index_is_left_out_and_told(tmp_path: Path, frame: pd.DataFrame, ending: str, label: Any) -> None:
    plain, _ = read(frame, tmp_path / f"plain{ending}", label=label)
    shuffled = frame.set_index(np.random.default_rng(1).permutation(40))
    indexed, reading = read(shuffled, tmp_path / f"indexed{ending}", index=True, label=label)
    assert indexed.sha256 == plain.sha256 and indexed.feature_names == ("a", "b")
    (left_out,) = reading.left_out
    assert "index" in left_out.reason
    assert left_out.column == ("column 1 (no name)" if ending == ".csv" else "'__index_level_0__'")


def test_a_named_pandas_index_is_left_out_unless_it_is_asked_for(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame["when"] = np.arange(40) * 7 % 11
    dataset, reading = read(frame.set_index("when"), tmp_path / "t.parquet", index=True)
    assert dataset.feature_names == ("a", "b") and reading.label == "label"
    assert reading.left_out == (LeftOut("'when'", "the file names it as the index of its rows"),)
    by_index = frame.assign(y=1.0).set_index("label")
    dataset, reading = read(by_index, tmp_path / "u.parquet", index=True, label="label")
    assert dataset.feature_names == ("a", "b", "when", "y") and reading.left_out == ()


@pytest.mark.parametrize("name", ["Unnamed: 0", "__index_level_0__"])
def test_an_index_that_pandas_named_is_left_out(tmp_path: Path, frame: pd.DataFrame, name: str) -> None:
    frame.insert(0, name, np.random.default_rng(1).permutation(40))
    dataset, reading = read(frame, tmp_path / "t.csv")
    assert dataset.feature_names == ("a", "b") and reading.left_out[0].column == repr(name)


@pytest.mark.parametrize(("name", "first"), [("id", 0), ("index", 1), ("Row_ID", 0)])
def test_a_column_named_as_an_index_that_counts_the_rows_is_left_out(
    tmp_path: Path, frame: pd.DataFrame, name: str, first: int
) -> None:
    frame.insert(1, name, np.arange(40) + first)
    dataset, reading = read(frame, tmp_path / "t.csv")
    assert dataset.feature_names == ("a", "b")
    assert reading.left_out == (LeftOut(repr(name), f"it counts the rows ({first}, {first + 1}, ...)"),)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_another_column_that_tells_rows_apart_is_a_feature_and_told(
    tmp_path: Path, frame: pd.DataFrame, ending: str
) -> None:
    frame.insert(0, "time", np.arange(40))
    frame.insert(1, "id", np.random.default_rng(1).permutation(40))
    dataset, reading = read(frame, tmp_path / f"t{ending}")
    assert dataset.feature_names == ("time", "id", "a", "b")
    assert [note.split(" and ")[0] for note in reading.notes] == [
        "column 'time' counts the rows", "column 'id' holds a different whole number in every row",
    ]  # fmt: skip


def test_columns_without_a_name_elsewhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,label,\n1,0,\n2,1,\n")
    with pytest.raises(DataError, match=r'column 3 has no name; .* drop = \[""\]'):
        load_table(TableSource(str(tmp_path / "t.csv")))
    assert load_table(TableSource(str(tmp_path / "t.csv"), drop=("",))).feature_names == ("a",)
    (tmp_path / "u.csv").write_text(",,label\n1,2,0\n2,3,1\n")
    with pytest.raises(DataError, match="columns 1, 2 have no name"):
        load_table(TableSource(str(tmp_path / "u.csv")))


@pytest.mark.parametrize("first", ["0.5,1.25,0", "tcp,80,0", "3,2,1", "1.0,2.0,3.0"])
def test_a_file_without_a_line_of_names_is_refused(tmp_path: Path, first: str) -> None:
    (tmp_path / "t.csv").write_text(f"{first}\n" * 5)
    with pytest.raises(DataError, match="holds numbers where the columns' names are expected"):
        load_table(TableSource(str(tmp_path / "t.csv"), categories="onehot"))


@pytest.mark.parametrize("names", ["0,1,2", "1,2,3", "0,1,label", "400.5,410.5,class", "f1,2,3"])
def test_names_that_are_numbers_are_accepted(tmp_path: Path, names: str) -> None:
    (tmp_path / "t.csv").write_text(names + "\n" + "7,8.5,0\n9,8.5,0\n5,3,1\n")
    label = "3" if names == "f1,2,3" else None
    if names == "f1,2,3":
        with pytest.raises(DataError, match="holds numbers"):
            load_table(TableSource(str(tmp_path / "t.csv"), label=label))
        assert load_table(TableSource(str(tmp_path / "t.csv"), label=label, drop=("f1",))).feature_names == ("2",)
    else:
        assert load_table(TableSource(str(tmp_path / "t.csv"))).feature_names == tuple(names.split(",")[:2])


@pytest.mark.parametrize("labels", ["0", "ok"])
def test_a_line_of_names_in_the_middle_is_named(tmp_path: Path, labels: str) -> None:
    (tmp_path / "t.csv").write_text("a,b,label\n" + f"1,x,{labels}\n2,y,{labels}\n" + "a,b,label\n" + "3,x,1\n")
    for categories in ("reject", "onehot"):
        with pytest.raises(DataError, match="row 3 repeats the columns' names"):
            load_table(TableSource(str(tmp_path / "t.csv"), categories=categories, normal=(labels,)))


def test_the_last_column_is_no_label_if_another_has_the_name_of_one(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame = frame[["label", "a", "b"]].assign(hour=np.arange(40) % 24)
    with pytest.raises(DataError, match=r"the last column is 'hour', but there is a column named 'label'; .*label = "):
        read(frame, tmp_path / "t.csv")
    dataset, reading = read(frame, tmp_path / "t.csv", label="label")
    assert dataset.y.sum() == 5 and not reading.label_guessed


def test_a_last_column_that_does_not_look_like_a_label_is_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame = frame.rename(columns={"label": "q"})
    with pytest.raises(DataError, match="the last column 'hour' has 24 values"):
        read(frame.assign(hour=np.arange(40) % 24), tmp_path / "t.csv")
    with pytest.raises(DataError, match="by the last column 'day' 85% of the rows would be anomalies"):
        read(frame.assign(day=np.arange(40) % 7), tmp_path / "u.csv")
    _, reading = read(frame, tmp_path / "v.csv")
    assert reading.label == "q" and reading.label_guessed


def test_the_last_column_is_the_last_that_is_left(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame = frame.assign(attack_name=np.where(frame.label, "scan", "none"), hour=np.arange(40) % 24)
    dataset, reading = read(frame, tmp_path / "t.csv", drop=("hour",), type_column="attack_name")
    assert reading.label == "label" and dataset.feature_names == ("a", "b")
    with pytest.raises(DataError, match="'label' is named as label and in drop"):
        read(frame, tmp_path / "t.csv", label="label", drop=("label",))


def test_a_second_label_among_the_features_is_told(tmp_path: Path, frame: pd.DataFrame) -> None:
    _, reading = read(frame.assign(is_attack=frame.label), tmp_path / "t.csv", label="label")
    assert any("'is_attack' is used as a feature though its name is that of a label" in note for note in reading.notes)


def test_a_feature_that_tells_the_label_is_told(tmp_path: Path, frame: pd.DataFrame) -> None:
    _, reading = read(frame.assign(flag=1 - frame.label * 1), tmp_path / "t.csv", label="label")
    assert any("'flag' tells normal rows from anomalies in every row" in note for note in reading.notes)


def test_names_of_an_npz_file_must_fit_its_columns(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", X=np.eye(4), y=[0, 0, 1, 1], features=["a", "b"])
    with pytest.raises(DataError, match="2 names in features for 4 columns"):
        load_table(TableSource(str(tmp_path / "t.npz")))


def test_arrays_of_an_npz_file_that_are_not_used_are_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", X=np.eye(4), y=[0, 0, 1, 1], cls=np.array(["n", "n", "a", "b"]), part=np.ones(4))
    assert reading_of(TableSource(str(tmp_path / "t.npz"))).left_out == (
        LeftOut("'part'", "an array that is not used"),
    )
