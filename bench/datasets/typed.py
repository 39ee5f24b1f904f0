"""Sets with anomaly types, from the user's data folder: NSL-KDD, IoT-23 and two of the competitors' papers.

Their anomalies are far more frequent than real ones, so definitions (``typed.toml``) keep a fixed random
draw of each type, up to a stated share of all rows.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets.local_files import LocalFiles
from bench.datasets.npz import read_npz
from bench.datasets.places import file_sha256
from bench.datasets.stored import RawArrays, stored
from bench.errors import DataError
from bench.types import Dataset, DatasetCard
from reproducibility.streams import generator


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """The table's definitions by name, each with its file's facts merged in."""
    text = resources.files("bench.datasets").joinpath("typed.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return {row["name"]: table["files"][row["of"]] | row for row in table["definitions"]}


def kept(row: dict[str, Any]) -> dict[str, int]:
    """How many rows of each anomaly type a definition keeps.

    A type's share is of all rows that are kept: with the types kept whole counted first, the total T
    solves T = normals + whole + sum(share) * T.
    """
    counts = {name: n for name, n in row["counts"].items() if name != row.get("normal", "normal")}
    types = row.get("types")
    if types is None:
        return counts
    whole = {name: counts[name] for name, share in types.items() if share == "all"}
    shares = {name: share for name, share in types.items() if share != "all"}
    normals = row["counts"][row.get("normal", "normal")]
    total = (normals + sum(whole.values())) / (1 - sum(shares.values()))
    drawn = {name: min(counts[name], round(share * total)) for name, share in shares.items()}
    return {name: (whole | drawn)[name] for name in types}


@cache
def cards() -> dict[str, DatasetCard]:
    """Cards of all definitions by name."""
    return {name: _card(row) for name, row in definitions().items()}


def _card(row: dict[str, Any]) -> DatasetCard:
    types = kept(row)
    return DatasetCard(
        name=row["name"],
        title=row["title"],
        source="typed",
        family=row["family"],
        licence=row["licence"],
        citation=row["citation"],
        url=row["url"],
        rows=row["counts"][row.get("normal", "normal")] + sum(types.values()),
        features=row["features"],
        anomalies=sum(types.values()),
        types=tuple(types) if "types" in row else (),
        sha256=row["sha256"],
        oddities=tuple(row["oddities"]),
    )


def _candidates(card: DatasetCard) -> tuple[str, ...]:
    file = definitions()[card.name]["file"]
    return f"typed/{file}", file


def _absent(card: DatasetCard, file: str) -> str:
    return (
        f"{card.name} is not on this machine and cannot be fetched as one file; point --data-dir or "
        f"MNP_BENCH_DATA at a folder that holds {file} (from {card.url})"
    )


_FILES = LocalFiles(_candidates, _absent)
why_absent = _FILES.why_absent


def load(card: DatasetCard, folder: Path | None) -> Dataset:
    """Load a definition: all normal rows and a fixed random draw of each type, memory-mapped.

    Raises
    ------
    DataError
        The file is missing, is not the pinned one, or cannot be read.
    """
    row = definitions()[card.name]
    path = _FILES.path(card, folder)
    sha256 = file_sha256(path)
    if sha256 != row["sha256"]:
        raise DataError(
            f"{path} has sha256 {sha256[:12]}..., but {card.name} is pinned to {row['sha256'][:12]}...; "
            "put the right file there or use yours as a table of your own"
        )
    origin = {"file": sha256, "definition": [card.name, kept(row)]}
    return stored(origin, lambda: _build(row, path), card, single_precision=True)


def _build(row: dict[str, Any], path: Path) -> RawArrays:
    raw = read_npz(path, row.get("kind"))
    if "types" not in row or raw.anomaly_type is None:
        return raw
    chosen = [np.flatnonzero(raw.y == 0)]
    for type_, count in kept(row).items():
        members = np.flatnonzero(raw.anomaly_type == type_)
        chosen.append(generator("typed", row["name"], type_).permutation(members)[:count])
    rows = np.sort(np.concatenate(chosen))
    return RawArrays(raw.X[rows], raw.y[rows], raw.anomaly_type[rows], raw.feature_names)
