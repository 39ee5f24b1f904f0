"""What X, y and validation rows may be, and the sentence for all else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse

from replicas import inputs

VALUES = np.array([[1.5, 2.0, 1.0], [0.25, 3.0, 0.0], [4.0, 7.0, 1.0]])
FRAME = pd.DataFrame({"a": VALUES[:, 0], "b": VALUES[:, 1].astype(int), "c": VALUES[:, 2].astype(bool)})


def polars_frame() -> Any:
    return pytest.importorskip("polars").from_pandas(FRAME)


@pytest.mark.parametrize(
    "make",
    [
        lambda: FRAME,
        lambda: FRAME.convert_dtypes(),
        lambda: FRAME.convert_dtypes(dtype_backend="pyarrow"),
        lambda: FRAME.astype({"a": "float32", "b": "Int64", "c": "boolean"}),
        lambda: FRAME.astype(pd.SparseDtype("float64", 0.0)),
        lambda: pa.Table.from_pandas(FRAME),
        polars_frame,
    ],
    ids=["numpy types", "nullable", "arrow types", "mixed", "sparse columns", "arrow table", "polars"],
)
def test_frames_of_numbers_are_read_with_their_names(make: Any) -> None:
    array, names = inputs.features(make())
    np.testing.assert_array_equal(array, VALUES)
    assert names is not None and list(names) == ["a", "b", "c"]


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float16", "float32"])
def test_types_that_single_precision_holds_are_read_as_float32(dtype: str) -> None:
    array, names = inputs.features(VALUES.astype(dtype))
    assert array.dtype == np.float32 and names is None


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint64", "float64"])
def test_wider_types_are_not_rounded(dtype: str) -> None:
    X = (VALUES * 4 + 1_700_000_001).astype(dtype)
    np.testing.assert_array_equal(inputs.features(X)[0], X)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (scipy.sparse.csr_matrix(VALUES), r"sparse matrix; pass X\.toarray\(\)"),
        (np.ma.array(VALUES, mask=VALUES == 7.0), r"masked, that is missing, value \(column 1, row 2\)"),
        (FRAME.astype({"b": "Int64"}).replace({"b": {3: pd.NA}}), "column 'b' \\(row 1\\), a missing one"),  # type: ignore[arg-type]  # pandas-stubs know no NA here
        (pa.table({"a": [1.0, None]}), "column 'a' \\(row 1\\), a missing one"),
        (pa.table({"a": ["x", "y"]}), "column 'a' holds string values"),
        (FRAME.astype({"b": object}), "column 'b' holds numbers as Python objects"),
        (FRAME.assign(b=[1, "x", 2.0]), "column 'b' holds text and numbers mixed"),
        (FRAME.assign(b=pd.Categorical(["x", "y", "x"])), "column 'b' holds categories"),
        (FRAME.assign(b=pd.Timestamp("2026-01-01")), "column 'b' holds times"),
        (FRAME.assign(b=VALUES[:, 1] * 1j), "column 'b' holds complex numbers"),
        (VALUES.astype(object), "X holds Python objects"),
        ([[1.0, 2.0], [3.0]], "every row with as many values"),
        (VALUES[:, 0], "non-empty table"),
    ],
)
def test_what_holds_no_numbers_is_one_sentence(X: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        inputs.features(X)


@pytest.mark.parametrize(
    "y",
    [[1, 0, 0], [True, False, False], np.array([[1.0], [0.0], [0.0]]), pd.Series([1, 0, 0], dtype="Int64"),
     pa.array([1, 0, 0]), np.array([1, 0, 0], dtype=object)],
)  # fmt: skip
def test_labels_are_read(y: Any) -> None:
    read = inputs.labels(y, 3)
    assert read.dtype == np.int8 and read.tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([None, 0, 1], r"y has a missing value \(row 0\)"),
        ([0, np.nan, 1], r"y has a missing value \(row 1\)"),
        (pd.Series([0, 1, None], dtype="Int64"), r"y has a missing value \(row 2\)"),
        (np.ma.array([0, 1, 0], mask=[False, True, False]), r"y has a masked, that is missing, value \(row 1\)"),
        (["bad", "good", "good"], "got values"),
        ([0, 1, 2], r"got values \[2\]"),
        ([0, 1], "y has 2 values for 3 rows"),
        (np.zeros((1, 3)), r"got shape \(1, 3\)"),
        (np.zeros((3, 2)), r"got shape \(3, 2\)"),
    ],
)
def test_labels_that_are_none_are_one_sentence(y: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        inputs.labels(y, 3)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["b", "a"], "in the order 'b', 'a' instead of 'a', 'b'"),
        (["A", "b"], "'A' not seen in fit, 'a' missing"),
        (["a"], "'b' missing"),
        (["a", "b", "c"], "'c' not seen in fit"),
    ],
)
def test_other_columns_are_named(columns: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        inputs.same_names(columns, ["a", "b"])
    inputs.same_names(None, ["a", "b"])
    inputs.same_names(columns, None)
