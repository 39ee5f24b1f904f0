"""A bundle: the rows of a results folder without scores, and its manifest, as one file that anyone can read.

A zip archive of three members: ``bundle.json`` (format, name, hashes of the others), ``manifest.json`` and
``rows.parquet``. Nothing is ever unpacked by a name from the archive, and nothing in it is code.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.atomic import write_whole
from bench.errors import StoreError
from bench.redaction import without_password
from bench.store import packed
from bench.store.packed import Recipe
from bench.store.schema import FIXED, PER_ROW, metric_names, ordered

ENDING = ".mnpbundle.zip"
ABOUT, MANIFEST, ROWS = "bundle.json", "manifest.json", "rows.parquet"
MEMBERS = (ABOUT, MANIFEST, ROWS)
#: Written, and read: 1 held every key and every digit.
FORMAT, FORMATS = 2, (1, 2)
#: No honest bundle is larger: 30,000 cells take about 1 MB.
MOST_BYTES = 64 * 2**20
MOST_ROWS = 2_000_000
MOST_UNCOMPRESSED = 2**30
#: What sorts like with like, so that the file is small.
ORDER = ["dataset", "scenario", "method", "params", "seed", "cell"]


@dataclass(frozen=True, eq=False)
class Bundle:
    """What a bundle holds.

    Attributes
    ----------
    name : str
        Of the results folder that it was made of.
    rows : pyarrow.Table
        Columns as in ``bench.store.schema``, without those per test row.
    manifest : dict
        The folder's manifest: runs and adoptions.
    """

    name: str
    rows: pa.Table
    manifest: dict[str, Any]


def pack(
    name: str, rows: pa.Table, manifest: dict[str, Any], recipes: Sequence[Recipe] = (), tables: Collection[str] = ()
) -> bytes:
    """A bundle's bytes; the same for the same rows and manifest, whenever it is made.

    ``recipes`` and ``tables`` are as in ``bench.store.packed.pack``.
    """
    slim = rows.drop_columns([column for column in PER_ROW if column in rows.column_names]).sort_by(
        [(column, "ascending") for column in ORDER]
    )
    content = {MANIFEST: _json(_shareable(manifest)), ROWS: _parquet(packed.pack(slim, recipes, tables))}
    hashes = {member: hashlib.sha256(blob).hexdigest() for member, blob in content.items()}
    about = {"format": FORMAT, "name": name, "cells": slim.num_rows, "sha256": hashes}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for member, blob in {ABOUT: _json(about), **content}.items():
            how = zipfile.ZIP_STORED if member == ROWS else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(member), blob, compress_type=how)
    return sink.getvalue()


def write(
    path: Path,
    name: str,
    rows: pa.Table,
    manifest: dict[str, Any],
    recipes: Sequence[Recipe] = (),
    tables: Collection[str] = (),
) -> int:
    """Write a bundle whole (see ``pack``); returns its size in bytes.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    blob = pack(name, rows, manifest, recipes, tables)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, blob)
    return len(blob)


def is_bundle(path: str | os.PathLike[str]) -> bool:
    """Whether a path that was given for a results folder is a file, so that only a bundle can be meant."""
    return Path(path).is_file()


def read(path: str | os.PathLike[str]) -> Bundle:
    """Read a bundle, after checking that it is one.

    Raises
    ------
    StoreError
        It is none, it was changed, or it is larger than any honest one.
    """
    blobs = _members(Path(path))
    about = _loaded(path, ABOUT, blobs[ABOUT])
    if about.get("format") not in FORMATS:
        read_here = " and ".join(map(str, FORMATS))
        raise StoreError(f"{path} is a bundle of format {about.get('format')}, here formats {read_here} are read")
    for member in (MANIFEST, ROWS):
        if hashlib.sha256(blobs[member]).hexdigest() != dict(about.get("sha256", {})).get(member):
            raise StoreError(f"{path}: {member} is not what the bundle was made with; get the file again")
    manifest = _loaded(path, MANIFEST, blobs[MANIFEST])
    if not isinstance(manifest.get("runs"), list) or not all(isinstance(run, dict) for run in manifest["runs"]):
        raise StoreError(f"{path}: {MANIFEST} names no runs, so nobody could repeat its cells; bundle the folder again")
    rows = _rows(path, blobs[ROWS], about["format"])
    return Bundle(str(about.get("name", Path(path).stem)), rows, manifest)


def _members(path: Path) -> dict[str, bytes]:
    """The three members; sizes are checked before anything is unpacked, and while it is."""
    if path.stat().st_size > MOST_BYTES:
        raise StoreError(f"{path} has {path.stat().st_size:,} bytes; a bundle has {MOST_BYTES:,} at most")
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            names = sorted(info.filename for info in infos)
            if names != sorted(MEMBERS):
                extra = ", ".join(repr(name) for name in names if name not in MEMBERS) or "some twice or none"
                raise StoreError(f"{path} is no bundle: it should hold {', '.join(MEMBERS)} and holds {extra}")
            if sum(info.file_size for info in infos) > MOST_BYTES:
                raise StoreError(f"{path} would unpack to more than {MOST_BYTES:,} bytes; no bundle is so large")
            return {info.filename: _member(path, archive, info) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise StoreError(f"{path} is no bundle ({error}); mnp-bench bundle makes one of a results folder") from error


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as stream:
        blob = stream.read(MOST_BYTES + 1)
    if len(blob) > MOST_BYTES:
        raise StoreError(f"{path} would unpack to more than {MOST_BYTES:,} bytes; no bundle is so large")
    return blob


def _rows(path: str | os.PathLike[str], blob: bytes, form: int) -> pa.Table:
    """The rows, after a look at how many they say they are and of what types."""
    try:
        with pq.ParquetFile(pa.BufferReader(blob)) as file:
            meta, schema = file.metadata, file.schema_arrow
            size = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
            if meta.num_rows > MOST_ROWS or size > MOST_UNCOMPRESSED:
                raise StoreError(f"{path} says it holds {meta.num_rows:,} rows; a bundle has {MOST_ROWS:,} at most")
            wrong = _schema_fault(schema, FIXED if form == 1 else packed.packed_types(schema))
            if wrong:
                raise StoreError(f"{path}: {wrong}; make it with mnp-bench bundle")
            rows = file.read()
        rows = rows.select(ordered(set(schema.names))) if form == 1 else packed.unpack(rows)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise StoreError(f"{path}: {ROWS} is not what mnp-bench bundle makes ({type(error).__name__})") from error
    except pa.ArrowException as error:
        raise StoreError(f"{path}: {ROWS} cannot be read ({str(error).splitlines()[0][:120]})") from error
    if len(set(rows["cell"].to_pylist())) != rows.num_rows:
        raise StoreError(f"{path} holds some cell twice; bundle the folder again")
    return rows


def _schema_fault(schema: pa.Schema, fixed: Mapping[str, pa.DataType]) -> str:
    """Empty, or what column is missing or of a type that the store does not have."""
    names = set(schema.names)
    absent = sorted(set(fixed) - names)
    if absent:
        return f"it has no column {absent[0]!r}"
    wanted = {**dict.fromkeys(metric_names(names), pa.float64()), **fixed}
    for name in schema.names:
        actual = schema.field(name).type
        text = pa.types.is_large_string(actual) or pa.types.is_string(actual) or pa.types.is_null(actual)
        expected = wanted.get(name, pa.string())
        if not (actual == expected or (text and expected == pa.string())):
            return f"its column {name!r} holds {actual}, not {expected}"
    return ""


def _parquet(rows: pa.Table) -> bytes:
    """Small: floats split into streams of bytes, texts and codes as dictionaries (but not keys, which never repeat)."""
    floats = [field.name for field in rows.schema if pa.types.is_floating(field.type)]
    dictionaries = [name for name in rows.column_names if name not in floats and name != "cell" and "/" not in name]
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows, sink, compression="zstd", compression_level=19, use_dictionary=dictionaries, use_byte_stream_split=floats
    )
    return bytes(sink.getvalue())


def _shareable(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest without passwords on its command lines; run ids do not depend on these."""

    def hidden(command: Any) -> Any:
        return without_password(command) if isinstance(command, str) else [without_password(word) for word in command]

    runs = [run | {"command": hidden(run.get("command", ""))} for run in manifest["runs"]]
    return manifest | {"runs": runs}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _loaded(path: str | os.PathLike[str], member: str, blob: bytes) -> dict[str, Any]:
    try:
        value = json.loads(blob)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: {member} is broken; get the file again") from error
    if not isinstance(value, dict):
        raise StoreError(f"{path}: {member} is broken; get the file again")
    return value
