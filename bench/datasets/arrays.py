"""From raw arrays to a checked ``Dataset``: features that lose nothing, 0/1 truth, optional anomaly types, one hash.

The hash of the arrays is the dataset's identity everywhere (cells, splits, stores), never its name.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from bench.datasets.label_column import require_labels, require_types
from bench.errors import DataError
from bench.types import Dataset, DatasetCard

#: From here on double precision skips whole numbers.
EXACT_WHOLE = 2.0**53
#: Rows looked at together, so that a memory map is never copied as a whole.
BLOCK_ROWS = 65536


def digest(X: np.ndarray, y: np.ndarray, anomaly_type: np.ndarray | None) -> str:
    """Sha256 of the arrays, the same on every machine.

    Parameters
    ----------
    X : (n, d) float32 or float64
    y : (n,) int8
    anomaly_type : (n,) str or None

    Returns
    -------
    str
        64 hex digits; covers shape, precision, values and order.
    """
    double = X.dtype == np.float64
    sha = hashlib.sha256(f"{X.shape[0]}x{X.shape[1]}{' float64' if double else ''}".encode())
    for start in range(0, len(X), BLOCK_ROWS):
        sha.update(np.ascontiguousarray(X[start : start + BLOCK_ROWS], dtype="<f8" if double else "<f4").tobytes())
    sha.update(np.ascontiguousarray(y, dtype="i1").tobytes())
    if anomaly_type is not None:
        sha.update("\n".join(anomaly_type.tolist()).encode())
    return sha.hexdigest()


def make_dataset(
    X: np.ndarray,
    y: np.ndarray,
    anomaly_type: np.ndarray | None,
    card: DatasetCard,
    feature_names: tuple[str, ...] = (),
    single_precision: bool = False,
) -> Dataset:
    """Check the arrays and wrap them.

    Parameters
    ----------
    X : (n, d) real numbers
    y : (n,) 0 = normal, 1 = anomaly
    anomaly_type : (n,) str or None
        Anomaly type of anomalies, mode of normals.
    card : DatasetCard
        Its sizes are filled in from the arrays where they are unknown.
    feature_names : tuple of str
    single_precision : bool
        The set is published and cited in float32, so it is rounded to that. Otherwise nothing is lost: X is
        float32 only if every value has an exact float32 form, else float64.

    Returns
    -------
    Dataset
        With read-only C-contiguous X and int8 y.

    Raises
    ------
    DataError
        Shapes that do not fit, values that are masked, not finite or too large or too precise to be held, labels
        that are missing or other than 0/1, anomalies without a type, one class only, or sizes that contradict the
        card.
    """
    name = card.name
    for array in (X, y, anomaly_type):
        if np.ma.is_masked(array):
            raise DataError(f"{name}: an array has masked values; fill them in or leave their rows out")
    X, y = np.asarray(X), np.asarray(y)
    check_matrix(X, y, name)
    if anomaly_type is not None and anomaly_type.shape != y.shape:
        raise DataError(f"{name}: anomaly_type must be ({len(y)},), got {anomaly_type.shape}; give one type per row")
    check_finite(X, name)
    check_held(X, name, single_precision)
    X = np.ascontiguousarray(X, dtype=np.float32 if single_precision else narrowest(X))
    require_labels(y, name)
    labels = np.unique(y)
    if not np.isin(labels, (0, 1)).all():
        raise DataError(f"{name}: y holds {labels[:5].tolist()}; labels must be 0 (normal) and 1 (anomaly)")
    if len(labels) < 2:
        raise DataError(f"{name}: every row has label {int(labels[0])}; both classes, 0 and 1, are needed")
    y = np.ascontiguousarray(y, dtype=np.int8)
    if anomaly_type is not None:
        anomaly_type = np.ascontiguousarray(anomaly_type.astype(str))
        require_types(anomaly_type, y, name)
        anomaly_type.setflags(write=False)
    X, y = frozen(X), frozen(y)
    return Dataset(name, X, y, anomaly_type, digest(X, y, anomaly_type), sized(card, X, y), feature_names)


def check_matrix(X: np.ndarray, y: np.ndarray, name: str) -> None:
    """Raise DataError unless X is a matrix of real numbers with a row for each of y (n,)."""
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y) or X.shape[1] == 0:
        raise DataError(f"{name}: X must be (n, d) and y (n,), got {X.shape} and {y.shape}; check the file")
    if X.dtype.kind not in "fiub":
        raise DataError(f"{name}: X holds {X.dtype}, not numbers; encode text columns before storing them")


def narrowest(X: np.ndarray) -> type[np.float32 | np.float64]:
    """float32 if every value of X (n, d) has an exact float32 form (NaN and infinity have one), else float64."""
    if X.dtype == np.float32:
        return np.float32
    for start in range(0, len(X), BLOCK_ROWS):
        block = np.asarray(X[start : start + BLOCK_ROWS], dtype=np.float64)
        with np.errstate(over="ignore"):
            if not np.array_equal(block.astype(np.float32), block, equal_nan=True):
                return np.float64
    return np.float32


def frozen(array: np.ndarray) -> np.ndarray:
    """A read-only view: many splits share one array."""
    view = array.view()
    view.setflags(write=False)
    return view


def check_finite(X: np.ndarray, name: str) -> None:
    """Raise DataError at the first value that is NaN or infinite, naming its row and column."""
    for start in range(0, len(X), BLOCK_ROWS):
        bad = ~np.isfinite(X[start : start + BLOCK_ROWS])
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise DataError(
                f"{name}: row {start + int(row)}, column {int(column)} is NaN or infinite; "
                "clean the data or ask for missing values to be imputed"
            )


def check_held(X: np.ndarray, name: str, single_precision: bool = False) -> None:
    """Raise DataError at the first finite value that the precision cannot hold: too large, or a rounded whole number.

    Parameters
    ----------
    X : (n, d) finite numbers
    name : str
    single_precision : bool
        The values are meant to be rounded to float32.
    """
    largest = np.finfo(np.float32 if single_precision else np.float64).max
    whole = X.dtype.kind in "iu" and X.dtype.itemsize == 8 and not single_precision
    if not whole and X.dtype.itemsize < (8 if single_precision else 16):
        return
    for start in range(0, len(X), BLOCK_ROWS):
        block = X[start : start + BLOCK_ROWS]
        bad = rounded(block) if whole else np.abs(block) > largest
        if bad.any():
            row, column = np.argwhere(bad)[0]
            where = f"{name}: row {start + int(row)}, column {int(column)} holds {block[row, column]}"
            if whole:
                raise DataError(
                    f"{where}, a whole number that double precision would round; "
                    "subtract a common offset, or leave the column out if it is an identifier"
                )
            precision = "single" if single_precision else "double"
            raise DataError(f"{where}, which is too large for {precision} precision; rescale the column")


def rounded(values: np.ndarray) -> np.ndarray:
    """Which of these 64-bit whole numbers double precision turns into another number."""
    doubles = values.astype(np.float64)
    changed = np.abs(doubles) >= EXACT_WHOLE
    # 2**63 and 2**64, to which the largest ones round, would not fit back
    inside = changed & (np.abs(doubles) < (2.0**63 if values.dtype.kind == "i" else 2.0**64))
    changed[inside] = doubles[inside].astype(values.dtype) != values[inside]
    return np.asarray(changed)


def sized(card: DatasetCard, X: np.ndarray, y: np.ndarray) -> DatasetCard:
    """The card with its sizes filled from the arrays; raises DataError where they contradict it."""
    sizes = {"rows": X.shape[0], "features": X.shape[1], "anomalies": int(y.sum())}
    for what, value in sizes.items():
        told = getattr(card, what)
        if told is not None and told != value:
            raise DataError(f"{card.name}: the file holds {value} {what}, its card says {told}; fetch it again")
    return replace(card, **sizes)


def identical_rows(X: np.ndarray) -> np.ndarray:
    """A number for each row (n,), equal for rows that are equal in every feature."""
    bytes_ = np.ascontiguousarray(X) + np.float32(0)  # makes -0.0 and 0.0 the same bytes
    rows = bytes_.view(np.dtype((np.void, bytes_.dtype.itemsize * bytes_.shape[1]))).ravel()
    _, group = np.unique(rows, return_inverse=True)
    return np.asarray(group)
