"""Anyone's own data: a CSV, parquet or npz file with a label column, read in blocks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bench.datasets import row_numbers
from bench.datasets.arrays import check_matrix, narrowest
from bench.datasets.columns import read_columns
from bench.datasets.fill import Columns
from bench.datasets.label_column import Labels, copies, read_labels, require_types
from bench.datasets.layout import Layout
from bench.datasets.missing import fill_missing
from bench.datasets.npz import npz_keys, own_types_key, read_npz
from bench.datasets.places import file_sha256
from bench.datasets.reading import LeftOut, Missing, Reading, from_json, to_json
from bench.datasets.stored import RawArrays, remembered, stored
from bench.errors import DataError
from bench.types import Dataset, DatasetCard

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".pq", ".npz")
#: Goes up when a file would be read in another way, so that the cache does not keep the old one.
READING = 1


@dataclass(frozen=True)
class TableSource:
    """Where a user's data lie and how to read them.

    Attributes
    ----------
    path : str
        A .csv (also .csv.gz), .parquet or .npz file, the ending in any case; relative paths are looked up from
        the working directory, then from the data folder.
    name : str
        Name in tables and figures; "" = the file's name without its ending.
    label : str or None
        Column of labels; None = the last column that is left, if it looks like a label (npz: always ``y``).
    normal : tuple of str
        Label values that mean normal, each of which some row must have; every other value is an anomaly, and if
        there are several other values they are the anomalies' types. 1.0 and True are 1.
    type_column : str or None
        Column of anomaly types (of normal modes, on normal rows); it is no feature (npz: a key).
    drop : tuple of str
        Columns that are left out; ``""`` is the one without a name.
    categories : {"reject", "onehot"}
        What happens to columns of text.
    missing : {"reject", "median", "ffill"}
        What happens to missing and infinite values: refused, replaced by the column's median over all
        rows, or by the value above (as the MNP authors' script does).
    delimiter : str
        Of a CSV file, one ASCII character.
    decimal : {".", ","}
        The mark in numbers that are written as text.
    encoding : str
        Of a CSV file; a name Python knows.
    types : tuple of (column, "number" or "category")
        What the file does not show: a column of numbers that stand for categories, such as postcodes.
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
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    types: tuple[tuple[str, str], ...] = ()
    licence: str = "the owner's"
    citation: str = "own data"
    url: str = ""


def table_name(source: TableSource) -> str:
    """The name under which the table's results are filed."""
    return source.name or Path(source.path).name.split(".")[0]


def locate(source: TableSource, folder: Path | None = None) -> Path:
    """The table's file, looked up from the working directory, then from the folder of the user's data.

    Raises
    ------
    DataError
        No such file, a folder, or an ending that is not known.
    """
    if not source.path.lower().endswith(SUFFIXES):
        wrong = Path(source.path).expanduser()
        if wrong.is_dir():
            raise DataError(_folder(wrong))
        raise DataError(f"{source.path} ends in none of {', '.join(SUFFIXES)}; convert it to one of these")
    here = Path(source.path).expanduser()
    candidates = [here] if here.is_absolute() or folder is None else [here, folder / here]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    for candidate in candidates:
        if candidate.is_dir():
            raise DataError(_folder(candidate))
    looked = " or ".join(str(candidate.absolute()) for candidate in candidates)
    raise DataError(f"there is no file {looked}; correct the path")


def _folder(path: Path) -> str:
    return (
        f"{path} is a folder; a table is one file (for a folder of parquet files: "
        f"pandas.read_parquet({path.name!r}).to_parquet('all.parquet', index=False))"
    )


def load_table(source: TableSource, folder: Path | None = None) -> Dataset:
    """Read a table, once: its arrays are kept in the user's cache and memory-mapped from there.

    Parameters
    ----------
    source : TableSource
    folder : Path, optional
        Folder of the user's data, for relative paths that the working directory does not have.

    Returns
    -------
    Dataset
        Features in the file's order (one-hot columns where their text column was), float32 if that holds every
        value exactly, else float64; ``anomaly_type`` is there if there is a type column or anomalies of several types.

    Raises
    ------
    DataError
        A file that is missing or broken, text or missing values without an option that says what to
        do, guesses that are not plausible, rows without a label, labels of one class only.
    UnknownName
        A column that is not there.
    """
    path = locate(source, folder)
    name = table_name(source)
    card = DatasetCard(
        name=name,
        title=f"Own table {path.name}",
        source="table",
        family=name,
        licence=source.licence,
        citation=source.citation,
        url=source.url or path.as_uri(),
    )
    return stored(_origin(source, path), lambda: _read(source, path), card)


def reading_of(source: TableSource, folder: Path | None = None) -> Reading:
    """What was guessed, left out and converted when ``load_table`` read the table; raises as that does."""
    path = locate(source, folder)
    reading = remembered(_origin(source, path))
    if reading is None:
        load_table(source, folder)
        reading = remembered(_origin(source, path))
    assert reading is not None
    return replace(from_json(reading), file=path.name)


#: Fields of a source that do not change the arrays.
_WORDS = ("path", "name", "licence", "citation", "url")


def _origin(source: TableSource, path: Path) -> dict[str, Any]:
    """Everything the arrays depend on."""
    options = {key: value for key, value in asdict(source).items() if key not in _WORDS}
    return {"table": file_sha256(path), "reading": READING, "form": _form(path), **options}


def _form(path: Path) -> str:
    """The file's ending in lower case: it decides how the bytes are read."""
    return max((suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)), key=len)


def _read(source: TableSource, path: Path) -> RawArrays:
    if _form(path) == ".npz":
        columns = _npz_columns(source, path)
    else:
        columns = read_columns(
            path,
            label=source.label,
            type_column=source.type_column,
            drop=source.drop,
            onehot=source.categories == "onehot",
            missing_allowed=source.missing != "reject",
            layout=Layout(source.delimiter, source.decimal, source.encoding),
            types=dict(source.types),
        )
    labels = read_labels(columns.label, source.normal, path.name, columns.label_name, columns.label_guessed)
    anomaly_type = labels.anomaly_type if columns.anomaly_type is None else columns.anomaly_type
    if anomaly_type is not None:
        require_types(anomaly_type, labels.y, path.name)
    X = columns.X
    if source.missing != "reject":
        X = fill_missing(X, source.missing, columns.names, path.name)
    reading = _reading(source, path, replace(columns, X=X), labels)
    return RawArrays(X, labels.y, anomaly_type, columns.names, to_json(reading))


def _npz_columns(source: TableSource, path: Path) -> Columns:
    if source.drop or source.label not in (None, "y"):
        raise DataError(f"{path.name}: an npz file's label is y and all of X is used; leave out label and drop")
    raw = read_npz(path, source.type_column)
    X = raw.X.astype(np.float32) if raw.X.dtype.kind == "b" else raw.X
    check_matrix(X, raw.y, path.name)
    missing: tuple[Missing, ...] = ()
    if X.dtype.kind == "f" and source.missing != "reject":
        rows = (~np.isfinite(X)).sum(axis=0)
        named = raw.feature_names or tuple(f"column {j}" for j in range(X.shape[1]))
        missing = tuple(Missing(named[j], int(rows[j]), (), "") for j in np.flatnonzero(rows))
    used = {"X", "y", "features", source.type_column or own_types_key(npz_keys(path))}
    return Columns(
        X=X,
        label=raw.y.astype(str),
        anomaly_type=raw.anomaly_type,
        names=raw.feature_names,
        label_name="y",
        header="names from the array 'features'" if raw.feature_names else "columns without names",
        left_out=tuple(LeftOut(repr(key), "an array that is not used") for key in npz_keys(path) if key not in used),
        missing=missing,
    )


def _reading(source: TableSource, path: Path, columns: Columns, labels: Labels) -> Reading:
    how = {"median": "replaced by the column's median", "ffill": "replaced by the value above"}
    double = narrowest(columns.X) is np.float64
    reason = columns.precision_reason or "single precision cannot hold every value exactly"
    return Reading(
        file=path.name,
        rows=len(columns.label),
        features=columns.X.shape[1],
        precision="float64" if double else "float32",
        precision_reason=reason if double else "",
        header=columns.header,
        label=columns.label_name,
        label_guessed=columns.label_guessed,
        values=labels.shown,
        more_values=len(labels.values) - len(labels.shown),
        left_out=columns.left_out,
        categories=columns.categories,
        missing=tuple(
            missing if missing.replaced_by else replace(missing, replaced_by=how[source.missing])
            for missing in columns.missing
        ),
        converted=columns.converted,
        notes=(
            *columns.notes,
            *copies(columns.X, labels.y, columns.names),
            *row_numbers.notes(columns.X, columns.names),
        ),
    )
