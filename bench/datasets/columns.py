"""CSV and parquet files as one float32 matrix, read twice in blocks: first to count, then to fill.

Memory stays at the size of the result plus a few blocks, whatever the size of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.datasets.blocks import blocks, header, is_number, numbers, readable, strings
from bench.errors import DataError, UnknownName

MOST_CATEGORIES = 1000


@dataclass(frozen=True, eq=False)
class Columns:
    """X (n, d) float32, label (n,) str, kind (n,) str or None, names of the d columns."""

    X: np.ndarray
    label: np.ndarray
    kind: np.ndarray | None
    names: tuple[str, ...]


@dataclass
class Plan:
    """What the first reading found: which columns are features and which of them hold text."""

    names: list[str]
    features: list[int]
    label: int
    kind: int | None
    text: dict[int, set[str]] = field(default_factory=dict)
    rows: int = 0

    def texts(self) -> list[str]:
        return [self.names[i] for i in self.text]

    def numeric(self) -> set[int]:
        return set(self.features) - set(self.text)


def read_columns(
    path: Path,
    label: str | None,
    type_column: str | None,
    drop: tuple[str, ...],
    onehot: bool,
    missing_allowed: bool,
    delimiter: str = ",",
) -> Columns:
    """Read a CSV or parquet file.

    Parameters
    ----------
    path : Path
    label : str or None
        None = the last column.
    type_column : str or None
    drop : tuple of str
    onehot : bool
        Turn text columns into one column of 0/1 per value, in the order of the values.
    missing_allowed : bool
        Leave missing and infinite values as NaN instead of refusing them.
    delimiter : str

    Returns
    -------
    Columns

    Raises
    ------
    UnknownName, DataError
    """
    with readable(path):
        plan = _plan(path, label, type_column, drop, delimiter)
        if plan.text and not onehot:
            raise DataError(
                f"{path.name}: columns {', '.join(plan.texts()[:5])} hold text; "
                'set categories = "onehot" or list them in drop'
            )
        _survey(path, plan, missing_allowed, delimiter)
        return _fill(path, plan, missing_allowed, delimiter)


def _plan(path: Path, label: str | None, type_column: str | None, drop: tuple[str, ...], delimiter: str) -> Plan:
    """Roles of the columns, from their names and types alone."""
    names, types = header(path, delimiter)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path.name} has several columns named {twice[0]!r}; rename them")
    asked = [name for name in (label, type_column, *drop) if name is not None]
    for name in asked:
        if name not in names:
            raise UnknownName(f"column of {path.name}", name, names)
    label_index = len(names) - 1 if label is None else names.index(label)
    taken = {label_index, *(names.index(name) for name in asked)}
    features = [i for i in range(len(names)) if i not in taken]
    if not features:
        raise DataError(f"{path.name} has no feature column beside the label; check label and delimiter")
    return Plan(
        names=names,
        features=features,
        label=label_index,
        kind=None if type_column is None else names.index(type_column),
        text={i: set() for i in features if not is_number(types[i])},
    )


def _survey(path: Path, plan: Plan, missing_allowed: bool, delimiter: str) -> None:
    """First reading: the number of rows and the values of text columns."""
    for block in blocks(path, plan.numeric(), delimiter):
        plan.rows += block.num_rows
        for i, values in plan.text.items():
            values.update(strings(block.column(i)).tolist())
            if "" in values and not missing_allowed:
                raise DataError(
                    f"{path.name}: column {plan.names[i]!r} has missing values; "
                    'set missing = "median" or "ffill" to give them a column of their own'
                )
        if sum(map(len, plan.text.values())) > MOST_CATEGORIES:
            raise DataError(
                f"{path.name}: the text columns {', '.join(plan.texts()[:5])} have over "
                f"{MOST_CATEGORIES} values; drop those that name single rows"
            )
    if plan.rows == 0:
        raise DataError(f"{path.name} has no rows; check the file")


def _fill(path: Path, plan: Plan, missing_allowed: bool, delimiter: str) -> Columns:
    """Second reading: into a matrix that is allocated once."""
    values = {i: np.asarray(sorted(found)) for i, found in plan.text.items()}
    widths = [len(values[i]) if i in values else 1 for i in plan.features]
    starts = np.concatenate([[0], np.cumsum(widths)])
    X = np.zeros((plan.rows, int(starts[-1])), dtype=np.float32)
    labels, kinds, done = [], [], 0
    for block in blocks(path, plan.numeric(), delimiter):
        rows = slice(done, done + block.num_rows)
        for i, start in zip(plan.features, starts, strict=False):
            if i in values:
                which = np.searchsorted(values[i], strings(block.column(i)))
                X[np.arange(rows.start, rows.stop), start + which] = 1
            else:
                with np.errstate(over="ignore"):  # beyond float32 is infinite, which is refused below
                    X[rows, start] = numbers(block.column(i))
        if not missing_allowed:
            _refuse_missing(path, plan, X[rows], starts, widths, done)
        labels.append(strings(block.column(plan.label)))
        if plan.kind is not None:
            kinds.append(strings(block.column(plan.kind)))
        done = rows.stop
    label = np.concatenate(labels)
    if (label == "").any():
        row = int(np.flatnonzero(label == "")[0])
        raise DataError(f"{path.name}: row {row + 1} has no label; give it one or leave the row out")
    names: list[str] = []
    for i in plan.features:
        names += [f"{plan.names[i]}={value or 'missing'}" for value in values[i]] if i in values else [plan.names[i]]
    return Columns(X, label, np.concatenate(kinds) if kinds else None, tuple(names))


def _refuse_missing(
    path: Path, plan: Plan, block: np.ndarray, starts: np.ndarray, widths: list[int], offset: int
) -> None:
    bad = ~np.isfinite(block)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        which = int(np.searchsorted(starts, column, side="right")) - 1
        raise DataError(
            f"{path.name}: row {offset + int(row) + 1}, column {plan.names[plan.features[which]]!r} is "
            'missing or infinite; clean it or set missing = "median" or "ffill"'
        )
