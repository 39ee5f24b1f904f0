"""Users' tables: CSV, parquet and npz, labels, types, text, missing values, size."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from bench.datasets import places
from bench.datasets.table import TableSource, load_table, reading_of
from bench.errors import DataError, UnknownName
from tests.present import present

PAPER_FORM = "f1,f2,class\n0.5,1,0\n0.25,2,0\n1e-3,3,1\n-4,4,0\n"


def write(tmp_path: Path, text: str, name: str = "my.csv") -> Any:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_the_papers_form_features_then_label(tmp_path: Path) -> None:
    dataset = load_table(TableSource(write(tmp_path, PAPER_FORM)))
    assert dataset.name == "my" and dataset.card.source == "table"
    assert dataset.X.tolist() == [[0.5, 1], [0.25, 2], [1e-3, 3], [-4, 4]]
    assert dataset.y.tolist() == [0, 0, 1, 0] and dataset.anomaly_type is None
    assert dataset.feature_names == ("f1", "f2")
    assert isinstance(dataset.X, np.memmap)


def test_the_papers_form_with_type_codes_as_labels(tmp_path: Path) -> None:
    path = write(tmp_path, "f1,class\n1,0\n2,2\n3,0\n4,1\n5,2\n")
    dataset = load_table(TableSource(path))
    assert dataset.y.tolist() == [0, 1, 0, 1, 1]
    assert present(dataset.anomaly_type).tolist() == ["normal", "2", "normal", "1", "2"]


@pytest.mark.parametrize("labels", [("0.0", "1.0"), ("False", "True"), ("false", "true")])
def test_labels_as_people_write_them(tmp_path: Path, labels: Any) -> None:
    rows = "".join(f"{i},{labels[i % 2]}\n" for i in range(6))
    assert load_table(TableSource(write(tmp_path, "f,y\n" + rows))).y.tolist() == [0, 1] * 3


def test_label_by_name_types_by_column_and_dropped_columns(tmp_path: Path) -> None:
    text = "id,verdict,f1,attack,f2\na,ok,1,none,2\nb,bad,3,scan,4\nc,ok,5,none,6\nd,bad,7,flood,8\n"
    source = TableSource(
        write(tmp_path, text),
        name="flows",
        label="verdict",
        normal=("ok",),
        type_column="attack",
        drop=("id",),
    )
    dataset = load_table(source)
    assert dataset.name == "flows" and dataset.X.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert dataset.y.tolist() == [0, 1, 0, 1] and present(dataset.anomaly_type).tolist() == [
        "none",
        "scan",
        "none",
        "flood",
    ]


def test_csv_parquet_and_npz_give_the_same_dataset(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.random((50, 4)), np.repeat([0, 1], [45, 5])
    table = pa.table({f"f{i}": X[:, i] for i in range(4)} | {"y": y})
    pyarrow.csv.write_csv(table, tmp_path / "t.csv")
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", X=X, y=y)
    loaded = [load_table(TableSource(str(tmp_path / f"t.{ending}"))) for ending in ("csv", "parquet", "npz")]
    assert len({dataset.sha256 for dataset in loaded}) == 1


def test_npz_with_types(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", X=np.eye(4), y=[0, 0, 1, 1], cls=np.array(["a", "a", "b", "c"]))
    assert present(load_table(TableSource(str(tmp_path / "t.npz"))).anomaly_type).tolist() == ["a", "a", "b", "c"]
    with pytest.raises(DataError, match="no array 'attack'"):
        load_table(TableSource(str(tmp_path / "t.npz"), type_column="attack"))
    with pytest.raises(DataError, match="leave out label and drop"):
        load_table(TableSource(str(tmp_path / "t.npz"), label="cls"))


def test_text_is_refused_or_one_hot_encoded(tmp_path: Path) -> None:
    path = write(tmp_path, "proto,bytes,y\ntcp,1,0\nudp,2,0\ntcp,3,1\nicmp,4,0\n")
    with pytest.raises(DataError, match="columns proto hold text"):
        load_table(TableSource(path))
    dataset = load_table(TableSource(path, categories="onehot"))
    assert dataset.feature_names == ("proto=icmp", "proto=tcp", "proto=udp", "bytes")
    assert dataset.X.tolist() == [[0, 1, 0, 1], [0, 0, 1, 2], [0, 1, 0, 3], [1, 0, 0, 4]]
    rows = "".join(f"row {i},{i},{i % 2}\n" for i in range(1200))
    with pytest.raises(DataError, match="over 1000 values"):
        load_table(TableSource(write(tmp_path, "id,f,y\n" + rows, "ids.csv"), categories="onehot"))


def test_missing_values_are_refused_or_filled(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,y\n1,10,0\n,20,0\n3,inf,1\n8,40,0\n")
    with pytest.raises(DataError, match="row 2, column 'a' is missing or infinite"):
        load_table(TableSource(path))
    assert load_table(TableSource(path, missing="median")).X.tolist() == [[1, 10], [3, 20], [3, 20], [8, 40]]
    assert load_table(TableSource(path, missing="ffill")).X.tolist() == [[1, 10], [1, 20], [3, 20], [8, 40]]
    with pytest.raises(DataError, match="no value to fill in from"):
        load_table(TableSource(write(tmp_path, "a,b,y\n,1,0\n2,2,1\n", "b.csv"), missing="ffill"))


def test_missing_text_is_a_value_of_its_own_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path, "p,f,y\nx,1,0\n,2,1\n")
    with pytest.raises(DataError, match="column 'p' has missing values"):
        load_table(TableSource(path, categories="onehot"))
    dataset = load_table(TableSource(path, categories="onehot", missing="median"))
    assert dataset.feature_names == ("p=missing", "p=x", "f")


@pytest.mark.parametrize(
    ("text", "options", "error", "says"),
    [
        ("", {}, DataError, "cannot be read"),
        ("f,y\n", {}, DataError, "no rows|cannot be read"),
        ("y\n0\n1\n", {}, DataError, "no feature column"),
        (PAPER_FORM, {"label": "clas"}, UnknownName, "class"),
        (PAPER_FORM, {"drop": ("f9",)}, UnknownName, "f1"),
        (PAPER_FORM, {"normal": ("benign",)}, DataError, "'0', '1'; name the normal ones"),
        ("f,y\n1,a\n2,b\n", {}, DataError, "'a', 'b'; name the normal ones"),
        ("f,y\n1,0\n2,0\n", {}, DataError, "both classes"),
        ("f,y\n1,0\n2,\n", {}, DataError, "row 2 has no label"),
        ("f,f,y\n1,2,0\n3,4,1\n", {}, DataError, "several columns named 'f'"),
        ("f,g,y\n1,2,0\n3,1\n", {}, DataError, "cannot be read as a table"),
    ],
)
def test_each_trouble_is_one_sentence(tmp_path: Path, text: Any, options: Any, error: Any, says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        load_table(TableSource(write(tmp_path, text), **options))
    assert "\n" not in str(caught.value)


def test_text_far_down_in_a_number_column_names_its_place(tmp_path: Path) -> None:
    rows = "".join(f"{i / 7:.9f},{i % 2}\n" for i in range(700_000))
    with pytest.raises(DataError, match="oops"):
        load_table(TableSource(write(tmp_path, "f,y\n" + rows + "oops,1\n")))


def test_paths_and_endings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, PAPER_FORM)
    assert load_table(TableSource("my.csv"), tmp_path).name == "my"
    monkeypatch.chdir(tmp_path)
    assert load_table(TableSource("my.csv")).name == "my"
    with pytest.raises(DataError, match=r"there is no file .*other.csv"):
        load_table(TableSource("other.csv"))
    with pytest.raises(DataError, match="ends in none of"):
        load_table(TableSource("my.xlsx"))


def test_options_and_content_decide_what_is_read_anew(tmp_path: Path, cache: Any) -> None:
    path = write(tmp_path, "a,b,y\n1,,0\n2,5,1\n4,6,0\n")
    median = load_table(TableSource(path, missing="median"))
    renamed = load_table(TableSource(path, missing="median", name="other"))
    assert renamed.name == "other" and renamed.sha256 == median.sha256
    assert len(list((cache / "arrays").iterdir())) == 1
    write(tmp_path, "a,b,y\n1,,0\n2,5,1\n4,7,0\n")
    assert load_table(TableSource(path, missing="median")).sha256 != median.sha256


def test_a_hundred_thousand_rows_need_little_more_than_their_result(tmp_path: Path) -> None:
    """A quarter of the promise (1,000,000 x 50), so that the test stays fast; memory is counted in a fresh process."""
    rng = np.random.default_rng(0)
    columns = {f"f{i}": rng.random(250_000, dtype=np.float32) for i in range(50)}
    pyarrow.parquet.write_table(
        pa.table(columns | {"y": (rng.random(250_000) < 0.02).astype(int)}),
        tmp_path / "t.parquet",
        row_group_size=50_000,
    )
    code = (
        "import sys, resource, pyarrow.parquet; from bench.datasets.table import TableSource, load_table;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "X = load_table(TableSource(sys.argv[1])).X; assert X.shape == (250_000, 50);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "t.parquet")], capture_output=True, text=True, check=True
    )
    grown_mb = int(out.stdout) / (1024 if sys.platform != "darwin" else 1024**2)
    assert grown_mb < 50 + 150  # the result is 50 MB in float32; float64 copies of it would be 100 each


@pytest.mark.parametrize("keys", [("anomaly_type", "kind", "cls"), ("kind", "cls"), ("cls",)])
def test_the_types_of_an_npz_file_are_the_first_of_the_known_keys(keys: tuple[str, ...], tmp_path: Path) -> None:
    arrays: dict[str, Any] = {key: np.array(["n", "n", f"{key} 1", f"{key} 2"]) for key in reversed(keys)}
    np.savez(tmp_path / "t.npz", X=np.eye(4), y=[0, 0, 1, 1], **arrays)
    source = TableSource(str(tmp_path / "t.npz"))
    assert present(load_table(source).anomaly_type).tolist() == ["n", "n", f"{keys[0]} 1", f"{keys[0]} 2"]
    left_out = [entry.column for entry in reading_of(source).left_out]
    assert left_out == [repr(key) for key in reversed(keys[1:])]


def test_a_cache_written_before_the_types_were_called_anomaly_type_is_read(tmp_path: Path) -> None:
    types = np.array(["n", "n", "a", "b"])
    np.savez(tmp_path / "t.npz", X=np.eye(4), y=[0, 0, 1, 1], kind=types)
    source = TableSource(str(tmp_path / "t.npz"))
    load_table(source)
    (written,) = (places.cache_folder() / "arrays").rglob("kind.npy")
    assert np.load(written).tolist() == types.tolist()
    np.save(written, np.array(["n", "n", "from", "cache"]))
    assert present(load_table(source).anomaly_type).tolist() == ["n", "n", "from", "cache"]
