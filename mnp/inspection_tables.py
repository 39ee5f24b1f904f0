"""What a fitted MNP sees, as tables: every row with its place, likelihood and scores; every loss per epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

#: Rows beyond these do not make a picture clearer.
MOST_ROWS = 3000
ROW, PROTOTYPE = "row", "prototype"


class Embedding(Protocol):
    """What is asked of a fitted model: an embedding with prototypes, and the numbers of each row."""

    prototypes_: np.ndarray
    history_: Mapping[str, np.ndarray]

    def _scored(self, X: Any) -> np.ndarray: ...

    def embed(self, X: Any) -> np.ndarray: ...

    def prototype_similarity(self, X: Any) -> np.ndarray: ...

    def normal_likelihood(self, X: Any) -> np.ndarray: ...

    def reconstruction_error(self, X: Any) -> np.ndarray: ...

    def decision_function(self, X: Any) -> np.ndarray: ...


def seen(
    model: Embedding,
    X: Any,
    truth: np.ndarray,
    labelled: np.ndarray,
    rng: np.random.Generator,
    anomaly_type: np.ndarray | None = None,
) -> pd.DataFrame:
    """One line per row and per prototype.

    Parameters
    ----------
    model : fitted MNP
    X : (n, d) training rows
    truth : (n,) 1 = anomaly; for the picture only
    labelled : (n,) 1 = labelled anomaly
    rng : draws which rows are shown if there are more than ``MOST_ROWS``; labelled anomalies always are
    anomaly_type : (n,) normal mode or anomaly type, if known

    Returns
    -------
    DataFrame
        role ("row" or "prototype"), first and second (two principal components of the unit embeddings, around
        their mean, with the prototypes in the same plane), share (of the embeddings' variance that the plane shows),
        nearest (prototype's number), likelihood in (0.5, 0.74) at beta = 1, error >= 0, score, truth, labelled,
        anomaly_type. For prototypes the last six are missing.
    """
    array = model._scored(X)
    order = rng.permutation(len(array))
    shown = np.sort(np.concatenate([np.flatnonzero(labelled == 1), order[labelled[order] != 1]])[:MOST_ROWS])
    array = array[shown]
    embedded = model.embed(array)
    flat, centres, share = plane(embedded, model.prototypes_)
    rows = pd.DataFrame(
        {
            "role": ROW,
            "first": flat[:, 0],
            "second": flat[:, 1],
            "nearest": model.prototype_similarity(array).argmax(axis=1),
            "likelihood": model.normal_likelihood(array),
            "error": model.reconstruction_error(array),
            "score": model.decision_function(array),
            "truth": np.asarray(truth)[shown].astype(np.int8),
            "labelled": np.asarray(labelled)[shown].astype(np.int8),
            "anomaly_type": None if anomaly_type is None else np.asarray(anomaly_type, dtype=str)[shown],
        }
    )
    stars = pd.DataFrame(
        {"role": PROTOTYPE, "first": centres[:, 0], "second": centres[:, 1], "nearest": np.arange(len(centres))}
    )
    return pd.concat([rows, stars], ignore_index=True).assign(share=share)


def losses(model: Embedding) -> pd.DataFrame:
    """``history_`` as a table: one line per epoch of the joint stage, from 1, and a column per loss."""
    table = pd.DataFrame(model.history_)
    table.insert(0, "epoch", np.arange(1, len(table) + 1))
    return table


def plane(points: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Both in the plane of the two principal components of ``points``, and the share of variance it shows.

    The sign of each component is such that its largest loading is positive.
    """
    centre = points.mean(axis=0)
    _, spread, axes = np.linalg.svd(points - centre, full_matrices=False)
    axes = axes[:2] * np.sign(axes[:2][np.arange(2), np.abs(axes[:2]).argmax(axis=1)])[:, None]
    total = float((spread**2).sum())
    share = float((spread[:2] ** 2).sum() / total) if total > 0 else 1.0
    return (points - centre) @ axes.T, (others - centre) @ axes.T, share
