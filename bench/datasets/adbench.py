"""ADBench's sets: the 47 Classical ones and its features of images and texts.

Their facts are the tables ``adbench.csv`` and ``adbench_features.toml``.
"""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from bench.datasets.halves import in_development
from bench.datasets.local_files import LocalFiles
from bench.datasets.npz import read_npz
from bench.datasets.pins import require_pinned
from bench.datasets.places import file_sha256
from bench.datasets.sources import Collection
from bench.datasets.stored import stored
from bench.types import Dataset, DatasetCard

PAPER = "Han, Hu, Huang, Jiang & Zhao (2022), ADBench: Anomaly Detection Benchmark, NeurIPS"
LICENCE = "BSD 2-Clause (ADBench repository); the origin's own terms apply to the data"
#: Upstream places, best first; a file's path below ``adbench/`` follows.
MIRRORS = (
    "https://github.com/Minqi824/ADBench/raw/main/adbench/datasets/",
    "https://jihulab.com/BraudoCC/ADBench_datasets/-/raw/339d2ab2d53416854f6535442a67393634d1a778/",
)
#: A rebuild of 3_backdoor from the UNSW-NB15 tables: same rows and columns, not upstream's bytes.
BACKDOOR_REBUILD = "896ca6c7c9b0ad5e7369bdc324095f4967806b7b2a80c648db854619bcfe2490"


#: Sets that share a half, as they share their origin: wider than the families of the statistics.
KIN = (
    ("satellite", "satimage-2", "landsat"),
    ("cardio", "Cardiotocography"),
    ("WBC", "breastw", "WDBC", "WPBC"),
    ("annthyroid", "thyroid"),
    ("optdigits", "mnist", "pendigits"),
    ("http", "smtp"),
)


@cache
def cards() -> dict[str, DatasetCard]:
    """All cards by name: ``adbench/38_thyroid``, ``adbench/CV_by_ViT/SVHN_0``, ..."""
    return {card.name: card for card in (*_classical(), *_features())}


def _text(name: str) -> str:
    return resources.files("bench.datasets").joinpath(name).read_text(encoding="utf-8")


def _classical() -> list[DatasetCard]:
    return [_classical_card(row) for row in csv.DictReader(io.StringIO(_text("adbench.csv")))]


def _classical_card(row: dict[str, str]) -> DatasetCard:
    rows, anomalies = int(row["rows"]), int(row["anomalies"])
    oddities = []
    if row["duplicates"] and int(row["duplicates"]) >= 0.01 * rows:
        share = round(100 * int(row["duplicates"]) / rows)
        oddities.append(f"{row['duplicates']} rows ({share}%) repeat another row and can fall on both sides of a split")
    if row["mixed"] and int(row["mixed"]):
        oddities.append(f"{row['mixed']} rows have an identical row with the other label")
    if row["constant"] and int(row["constant"]):
        oddities.append(f"{row['constant']} constant columns")
    if anomalies > 0.2 * rows:
        oddities.append(f"the anomalies are a large class ({round(100 * anomalies / rows)}% of the rows)")
    if rows < 1000:
        oddities.append("ADBench's own runs draw 1,000 rows with replacement before the split, so copies are tested")
    if row["name"] == "3_backdoor":
        oddities.append(
            "upstream's hash is not known here; a rebuild from the UNSW-NB15 tables, on which the above was "
            "counted, is accepted too"
        )
    elif not row["sha256"]:
        oddities.append("upstream's hash is not known here; the first download that reads well is pinned")
    return DatasetCard(
        name=f"adbench/{row['name']}",
        title=row["topic"][0].upper() + row["topic"][1:],
        source="adbench",
        family=row["family"],
        licence=LICENCE,
        citation=f"{row['citation']}; via {row['origin']} and {PAPER}",
        url=row["url"],
        rows=rows,
        features=int(row["features"]),
        anomalies=anomalies,
        sha256=row["sha256"] or None,
        origin=row["origin"],
        oddities=tuple(oddities),
        superseded_by=f"adbench/{row['superseded_by']}" if row["superseded_by"] else None,
    )


def _features() -> list[DatasetCard]:
    table = tomllib.loads(_text("adbench_features.toml"))
    made = []
    for folder in table["folders"]:
        for corpus in (table["corpora"][name] for name in folder["corpora"]):
            made += [
                DatasetCard(
                    name=f"adbench/{folder['name']}/{part}",
                    title=f"{corpus['title']}, {folder['features']}",
                    source="adbench",
                    family=corpus["family"],
                    licence=LICENCE,
                    citation=f"{corpus['citation']}; via {PAPER}",
                    url=corpus["url"],
                    oddities=(
                        corpus["sizes"],
                        "upstream's hash is not known here; the first download that reads well is pinned",
                    ),
                )
                for part in corpus["files"]
            ]
    return made


def bare(name: str) -> str:
    """A set's name without source and number: ``thyroid`` for ``adbench/38_thyroid``."""
    return name.removeprefix("adbench/").partition("_")[2]


def collections() -> dict[str, Collection]:
    """The collections of this source; ``development`` and ``report`` are halves of the pinned sets."""
    every = cards()
    classical = [name for name in every if name.count("/") == 1]
    pinned = [name for name in classical if every[name].sha256]
    half = {name: in_development(next((kin for kin in KIN if bare(name) in kin), (bare(name),))) for name in pinned}
    named = {
        "": Collection("the Classical sets", tuple(classical)),
        "classical": Collection("the Classical sets", tuple(classical)),
        "given": Collection(
            "the Classical sets of the reference results: all but census, fraud and speech",
            tuple(name for name in classical if every[name].sha256 or name == "adbench/3_backdoor"),
        ),
        "development": Collection(
            "the half of the pinned Classical sets that methods may be tuned on",
            tuple(name for name, development in half.items() if development),
        ),
        "report": Collection(
            "the other half of the pinned Classical sets, for results only",
            tuple(name for name, development in half.items() if not development),
        ),
    }
    for folder in tomllib.loads(_text("adbench_features.toml"))["folders"]:
        names = tuple(name for name in every if name.startswith(f"adbench/{folder['name']}/"))
        named[folder["name"]] = Collection(f"images or texts as {folder['features']}", names)
    return named


def file_of(card: DatasetCard) -> str:
    """Upstream's path of the set's file: ``Classical/38_thyroid.npz``."""
    below = card.name.removeprefix("adbench/")
    return f"{below}.npz" if "/" in below else f"Classical/{below}.npz"


def _candidates(card: DatasetCard) -> tuple[str, ...]:
    """Where the file may lie in a folder: as cached here, or as in a copy of upstream's repository."""
    path = file_of(card)
    return (
        f"adbench/{path.removeprefix('Classical/')}",
        f"adbench/{path}",
        path,
        path.removeprefix("Classical/"),
    )


def urls(card: DatasetCard) -> tuple[str, ...]:
    """Download addresses, best first."""
    return tuple(mirror + file_of(card) for mirror in MIRRORS)


_FILES = LocalFiles(_candidates)
target = _FILES.target
why_absent = _FILES.why_absent


def load(card: DatasetCard, folder: Path | None) -> Dataset:
    """Load a set from the user's folder or cache, memory-mapped; never from the network.

    Raises
    ------
    DataError
        The file is missing, is not the one that is pinned, or cannot be read.
    """
    path = _FILES.path(card, folder)
    sha256 = file_sha256(path)
    card = accept(card, path, sha256)
    return stored({"file": sha256}, lambda: read_npz(path), card, single_precision=True)


def accept(card: DatasetCard, path: Path, sha256: str) -> DatasetCard:
    """The card, if the file's hash is a known one; a known rebuild is named as such.

    Raises
    ------
    DataError
        Another hash is pinned.
    """
    if card.name == "adbench/3_backdoor" and sha256 == BACKDOOR_REBUILD:
        note = "this copy is a rebuild from the UNSW-NB15 tables, not upstream's file"
        return replace(card, title=f"{card.title} (rebuild)", oddities=(*card.oddities[:-1], note))
    require_pinned(card, path, sha256)
    return card
