"""Checks of what a user passes to fit and decision_function: one clear sentence per trouble."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from replicas import frames

#: Types whose every value float32 holds exactly; all other numbers are read as float64.
NARROW = frozenset(np.dtype(name) for name in ("bool", "int8", "uint8", "int16", "uint16", "float16", "float32"))


def features(X: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Read X as a finite array of numbers, without rounding: ``replicas.precision`` makes single precision of it.

    Parameters
    ----------
    X : array-like or frame (n, d)
        float, integer or bool, also of pandas' nullable and arrow types, polars frames and arrow tables; memory maps
        of float32 are used as they are.

    Returns
    -------
    array : (n, d) float32 or float64
        float32 where the type of X fits into it.
    names : (d,) column names of a frame as text, else None

    Raises
    ------
    ValueError
        Not two-dimensional, empty, sparse, text columns, or missing, NaN or infinite values (the column is named).
    """
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise ValueError("X is a sparse matrix; pass X.toarray(), which needs memory for all of its zeros")
    if np.ma.isMaskedArray(X):
        _refuse_masked(X, "X")
    names = frames.column_names(X)
    array = _array(X) if names is None else frames.numbers(X, names)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"X must be a non-empty table (rows x features), got shape {array.shape}")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"X holds {array.dtype} values, not numbers; encode or drop the text columns")
    array = np.ascontiguousarray(array, dtype=np.float32 if array.dtype in NARROW else np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        label = str(names[column]) if names is not None else int(column)
        raise ValueError(f"X has a NaN or infinite value in column {label!r} (row {row}); impute or drop it first")
    return array, names


def labels(y: Any, rows: int, name: str = "y") -> np.ndarray:
    """Read y as (rows,) int8 with 1 = labelled anomaly, 0 = unlabelled; None means nothing is labelled.

    Parameters
    ----------
    y : array-like (rows,) or (rows, 1)
    rows : int
        Length of X.
    name : str
        What the sentences call it and, after an underscore, its X (``y_val`` belongs to ``X_val``).

    Raises
    ------
    ValueError
        Wrong length or shape, missing values, or values other than 0 and 1.
    """
    if y is None:
        return np.zeros(rows, dtype=np.int8)
    if np.ma.isMaskedArray(y):
        _refuse_masked(y, name)
    array = np.asarray(y)
    if array.ndim != 1 and not (array.ndim == 2 and array.shape[1] == 1):
        raise ValueError(f"{name} must be one column, one value per row of X{name[1:]}; got shape {array.shape}")
    array = array.reshape(-1)
    if len(array) != rows:
        raise ValueError(f"{name} has {len(array)} values for {rows} rows of X{name[1:]}")
    missing = frames.missing(array)
    if missing.any():
        raise ValueError(
            f"{name} has a missing value (row {int(missing.argmax())}); write 1 for a labelled anomaly, else 0"
        )
    if array.dtype.kind not in "fiub":
        array = _numbers_of(array)
    strange = (array != 0) & (array != 1)
    if strange.any():
        values = list(dict.fromkeys(array[strange].tolist()))[:5]
        raise ValueError(f"{name} must hold 1 (labelled anomaly) and 0 (unlabelled), got values {values}")
    return array.astype(np.int8)


def validation_rows(X_val: Any, y_val: Any, names: np.ndarray | None, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Read labelled validation rows, whose columns are those of the training table X, in their order.

    Raises
    ------
    ValueError
        As of ``features`` and ``labels``, other columns than X has, or no y_val.
    """
    array, held_names = features(X_val)
    same_names(held_names, names, "X")
    if array.shape[1] != width:
        raise ValueError(f"X_val has {array.shape[1]} features, but X has {width}")
    if y_val is None:
        raise ValueError("X_val needs y_val, the true label of each of its rows: 1 = anomaly, 0 = normal")
    return array, labels(y_val, len(array), "y_val")


def same_columns(
    names: Sequence[str] | np.ndarray | None, width: int, fitted: Sequence[str] | np.ndarray | None, fitted_width: int
) -> None:
    """Raise ValueError when a table's columns are not those of training, in their order.

    Names are compared where both tables have them; the number of columns always is.
    """
    if names is not None and fitted is not None:
        same_names(names, fitted)
    if width != fitted_width:
        raise ValueError(f"X has {width} features, but this detector was fitted on {fitted_width}")


def same_names(
    names: Sequence[str] | np.ndarray | None, expected: Sequence[str] | np.ndarray | None, what: str = "fit"
) -> None:
    """Raise ValueError when the columns are not those of ``what``, in their order; without names, no check."""
    if names is None or expected is None or list(names) == list(expected):
        return
    new = [name for name in names if name not in set(expected)]
    gone = [name for name in expected if name not in set(names)]
    trouble = [f"{_listed(new)} not seen in {what}"] if new else []
    trouble += [f"{_listed(gone)} missing"] if gone else []
    if not trouble:
        trouble = [f"in the order {_listed(names)} instead of {_listed(expected)}"]
    raise ValueError(
        f"the columns are not those of {what}: {', '.join(trouble)}; pass the same columns in the same order"
    )


def same_width(X: np.ndarray, expected: int) -> None:
    """Raise ValueError when X has another number of features than the training rows."""
    same_columns(None, X.shape[1], None, expected)


def _array(X: Any) -> np.ndarray:
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise ValueError(f"X must be a table, every row with as many values: {error}") from error
    if array.dtype == object and array.ndim == 2:
        raise ValueError("X holds Python objects, not numbers; convert it (X.astype(float)), encode or drop the rest")
    return array


def _numbers_of(array: np.ndarray) -> np.ndarray:
    """Numbers in an array of Python objects as float64; what is no number stays as it is."""
    try:
        return array.astype(np.float64) if array.dtype == object else array
    except (TypeError, ValueError):
        return array


def _refuse_masked(array: Any, name: str) -> None:
    mask = np.ma.getmaskarray(array)
    if mask.any():
        row, *column = (int(index) for index in np.argwhere(mask)[0])
        where = f"column {column[0]}, row {row}" if column else f"row {row}"
        raise ValueError(f"{name} has a masked, that is missing, value ({where}); impute or drop it first")


def _listed(names: Sequence[str] | np.ndarray) -> str:
    shown = ", ".join(repr(str(name)) for name in list(names)[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"
