"""What early stopping watches: (1 - AUC-PR) + (1 - AUC-ROC) of a small validation part."""

from __future__ import annotations

import numpy as np


def ranking_loss(y: np.ndarray, scores: np.ndarray, trapezoid: bool = False) -> float:
    """(1 - AUC-PR) + (1 - AUC-ROC), in [0, 2]; NaN when a score is NaN.

    Parameters
    ----------
    y : (n,) 1 = anomaly (or labelled anomaly), 0 = other
    scores : (n,)
    trapezoid : bool
        Trapezoid area under the PR curve (as published) instead of average precision.

    Notes
    -----
    Equal to scikit-learn's ``roc_auc_score``, ``average_precision_score`` and
    ``auc(recall, precision)``; written out because it runs after every epoch for every replica.
    """
    if np.isnan(scores).any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ranked, hit = scores[order], y[order] == 1
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    true = np.cumsum(hit)[ends].astype(np.float64)
    false = (ends + 1) - true
    positives, negatives = true[-1], false[-1]
    if positives == 0 or negatives == 0:
        raise ValueError("validation rows need both anomalies and normals")
    recall = np.concatenate([[0.0], true / positives])
    precision = np.concatenate([[1.0], true / (true + false)])
    steps = np.diff(recall)
    level = (precision[1:] + precision[:-1]) / 2 if trapezoid else precision[1:]
    area_pr = float((steps * level).sum())
    fall = np.concatenate([[0.0], false / negatives])
    area_roc = float((np.diff(fall) * (recall[1:] + recall[:-1]) / 2).sum())
    return (1.0 - area_pr) + (1.0 - area_roc)
