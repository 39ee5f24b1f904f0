"""Where the prototypes start: k-means on embeddings, K given or chosen by mean silhouette over 2..10.

Scattered anomalies among the rows take centres of their own and inflate K, so the furthest rows can be left out.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
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
    return _start(_Clusterings(embedded, seed, weights), count, trimmed)


def separated_prototypes(
    embedded: np.ndarray, seed: int, count: int | None = None
) -> tuple[np.ndarray, dict[int, float]]:
    """As ``start_prototypes``, trimmed where the kept rows fall into strong clusters, else not.

    Where modes lie well apart their number is what K should be, and only trimming finds it among scattered anomalies;
    where they do not, there is no number to find, and starts from all rows rank as well or better
    (``results/reference/weak-choices``).
    """
    clusterings = _Clusterings(embedded, seed)
    if count is None:
        kept, silhouettes = _start(clusterings, None, TRIMMED)
        if strong(silhouettes):
            return kept, silhouettes
    return _start(clusterings, count)


def strong(silhouettes: Mapping[int, float]) -> bool:
    """Whether the best number of clusters makes strong ones."""
    return max(silhouettes.values(), default=0.0) > STRONG


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
    likelihood: np.ndarray = 1.0 / (1.0 + np.exp(-beta / (1.0 + square.min(axis=1))))
    return likelihood


def weighted_silhouette(distances: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Mean silhouette with row weights; equal weights give scikit-learn's ``silhouette_score``.

    Parameters
    ----------
    distances : (n, n)
    labels : (n,) int, -1 where a row is left out
    weights : (n,) non-negative

    Returns
    -------
    float in [-1, 1]; -1 when only one cluster is present
    """
    return _silhouettes(distances, [labels], weights)[0]


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


class _Clusterings:
    """k-means of the same rows for several K, each K done once."""

    def __init__(self, embedded: np.ndarray, seed: int, weights: np.ndarray | None = None) -> None:
        self.rows = embedded
        self.weights = weights
        self._seed = seed
        self._whole: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    @cached_property
    def distinct(self) -> int:
        return len(np.unique(self.rows, axis=0))

    @cached_property
    def distances(self) -> np.ndarray:
        """In single precision, which halves the time of the silhouettes and leaves them six digits."""
        return _distances(self.rows[:SILHOUETTE_ROWS]).astype(np.float32)

    def centres(self, k: int, trimmed: float) -> tuple[np.ndarray, np.ndarray]:
        """Centres, and labels of all rows (-1 where left out)."""
        if k not in self._whole:
            self._whole[k] = _centres(self.rows, k, self._seed, self.weights)
        centres, labels = self._whole[k]
        if trimmed == 0.0:
            return centres, labels
        distance = ((self.rows - centres[labels]) ** 2).sum(axis=1)
        kept = distance <= np.quantile(distance, 1.0 - trimmed)
        labels = np.full(len(self.rows), -1)
        centres, labels[kept] = _centres(self.rows[kept], k, self._seed, None)
        return centres, labels


def _start(clusterings: _Clusterings, count: int | None, trimmed: float = 0.0) -> tuple[np.ndarray, dict[int, float]]:
    if count is not None or clusterings.distinct < 3:
        return clusterings.centres(min(count or 1, clusterings.distinct), trimmed)[0], {}
    candidates = range(2, min(MOST, clusterings.distinct - 1) + 1)
    clustered = {k: clusterings.centres(k, trimmed) for k in candidates}
    weights = clusterings.weights if clusterings.weights is not None else np.ones(len(clusterings.rows))
    judged = [labels[:SILHOUETTE_ROWS] for _, labels in clustered.values()]
    values = _silhouettes(clusterings.distances, judged, weights[:SILHOUETTE_ROWS])
    best = max(range(len(values)), key=values.__getitem__)  # the smallest K of equals
    return clustered[candidates[best]][0], dict(zip(candidates, values, strict=True))


def _silhouettes(distances: np.ndarray, labellings: Sequence[np.ndarray], weights: np.ndarray) -> list[float]:
    """``weighted_silhouette`` of several labellings of the same rows, with one pass over the distances."""
    masses = [(labels[:, None] == np.unique(labels[labels >= 0])) * weights[:, None] for labels in labellings]
    ends = np.cumsum([mass.shape[1] for mass in masses])
    together = np.hstack(masses).astype(distances.dtype)
    sums = np.split((distances @ together).astype(np.float64), ends[:-1], axis=1)
    return [
        _mean_silhouette(
            total[labels >= 0], np.unique(labels[labels >= 0], return_inverse=True)[1], weights[labels >= 0]
        )
        for total, labels in zip(sums, labellings, strict=True)
    ]


def _mean_silhouette(sums: np.ndarray, members: np.ndarray, weights: np.ndarray) -> float:
    """Mean silhouette of rows in clusters 0..C-1 (``members``) from weighted sums of distances to each, (n, C)."""
    clusters = sums.shape[1]
    if clusters < 2:
        return -1.0
    mass = np.bincount(members, weights, clusters)
    own = np.arange(len(members)), members
    others = mass[members] - weights
    inside = np.where(others > 0, sums[own] / np.where(others > 0, others, 1.0), 0.0)
    average = sums / np.where(mass > 0, mass, 1.0)
    average[own] = np.inf
    outside = average.min(axis=1)
    larger = np.maximum(inside, outside)
    alone = np.bincount(members, minlength=clusters)[members] == 1
    values = np.where(alone | (larger == 0), 0.0, (outside - inside) / np.where(larger > 0, larger, 1.0))
    return float(np.average(values, weights=weights))


def _centres(embedded: np.ndarray, k: int, seed: int, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    if k == 1:
        return np.average(embedded, axis=0, weights=weights)[None].astype(np.float32), np.zeros(len(embedded), int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than K is handled by the caller
        fitted = KMeans(k, random_state=seed, n_init="auto").fit(embedded, sample_weight=weights)
    return fitted.cluster_centers_.astype(np.float32), fitted.labels_


def _distances(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float64)
    square = (rows**2).sum(axis=1)
    distances: np.ndarray = square[:, None] + square[None, :]
    distances -= 2.0 * rows @ rows.T
    np.sqrt(np.maximum(distances, 0.0, out=distances), out=distances)
    np.fill_diagonal(distances, 0.0)
    return distances
