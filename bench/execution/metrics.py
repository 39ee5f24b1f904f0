"""How good a ranking of the test rows is: average precision, AUC-ROC and friends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.errors import DataError


def evaluate(
    y_test: np.ndarray,
    scores: np.ndarray,
    kind_test: np.ndarray | None = None,
    known_types: Sequence[str] = (),
) -> dict[str, float]:
    """Measure scores (higher = more anomalous) against the truth.

    Parameters
    ----------
    y_test : (n,) 1 = anomaly, 0 = normal
    scores : (n,) finite
    kind_test : (n,) anomaly types, or None
    known_types : types that labelled anomalies came from; with kinds, also measures the anomalies of
        other types against all normals (``*_unseen``) and those of the known types (``*_known``)

    Returns
    -------
    dict
        average_precision, auc_roc, auc_pr_trapezoid (area by linear interpolation, as the MNP authors
        report it), precision_at_k, recall_at_k (k = number of test anomalies), best_f1, all in [0, 1].

    Raises
    ------
    DataError
        NaN or infinite scores, wrong length, or a test part with one class only.
    """
    y, values = np.asarray(y_test), np.asarray(scores, dtype=np.float64)
    if values.shape != y.shape:
        raise DataError(f"the method returned scores of shape {values.shape} for {len(y)} test rows")
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise DataError(f"{bad} of {len(values)} scores are NaN or infinite; the method did not converge on these data")
    found = _ranking(y, values)
    if known_types and kind_test is not None:
        known = np.isin(kind_test, list(known_types))
        for name, wanted in (("unseen", (y == 0) | ~known), ("known", (y == 0) | known)):
            if 0 < y[wanted].sum() < wanted.sum():
                part = _ranking(y[wanted], values[wanted])
                found[f"average_precision_{name}"] = part["average_precision"]
                found[f"auc_roc_{name}"] = part["auc_roc"]
    return found


def _ranking(y: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

    positives = int(y.sum())
    if positives in (0, len(y)):
        raise DataError("the test part holds one class only, so no ranking can be measured; choose other fractions")
    precision, recall, _ = precision_recall_curve(y, scores)
    top = np.argsort(-scores, kind="stable")[:positives]
    hits = float(y[top].mean())
    sums = precision + recall
    f1 = np.where(sums > 0, 2.0 * precision * recall / np.where(sums > 0, sums, 1.0), 0.0)
    return {
        "average_precision": float(average_precision_score(y, scores)),
        "auc_roc": float(roc_auc_score(y, scores)),
        "auc_pr_trapezoid": float(auc(recall, precision)),
        "precision_at_k": hits,
        "recall_at_k": hits,
        "best_f1": float(f1.max()),
    }
