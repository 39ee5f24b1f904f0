"""NNG-Mix (Dong et al., 2023): pseudo-anomalies between labelled anomalies and their nearest neighbours.

An augmentation that any detector with labels can wear: ``path`` names the class that learns from the enlarged table.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar, Self

import numpy as np
from pyod.models.base import BaseDetector
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted

from baselines.supervised import checked
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, Constraints
from replicas.contract import Contract
from reproducibility.streams import generator


class NNGMix(Contract, BaseDetector):
    """A detector fitted on the training rows and on pseudo-anomalies made of the labelled anomalies.

    Each pseudo-anomaly is lambda (a + e) + (1 - lambda) (b + e'), with a labelled anomaly a, lambda ~ Beta(alpha,
    beta), e, e' ~ N(0, noise^2), and b one of a's nearest unlabelled rows or of its nearest other labelled anomalies,
    with equal chances.

    Parameters
    ----------
    path : str
        The detector that learns, ``"package.module:Class"``; it is made with ``random_state`` and ``options``.
    options : mapping or None
        The detector's own parameters; its defaults otherwise.
    times : int
        Pseudo-anomalies per labelled anomaly (authors: 1, 5 and 10).
    n_neighbors : int
        Nearest rows among which b is drawn, for both kinds (authors: 10); fewer where there are fewer.
    alpha, beta : float
        Of the Beta distribution (authors: 0.2).
    noise : float
        Standard deviation in min-max scaled features (authors: 0.01 on tabular sets).
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: authors' NNG_Mix.py, method "nng_mix". Only one labelled anomaly is its own neighbour, as there.
    Deviations: b is never the labelled anomaly itself where there are others (authors draw again until it is not);
    the same number of neighbours for both kinds, as in their commands.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "path": [str],
        "options": [dict, None],
        "times": COUNT,
        "n_neighbors": COUNT,
        "alpha": POSITIVE,
        "beta": POSITIVE,
        "noise": NOT_NEGATIVE,
    }

    def __init__(
        self,
        path: str,
        options: Mapping[str, Any] | None = None,
        times: int = 10,
        n_neighbors: int = 10,
        alpha: float = 0.2,
        beta: float = 0.2,
        noise: float = 0.01,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.path = path
        self.options = options
        self.times = times
        self.n_neighbors = n_neighbors
        self.alpha = alpha
        self.beta = beta
        self.noise = noise
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows.

        Raises
        ------
        ValueError
            Unfit data, only one class in y, or a ``path`` that names no class.
        """
        array, target = checked(self, X, y)
        self.scaler_ = MinMaxScaler().fit(array)
        rows = self.scaler_.transform(array)
        made = self.pseudo_anomalies(rows[target == 1], rows[target == 0])
        enlarged = np.vstack([rows, made.astype(rows.dtype)])
        labels = np.concatenate([target, np.ones(len(made), target.dtype)])
        options = {"random_state": self.random_state, "contamination": self.contamination, **(self.options or {})}
        self.detector_ = self._factory()(**options).fit(enlarged, labels)
        self.decision_scores_ = self._scores(rows)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """The wearer's anomaly score, (n,)."""
        check_is_fitted(self, "detector_")
        return self._scores(self.scaler_.transform(self._rows_to_score(X)))

    def pseudo_anomalies(self, labelled: np.ndarray, unlabelled: np.ndarray) -> np.ndarray:
        """Rows made of scaled labelled anomalies (a, d) and unlabelled rows (u, d): (a x times, d) float64."""
        stream = generator("nng-mix", "pseudo-anomalies", self.random_state)
        count = len(labelled) * self.times
        first = stream.integers(0, len(labelled), count)
        near, close = _nearest(labelled, unlabelled, self.n_neighbors), _others(labelled, self.n_neighbors)
        partners = np.where(
            (stream.random(count) > 0.5)[:, None],
            unlabelled[near[first, stream.integers(0, near.shape[1], count)]],
            labelled[close[first, stream.integers(0, close.shape[1], count)]],
        )
        weight = stream.beta(self.alpha, self.beta, (count, 1))
        noise = stream.normal(0.0, self.noise, (2, count, labelled.shape[1]))
        mixed: np.ndarray = weight * (labelled[first] + noise[0]) + (1 - weight) * (partners + noise[1])
        return mixed

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(self.detector_.decision_function(rows), dtype=np.float64)

    def _factory(self) -> Any:
        module, _, name = self.path.partition(":")
        factory = getattr(import_module(module), name, None) if name else None
        if factory is None:
            raise ValueError(f"path {self.path!r} names no class; write it as package.module:Class")
        return factory


def _nearest(rows: np.ndarray, among: np.ndarray, most: int) -> np.ndarray:
    """Numbers of the ``most`` nearest of ``among`` for each row, (n, k)."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(most, len(among))).fit(among)
    found: np.ndarray = search.kneighbors(rows, return_distance=False)
    return found


def _others(rows: np.ndarray, most: int) -> np.ndarray:
    """Numbers of each row's nearest other rows, (n, k); of a single row itself.

    ``most`` counts the row itself, as the authors' search does.
    """
    if len(rows) == 1:
        return np.zeros((1, 1), dtype=np.intp)
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=max(1, min(most, len(rows)) - 1)).fit(rows)
    found: np.ndarray = search.kneighbors(return_distance=False)  # without rows: the own row is left out
    return found
