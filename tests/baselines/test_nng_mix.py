"""NNG-Mix: where pseudo-anomalies lie, how many there are, and that any detector can wear it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from baselines.nng_mix import NNGMix
from baselines.supervised import LogisticRegressionDetector
from bench.methods import create, source_hash, specs

LOGISTIC = "baselines.supervised:LogisticRegressionDetector"
STREAM = np.random.default_rng(0)
UNLABELLED = STREAM.random((60, 3))
LABELLED = 1.0 + STREAM.random((12, 3))


def partners_of(row: np.ndarray, k: int) -> set[tuple[str, int]]:
    """(label, number) of the k nearest unlabelled rows and of the k - 1 nearest other labelled rows, by brute force."""
    near = np.argsort(np.linalg.norm(UNLABELLED - row, axis=1))[:k]
    close = np.argsort(np.linalg.norm(LABELLED - row, axis=1))[:k]  # the first is the row itself
    return {("unlabelled", int(i)) for i in near} | {("labelled", int(i)) for i in close[1:]}


def on_segment(row: np.ndarray, a: np.ndarray, b: np.ndarray) -> bool:
    share = np.dot(row - b, a - b) / np.dot(a - b, a - b)
    return bool(-1e-9 <= share <= 1 + 1e-9 and np.allclose(b + share * (a - b), row, atol=1e-9))


def test_without_noise_each_lies_between_a_labelled_anomaly_and_one_of_its_nearest_rows() -> None:
    rows = {"unlabelled": UNLABELLED, "labelled": LABELLED}
    made = NNGMix(LOGISTIC, noise=0.0, n_neighbors=4, times=20, alpha=1.0, beta=1.0).pseudo_anomalies(
        LABELLED, UNLABELLED
    )
    assert made.shape == (240, 3)
    labels = []
    for row in made:
        fits = {
            label
            for a in LABELLED
            for label, number in partners_of(a, 4)
            if on_segment(row, a, rows[label][number])
        }  # fmt: skip
        assert fits, row
        labels += [*fits] if len(fits) == 1 else []
    assert 0.35 < labels.count("unlabelled") / len(labels) < 0.65
    assert len({tuple(row) for row in made}) == 240


def test_the_weight_and_the_noise_have_their_distributions() -> None:
    """Labelled at 1, unlabelled at 0: of the half that is mixed with unlabelled rows the value is Beta(0.2, 0.2)."""
    ones, zeros = np.ones((1, 1)), np.zeros((20, 1))
    made = NNGMix(LOGISTIC, noise=0.0, times=20_000).pseudo_anomalies(ones, zeros)[:, 0]
    mixed = made[made != 1.0]
    assert len(mixed) / len(made) == pytest.approx(0.5, abs=0.05)
    assert mixed.mean() == pytest.approx(0.5, abs=0.02) and mixed.var() == pytest.approx(0.25 / 1.4, abs=0.01)
    noisy = NNGMix(LOGISTIC, noise=0.3, times=20_000, alpha=1e6, beta=1e6).pseudo_anomalies(ones, ones)[:, 0] - 1.0
    assert noisy.std() == pytest.approx(0.3 / np.sqrt(2), abs=0.01)  # the mean of two draws


def test_few_rows_are_enough() -> None:
    made = NNGMix(LOGISTIC, noise=0.0, times=50, n_neighbors=10).pseudo_anomalies(LABELLED[:1], UNLABELLED[:2])
    assert made.shape == (50, 3)


def test_what_wears_it_is_fitted_on_scaled_rows_and_pseudo_anomalies(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    fit = LogisticRegressionDetector.fit

    def record(self: LogisticRegressionDetector, X: np.ndarray, y: np.ndarray | None = None) -> Any:
        seen.update(X=np.asarray(X), y=np.asarray(y), detector=self)
        return fit(self, X, y)

    monkeypatch.setattr(LogisticRegressionDetector, "fit", record)
    X = np.vstack([LABELLED, UNLABELLED]) * 100
    y = (np.arange(72) < 12).astype(int)
    detector = create("nng-mix-logistic", seed=3, times=5, options={"C": 0.5}).fit(X, y)
    assert seen["X"].shape == (72 + 60, 3) and seen["y"].sum() == 12 + 60 and (seen["y"][72:] == 1).all()
    np.testing.assert_allclose(seen["X"][:72].min(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(seen["X"][:72].max(axis=0), 1, atol=1e-6)
    assert (seen["detector"].C, seen["detector"].random_state) == (0.5, 3)
    scores = detector.decision_function(X)
    assert scores.shape == detector.decision_scores_.shape == (72,) and scores[:12].min() > scores[12:].max()


@pytest.mark.parametrize("path", ["baselines.supervised", "baselines.supervised:Nothing"])
def test_a_path_that_names_no_class_is_one_sentence(path: str) -> None:
    with pytest.raises(ValueError, match=r"names no class; write it as package\.module:Class"):
        NNGMix(path).fit(np.vstack([LABELLED, UNLABELLED]), np.arange(72) < 12)


def test_the_fingerprint_holds_what_wears_it() -> None:
    worn = [spec for name, spec in specs().items() if name.startswith("nng-mix-")]
    assert len(worn) >= 3 and len({source_hash(spec) for spec in worn}) >= 2  # MLP and logistic regression share a file
