"""Where the prototypes start: k-means on embeddings, K given or chosen by mean silhouette over 2..10.

Scattered anomalies among the rows take centres of their own and inflate K, so the furthest rows can be left out.
"""

from __future__ import annotations

import warnings
from typing import Literal, get_args

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

#: Ways to weigh rows when the prototypes start.
Choosing = Literal["separated", "silhouette", "trimmed", "likelihood"]
CHOICES = get_args(Choosing)
MOST = 10
#: Share of the rows that lie furthest from their centre, left out by ``trimmed``.
TRIMMED = 0.1
#: Mean silhouette above which clusters are called strong (Kaufman & Rousseeuw 1990, table 2.4).
STRONG = 0.7
SILHOUETTE_ROWS = 1000


def start_prototypes(
    embedded: np.ndarray,
    seed: int,
    count: int | None = None,
    weights: np.ndarray | None = None,
    trimmed: float = 0.0,
) -> tuple[np.ndarray, dict[int, float]]:
    """Cluster the embedded rows.

    Parameters
    ----------
    embedded : (n, H2)
        Embeddings, not normalised (as the authors cluster them).
    seed : int
        k-means' ``random_state``.
    count : int or None
        K; None chooses the K in 2..10 with the best mean silhouette.
    weights : (n,) or None
        Likelihood of being normal; weighs rows in k-means and in the mean silhouette.
    trimmed : float in [0, 1)
        For each K, this share of the rows furthest from their centre is left out, k-means is done again on the rest
        (one step of trimmed k-means, Cuesta-Albertos et al. 1997), and the silhouette is theirs. Without weights.

    Returns
    -------
    centres : (K, H2) float32
    silhouettes : {K: mean silhouette} of the candidates, empty when K was given or nothing could be chosen
    """
    distinct = len(np.unique(embedded, axis=0))
    if count is not None or distinct < 3:
        return _kept_centres(embedded, min(count or 1, distinct), seed, weights, trimmed)[0], {}
    share = np.ones(len(embedded)) if weights is None else weights
    distances = _distances(embedded[:SILHOUETTE_ROWS])
    best, silhouettes = None, {}
    for k in range(2, min(MOST, distinct - 1) + 1):
        centres, labels, kept = _kept_centres(embedded, k, seed, weights, trimmed)
        judged = np.flatnonzero(kept[:SILHOUETTE_ROWS])
        of_judged = distances if len(judged) == len(distances) else distances[np.ix_(judged, judged)]
        silhouettes[k] = weighted_silhouette(of_judged, labels[judged], share[judged])
        if best is None or silhouettes[k] > silhouettes[best[0]]:
            best = (k, centres)
    assert best is not None
    return best[1], silhouettes


def separated_prototypes(
    embedded: np.ndarray, seed: int, count: int | None = None
) -> tuple[np.ndarray, dict[int, float]]:
    """As ``start_prototypes``, trimmed where the kept rows fall into strong clusters, else not.

    Where modes lie well apart their number is what K should be, and only trimming finds it among scattered anomalies;
    where they do not, there is no number to find, and starts from all rows rank as well or better
    (``results/reference/weak-choices``).
    """
    if count is None:
        kept, silhouettes = start_prototypes(embedded, seed, trimmed=TRIMMED)
        if max(silhouettes.values(), default=0.0) > STRONG:
            return kept, silhouettes
    return start_prototypes(embedded, seed, count)


def likely_prototypes(
    embedded: np.ndarray, seed: int, count: int | None = None, *, beta: float = 1.0
) -> tuple[np.ndarray, dict[int, float]]:
    """As ``start_prototypes``, twice: the second time rows weigh by sigmoid(beta max_k s_k) under the first start.

    s_k = 1 / (1 + d^2) with d between unit vectors, as in ``mnp.network``.
    """
    first, _ = start_prototypes(embedded, seed, count)
    return start_prototypes(embedded, seed, count, normal_weights(embedded, first, beta))


def normal_weights(embedded: np.ndarray, centres: np.ndarray, beta: float) -> np.ndarray:
    """Likelihood of being normal of each row, (n,) in (0.5, 0.74) at beta = 1, given unnormalised centres."""
    points, targets = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12) for rows in
                       (embedded.astype(np.float64), centres.astype(np.float64)))  # fmt: skip
    square = np.clip(2.0 - 2.0 * points @ targets.T, 0.0, None)
    return 1.0 / (1.0 + np.exp(-beta / (1.0 + square.min(axis=1))))


def weighted_silhouette(distances: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Mean silhouette with row weights; equal weights give scikit-learn's ``silhouette_score``.

    Parameters
    ----------
    distances : (n, n)
    labels : (n,) int
    weights : (n,) non-negative

    Returns
    -------
    float in [-1, 1]; -1 when only one cluster is present
    """
    members = np.unique(labels, return_inverse=True)[1]
    onehot = np.eye(members.max() + 1)[members]
    if onehot.shape[1] < 2:
        return -1.0
    sums = distances @ (onehot * weights[:, None])
    mass = (onehot * weights[:, None]).sum(axis=0)
    own = np.arange(len(labels)), members
    others = mass[members] - weights
    inside = np.where(others > 0, sums[own] / np.where(others > 0, others, 1.0), 0.0)
    average = sums / np.where(mass > 0, mass, 1.0)
    average[own] = np.inf
    outside = average.min(axis=1)
    larger = np.maximum(inside, outside)
    alone = onehot.sum(axis=0)[members] == 1
    values = np.where(alone | (larger == 0), 0.0, (outside - inside) / np.where(larger > 0, larger, 1.0))
    return float(np.average(values, weights=weights))


def padded_prototypes(centres: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Fill up to ``most`` prototypes, so that a run's shapes do not depend on its companions' K.

    Returns
    -------
    prototypes : (most, H2), ones where none exists
    exists : (most,) 1.0 where one exists
    """
    prototypes = np.ones((most, centres.shape[1]), dtype=np.float32)
    prototypes[: len(centres)] = centres
    exists = (np.arange(most) < len(centres)).astype(np.float32)
    return prototypes, exists


def _kept_centres(
    embedded: np.ndarray, k: int, seed: int, weights: np.ndarray | None, trimmed: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres, labels of all rows (-1 where left out), and which rows were kept."""
    centres, labels = _centres(embedded, k, seed, weights)
    if trimmed == 0.0:
        return centres, labels, np.ones(len(embedded), dtype=bool)
    distance = ((embedded - centres[labels]) ** 2).sum(axis=1)
    kept = distance <= np.quantile(distance, 1.0 - trimmed)
    labels = np.full(len(embedded), -1)
    centres, labels[kept] = _centres(embedded[kept], k, seed, None)
    return centres, labels, kept


def _centres(embedded: np.ndarray, k: int, seed: int, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    if k == 1:
        return np.average(embedded, axis=0, weights=weights)[None].astype(np.float32), np.zeros(len(embedded), int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than K is handled by the caller
        fitted = KMeans(k, random_state=seed, n_init="auto").fit(embedded.astype(np.float64), sample_weight=weights)
    return fitted.cluster_centers_.astype(np.float32), fitted.labels_


def _distances(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float64)
    square = (rows**2).sum(axis=1)
    distances = np.sqrt(np.clip(square[:, None] + square[None, :] - 2.0 * rows @ rows.T, 0.0, None))
    np.fill_diagonal(distances, 0.0)
    return distances
