"""Checks of what a user passes to fit and decision_function: one clear sentence per trouble."""

from __future__ import annotations

from typing import Any

import numpy as np


def features(X: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Turn X into a finite float32 array.

    Parameters
    ----------
    X : array-like or DataFrame (n, d)
        float, integer or bool; memory maps of float32 are used as they are.

    Returns
    -------
    array : (n, d) float32
    names : (d,) column names of a DataFrame with text names, else None

    Raises
    ------
    ValueError
        Not two-dimensional, empty, text columns, or NaN/infinite values (the column is named).
    """
    names = None
    if hasattr(X, "columns"):
        names = np.array([str(c) for c in X.columns], dtype=object)
        text = [str(c) for c, kind in zip(X.columns, X.dtypes, strict=True) if getattr(kind, "kind", "O") not in "fiub"]
        if text:
            raise ValueError(f"column {text[0]!r} holds text, not numbers; encode it (e.g. one-hot) or drop it")
        X = X.to_numpy()
    array = np.asarray(X)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"X must be a non-empty table (rows x features), got shape {array.shape}")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"X holds {array.dtype} values, not numbers; encode or drop the text columns")
    array = np.ascontiguousarray(array, dtype=np.float32)
    finite = np.isfinite(array)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        label = str(names[column]) if names is not None else int(column)
        raise ValueError(f"X has a NaN or infinite value in column {label!r} (row {row}); impute or drop it first")
    return array, names


def labels(y: Any, rows: int) -> np.ndarray:
    """Turn y into (rows,) int8 with 1 = labelled anomaly, 0 = unlabelled; None means nothing is labelled.

    Raises
    ------
    ValueError
        Wrong length, or values other than 0 and 1.
    """
    if y is None:
        return np.zeros(rows, dtype=np.int8)
    array = np.asarray(y).reshape(-1)
    if len(array) != rows:
        raise ValueError(f"y has {len(array)} values for {rows} rows of X")
    values = set(np.unique(array).tolist())
    if not values <= {0, 1}:
        raise ValueError(f"y must hold 1 (labelled anomaly) and 0 (unlabelled), got values {sorted(values)[:5]}")
    return array.astype(np.int8)


def same_names(names: np.ndarray | None, expected: np.ndarray | None) -> None:
    """Raise ValueError when a table's columns are not those of training, in their order; no names, no check."""
    if names is not None and expected is not None and list(names) != list(expected):
        raise ValueError(
            f"the columns are {list(names)[:8]}, but this detector was fitted on {list(expected)[:8]}; "
            "pass the same columns in the same order"
        )


def same_width(X: np.ndarray, expected: int) -> None:
    """Raise ValueError when X has another number of features than the training rows."""
    if X.shape[1] != expected:
        raise ValueError(f"X has {X.shape[1]} features, but this detector was fitted on {expected}")
