"""Numbers of a frame, whose ever it is: pandas with all of its types, polars, arrow tables."""

from __future__ import annotations

from typing import Any

import numpy as np


def column_names(X: Any) -> np.ndarray | None:
    """Names of a frame's columns as text, (d,); None for anything that has none."""
    if _is_pandas(X):
        return np.array([str(name) for name in X.columns], dtype=object)
    if hasattr(X, "collect_schema") and hasattr(X, "collect"):
        raise ValueError("X is a query that has not run; pass X.collect()")
    if hasattr(X, "__arrow_c_stream__"):
        names = X.column_names if hasattr(X, "column_names") else getattr(X, "columns", None)
        return None if names is None else np.array([str(name) for name in names], dtype=object)
    return None


def numbers(X: Any, names: np.ndarray) -> np.ndarray:
    """The frame as one array (n, d): its own type where all columns share one of numpy's, else float64.

    Raises
    ------
    ValueError
        A column that holds no numbers, or misses values; it is named.
    """
    return _of_pandas(X, names) if _is_pandas(X) else _of_arrow(X, names)


def missing(array: np.ndarray) -> np.ndarray:
    """True where a value is None, NaN or a library's own mark of a missing value, (n,)."""
    if array.dtype.kind == "f":
        return np.asarray(np.isnan(array))
    if array.dtype != object:
        return np.zeros(len(array), dtype=bool)
    import pandas as pd

    return np.asarray(pd.isna(array))


def _is_pandas(X: Any) -> bool:
    return hasattr(X, "iloc") and hasattr(X, "columns") and hasattr(X, "dtypes")


def _of_pandas(X: Any, names: np.ndarray) -> np.ndarray:
    import pandas as pd

    types = list(X.dtypes)
    for number, (name, dtype) in enumerate(zip(names, types, strict=True)):
        if not (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)) or _is_complex(dtype):
            raise ValueError(_no_numbers(str(name), X.iloc[:, number]))
    if all(isinstance(dtype, np.dtype) for dtype in types):
        array = np.asarray(X.to_numpy())
        if array.dtype != object:  # it is where truth values stand beside numbers
            return array
    table = np.empty(X.shape, dtype=np.float64)
    for number, name in enumerate(names):
        column = X.iloc[:, number]
        absent = column.isna().to_numpy()
        if absent.any():
            raise ValueError(_absent(str(name), int(absent.argmax())))
        table[:, number] = column.to_numpy(dtype=np.float64)
    return table


def _of_arrow(X: Any, names: np.ndarray) -> np.ndarray:
    import pyarrow as pa

    held = pa.table(X)
    table = np.empty((held.num_rows, held.num_columns), dtype=np.float64)
    for number, name in enumerate(names):
        column = held.column(number)
        if column.null_count:
            raise ValueError(_absent(str(name), column.is_null().to_pylist().index(True)))
        check = pa.types
        if not any(is_(column.type) for is_ in (check.is_integer, check.is_floating, check.is_boolean)):
            raise ValueError(f"column {str(name)!r} holds {column.type} values, not numbers; encode or drop it")
        if check.is_boolean(column.type):
            column = column.cast(pa.uint8())
        table[:, number] = column.cast(pa.float64(), safe=False).to_numpy()
    return table


def _is_complex(dtype: Any) -> bool:
    return getattr(dtype, "kind", "") == "c"


def _no_numbers(name: str, column: Any) -> str:
    import pandas as pd

    dtype = column.dtype
    if _is_complex(dtype):
        return f"column {name!r} holds complex numbers; give their parts as columns of their own"
    if pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        return f"column {name!r} holds times, not numbers; convert it, e.g. to seconds since its start"
    if isinstance(dtype, pd.CategoricalDtype):
        return f"column {name!r} holds categories, not numbers; encode it (e.g. one-hot) or drop it"
    if pd.api.types.is_object_dtype(dtype):
        inside = pd.api.types.infer_dtype(column, skipna=True)
        if inside in ("integer", "floating", "mixed-integer-float", "boolean", "decimal"):
            return f"column {name!r} holds numbers as Python objects; convert it first: X[{name!r}].astype(float)"
        if inside.startswith("mixed"):
            return f"column {name!r} holds text and numbers mixed; convert it (pandas.to_numeric), encode or drop it"
    return f"column {name!r} holds text, not numbers; encode it (e.g. one-hot) or drop it"


def _absent(name: str, row: int) -> str:
    return f"X has a NaN or infinite value in column {name!r} (row {row}), a missing one; impute or drop it first"
