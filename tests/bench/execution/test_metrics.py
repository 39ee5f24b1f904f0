"""The metrics of every table: by hand on small arrays, against scikit-learn on others, ties and extremes included."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn import metrics as sk

from bench.errors import DataError
from bench.execution.metrics import evaluate, precision_at_n

NAMES = {"average_precision", "auc_roc", "auc_pr_trapezoid", "precision_n", "best_f1"}


def measured(y: list[int], scores: list[float]) -> dict[str, float]:
    return evaluate(np.array(y, dtype=np.int8), np.array(scores))


def test_by_hand_without_ties() -> None:
    """Ranking 1 0 1 0: precision 1, 1/2, 2/3, 1/2 at recall 1/2, 1/2, 1, 1."""
    metrics = measured([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1])
    assert set(metrics) == NAMES
    assert metrics["average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert metrics["auc_roc"] == pytest.approx(3 / 4)  # three of four pairs in order
    # from (0, 1) to (1/2, 1), down to (1/2, 1/2), up to (1, 2/3)
    assert metrics["auc_pr_trapezoid"] == pytest.approx(0.5 * 1 + 0.5 * (1 / 2 + 2 / 3) / 2)
    assert metrics["precision_n"] == pytest.approx(1 / 2)
    assert metrics["best_f1"] == pytest.approx(2 * (2 / 3) * 1 / (2 / 3 + 1))


def test_by_hand_with_a_tie_between_an_anomaly_and_a_normal_row() -> None:
    """One threshold takes both: precision 1/2 at recall 1/2, then 2/3 at 1, then 1/2."""
    metrics = measured([1, 0, 1, 0], [0.9, 0.9, 0.5, 0.1])
    assert metrics["average_precision"] == pytest.approx(0.5 * 1 / 2 + 0.5 * 2 / 3)
    assert metrics["auc_roc"] == pytest.approx((0.5 + 1 + 0 + 1) / 4)  # a tied pair counts half
    assert metrics["auc_pr_trapezoid"] == pytest.approx(0.5 * (1 + 1 / 2) / 2 + 0.5 * (1 / 2 + 2 / 3) / 2)
    assert metrics["best_f1"] == pytest.approx(0.8)


def test_a_perfect_and_an_inverted_ranking() -> None:
    assert measured([0, 0, 1, 1], [1.0, 2.0, 3.0, 4.0]) == dict.fromkeys(NAMES, 1.0)
    worst = measured([1, 1, 0, 0], [1.0, 2.0, 3.0, 4.0])
    assert worst["auc_roc"] == worst["precision_n"] == 0.0
    assert worst["average_precision"] == pytest.approx(0.5 * 1 / 3 + 0.5 * 2 / 4)
    assert worst["best_f1"] == pytest.approx(2 / 3)  # everything called an anomaly


@pytest.mark.parametrize("anomalies", [20, 45, 108])  # scikit-learn's sum of the shares is 1.0000000000000002
def test_a_perfect_ranking_is_worth_one_and_no_more(anomalies: int) -> None:
    ranking = measured([1] * anomalies + [0], list(range(anomalies + 1, 0, -1)))
    assert set(ranking.values()) == {1.0}


@pytest.mark.parametrize("value", [0.0, 1e300, -5.0])
def test_equal_scores_are_worth_the_share_of_anomalies(value: float) -> None:
    metrics = measured([1, 0, 0, 1, 0], [value] * 5)
    assert metrics["average_precision"] == pytest.approx(2 / 5)
    assert metrics["auc_roc"] == pytest.approx(1 / 2)
    assert metrics["best_f1"] == pytest.approx(2 * 0.4 / 1.4)


@pytest.mark.parametrize("rank", range(6))
def test_one_anomaly_is_worth_one_by_its_rank(rank: int) -> None:
    y, scores = np.zeros(6, dtype=np.int8), np.arange(6, 0, -1, dtype=float)
    y[rank] = 1
    metrics = evaluate(y, scores)
    assert metrics["average_precision"] == pytest.approx(1 / (rank + 1))
    assert metrics["auc_roc"] == pytest.approx(1 - rank / 5)
    assert metrics["precision_n"] == float(rank == 0)
    assert metrics["best_f1"] == pytest.approx(2 / (rank + 2))


@pytest.mark.parametrize("levels", [2, 5, 1000])
@pytest.mark.parametrize("seed", range(4))
def test_against_scikit_learn(levels: int, seed: int) -> None:
    stream = np.random.default_rng(seed)
    y = (stream.random(200) < 0.1).astype(np.int8)
    y[0] = 1
    scores = np.round(stream.random(200) + 0.3 * y, 3) if levels == 1000 else stream.integers(levels, size=200) / 7
    metrics = evaluate(y, scores)
    precision, recall, thresholds = sk.precision_recall_curve(y, scores)
    assert metrics["average_precision"] == sk.average_precision_score(y, scores)
    assert metrics["auc_roc"] == sk.roc_auc_score(y, scores)
    assert metrics["auc_pr_trapezoid"] == sk.auc(recall, precision)
    assert metrics["best_f1"] == pytest.approx(max(sk.f1_score(y, scores >= t) for t in thresholds), abs=1e-12)
    if len(set(scores)) == len(scores):
        k = int(y.sum())
        assert metrics["precision_n"] == pytest.approx(sk.precision_score(y, scores >= np.sort(scores)[-k]))


@pytest.mark.parametrize(
    ("y", "scores", "expected"),
    [
        ([1, 1, 0, 0], [5.0] * 4, 1 / 2),  # sorted rows and equal scores: by row order it would be 1
        ([0, 0, 1, 1], [5.0] * 4, 1 / 2),  # and here 0
        (
            [1, 0, 1, 0],
            [3.0, 2.0, 2.0, 1.0],
            (1 + 1 / 2 * 1) / 2,
        ),  # one above; one of two tied rows takes the last place
        ([1, 1, 1, 0, 0, 0], [9, 5, 5, 5, 5, 1], (1 + 2 / 4 * 2) / 3),  # one above; two of four tied rows are anomalies
        ([0, 1, 1, 0], [9.0, 9.0, 9.0, 1.0], 2 / 3),  # nothing above: three tied rows for two places
        ([1, 0, 1, 0], [4.0, 4.0, 3.0, 3.0], (0 + 1 / 2 * 2) / 2),  # the tie ends where the places end
    ],
)
def test_precision_n_of_ties_is_what_a_random_order_would_give_on_average(
    y: list[int], scores: list[float], expected: float
) -> None:
    assert measured(y, scores)["precision_n"] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_precision_n_of_ties_against_the_mean_over_all_orders(seed: int) -> None:
    stream = np.random.default_rng(seed)
    y, scores = stream.permutation([1, 1, 1, 0, 0, 0, 0]).astype(np.int8), stream.integers(3, size=7).astype(float)
    orders = (np.array(order) for order in itertools.permutations(range(7)))
    by_row_order = [y[order][np.argsort(-scores[order], kind="stable")[:3]].mean() for order in orders]
    assert precision_at_n(y, scores) == pytest.approx(np.mean(by_row_order))


@pytest.mark.parametrize("levels", [3, 60])
def test_the_order_of_the_rows_never_counts(levels: int) -> None:
    stream = np.random.default_rng(1)
    y, scores = (np.arange(60) % 7 == 0).astype(np.int8), (stream.permutation(60) % levels).astype(float)
    order = stream.permutation(60)
    assert evaluate(y, scores) == pytest.approx(evaluate(y[order], scores[order]), abs=1e-12)


def test_known_and_unseen_anomalies_are_each_held_against_all_normal_rows() -> None:
    y = np.array([1, 0, 1, 0, 1, 0], dtype=np.int8)
    scores = np.array([6.0, 5.0, 4.0, 3.0, 2.0, 1.0])
    types = np.array(["a", "normal", "b", "normal", "a", "normal"])
    metrics = evaluate(y, scores, types, ["a"])
    # known: the two of type a and three normal rows, 1 0 0 1 0; unseen: the one of type b, 0 1 0 0
    assert metrics["average_precision_known"] == pytest.approx((1 + 2 / 4) / 2)
    assert metrics["auc_roc_known"] == pytest.approx((3 + 1) / 6)
    assert metrics["average_precision_unseen"] == pytest.approx(1 / 2)
    assert metrics["auc_roc_unseen"] == pytest.approx(2 / 3)
    assert {name: metrics[name] for name in NAMES} == evaluate(y, scores)
    both = evaluate(y, scores, types, ["a", "b"])  # nothing is unseen
    assert both["average_precision_known"] == both["average_precision"]
    assert not any(name.endswith("_unseen") for name in both)
    assert set(evaluate(y, scores, types)) == set(evaluate(y, scores, None, ["a"])) == NAMES


def test_a_normal_row_of_a_known_types_name_stays_normal() -> None:
    y = np.array([1, 0, 1, 0], dtype=np.int8)
    types = np.array(["a", "a", "b", "b"])
    metrics = evaluate(y, np.array([4.0, 3.0, 2.0, 1.0]), types, ["a"])
    assert metrics["auc_roc_known"] == 1.0 and metrics["auc_roc_unseen"] == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("y", "scores", "sentence"),
    [
        ([0, 1], [0.1, np.nan], "1 NaN and 0 infinite values in 2 test rows"),
        ([0, 1], [np.inf, -np.inf], "0 NaN and 2 infinite values in 2"),
        ([0, 1], [0.1], r"shape \(1,\) for 2 test rows"),
        ([0, 1], [[0.1], [0.2]], r"shape \(2, 1\)"),
        ([0, 0], [0.1, 0.2], "one class only"),
        ([1, 1], [0.1, 0.2], "one class only"),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(y: list[int], scores: list[float], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        measured(y, scores)
