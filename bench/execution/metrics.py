"""How good a ranking of the test rows is: average precision, AUC-ROC and friends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.errors import DataError


def evaluate(
    y_test: np.ndarray,
    scores: np.ndarray,
    anomaly_type_test: np.ndarray | None = None,
    known_types: Sequence[str] = (),
) -> dict[str, float]:
    """Measure scores (higher = more anomalous) against the truth.

    Parameters
    ----------
    y_test : (n,) 1 = anomaly, 0 = normal
    scores : (n,) finite
    anomaly_type_test : (n,) anomaly types, or None
    known_types : types that labelled anomalies came from; with types, also measures the anomalies of
        other types against all normals (``*_unseen``) and those of the known types (``*_known``)

    Returns
    -------
    dict
        average_precision, auc_roc, auc_pr_trapezoid (area by linear interpolation, as the MNP authors
        report it), precision_n (``precision_at_n``, as PyOD names it), best_f1, all in [0, 1].

    Raises
    ------
    DataError
        NaN or infinite scores, wrong length, or a test part with one class only.
    """
    y, values = np.asarray(y_test), np.asarray(scores, dtype=np.float64)
    if values.shape != y.shape:
        raise DataError(f"the method returned scores of shape {values.shape} for {len(y)} test rows")
    if not np.isfinite(values).all():
        nan, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
        raise DataError(f"the method's scores hold {nan} NaN and {infinite} infinite values in {len(values)} test rows")
    measured = _ranking(y, values)
    if known_types and anomaly_type_test is not None:
        known = np.isin(anomaly_type_test, list(known_types))
        for name, wanted in (("unseen", (y == 0) | ~known), ("known", (y == 0) | known)):
            if 0 < y[wanted].sum() < wanted.sum():
                among = _ranking(y[wanted], values[wanted])
                measured[f"average_precision_{name}"] = among["average_precision"]
                measured[f"auc_roc_{name}"] = among["auc_roc"]
    return measured


def _ranking(y: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

    positives = int(y.sum())
    if positives in (0, len(y)):
        raise DataError("the test part holds one class only, so no ranking can be measured; choose other fractions")
    precision, recall, _ = precision_recall_curve(y, scores)
    sums = precision + recall
    f1 = np.where(sums > 0, 2.0 * precision * recall / np.where(sums > 0, sums, 1.0), 0.0)
    measured = {
        "average_precision": float(average_precision_score(y, scores)),
        "auc_roc": float(roc_auc_score(y, scores)),
        "auc_pr_trapezoid": float(auc(recall, precision)),
        "precision_n": precision_at_n(y, scores),
        "best_f1": float(f1.max()),
    }
    # sums of many shares of a perfect ranking round to more than 1
    return {name: min(value, 1.0) for name, value in measured.items()}


def precision_at_n(y: np.ndarray, scores: np.ndarray) -> float:
    """Share of anomalies among the n highest scores, n = number of anomalies; recall at n is the same number.

    Where the n-th score is tied, the order of the rows must not matter: this is the expected value if ties are broken
    at random, (anomalies above + share of anomalies among the tied x places left for them) / n.

    Parameters
    ----------
    y : (m,) of 0/1, with at least one 1
    scores : (m,) finite

    Returns
    -------
    float
        In [0, 1]; the share of anomalies where all scores are equal.
    """
    n = int(y.sum())
    threshold = np.partition(scores, -n)[-n]
    above, tied = scores > threshold, scores == threshold
    places_left = n - int(above.sum())
    return (int(y[above].sum()) + float(y[tied].mean()) * places_left) / n
