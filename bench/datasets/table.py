"""Anyone's own data: a CSV, parquet or npz file with a label column, read in blocks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from bench.datasets.columns import Columns, read_columns
from bench.datasets.npz import read_npz
from bench.datasets.places import data_folder, file_sha256
from bench.datasets.stored import RawArrays, stored
from bench.errors import DataError
from bench.types import Dataset, DatasetCard

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".pq", ".npz")


@dataclass(frozen=True)
class TableSource:
    """Where a user's data lie and how to read them.

    Attributes
    ----------
    path : str
        A .csv (also .csv.gz), .parquet or .npz file; relative paths are looked up from the working
        directory, then from the data folder.
    name : str
        Name in tables and figures; "" = the file's name without its ending.
    label : str or None
        Column of labels; None = the last column (npz: always ``y``).
    normal : tuple of str
        Label values that mean normal; every other value is an anomaly, and if there are several
        other values they are the anomalies' types.
    type_column : str or None
        Column of anomaly types (of normal modes, on normal rows); it is no feature (npz: a key).
    drop : tuple of str
        Columns that are left out.
    categories : {"reject", "onehot"}
        What happens to columns of text.
    missing : {"reject", "median", "ffill"}
        What happens to missing and infinite values: refused, replaced by the column's median over all
        rows, or by the value above (as the MNP authors' script does).
    delimiter : str
        Of a CSV file.
    licence, citation, url : str
        For the dataset's card.
    """

    path: str
    name: str = ""
    label: str | None = None
    normal: tuple[str, ...] = ("0",)
    type_column: str | None = None
    drop: tuple[str, ...] = ()
    categories: Literal["reject", "onehot"] = "reject"
    missing: Literal["reject", "median", "ffill"] = "reject"
    delimiter: str = ","
    licence: str = "the owner's"
    citation: str = "own data"
    url: str = ""


def table_name(source: TableSource) -> str:
    """The name under which the table's results are filed."""
    return source.name or Path(source.path).name.split(".")[0]


def locate(source: TableSource, data_dir: str | None = None) -> Path:
    """The table's file.

    Raises
    ------
    DataError
        No such file, or an ending that is not known.
    """
    if not source.path.lower().endswith(SUFFIXES):
        raise DataError(f"{source.path} ends in none of {', '.join(SUFFIXES)}; convert it to one of these")
    here = Path(source.path).expanduser()
    folder = data_folder(data_dir)
    places = [here] if here.is_absolute() or folder is None else [here, folder / here]
    for place in places:
        if place.is_file():
            return place.resolve()
    looked = " or ".join(str(place.absolute()) for place in places)
    raise DataError(f"there is no file {looked}; correct the path")


def load_table(source: TableSource, data_dir: str | None = None) -> Dataset:
    """Read a table, once: it is kept as float32 in the user's cache and memory-mapped from there.

    Parameters
    ----------
    source : TableSource
    data_dir : str, optional

    Returns
    -------
    Dataset
        Features in the file's order (one-hot columns where their text column was); ``kind`` is there
        if there is a type column or more than one kind of anomaly.

    Raises
    ------
    DataError
        A file that is missing or broken, text or missing values without an option that says what to
        do, labels of one class only.
    UnknownName
        A column that is not there.
    """
    path = locate(source, data_dir)
    name = table_name(source)
    options = {key: value for key, value in asdict(source).items() if key not in _WORDS}
    card = DatasetCard(
        name=name,
        title=f"Own table {path.name}",
        source="table",
        family=name,
        licence=source.licence,
        citation=source.citation,
        url=source.url or path.as_uri(),
    )
    return stored({"table": file_sha256(path), **options}, lambda: _read(source, path), card)


#: Fields of a source that do not change the arrays.
_WORDS = ("path", "name", "licence", "citation", "url")


def _read(source: TableSource, path: Path) -> RawArrays:
    if path.suffix == ".npz":
        if source.drop or source.label not in (None, "y"):
            raise DataError(f"{path.name}: an npz file's label is y and all of X is used; leave out label and drop")
        raw = read_npz(path, source.type_column)
        columns = Columns(raw.X, raw.y.astype(str), raw.kind, raw.feature_names)
    else:
        columns = read_columns(
            path,
            label=source.label,
            type_column=source.type_column,
            drop=source.drop,
            onehot=source.categories == "onehot",
            missing_allowed=source.missing != "reject",
            delimiter=source.delimiter,
        )
    if source.missing != "reject":
        fill_missing(columns.X, source.missing, path)
    labels = np.asarray([_plain(value) for value in np.unique(columns.label)])
    _, which = np.unique(columns.label, return_inverse=True)
    absent = [value for value in source.normal if value not in labels]
    if len(absent) == len(source.normal):
        shown = ", ".join(repr(str(value)) for value in labels[:8])
        raise DataError(
            f"{path.name}: no row has the label {' or '.join(map(repr, source.normal))} (normal); the label "
            f"column holds {shown}; name the normal ones with normal = [...]"
        )
    anomalous = ~np.isin(labels, source.normal)
    kind = columns.kind
    if kind is None and anomalous.sum() > 1:
        kind = np.where(anomalous, labels, "normal")[which]
    return RawArrays(columns.X, anomalous[which].astype(np.int8), kind, columns.names)


def _plain(value: str) -> str:
    """A label as people write it: 1.0 and True are 1."""
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return "1" if text.lower() == "true" else "0"
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text


def fill_missing(X: np.ndarray, how: str, path: Path) -> None:
    """Replace NaN and infinite values in place, column by column.

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
        if not good.any() or (how == "ffill" and not good[0]):
            raise DataError(f"{path.name}: column {j} has no value to fill in from; drop it")
        if how == "median":
            column[~good] = np.median(column[good])
        else:
            last = np.maximum.accumulate(np.where(good, np.arange(len(column)), 0))
            X[:, j] = column[last]
