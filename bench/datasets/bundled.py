"""Real data that ship inside scikit-learn, turned into anomaly detection sets: nothing to download.

The definitions are the table ``bundled.toml``; this file only applies it.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets.arrays import make_dataset
from bench.types import Dataset, DatasetCard
from reproducibility.streams import generator


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """The table's rows by name, each with its origin's facts merged in."""
    text = resources.files("bench.datasets").joinpath("bundled.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return {row["name"]: table["origins"][row["origin"]] | row for row in table["definitions"]}


@cache
def cards() -> dict[str, DatasetCard]:
    """Cards of all bundled definitions, by name; read from the table without loading any data."""
    return {name: _card(row) for name, row in definitions().items()}


def _card(row: dict[str, Any]) -> DatasetCard:
    sizes: dict[str, int] = row["sizes"]
    anomalies = sum(row["anomalies"].values())
    return DatasetCard(
        name=row["name"],
        title=row["title"],
        source="bundled",
        family=row["family"],
        licence=row["licence"],
        citation=row["citation"],
        url=row["url"],
        rows=sum(sizes[mode] for mode in row["normals"]) + anomalies,
        features=row["features"],
        anomalies=anomalies,
        modes=len(row["normals"]),
        types=tuple(row["anomalies"]),
        oddities=tuple(row.get("oddities", ())),
    )


def why_absent(_card: DatasetCard, _folder: Path | None) -> None:
    """Never: the data come with scikit-learn."""


def load(card: DatasetCard, _folder: Path | None) -> Dataset:
    """Load scikit-learn's copy, keep all normal rows and a fixed random draw of each anomaly class.

    Raises
    ------
    DataError
        The installed scikit-learn's copy has other sizes than the table says.
    """
    row = definitions()[card.name]
    from sklearn import datasets

    bunch = getattr(datasets, row["loader"])()
    classes = np.asarray([str(name) for name in bunch.target_names])[bunch.target]
    chosen = [np.flatnonzero(np.isin(classes, row["normals"]))]
    for type_, count in row["anomalies"].items():
        members = np.flatnonzero(classes == type_)
        chosen.append(generator("bundled", card.name, type_).permutation(members)[:count])
    rows = np.sort(np.concatenate(chosen))
    y = np.isin(classes[rows], list(row["anomalies"])).astype(np.int8)
    names = tuple(str(name) for name in bunch.feature_names)
    return make_dataset(bunch.data[rows], y, classes[rows], card, names, single_precision=True)
