"""OddBench: 759 real tables of macrOData (2026), each from another public repository.

Their facts are the tables ``oddbench.csv`` and ``oddbench_kin.toml``. The files' own parts are for one-class use
(``train`` holds normal rows only), so both are pooled here and the protocols cut. Nothing is ever unpickled.
"""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib import resources
from pathlib import Path
from urllib.parse import quote

import numpy as np

from bench.datasets import adbench
from bench.datasets.halves import in_development
from bench.datasets.local_files import LocalFiles
from bench.datasets.npz import open_npz, plain_field
from bench.datasets.oddbench_kin import column_names, kinships, rounded_columns
from bench.datasets.pins import require_pinned
from bench.datasets.places import file_sha256
from bench.datasets.sources import Collection
from bench.datasets.stored import RawArrays, stored
from bench.types import Dataset, DatasetCard

PAPER = "OddBench, part of macrOData (2026), arXiv:2602.09329"
LICENCE = "not stated by the collection; see the source"
COMMIT = "99aebce03692d1a21a4e9ccaac097fe2cc73eceb"
#: Upstream's folder; a file's name follows.
MIRRORS = (f"https://raw.githubusercontent.com/psorus/Outformer/{COMMIT}/benchmarks/oddbench/",)
#: Arrays that are read. The other fields of a file are facts, which the table has.
NEEDED = ("train", "train_labels", "test", "test_labels")


@cache
def _rows() -> dict[str, dict[str, str]]:
    text = resources.files("bench.datasets").joinpath("oddbench.csv").read_text(encoding="utf-8")
    return {f"oddbench/{row['name']}": row for row in csv.DictReader(io.StringIO(text))}


@cache
def cards() -> dict[str, DatasetCard]:
    """All cards by name: ``oddbench/AustinCrime``, ..."""
    return {name: _card(name, row) for name, row in _rows().items()}


def _card(name: str, row: dict[str, str]) -> DatasetCard:
    kinship = kinships().get(row["name"])
    return DatasetCard(
        name=name,
        title=f'{row["origin"]}: anomalies are rows with {row["label"]} = "{row["anomalous"]}"',
        source="oddbench",
        family=kinship.family if kinship else name,
        licence=LICENCE,
        citation=f"{PAPER}; the table is from github.com/{row['source'].partition('/blob/')[0]}",
        url=f"https://github.com/{quote(row['source'], safe='/%')}",
        rows=int(row["rows"]),
        features=int(row["features"]),
        anomalies=int(row["anomalies"]),
        modes=int(row["modes"]),
        sha256=row["sha256"],
        oddities=_oddities(row),
        origin=row["origin"],
        forest_auc=float(row["forest_auc"]),
        iforest_auc=float(row["iforest_auc"]),
    )


def _oddities(row: dict[str, str]) -> tuple[str, ...]:
    duplicates = float(row["duplicates"])
    kinship = kinships().get(row["name"])
    names = column_names().get(row["name"], "")
    told = (
        (kinship is not None, kinship.shares if kinship else ""),
        (
            duplicates >= 0.01,
            f"{100 * duplicates:.0f}% of the rows repeat another row and can fall on both sides of a split",
        ),
        (int(row["anomalies"]) > 0.2 * int(row["rows"]), "the anomalies are a large class"),
        (int(row["anomalies"]) < 50, f"{row['anomalies']} anomalies are few to label and test"),
        (bool(row["identifiers"]), f"identifiers (by name and values): {row['identifiers']}"),
        (bool(row["times"]), f"times (by name and values): {row['times']}"),
        (
            bool(row["offsets"]),
            f"large offsets (float32 would merge values, or the range is under 1% of the values): {row['offsets']}",
        ),
        (
            row["name"] in rounded_columns(),
            "double precision rounds these whole numbers, none to the value of another: "
            + rounded_columns().get(row["name"], ""),
        ),
        (bool(names), names),
    )
    return tuple(text for holds, text in told if holds)


def collections() -> dict[str, Collection]:
    """The collections of this source; ``development`` and ``report`` are halves of ``given``."""
    rows = _rows()
    given = tuple(name for name, row in rows.items() if row["given"] == "1")
    half = _in_development(given)
    return {
        "": Collection("all sets of OddBench", tuple(rows)),
        "eligible": Collection(
            "at least 50 anomalies and 500 normals, a forest with all labels at AUC-ROC .65 to .9995, "
            "under half duplicates (counted below 60,000 rows only)",
            tuple(name for name, row in rows.items() if row["eligible"] == "1"),
        ),
        "given": Collection("the eligible sets that the reference results are computed on", given),
        "development": Collection("the half of given that methods may be tuned on", _having(half, True)),
        "report": Collection("the other half of given, for results only", _having(half, False)),
        "further": Collection(
            "the eligible sets of families that neither given nor ADBench has: nothing here was developed on them",
            _of_other_families(tuple(name for name, row in rows.items() if row["eligible"] == "1"), given),
        ),
    }


def _of_other_families(names: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    known = {card.family for card in adbench.cards().values()} | {cards()[name].family for name in given}
    return tuple(name for name in names if cards()[name].family not in known)


def _in_development(given: tuple[str, ...]) -> dict[str, bool]:
    """The half of each given set, families whole: as ADBench's set of its family, else where one of the family was."""
    halves = adbench.collections()
    family = {name: cards()[name].family for name in given}
    known = {
        adbench.cards()[name].family: half == "development"
        for half in ("development", "report")
        for name in halves[half].members
    }
    kin: dict[str, list[str]] = {}
    for name in given:
        kin.setdefault(family[name], []).append(_rows()[name]["name"])
    own = {
        text: known[text] if text in known else any(in_development([name]) for name in names)
        for text, names in kin.items()
    }
    return {name: own[family[name]] for name in given}


def _having(half: dict[str, bool], value: bool) -> tuple[str, ...]:
    return tuple(name for name, development in half.items() if development is value)


def _candidates(card: DatasetCard) -> tuple[str, ...]:
    """Where the file may lie in a folder: as cached here, or as in a copy of upstream's repository."""
    file = f"{card.name.removeprefix('oddbench/')}.npz"
    return f"oddbench/{file}", f"benchmarks/oddbench/{file}", file


def urls(card: DatasetCard) -> tuple[str, ...]:
    """Download addresses, best first."""
    return tuple(mirror + _candidates(card)[-1] for mirror in MIRRORS)


_FILES = LocalFiles(_candidates)
target = _FILES.target
why_absent = _FILES.why_absent


def load(card: DatasetCard, folder: Path | None) -> Dataset:
    """Load a set from the user's folder or cache, both of its parts pooled, memory-mapped; never from the network.

    ``anomaly_type`` names the normal modes where the file has several groups of normal rows; else it is None.

    Raises
    ------
    DataError
        The file is missing, is not the pinned one, or cannot be read.
    """
    path = _FILES.path(card, folder)
    sha256 = file_sha256(path)
    require_pinned(card, path, sha256)
    rounds = card.name.removeprefix("oddbench/") in rounded_columns()
    return stored({"file": sha256, "pooled": "train, test"}, lambda: _pooled(path, rounds), card)


def _pooled(path: Path, rounds: bool) -> RawArrays:
    """Rows of both parts, train first; fields that would need unpickling are not read.

    ``rounds``: whole numbers that double precision cannot hold are rounded, as the card says, instead of refused.
    """
    with open_npz(path, NEEDED) as archive:
        X = np.concatenate([archive["train"], archive["test"]], dtype=np.float64 if rounds else None)
        y = np.concatenate([archive["train_labels"], archive["test_labels"]])
        return RawArrays(X, y, _modes(archive, y), _feature_names(archive, X.shape[1]))


def _modes(archive: np.lib.npyio.NpzFile, y: np.ndarray) -> np.ndarray | None:
    """The name of each normal row's group where there are several groups, "anomaly" for the other rows."""
    groups = [plain_field(archive, name) for name in ("train_groups", "test_groups")]
    if any(part is None for part in groups):
        return None
    group = np.where(y == 1, 0, np.concatenate([part for part in groups if part is not None])).astype(int)
    count = int(group.max()) + 1
    if count < 2:
        return None
    values = plain_field(archive, "normal_feature_values")
    names = [] if values is None else [" ".join(str(value).split()) for value in values]
    if len(set(names)) != count:
        names = [f"mode {i}" for i in range(count)]
    return np.where(y == 1, "anomaly", np.asarray(names)[group])


def _feature_names(archive: np.lib.npyio.NpzFile, features: int) -> tuple[str, ...]:
    values = plain_field(archive, "feature_names")
    names = () if values is None else tuple(" ".join(str(name).split()) for name in values)
    return names if len(names) == features else ()
