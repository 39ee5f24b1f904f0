"""Trials of MNP+'s prototypes in spaces learnt without labels."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mnp.plus_evidence import Measured
from reproducibility.streams import generator
from tests.parity import mnp_plus_learnt as learnt
from tests.parity import mnp_plus_learnt_variants as variants
from tests.parity.mnp_plus_cells import Cell
from tests.parity.mnp_plus_variants import VARIANTS, normality

BRIEF = learnt.Learning(epochs=1, patience=1)


def cell_of(folder: Path, labelled: int = 5) -> Cell:
    stream = np.random.default_rng(0)
    X = np.repeat([[0, 0, 0], [6, 0, 3]], 150, axis=0) + stream.normal(size=(300, 3))
    X[:30] += [3, 6, 0]
    train, test = X[::2].astype(np.float32), X[1::2].astype(np.float32)
    y = (np.arange(len(train)) < labelled).astype(np.int8)
    measured = [Measured(*stream.uniform(0.1, 0.9, size=(7, len(rows)))) for rows in (train, test)]
    return Cell(train, y, test, 0, measured[0], measured[1], np.flatnonzero(y == 0), 1e-4, folder)


def with_points(cell: Cell, train: np.ndarray, test: np.ndarray) -> Cell:
    """The cell as if these points, (replicas, rows, 8), had been learnt of its rows."""
    cell.trained[learnt.Learning()] = {"reconstruction_train": train, "reconstruction_test": test}
    return cell


def points(seed: int, replicas: int, rows: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(replicas, rows, 8))
    units: np.ndarray = (drawn / np.linalg.norm(drawn, axis=2, keepdims=True)).astype(np.float32)
    return units


def test_a_space_is_learnt_once_for_all_label_budgets(tmp_path: Path) -> None:
    first = learnt.learnt(cell_of(tmp_path, 1), BRIEF)
    again = learnt.learnt(cell_of(tmp_path, 10), BRIEF)
    assert len(list(tmp_path.iterdir())) == 1
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
    learnt.learnt(dataclasses.replace(cell_of(tmp_path), seed=1), BRIEF)
    learnt.learnt(cell_of(tmp_path), dataclasses.replace(BRIEF, quantiles_only=True))
    assert len(list(tmp_path.iterdir())) == 3


def test_points_are_directions_and_prototypes_are_among_them(tmp_path: Path) -> None:
    cell = cell_of(tmp_path)
    found = learnt.learn(cell.inputs[0], cell.inputs[1], 0, BRIEF)
    for objective in ("reconstruction", "similarity"):
        assert found[f"{objective}_test"].shape == (learnt.REPLICAS, len(cell.X_test), 8)
        np.testing.assert_allclose(np.linalg.norm(found[f"{objective}_test"], axis=2), 1.0, rtol=1e-5)
    replicas = found["reconstruction_train"]
    assert not np.allclose(replicas[0], replicas[1])
    assert not np.allclose(replicas, found["similarity_train"])
    assert found["distance_train"].shape == (learnt.REPLICAS, len(cell.X_train))
    assert found["distance_train"].min() >= 0.0 and found["distance_train"].max() <= 2.0
    # a prototype starts in the middle of a mode, so that the joint stage leaves every row one not far away
    assert np.median(found["distance_train"]) < 0.5


def test_distances_are_to_the_nearest_exemplars_or_centres(tmp_path: Path) -> None:
    cell = cell_of(tmp_path)
    train, test = points(0, 2, len(cell.X_train)), points(1, 2, len(cell.X_test))
    cell = with_points(cell, train, test)
    _, after = learnt.distances(cell, learnt.Space("exemplars", replicas=2))
    order = generator("mnp-plus", "exemplars", 0).permutation(cell.usual)
    groups = order[: len(order) // 8 * 8].reshape(8, -1)
    apart = np.linalg.norm(test[1][:, None].astype(float) - train[1].astype(float), axis=2)
    np.testing.assert_allclose(after[1], np.mean([apart[:, group].min(axis=1) for group in groups], axis=0), atol=1e-5)
    before, after = learnt.distances(cell, learnt.Space(1, replicas=1))
    middle = train[0][cell.usual].mean(axis=0)
    np.testing.assert_allclose(after, np.linalg.norm(test[:1] - middle, axis=2), rtol=1e-5)
    np.testing.assert_allclose(before, np.linalg.norm(train[:1] - middle, axis=2), rtol=1e-5)


def test_a_stable_number_of_centres_is_that_of_clusters_far_apart(tmp_path: Path) -> None:
    cell = cell_of(tmp_path)
    stream = np.random.default_rng(0)
    train, test = (
        (np.eye(4, 8)[np.arange(len(rows)) % 4] + stream.normal(0, 0.01, (len(rows), 8))).astype(np.float32)[None]
        for rows in (cell.X_train, cell.X_test)
    )
    before, _ = learnt.distances(with_points(cell, train, test), learnt.Space("stable", replicas=1))
    assert before.max() < 0.1  # every cluster has a centre of its own: they are 1.4 apart


def test_evidence_is_the_mean_of_the_replicas_in_units_of_their_own_medians(tmp_path: Path) -> None:
    cell = cell_of(tmp_path)
    train, test = points(0, 2, len(cell.X_train)), points(1, 2, len(cell.X_test))
    train[1], test[1] = train[1] * 0.01, test[1] * 0.01  # a replica of small distances counts as much
    cell = with_points(cell, train, test)
    before, after = learnt.evidence(cell, learnt.Space(1, replicas=2))
    wanted = []
    for near, far in zip(*learnt.distances(cell, learnt.Space(1, replicas=2)), strict=True):
        wanted.append(np.log(far / np.median(near[cell.usual])))
    np.testing.assert_allclose(after, np.mean(wanted, axis=0), atol=5e-3)
    assert np.median(before[cell.usual]) == pytest.approx(0.0, abs=0.05)


def test_rows_that_all_lie_in_one_place_say_nothing(tmp_path: Path) -> None:
    cell = cell_of(tmp_path)
    train, test = (np.ones((1, len(rows), 8), dtype=np.float32) / 8**0.5 for rows in (cell.X_train, cell.X_test))
    for nearest in (1, "exemplars"):
        evidence = learnt.evidence(with_points(cell_of(tmp_path), train, test), learnt.Space(nearest, replicas=1))
        assert np.all(np.isfinite(evidence[1])) and np.abs(evidence[1]).max() < 1e-3
    assert cell.trained == {}


def test_a_learnt_term_that_says_what_exemplars_say_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = cell_of(tmp_path)
    terms = normality(cell)
    monkeypatch.setattr(variants, "evidence", lambda cell, space: (terms[0]["near"], terms[1]["near"]))
    for name in ("learnt: 8 centres, in place", "learnt: exemplars, beside"):
        np.testing.assert_allclose(variants.LEARNT[name](cell), VARIANTS["default"](cell), rtol=1e-12)
    np.testing.assert_allclose(
        variants.LEARNT["learnt: exemplars, in place, weight 1.0"](cell),
        variants.LEARNT["exemplars weight 1.0"](cell),
        rtol=1e-12,
    )
    assert not np.allclose(variants.LEARNT["exemplars weight 1.0"](cell), VARIANTS["default"](cell))
