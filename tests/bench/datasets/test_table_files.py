"""Files as they come: encodings, endings in capitals, delimiters, folders; each trouble names its own remedy."""

import gzip
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.datasets.table import TableSource, load_table
from bench.errors import ConfigError, DataError, UnknownName
from bench.suite.load import read_suite

TEXT = "a,b,label\n" + "".join(f"{i * i % 7},{i % 3},{i % 2}\n" for i in range(20))


@pytest.mark.parametrize(("ending", "capitals"), [
    ("csv", "CSV"), ("csv.gz", "CSV.GZ"), ("csv.gz", "csv.Gz"), ("parquet", "PARQUET"), ("pq", "PQ"), ("npz", "NPZ"),
])  # fmt: skip
def test_endings_count_in_any_case(tmp_path: Path, ending: str, capitals: str) -> None:
    path = tmp_path / f"t.{ending}"
    frame = pd.read_csv(io.StringIO(TEXT))
    if ending == "csv":
        path.write_text(TEXT)
    elif ending == "csv.gz":
        path.write_bytes(gzip.compress(TEXT.encode()))
    elif ending == "npz":
        np.savez(path, X=frame[["a", "b"]].to_numpy(), y=frame["label"].to_numpy())
    else:
        frame.to_parquet(path)
    shutil.copy(path, tmp_path / f"u.{capitals}")
    small, capital = (load_table(TableSource(str(tmp_path / name))) for name in (path.name, f"u.{capitals}"))
    assert small.sha256 == capital.sha256 and small.X.shape == (20, 2)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (TEXT.replace("b", "é").encode("latin1"), r"not UTF-8 \(byte 0xe9 in line 1\); save it as UTF-8"),
        (TEXT.encode() + "é,1,0\n".encode("latin1"), r"not UTF-8 \(byte 0xe9 in line 22\)"),
        (TEXT.encode("utf-16"), "not UTF-8 but UTF-16; save it as UTF-8"),
        (TEXT.encode("utf-16-le"), "may be UTF-16"),
        (TEXT.encode() + b"1,\0,0\n", r"NUL byte \(byte \d+, line 22\)"),
        (gzip.compress(TEXT.encode(), mtime=0), "let its name end in .csv.gz"),
        (b"PAR1....", "let its name end in .parquet"),
        (b"PK\x03\x04....", "a spreadsheet; unpack it or save it as CSV"),
        (TEXT.replace(",", ";").encode(), r'set delimiter = ";"'),
        (TEXT.replace(",", "\t").encode(), r'set delimiter = "\\t"'),
    ],
)
def test_what_is_no_such_text_is_named_with_its_remedy(tmp_path: Path, content: Any, says: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        load_table(TableSource(str(tmp_path / "t.csv"), categories="onehot"))
    assert "\n" not in str(caught.value)


def test_a_byte_that_is_no_text_far_down_is_named_with_its_line(tmp_path: Path) -> None:
    rows = "".join(f"{i % 7},x{i % 3},{i % 2}\n" for i in range(200_000))
    (tmp_path / "t.csv").write_bytes(b"a,b,label\n" + rows.encode() + b"1,\xe9,0\n")
    with pytest.raises(DataError, match="byte 0xe9 in line 200002"):
        load_table(TableSource(str(tmp_path / "t.csv"), categories="onehot"))


def test_other_delimiters_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TEXT)
    plain = load_table(TableSource(str(tmp_path / "t.csv")))
    (tmp_path / "u.csv").write_text(TEXT.replace(",", ";"), encoding="utf-8-sig")
    assert load_table(TableSource(str(tmp_path / "u.csv"), delimiter=";")).sha256 == plain.sha256
    for delimiter in (";;", "", "é"):
        with pytest.raises(DataError, match="is not one ASCII character"):
            load_table(TableSource(str(tmp_path / "u.csv"), delimiter=delimiter))


def test_a_column_name_with_blanks_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TEXT.replace(",", ", "))
    with pytest.raises(UnknownName, match="did you mean ' label'"):
        load_table(TableSource(str(tmp_path / "t.csv"), label="label"))


def test_a_folder_is_no_table_and_the_way_out_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").mkdir()
    for path in (tmp_path, tmp_path / "t.parquet"):
        with pytest.raises(DataError, match=r"is a folder; a table is one file .*read_parquet"):
            load_table(TableSource(str(path)))


def test_a_suite_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    text = 'name = "bom"\ndatasets = ["wine"]\nmethods = ["iforest"]\n'
    (tmp_path / "bom.toml").write_text(text, encoding="utf-8-sig")
    assert read_suite(str(tmp_path / "bom.toml")).name == "bom"
    (tmp_path / "utf16.toml").write_text(text, encoding="utf-16")
    with pytest.raises(ConfigError, match="cannot be read as UTF-8 text"):
        read_suite(str(tmp_path / "utf16.toml"))
