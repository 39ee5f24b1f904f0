"""Columns that float32 cannot tell apart are moved in double precision; all others keep every bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from replicas import precision
from replicas.rows import Rows, single_runs
from tests.present import present

EPOCH = 1_700_000_000.0


def rows(count: int = 200, width: int = 3) -> np.ndarray:
    return np.random.default_rng(count).normal(size=(count, width))


@pytest.mark.parametrize(
    "X", [rows().astype(np.float32), rows().astype(np.float32).astype(np.float64), np.round(rows() * 100), rows()]
)
def test_ordinary_rows_are_rounded_as_they_are(X: Any) -> None:
    assert precision.needed(X) is None
    np.testing.assert_array_equal(precision.single(X, None), X.astype(np.float32))


def test_float32_rows_are_not_even_copied() -> None:
    X = rows().astype(np.float32)
    assert precision.single(X, None) is X


@pytest.mark.parametrize(
    "column",
    [
        EPOCH + np.arange(200),
        np.where(np.arange(200) % 3 == 0, 0.0, EPOCH + np.arange(200)),  # 0 = never
        np.where(np.arange(200) == 5, 1e12, EPOCH + np.arange(200)),  # an outlier
        1e-60 * np.arange(200),
        1e200 * np.arange(200),
        np.where(np.arange(200) % 2 == 0, EPOCH, EPOCH + 1),
    ],
    ids=["times", "zeros among times", "outlier", "tiny", "huge", "two values"],
)
def test_values_stay_apart_and_in_their_order(column: Any) -> None:
    X = np.column_stack([rows()[:, 0], column])
    affine = precision.needed(X)
    assert affine is not None and affine.offset[0] == 0.0 and affine.gain[0] == 1.0
    moved = precision.single(X, affine)
    np.testing.assert_array_equal(moved[:, 0], X[:, 0].astype(np.float32))
    np.testing.assert_array_equal(
        np.unique(moved[:, 1], return_inverse=True)[1], np.unique(column, return_inverse=True)[1]
    )


def test_whole_numbers_stay_whole() -> None:
    column = EPOCH + np.arange(200.0)
    moved = precision.single(column[:, None], precision.needed(column[:, None]))[:, 0]
    np.testing.assert_array_equal(moved - moved.min(), np.arange(200))


def test_a_constant_column_is_left_alone() -> None:
    assert precision.needed(np.full((50, 1), 0.1)) is None
    assert precision.needed(np.full((50, 1), EPOCH + 1)) is None


def test_a_row_too_far_away_is_refused() -> None:
    with pytest.raises(ValueError, match="too far from the training rows for 32 bits"):
        precision.single(np.array([[1e300]]), None)


def test_runs_share_a_table_that_needs_no_moving_and_see_their_own_rows_only() -> None:
    X = rows()
    half = np.arange(100)
    both = single_runs([Rows(X, half, half * 0), Rows(X, half + 100, half * 0)])
    assert both[0][0].X is both[1][0].X and both[0][0].X.dtype == np.float32
    X = np.column_stack([rows()[:, 0], EPOCH + np.arange(200)])
    (_, first), (_, second) = single_runs([Rows(X, half, half * 0), Rows(X, half + 100, half * 0)])
    assert first is not None and second is not None
    np.testing.assert_array_equal(first.offset, present(precision.needed(X[:100])).offset)
    np.testing.assert_array_equal(second.offset, present(precision.needed(X[100:])).offset)
