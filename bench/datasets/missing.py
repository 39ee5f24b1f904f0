"""Missing values: the words that stand for them, and what takes their place."""

from __future__ import annotations

import numpy as np

from bench.errors import DataError

#: What programs write where a number is missing (pandas, R, SQL, spreadsheets, Weka, C), in lower case.
MISSING_NUMBERS = frozenset(
    {
        "", "na", "n/a", "n.a.", "n/a.", "nan", "-nan", "+nan", "nan()", "null", "(null)", "<null>", "none", "nil",
        "<na>", "<n/a>", "nat", "\\n", "missing", "?", "-", "--", "---", ".", "..", "...", "*", "#n/a", "#n/a n/a",
        "#na", "#null!", "#value!", "#div/0!", "#ref!", "#name?", "#num!", "1.#ind", "-1.#ind", "1.#qnan",
        "-1.#qnan", "1.#snan",
    }
)  # fmt: skip
#: In a column of text "none" or "-" can be a value like any other (no service, no attack); these cannot.
MISSING_TEXT = frozenset({"", "na", "n/a", "nan", "null", "<na>", "nat", "#n/a", "?"})
#: A row whose label is one of these has none, unless the word is named in ``normal``.
MISSING_LABELS = MISSING_TEXT | {"none", "nil", "n.a.", "(null)", "<null>", "#na", "-nan", "\\n", "missing", "-", "--"}


def fill_missing(X: np.ndarray, how: str, names: tuple[str, ...], file: str) -> np.ndarray:
    """Replace NaN and infinite values column by column, in place where the precision of X can hold the new ones.

    Parameters
    ----------
    X : (n, d) float
    how : {"median", "ffill"}
    names : tuple of str
        Of the d columns, or () if they have none.
    file : str
        Named in errors.

    Returns
    -------
    (n, d) float
        X itself, or a float64 copy where a median lies between two float32 values.

    Raises
    ------
    DataError
        A column without any value, or (ffill) without a first one.
    """
    for j in range(X.shape[1]):
        column = X[:, j]
        good = np.isfinite(column)
        if good.all():
            continue
        name = f"column {names[j]!r}" if names else f"column {j}"
        if not good.any():
            raise DataError(f"{file}: {name} has no value to fill in from; list it in drop")
        if how == "ffill":
            if not good[0]:
                raise DataError(f'{file}: {name} has no value to fill in from in row 1; set missing = "median"')
            last = np.maximum.accumulate(np.where(good, np.arange(len(column)), 0))
            X[:, j] = column[last]
            continue
        middle = float(np.median(column[good].astype(np.float64)))
        if X.dtype == np.float32 and float(np.float32(middle)) != middle:
            X = X.astype(np.float64)
        X[~good, j] = middle
    return X
