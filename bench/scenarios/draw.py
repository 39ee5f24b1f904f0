"""``split``: the pure function (dataset, scenario, seed) -> Split."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from bench.errors import DataError
from bench.scenarios import noise
from bench.scenarios.labels import Revealed, reveal
from bench.scenarios.protocols import PAPER_RANDOM_STATE, PROTOCOLS, SplitRows, apportion, strata
from bench.scenarios.reasons import reasons
from bench.types import Dataset, Scenario, Split


def split(dataset: Dataset, scenario: Scenario, seed: int) -> Split:
    """Draw the arrays of one run.

    Parameters
    ----------
    dataset : Dataset
    scenario : Scenario
    seed : int
        Draws the split and the labels (under ``paper`` both are fixed).

    Returns
    -------
    Split
        Equal arguments give equal arrays. Splits of one dataset share its feature array unless the
        scenario changes features or adds rows.

    Raises
    ------
    DataError
        The dataset cannot supply it; ``problems`` says so beforehand.
    """
    if wrong := reasons(dataset, scenario):
        raise DataError(f"{dataset.name}: {'; '.join(wrong)}")
    rows, revealed = outline(dataset, scenario, seed)
    X, number = _base(dataset, _cut_fields(scenario), seed)
    train = rows.train[revealed.kept]
    y_train, truth = revealed.y, dataset.y[train]
    train = number(train)
    if revealed.fill:
        known = scenario.known_types if scenario.unseen_only else ()
        # Rounded up to a power of two, so that neighbouring levels share one array.
        filled = _filled(dataset, _cut_fields(scenario), known, seed, 1 << (revealed.fill - 1).bit_length())
        made = len(X) + np.arange(revealed.fill)
        # Copies go to random places among the rows that are there, whose own order stays.
        rng = noise.noise_stream(dataset, "places of perturbed anomalies", _stream_seed(scenario, seed))
        positions = np.sort(rng.integers(len(train) + 1, size=len(made)))
        train = np.insert(train, positions, made)
        y_train = np.insert(y_train, positions, 0)
        truth = np.insert(truth, positions, 1)
        X = filled
    val = _validation(rows, dataset, scenario)
    return Split(
        X=X,
        train=train,
        y_train=y_train,
        test=number(rows.test),
        y_test=dataset.y[rows.test],
        truth_train=truth,
        anomaly_type_test=None if dataset.anomaly_type is None else dataset.anomaly_type[rows.test],
        val=None if val is None else number(val),
        y_val=None if val is None else dataset.y[val],
    )


def outline(dataset: Dataset, scenario: Scenario, seed: int) -> tuple[SplitRows, Revealed]:
    """The rows of a split and their roles, without touching features; raises DataError as ``split`` does."""
    rows = _cut(dataset, _cut_fields(scenario), seed)
    y = dataset.y[rows.train]
    if len(np.unique(dataset.y[rows.test])) < 2 or len(np.unique(y)) < 2:
        raise DataError("the training or the test part lacks a class; use a larger set or other fractions")
    if scenario.known_types and not _unseen(dataset, scenario, rows.test).any():
        raise DataError("the test part holds no anomaly of an unseen type; name fewer known_types")
    anomaly_type = None if dataset.anomaly_type is None else dataset.anomaly_type[rows.train]
    rng = noise.noise_stream(dataset, "false labels", _stream_seed(scenario, seed))
    return rows, reveal(rows, y, anomaly_type, scenario, rng)


def _stream_seed(scenario: Scenario, seed: int) -> int:
    return PAPER_RANDOM_STATE if scenario.protocol == "paper" else seed


def _cut_fields(scenario: Scenario) -> Scenario:
    """The scenario with everything reset that must not move a row between training and test."""
    known = scenario.known_types if scenario.protocol == "paper" else ()
    return replace(
        scenario,
        label_budget=1,
        contamination=None,
        contamination_fill="refuse",
        known_types=known,
        unseen_only=False,
        label_noise=0.0,
    )


@lru_cache(maxsize=16)
def _cut(dataset: Dataset, scenario: Scenario, seed: int) -> SplitRows:
    rows = noise.distinct(dataset) if scenario.drop_duplicates else np.arange(len(dataset.y))
    limit = scenario.max_rows
    if limit is not None and len(rows) > limit and scenario.protocol != "adbench":
        groups = strata(dataset, rows)
        classes = apportion([sum(map(len, group)) for group in groups], limit)
        shares = [apportion([len(g) for g in group], n) for group, n in zip(groups, classes, strict=True)]
        rng = noise.noise_stream(dataset, "subsample", _stream_seed(scenario, seed))
        rows = noise.subsample(groups, shares, rng)
    split_rows = PROTOCOLS[scenario.protocol](dataset, rows, scenario, seed)
    for array in (split_rows.train, split_rows.test, split_rows.label_order, split_rows.val):
        if array is not None:
            array.setflags(write=False)  # shared by many splits
    return split_rows


class _RowNumbers:
    """Numbers of dataset rows in a base array that holds only some of them."""

    def __init__(self, used: np.ndarray | None) -> None:
        self.used = used

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return rows if self.used is None else np.searchsorted(self.used, rows)


@lru_cache(maxsize=4)
def _base(dataset: Dataset, scenario: Scenario, seed: int) -> tuple[np.ndarray, _RowNumbers]:
    """The feature array that splits of this cut share, and how dataset rows are numbered in it."""
    if not scenario.irrelevant_features:
        return dataset.X, _RowNumbers(None)
    rows = _cut(dataset, scenario, seed)
    used = np.unique(np.concatenate([rows.train, rows.test, *([] if rows.val is None else [rows.val])]))
    rng = noise.noise_stream(dataset, "irrelevant features", _stream_seed(scenario, seed))
    X = noise.irrelevant(np.asarray(dataset.X[used]), scenario.irrelevant_features, rng)
    X.setflags(write=False)
    return X, _RowNumbers(used)


@lru_cache(maxsize=4)
def _filled(dataset: Dataset, scenario: Scenario, types: tuple[str, ...], seed: int, count: int) -> np.ndarray:
    """The shared feature array with ``count`` perturbed training anomalies (of these types, if any) below it."""
    X, number = _base(dataset, scenario, seed)
    train = _cut(dataset, scenario, seed).train
    sources = train[dataset.y[train] == 1]
    if types and dataset.anomaly_type is not None:
        sources = sources[np.isin(dataset.anomaly_type[sources], types)]
    rng = noise.noise_stream(dataset, "perturbed anomalies", _stream_seed(scenario, seed))
    X = np.concatenate([X, noise.perturbed(X[number(sources)], count, rng)])
    X.setflags(write=False)
    return X


def _validation(rows: SplitRows, dataset: Dataset, scenario: Scenario) -> np.ndarray | None:
    """Validation rows; anomalies of types that must stay unseen are not among them."""
    if rows.val is None or not scenario.unseen_only:
        return rows.val
    seen: np.ndarray = rows.val[~_unseen(dataset, scenario, rows.val)]
    return seen


def _unseen(dataset: Dataset, scenario: Scenario, rows: np.ndarray) -> np.ndarray:
    """Which of these rows are anomalies of types that are not known (all False without types)."""
    if dataset.anomaly_type is None:
        return np.zeros(len(rows), dtype=bool)
    unseen: np.ndarray = (dataset.y[rows] == 1) & ~np.isin(dataset.anomaly_type[rows], scenario.known_types)
    return unseen
