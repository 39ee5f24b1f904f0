"""Bundles: what goes in comes out, and nothing that is no bundle is read."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.app.bundle import bundle_folder
from bench.errors import StoreError
from bench.report.compare import compare
from bench.store import Store, bundle, manifest, read
from bench.store.packed import MEASURED
from bench.store.unfold import results_folder
from tests.bench.records import record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    results = tmp_path / "mine"
    with Store(results) as store:
        store.append([record(number) for number in range(6)] + [record(6, status="failed")])
        store.append([record(3, value=0.9)])
    run = manifest.collect("name = 'toy'", ["mnp-bench", "run", "--tracking-uri", "http://me:secret@host"])
    manifest.write_manifest(results, run)
    return results


def made(folder: Path) -> Path:
    bundle_folder(str(folder), None)
    return folder.with_name("mine.mnpbundle.zip")


def test_the_rows_come_back_to_the_bit_without_scores(folder: Path) -> None:
    path = made(folder)
    stored = read(folder).sort_values("cell", ignore_index=True)
    pd.testing.assert_frame_equal(read(path).sort_values("cell", ignore_index=True), stored)
    assert read(path, scores=True).scores.isna().all()
    assert manifest.read_manifest(path)[0]["id"] == manifest.read_manifest(folder)[0]["id"]


def test_no_password_is_handed_on(folder: Path) -> None:
    with zipfile.ZipFile(made(folder)) as archive:
        assert b"secret" not in archive.read("manifest.json")


def test_the_same_folder_gives_the_same_bytes(folder: Path) -> None:
    first = made(folder).read_bytes()
    assert made(folder).read_bytes() == first


def test_two_bundles_are_compared_as_folders_are(folder: Path) -> None:
    assert compare(made(folder), folder).same


def test_a_bundle_unfolds_into_a_results_folder_once(folder: Path) -> None:
    path = made(folder)
    out = results_folder(str(path))
    assert out.name == "mine-unfolded" and len(read(out)) == 7
    assert results_folder(str(path)) == out
    with Store(out) as store:
        store.append([record(77)])
    with pytest.raises(StoreError, match="does not hold what"):
        results_folder(str(path))


def remade(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, blob in {**content, **members}.items():
            archive.writestr(name, blob)
    return path


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/outside", "rows2.parquet", "a/../../b"])
def test_foreign_names_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(StoreError, match="is no bundle"):
        read(remade(made(folder), {name: b"x"}))


def test_changed_rows_are_refused(folder: Path) -> None:
    path = made(folder)
    rows = bundle.read(path).rows
    sink = io.BytesIO()
    better = rows.set_column(3, rows.schema.names[3], rows.column(3))
    pq.write_table(better, sink)
    with pytest.raises(StoreError, match="not what the bundle was made with"):
        read(remade(path, {"rows.parquet": sink.getvalue()}))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(folder: Path) -> None:
    path = remade(made(folder), {"manifest.json": b" " * (bundle.MOST_BYTES + 1)})
    assert path.stat().st_size < 1_000_000
    with pytest.raises(StoreError, match="unpack to more"):
        read(path)


def test_a_size_that_lies_is_refused_too(folder: Path) -> None:
    path = remade(made(folder), {"manifest.json": b" " * 5_000_000})
    raw = path.read_bytes()
    short = (5_000_000).to_bytes(4, "little")
    assert raw.count(short) == 2
    path.write_bytes(raw.replace(short, (50).to_bytes(4, "little")))
    with pytest.raises(StoreError):
        read(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip at all", b"\x80\x04pickle"])
def test_other_files_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is no bundle"):
        read(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: rows.drop_columns(["seed"]), "no column 'seed'"),
        (lambda rows: rows.set_column(2, "seed", pa.array(["0"] * rows.num_rows)), "column 'seed' holds"),
        (lambda rows: pa.concat_tables([rows, rows.slice(0, 1)]), "some cell twice"),
    ],
)
def test_a_wrong_schema_is_named(folder: Path, tmp_path: Path, change: Any, says: str) -> None:
    with zipfile.ZipFile(made(folder)) as archive:
        held = pq.read_table(pa.BufferReader(archive.read("rows.parquet")))
    names = held.column_names
    rows = change(
        held.select(["dataset", "method", "seed", *[n for n in names if n not in ("dataset", "method", "seed")]])
    )
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    blob = sink.getvalue()
    import hashlib

    with zipfile.ZipFile(made(folder)) as archive:
        about = json.loads(archive.read("bundle.json"))
    about["sha256"]["rows.parquet"] = hashlib.sha256(blob).hexdigest()
    with pytest.raises(StoreError, match=says):
        read(remade(made(folder), {"rows.parquet": blob, "bundle.json": json.dumps(about).encode()}))


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    with Store(tmp_path):
        pass
    with pytest.raises(StoreError, match="no results yet"):
        bundle_folder(str(tmp_path), None)
    with pytest.raises(StoreError, match="there are no results"):
        bundle_folder(str(tmp_path / "nowhere"), None)


def test_the_reference_fits_in_a_megabyte(tmp_path: Path) -> None:
    reference = Path(__file__).parents[3] / "results" / "reference" / "adbench"
    path = tmp_path / "adbench.zip"
    bundle_folder(str(reference), str(path))
    assert path.stat().st_size < 1_000_000
    own, back = (read(stored).sort_values("cell", ignore_index=True) for stored in (reference, path))
    pd.testing.assert_frame_equal(back.drop(columns=[*MEASURED]), own.drop(columns=[*MEASURED]), check_exact=True)
    for name in MEASURED:
        assert (back[name] / own[name]).between(0.994, 1.006).all()
