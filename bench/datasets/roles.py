"""What each column of a table is for, from the columns' names alone: label, types, index, left out, feature."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.datasets.column_names import NAMELESS_INDEX, looks_like_label
from bench.datasets.layout import is_parquet
from bench.datasets.reading import LeftOut
from bench.datasets.wording import SUITE, Wording
from bench.errors import DataError, UnknownName


@dataclass(frozen=True)
class Roles:
    """Numbers of the columns by their role, and what was decided without being told.

    Attributes
    ----------
    names : tuple of str
        Of all columns of the file.
    features : tuple of int
    label : int
    anomaly_type : int or None
        Column of anomaly types.
    label_guessed : bool
    left_out : tuple of LeftOut
    notes : tuple of str
    """

    names: tuple[str, ...]
    features: tuple[int, ...]
    label: int
    anomaly_type: int | None
    label_guessed: bool
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...] = ()


def assign(
    path: Path,
    names: list[str],
    index: list[str],
    label: str | None,
    type_column: str | None,
    drop: tuple[str, ...],
    wording: Wording = SUITE,
) -> Roles:
    """Decide what each column is for.

    Parameters
    ----------
    path : Path
    names : list of str
        All columns in the file's order.
    index : list of str
        Those that the file itself names as an index.
    label : str or None
        None = the last column that nothing else claims.
    type_column : str or None
    drop : tuple of str
    wording : Wording
        How errors and notes name the settings of a table.

    Returns
    -------
    Roles

    Raises
    ------
    UnknownName
        A column that is not there.
    DataError
        No column is left, the label is dropped, or a label that was not named cannot be guessed.
    """
    for name in (label, type_column, *drop):
        if name is not None and name not in names:
            raise UnknownName(f"column of {path.name}", name, names)
    if label in drop:
        raise DataError(f"{path.name}: {label!r} is named as label and in drop; take it out of one of them")
    told = {name for name in (label, type_column) if name is not None}
    left_out = dict.fromkeys(drop, "named in drop")
    for name in index:
        if name not in told:
            left_out.setdefault(name, "the file names it as the index of its rows")
    for i, name in enumerate(names):
        if name not in told:
            if not name.strip() and i == 0 and not is_parquet(path):
                left_out.setdefault(name, "the first column has no name, so it is the index of a table that was saved")
            elif NAMELESS_INDEX.fullmatch(name):
                left_out.setdefault(name, "pandas gives this name to an index")
    _refuse_nameless(path, names, {*told, *left_out}, wording)
    free = [name for name in names if name not in left_out and name not in told]
    chosen = label if label is not None else _guessed(path, free, wording)
    features = [i for i, name in enumerate(names) if name in free and name != chosen]
    if not features:
        raise DataError(f"{path.name} has no feature column beside the label; check label and delimiter")
    seem = [names[i] for i in features if looks_like_label(names[i])]
    notes = [f"column {name!r} is used as a feature though its name is that of a label; if it tells the label, "
             f"{wording.set_aside(name)}" for name in seem]  # fmt: skip
    return Roles(
        names=tuple(names),
        features=tuple(features),
        label=names.index(chosen),
        anomaly_type=None if type_column is None else names.index(type_column),
        label_guessed=label is None,
        left_out=tuple(LeftOut(_shown(names, name), reason) for name, reason in left_out.items()),
        notes=tuple(notes),
    )


def _guessed(path: Path, free: list[str], wording: Wording) -> str:
    """The last column, unless another one has a label's name."""
    if not free:
        raise DataError(f"{path.name} has no feature column beside the label; check label and delimiter")
    last = free[-1]
    others = [name for name in free[:-1] if looks_like_label(name)]
    if others:
        raise DataError(
            f"{path.name}: label is not set, the last column is {last!r}, but there is a column named {others[0]!r}; "
            f"{wording.name_label(others[0], last)}"
        )
    return last


def _refuse_nameless(path: Path, names: list[str], accounted: set[str], wording: Wording) -> None:
    for i, name in enumerate(names):
        if not name.strip() and name not in accounted:
            raise DataError(f"{path.name}: column {i + 1} has no name; {wording.name_column(name)}")


def _shown(names: list[str], name: str) -> str:
    return repr(name) if name.strip() else f"column {names.index(name) + 1} (no name)"
