"""PyOD's detectors that fail or score infinity where the data do not fill what they ask for: PCA, CBLOF, kNN."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pyod.models.cblof import CBLOF as PyODCBLOF
from pyod.models.knn import KNN as PyODKNN
from pyod.models.pca import PCA as PyODPCA

#: Rounding counts so many times: columns that depend on each other were rounded one by one, relative to their size.
MARGIN = 10


class PCA(PyODPCA):
    """PyOD's PCA on the components that have variance, in double precision.

    Notes
    -----
    PyOD's score is the sum over components of (distance to the unit eigenvector) / (its share of variance). Columns
    that depend on each other (one-hot codes, a column and its sum, one column twice) leave components whose variance
    is 0 or rounding, and one of them makes every score infinite or drowns all others. Here components count whose
    standard deviation is more than single precision can tell from 0; where all do, this is PyOD's own.
    """

    n_components: Any
    svd_solver: Any

    def fit(self, X: np.ndarray, y: Any = None) -> Self:
        """Fit on rows (n, d).

        Raises
        ------
        ValueError
            All rows are equal.
        """
        # scikit-learn takes the covariance of single precision in single precision, whose rounding is a small variance
        rows = X.astype(np.float64)
        rank = numerical_rank(rows)
        if rank == 0:
            raise ValueError("PCA needs a column that varies over the training rows, but all rows are equal")
        if rank < min(rows.shape) and (self.n_components is None or isinstance(self.n_components, int)):
            self.n_components = min(self.n_components or rank, rank)
            # the exact solver: for fewer components than columns, "auto" may draw a random approximation
            self.svd_solver = "full" if self.svd_solver == "auto" else self.svd_solver
        super().fit(rows)
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Scores (n,) in double precision."""
        scores: np.ndarray = super().decision_function(X.astype(np.float64))
        return scores


class CBLOF(PyODCBLOF):
    """PyOD's CBLOF with no more clusters than distinct rows, and all of them large where no boundary divides them.

    Notes
    -----
    He, Xu, Deng (2003) call the b biggest clusters large that hold the share ``alpha`` of the rows, or after which
    sizes fall by the factor ``beta``. Where neither happens before the last cluster (clusters of like sizes), b is
    their number: all are large, and a row's factor is the distance to its own centre. PyOD raises an error there.
    """

    n_clusters: Any

    def fit(self, X: np.ndarray, y: Any = None) -> Self:
        """Fit on rows (n, d)."""
        self.n_clusters = min(self.n_clusters, len(np.unique(X, axis=0)))
        super().fit(X)
        return self

    def _set_small_large_clusters(self, n_samples: int) -> None:
        sizes = np.sort(np.bincount(self.cluster_labels_))[::-1]
        divided = (np.cumsum(sizes)[:-1] >= n_samples * self.alpha) | (sizes[:-1] >= self.beta * sizes[1:])
        if divided.any():
            super()._set_small_large_clusters(n_samples)
            return
        self._clustering_threshold = len(sizes)
        self.large_cluster_labels_ = np.argsort(-np.bincount(self.cluster_labels_))
        self.small_cluster_labels_ = self.large_cluster_labels_[:0]
        self._large_cluster_centers = self.cluster_centers_[self.large_cluster_labels_]


class KNN(PyODKNN):
    """PyOD's kNN with no more neighbours than there are other training rows, as its LOF has it."""

    n_neighbors: Any

    def fit(self, X: np.ndarray, y: Any = None) -> Self:
        """Fit on rows (n, d)."""
        self.n_neighbors = max(1, min(self.n_neighbors, len(X) - 1))
        self.neigh_.set_params(n_neighbors=self.n_neighbors)
        super().fit(X)
        return self


def numerical_rank(rows: np.ndarray) -> int:
    """Number of principal components of standardised rows that single precision can tell from 0.

    Parameters
    ----------
    rows : (n, d) float64

    Returns
    -------
    int
        Components whose standard deviation is above ``MARGIN`` d times single precision's rounding, relative to the
        first one's.
    """
    centred = rows - rows.mean(axis=0)
    spread = centred.std(axis=0)
    centred = centred[:, spread > 0] / spread[spread > 0]
    if centred.shape[1] == 0:
        return 0
    square = centred.T @ centred if len(centred) >= centred.shape[1] else centred @ centred.T
    variances = np.linalg.eigvalsh(square)
    least = MARGIN * rows.shape[1] * np.finfo(np.float32).eps
    return int(np.count_nonzero(variances > variances[-1] * least**2))
