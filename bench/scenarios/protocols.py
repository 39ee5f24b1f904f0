"""How each protocol cuts a dataset's rows into training, validation and test parts.

No part depends on the label budget or on the contamination level, so curves over either compare like
with like. Rows are numbers into the dataset's arrays; a row may stand twice in a part (copies).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from bench.errors import DataError
from bench.types import Dataset, Scenario
from reproducibility.streams import generator

PAPER_RANDOM_STATE = 2024
PAPER_TEST, PAPER_VALIDATION = 0.35, 0.05
PAPER_LEAST = 3
ADBENCH_TEST, ADBENCH_ROWS, ADBENCH_SMALL = 0.3, 10_000, 1_000
ADBENCH_DRAWS = 1_000


@dataclass(frozen=True, eq=False)
class SplitRows:
    """Row numbers of one cut.

    Attributes
    ----------
    train, test : (m,), (t,) int64
        In the order in which a method sees them.
    label_order : (a,) int64
        Positions in ``train`` of its anomalies, in the order in which a budget labels them.
    val : (v,) int64 or None
        Validation rows, where the protocol has them.
    """

    train: np.ndarray
    test: np.ndarray
    label_order: np.ndarray
    val: np.ndarray | None = None


def strata(dataset: Dataset, rows: np.ndarray) -> list[list[np.ndarray]]:
    """Rows grouped by anomaly type (where these are known), first the normals' groups, then the anomalies'."""
    groups = []
    for label in (0, 1):
        members = rows[dataset.y[rows] == label]
        if dataset.anomaly_type is None:
            groups.append([members])
            continue
        _, which = np.unique(dataset.anomaly_type[members], return_inverse=True)
        order = np.argsort(which, kind="stable")
        groups.append(np.split(members[order], np.flatnonzero(np.diff(which[order])) + 1))
    return groups


def rounded(number: float) -> int:
    """To the nearest whole number, halves up."""
    return int(np.floor(number + 0.5))


def apportion(sizes: list[int], total: int) -> list[int]:
    """Whole shares of groups in proportion to their sizes that sum to ``total``, by largest remainder."""
    quotas = [divmod(size * total, sum(sizes)) for size in sizes]
    shares = [whole for whole, _ in quotas]
    by_remainder = sorted(range(len(sizes)), key=lambda i: -quotas[i][1])
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def weak(dataset: Dataset, rows: np.ndarray, scenario: Scenario, seed: int) -> SplitRows:
    """Split drawn by the seed, stratified by label and, where known, by anomaly type."""
    rng = generator("split", dataset.sha256, "weak", scenario.test_fraction, seed)
    train, test = [], []
    for groups in strata(dataset, rows):
        sizes = [len(group) for group in groups]
        shares = apportion(sizes, rounded(scenario.test_fraction * sum(sizes)))
        for group, share in zip(groups, shares, strict=True):
            drawn = rng.permutation(group)
            test.append(drawn[:share])
            train.append(drawn[share:])
    trained, tested = np.concatenate(train), np.concatenate(test)
    if scenario.duplicated_anomalies > 1:
        trained, tested = (with_copies(part, dataset.y, scenario, rng) for part in (trained, tested))
    # Shuffled, or the position of a row would tell its class.
    trained, tested = rng.permutation(trained), rng.permutation(tested)
    return SplitRows(trained, tested, rng.permutation(np.flatnonzero(dataset.y[trained] == 1)))


def paper(dataset: Dataset, rows: np.ndarray, scenario: Scenario, _seed: int) -> SplitRows:
    """The MNP authors' split: 60/5/35, always the same; seeds vary the model only.

    Normals and anomalies (each anomaly type, when some types are to be unseen) are split apart, rest
    from train first, then validation from test. The training anomalies are labelled in the order they
    come in.
    """
    from sklearn.model_selection import train_test_split

    rest = PAPER_TEST + PAPER_VALIDATION
    by_kind = strata(dataset, rows) if scenario.known_types else None
    normals = rows[dataset.y[rows] == 0]
    groups = [normals, *(by_kind[1] if by_kind else [rows[dataset.y[rows] == 1]])]
    train, val, test = [], [], []
    smallest = min(len(group) for group in groups)
    if smallest < PAPER_LEAST:
        raise DataError(
            "the paper protocol splits each class (and each type, with known_types) in three, but the "
            f"smallest has {smallest} rows; it needs {PAPER_LEAST}"
        )
    for group in groups:
        kept, held = train_test_split(group, test_size=rest, random_state=PAPER_RANDOM_STATE)
        test_rows, val_rows = train_test_split(held, test_size=PAPER_VALIDATION / rest, random_state=PAPER_RANDOM_STATE)
        train.append(kept)
        val.append(val_rows)
        test.append(test_rows)
    trained = np.concatenate(train)
    return SplitRows(trained, np.concatenate(test), np.flatnonzero(dataset.y[trained] == 1), np.concatenate(val))


def adbench(dataset: Dataset, rows: np.ndarray, scenario: Scenario, seed: int) -> SplitRows:
    """ADBench's split: at most 10,000 rows, 70/30 stratified; the same rows as its own code draws.

    ADBench seeds numpy's legacy generator and draws subsample, split, copies and labels from it in
    this order; so does this function, from a legacy generator of its own. A subsample with fewer than
    two rows of a class is drawn again.
    """
    from sklearn.model_selection import train_test_split

    legacy = np.random.RandomState(seed)
    if scenario.bootstrap_small and len(rows) < ADBENCH_SMALL:
        rows = rows[legacy.choice(np.arange(len(rows)), ADBENCH_SMALL, replace=True)]
    limit = scenario.max_rows or ADBENCH_ROWS
    if len(rows) > limit:
        drawn = rows[legacy.choice(np.arange(len(rows)), limit, replace=False)]
        for _ in range(ADBENCH_DRAWS):
            if np.bincount(dataset.y[drawn], minlength=2).min() >= 2:
                break
            drawn = rows[legacy.choice(np.arange(len(rows)), limit, replace=False)]
        rows = drawn
    if np.bincount(dataset.y[rows], minlength=2).min() < 2:
        raise DataError("the adbench protocol needs two rows of each class after subsampling; use a larger set")
    train, test = train_test_split(
        rows, test_size=ADBENCH_TEST, shuffle=True, stratify=dataset.y[rows], random_state=legacy
    )
    if scenario.duplicated_anomalies > 1:
        shuffler = random.Random(seed)
        train, test = (with_copies(part, dataset.y, scenario, legacy) for part in (train, test))
        shuffler.shuffle(train)  # type: ignore[arg-type]
        shuffler.shuffle(test)  # type: ignore[arg-type]
    anomalies = np.flatnonzero(dataset.y[train] == 1)
    return SplitRows(train, test, legacy.permutation(anomalies))


def with_copies(
    rows: np.ndarray, y: np.ndarray, scenario: Scenario, rng: np.random.RandomState | np.random.Generator
) -> np.ndarray:
    """ADBench's duplicated anomalies: t times as many anomalies, drawn with replacement from the part."""
    normals, anomalies = rows[y[rows] == 0], rows[y[rows] == 1]
    copies = rng.choice(anomalies, len(anomalies) * scenario.duplicated_anomalies)
    return np.concatenate([normals, copies])


PROTOCOLS = {"weak": weak, "paper": paper, "adbench": adbench}
