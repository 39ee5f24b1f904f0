"""From the texts of a label column to normal and anomaly: one check behind every reader."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.datasets.column_names import looks_like_label
from bench.datasets.missing import MISSING_LABELS, MISSING_TEXT
from bench.datasets.reading import KEPT_VALUES, LabelValue
from bench.errors import DataError
from bench.near_matches import near_matches

#: A column that nobody named as label has at most so many values, unless its name is that of a label.
MOST_GUESSED_VALUES = 20
#: A label column with fractions among its values has at most so many of them.
MOST_FRACTIONS = 20


@dataclass(frozen=True, eq=False)
class Labels:
    """What a label column says.

    Attributes
    ----------
    y : (n,) int8
        1 = anomaly, 0 = normal.
    anomaly_type : (n,) str or None
        ``"normal"`` or the anomaly's label, where there are several of those.
    values : tuple of LabelValue
        Most frequent first.
    """

    y: np.ndarray
    anomaly_type: np.ndarray | None
    values: tuple[LabelValue, ...]

    @property
    def shown(self) -> tuple[LabelValue, ...]:
        """As many values as are kept of a reading; no normal one is left out."""
        normal = [value for value in self.values if value.normal]
        other = [value for value in self.values if not value.normal]
        return (*normal, *other[: max(1, KEPT_VALUES - len(normal))])


def read_labels(texts: np.ndarray, normal: tuple[str, ...], file: str, column: str, guessed: bool = False) -> Labels:
    """Tell normal rows from anomalies.

    Parameters
    ----------
    texts : (n,) str
        The label column.
    normal : tuple of str
        Values that mean normal, read as labels are: 1.0 and True are 1.
    file, column : str
        Named in errors.
    guessed : bool
        Nobody named the column, so that it must look like a label.

    Returns
    -------
    Labels

    Raises
    ------
    DataError
        A row without a label, a value of ``normal`` that no row has, or a column that is no label.
    """
    raw, first, which, counts = np.unique(texts, return_index=True, return_inverse=True, return_counts=True)
    plain = np.asarray([plain_label(value) for value in raw])
    wanted = {plain_label(value): value for value in normal}
    for row in np.sort(first):
        text = str(texts[row]).strip()
        if text.lower() in MISSING_LABELS and plain_label(text) not in wanted:
            word = f" ({text!r}); give it one, leave the row out, or name the word in normal if it is a label"
            raise DataError(
                f"{file}: row {row + 1} has no label{word if text else '; give it one or leave the row out'}"
            )
    rows: dict[str, int] = {}
    for value, count in zip(plain.tolist(), counts.tolist(), strict=True):
        rows[value] = rows.get(value, 0) + count
    ordered = sorted(rows, key=lambda value: (-rows[value], value))
    _refuse_no_label(ordered, rows, file, column, guessed, set(wanted))
    _refuse_unknown(ordered, normal, file)
    _refuse_other_spelling(ordered, wanted, file)
    values = tuple(LabelValue(value, rows[value], value in wanted) for value in ordered)
    anomalous = ~np.isin(plain, list(wanted))
    several = len(set(plain[anomalous].tolist())) > 1
    anomaly_type = np.where(anomalous, plain, "normal")[which] if several else None
    return Labels(anomalous[which].astype(np.int8), anomaly_type, values)


def plain_label(value: str) -> str:
    """A label as people write it: 1.0 and True are 1."""
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return "1" if text.lower() == "true" else "0"
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text


def require_labels(y: np.ndarray, file: str) -> None:
    """Raise DataError at the first label (n,) that is NaN."""
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise DataError(
            f"{file}: row {int(np.isnan(y).argmax()) + 1} has no label (nan); give it one or leave the row out"
        )


def require_types(anomaly_type: np.ndarray, y: np.ndarray, file: str) -> None:
    """Raise DataError at the first anomaly (y = 1) whose type is missing; (n,) texts and labels."""
    known, which = np.unique(anomaly_type, return_inverse=True)
    missing = np.asarray([text.strip().lower() in MISSING_TEXT for text in known.tolist()])[which] & (y == 1)
    if missing.any():
        row = int(missing.argmax())
        text = f" ({str(anomaly_type[row])!r})" if anomaly_type[row] else ""
        raise DataError(f"{file}: row {row + 1} is an anomaly without a type{text}; give it one or leave the row out")


def copies(X: np.ndarray, y: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """A sentence for each feature (of X (n, d)) that tells the truth y (n,) row by row."""
    told = []
    for j in range(X.shape[1]):
        if np.array_equal(X[:, j], y) or np.array_equal(X[:, j], 1 - y):
            name = f"column {names[j]!r}" if names else f"column {j}"
            told.append(
                f"{name} tells normal rows from anomalies in every row; list it in drop if it is a second label"
            )
    return told


def _refuse_no_label(
    values: list[str], rows: dict[str, int], file: str, column: str, guessed: bool, wanted: set[str]
) -> None:
    fractions = [value for value in values if is_fraction(value)]
    total = sum(rows.values())
    anomalies = total - sum(rows.get(value, 0) for value in wanted)
    about = f"column {column!r} has {len(values)} values ({', '.join(values[:5])}, ...)"
    if len(fractions) > MOST_FRACTIONS:
        raise DataError(f"{file}: the label {about} with fractions, so it is no label; name another one with label")
    if guessed and not looks_like_label(column):
        if len(values) > MOST_GUESSED_VALUES:
            raise DataError(
                f"{file}: label is not set, and the last {about}, so it does not look like a label; "
                "name the label column with label"
            )
        if wanted & set(values) and 2 * anomalies > total:
            raise DataError(
                f"{file}: label is not set, and by the last column {column!r} {100 * anomalies / total:.0f}% of the "
                "rows would be anomalies; name the label column with label, and its normal values with normal"
            )


def _refuse_unknown(values: list[str], normal: tuple[str, ...], file: str) -> None:
    absent = [value for value in normal if plain_label(value) not in values]
    if not absent:
        return
    shown = ", ".join(map(repr, values[:8])) + (", ..." if len(values) > 8 else "")
    near = dict.fromkeys(match for value in absent for match in near_matches(value, values, most=1))
    hint = f" (did you mean {', '.join(map(repr, near))}?)" if near else ""
    raise DataError(
        f"{file}: no row has the label {' or '.join(map(repr, absent))} (normal){hint}; "
        f"the label column holds {shown}; name the normal ones with normal = [...]"
    )


def _refuse_other_spelling(values: list[str], wanted: dict[str, str], file: str) -> None:
    lower = {value.lower(): value for value in wanted}
    for value in values:
        meant = lower.get(value.lower())
        if meant is not None and value not in wanted:
            raise DataError(
                f"{file}: the labels {meant!r} and {value!r} differ in case alone, and only the first is in normal; "
                "write them alike, or name both in normal"
            )


def is_fraction(value: str) -> bool:
    """Whether a label is a number with a fraction, as measurements are."""
    try:
        return not float(value).is_integer()
    except ValueError:
        return False
