"""Held-out labelled anomalies: every one is ranked once, by a model that has not seen it, among rows it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from bench.usertable import held_out as evidence
from bench.usertable.held_out import folds, hold_out, share_above


def rows(labelled: int = 7, unlabelled: int = 60) -> tuple[np.ndarray, np.ndarray]:
    stream = np.random.default_rng(0)
    y = np.repeat([1, 0], [labelled, unlabelled]).astype(np.int8)
    return stream.normal(size=(len(y), 3)) + 4 * y[:, None], y


def test_the_share_above_counts_ties_half() -> None:
    scores = np.array([5.0, 1.0, 3.0, 3.0, 4.0, 2.0])
    y = np.array([1, 1, 1, 0, 0, 0])
    assert share_above(scores, y).tolist() == [0.0, 1.0, 0.5]


def test_each_labelled_anomaly_is_held_out_once() -> None:
    X, y = rows()
    cut = folds(X, y)
    held = np.concatenate([split.test[split.y_test == 1] for split in cut])
    assert sorted(held) == list(range(7))
    assert all(not set(split.train) & set(split.test) for split in cut)
    assert len(folds(*rows(2))) == 2 and len(folds(*rows(30))) == 5


def test_places_are_in_the_tables_order(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = rows()
    X[:, 0] = np.arange(len(X))  # the score: the later, the higher
    monkeypatch.setattr(evidence, "fit_and_score", lambda _m, cut, *_: [split.X_test[:, 0] for split in cut])
    assert (np.diff(hold_out("any", folds(X, y)).above) <= 0).all()


@pytest.mark.parametrize("method", ["logistic-regression", "devnet"])
def test_evidence_is_the_same_alone_and_in_a_group(method: str) -> None:
    X, y = rows()
    cut = folds(X, y)
    together = evidence.fit_and_score(method, cut, 3)
    alone = [evidence.fit_and_score(method, [split], 3)[0] for split in cut]
    assert all(np.array_equal(a, b) for a, b in zip(together, alone, strict=True))
    assert hold_out(method, cut).above.mean() < 0.05
