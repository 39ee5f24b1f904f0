"""What a bundle's rows become and come back as: keys, metrics to the bit, three digits of what was measured, small."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.app.bundle import bundle_folder
from bench.errors import StoreError
from bench.json_values import json_text
from bench.methods import get, source_hash
from bench.planning import identity
from bench.planning.recipes import recipes
from bench.store import bundle, manifest, packed, read, reading, schema
from bench.store.fractions import LARGEST, fractions, values_of
from bench.store.packed import Recipe
from tests.bench.leaderboard.made_up import folder, frame

METRICS = ["average_precision", "auc_roc", "auc_pr_trapezoid"]


def bits(values: np.ndarray) -> list[int]:
    whole: list[int] = np.asarray(values, dtype=np.float64).view(np.int64).tolist()
    return whole


def recipe(name: str) -> Recipe:
    content = identity.content("", identity.scenario_of("{}"), get(name), {}, source_hash(get(name)), 0)
    return Recipe(
        name, "{}", {k: v for k, v in content.items() if k in ("protocol_version", "method", "params", "source")}
    )


def keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the keys that today's code gives."""
    keys = [
        identity.cell_key(
            identity.content(
                row["dataset_sha256"],
                identity.scenario_of(row["scenario"]),
                get(row["method"]),
                {},
                source_hash(get(row["method"])),
                row["seed"],
                row["dataset"],
            )
        )
        for row in rows.to_dict("records")
    ]
    return rows.assign(cell=keys)


def table(rows: pd.DataFrame) -> pa.Table:
    fields = {**dict.fromkeys(schema.metric_names(rows.columns), pa.float64()), **schema.FIXED}
    made = pa.Table.from_pandas(rows[schema.ordered(set(rows.columns))], preserve_index=False)
    return made.cast(pa.schema([(name, fields[name]) for name in made.column_names]))


@pytest.mark.parametrize("steps", [-2, 0, 1])
def test_counts_come_back_to_the_bit(steps: int) -> None:
    draw = np.random.default_rng(0)
    below = draw.integers(1, LARGEST, 3000)
    exact = draw.integers(0, below + 1) / below
    values = np.where((exact > 0) & (exact < 1), (exact.view(np.int64) + steps).view(np.float64), exact)
    packed_values = fractions(values)
    assert (packed_values[1] > 0).mean() > 0.99
    assert bits(np.where(packed_values[1] > 0, values_of(*packed_values), values)) == bits(values)


def test_whatever_a_column_holds_comes_back_to_the_bit() -> None:
    draw = np.random.default_rng(1)
    odd = [
        0.0,
        -0.0,
        1.0,
        np.nan,
        np.inf,
        -np.inf,
        -0.5,
        1.5,
        5e-324,
        1e-300,
        1 - 2**-53,
        2**-53,
        0.5,
        1 / 3,
        np.nextafter(0, 1),
        np.nextafter(1, 2),
    ]
    values = np.concatenate([odd, draw.uniform(size=2000), draw.uniform(size=2000) ** 30, draw.normal(size=500)])
    packed_values = fractions(values)
    assert bits(np.where(packed_values[1] > 0, values_of(*packed_values), values)) == bits(values)


def mixed() -> pd.DataFrame:
    """Keys of today's code, keys that nobody can make again, failures, equal metrics, an AUC that counts."""
    rows = pd.concat(
        [keyed(frame(6, 3, methods=("mnp", "devnet"))), frame(6, 3, methods=("iforest",))], ignore_index=True
    )
    draw = np.random.default_rng(2)
    rows["auc_roc"] = draw.integers(0, 40 * 160 + 1, len(rows)) / (40 * 160)
    rows["precision_at_k"] = rows["recall_at_k"] = draw.integers(0, 11, len(rows)) / 10
    rows.loc[4, [*METRICS, "precision_at_k", "recall_at_k", "fit_seconds"]] = np.nan
    rows.loc[4, ["status", "error"]] = ["failed", "it broke"]
    rows["fit_seconds"] *= draw.uniform(0.001, 1000, len(rows))
    return rows


def test_rows_come_back_to_the_bit_but_for_times_and_memory() -> None:
    rows = table(mixed())
    small = packed.pack(rows, [recipe("mnp"), recipe("devnet")], set(rows["dataset"].to_pylist()))
    keys = small["cell"].to_pylist()
    assert keys.count("") == 36 and all(len(key) == 64 for key in keys if key)
    assert "recall_at_k" not in small.column_names and "auc_roc/numerator" in small.column_names
    back = packed.unpack(small)
    assert back.column_names == rows.column_names
    for name in rows.column_names:
        if name in packed.MEASURED:
            theirs = rows[name].to_numpy()
            assert np.array_equal(back[name].to_numpy(), [float(f"{value:.3g}") for value in theirs], equal_nan=True)
        elif pa.types.is_floating(rows[name].type):
            assert bits(back[name].to_numpy()) == bits(rows[name].to_numpy()), name
        else:
            assert back[name].equals(rows[name]), name


@pytest.mark.parametrize("value", [0.0, 1e-30, 1e-9, 0.00123456, 0.9999, 1.0, 999.9, 123456.0])
def test_a_measured_number_keeps_three_digits(value: float) -> None:
    assert packed._value(packed._code(value)) == (float(f"{value:.3g}") if value > 1e-20 else 0.0)


def test_a_folder_of_todays_code_needs_no_keys_and_gives_them_back(tmp_path: Path) -> None:
    rows = mixed()
    path = folder(tmp_path / "run", rows)
    bundle_folder(path, str(tmp_path / "b.zip"))
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        stored = pq.read_table(pa.BufferReader(archive.read("rows.parquet")))
    assert stored["cell"].to_pylist().count("") == 36
    assert sorted(read(tmp_path / "b.zip")["cell"]) == sorted(rows["cell"])


def test_a_code_that_only_the_manifest_names_gives_its_keys_too(tmp_path: Path) -> None:
    older = "e" * 64
    content = {**recipe("mnp").content, "source": older}
    made = recipes([("mnp", "{}"), ("nobody", "{}")], {"runs": [{"methods": {"mnp": older}}]})
    assert [entry.content["source"] for entry in made] == [source_hash(get("mnp")), older]
    assert made[1].content == content


def test_a_bundle_of_the_first_format_is_read(tmp_path: Path) -> None:
    path = folder(tmp_path / "run", mixed())
    rows = reading.rows_of(path)
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink)
    members = {
        "manifest.json": (Path(path) / "manifest.json").read_bytes(),
        "rows.parquet": sink.getvalue().to_pybytes(),
    }
    hashes = {name: hashlib.sha256(blob).hexdigest() for name, blob in members.items()}
    about = {"format": 1, "name": "run", "cells": rows.num_rows, "sha256": hashes}
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        for name, blob in {"bundle.json": json.dumps(about).encode(), **members}.items():
            archive.writestr(name, blob)
    pd.testing.assert_frame_equal(read(tmp_path / "old.zip"), read(path))


def resealed(path: Path, rows: pa.Table) -> Path:
    """The bundle with other rows and the hash that belongs to them."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    members["rows.parquet"] = sink.getvalue()
    about = json.loads(members["bundle.json"])
    about["sha256"]["rows.parquet"] = hashlib.sha256(sink.getvalue()).hexdigest()
    members["bundle.json"] = json.dumps(about).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, blob in members.items():
            archive.writestr(name, blob)
    return path


@pytest.mark.parametrize(
    "wrong",
    [
        "no note",
        "not JSON",
        "a list",
        "no such recipe",
        "another method's",
        "no such column",
        "bad scenario",
        "text for a number",
    ],
)
def test_rows_that_were_made_by_hand_are_refused_in_a_sentence(tmp_path: Path, wrong: str) -> None:
    path = folder(tmp_path / "run", mixed())
    bundle_folder(path, str(tmp_path / "b.zip"))
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        rows = pq.read_table(pa.BufferReader(archive.read("rows.parquet")))
    note = json.loads(rows.schema.metadata[packed.NOTE])
    changed = {
        "no note": lambda: rows.replace_schema_metadata(None),
        "not JSON": lambda: rows.replace_schema_metadata({packed.NOTE: "{"}),
        "a list": lambda: rows.replace_schema_metadata({packed.NOTE: "[]"}),
        "no such recipe": lambda: rows.replace_schema_metadata({packed.NOTE: json_text({**note, "recipes": []})}),
        "another method's": lambda: rows.replace_schema_metadata(
            {packed.NOTE: json_text({**note, "recipes": note["recipes"][::-1]})}
        ),
        "no such column": lambda: rows.replace_schema_metadata(
            {packed.NOTE: json_text({**note, "same": {"recall_at_k": "nothing"}})}
        ),
        "bad scenario": lambda: rows.set_column(
            rows.column_names.index("scenario"), "scenario", pa.array(["{"] * len(rows))
        ),
        "text for a number": lambda: rows.set_column(
            rows.column_names.index("recipe"), "recipe", pa.array(["0"] * len(rows))
        ),
    }[wrong]()
    with pytest.raises(StoreError, match=r"b\.zip"):
        read(resealed(tmp_path / "b.zip", changed))


def test_thirty_thousand_cells_are_less_than_a_megabyte(record_property: Callable[[str, object], None]) -> None:
    draw = np.random.default_rng(3)
    names = [f"method-{number}" for number in range(20)]
    made = frame(300, 5, names)
    n, hits = len(made), draw.integers(1, 41, len(made))
    made = made.assign(
        average_precision=draw.uniform(size=n), auc_pr_trapezoid=draw.uniform(size=n), auc_roc=draw.integers(1, 40 * 160, n) / (40 * 160),
        best_f1=2 * hits / (40 + hits + draw.integers(0, 100, n)), precision_at_k=draw.integers(0, 11, n) / 10,
        fit_seconds=draw.lognormal(0, 2, n), score_seconds=draw.lognormal(-4, 2, n), peak_memory_mb=draw.uniform(200, 900, n),
    )  # fmt: skip
    known = [
        Recipe(
            name,
            "{}",
            {"method": name, "params": {}, "protocol_version": 1, "source": hashlib.sha256(name.encode()).hexdigest()},
        )
        for name in names
    ]
    by_name = {entry.method: entry.content for entry in known}
    made["cell"] = [
        identity.cell_key(
            {
                **by_name[row["method"]],
                "dataset": row["dataset_sha256"],
                "scenario": json.loads(row["scenario"]),
                "seed": row["seed"],
            }
        )
        for row in made.to_dict("records")
    ]
    rows = table(made)
    size = len(bundle.pack("large", rows, {"runs": [manifest.collect("", "run")]}, known))
    record_property("bytes", size)
    print(f"{n:,} cells: {size:,} bytes")
    assert size < 1_000_000
    assert len(bundle.pack("large", rows, {"runs": []})) > 1_500_000  # with keys that nobody can make again
