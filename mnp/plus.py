"""MNP+ as a PyOD detector: a sum of log-evidence from few labels and from multi-normal prototypes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from pyod.models.base import BaseDetector
from sklearn.utils.validation import check_is_fitted

from mnp.plus_evidence import Measured, evidence, measure, reconstructed, total, trust, units
from mnp.plus_fit import FittedRun, fit_runs
from mnp.plus_network import layout
from mnp.plus_settings import CONSTRAINTS, Settings
from mnp.reconstruction import as_given
from replicas import inputs
from replicas.constraints import Constraints
from replicas.detector import ReplicaMixin
from replicas.parameters import Layout
from replicas.rows import TrainingRows
from reproducibility.environment import one_thread


class MNPPlus(ReplicaMixin, BaseDetector):
    """MNP+: bagged trees, a score network, exemplars and modes of the normal rows, summed as log-evidence.

    S(x) = t (o(p) + w o(p')) + n s(f(v)) + a (c g(e) + r g(h)). The inputs v hold each feature min-max
    scaled and as its quantile. p is the mean probability of extremely random trees, each grown on all labelled
    anomalies and a small draw of unlabelled rows; p' that of half as many on the principal directions of v; o the
    log-odds; f a small network pulled to 4 for labelled and 0 for unlabelled rows, s soft below 0; e the distance to
    the nearest exemplars, unlabelled rows that stand for what is normal; h the norm of the residual of the best
    fitting mode's linear autoencoder, the modes being those of ``n_prototypes`` k-means prototypes; g the logarithm in
    units of the training median, cut off at 3; a the trust in the last two terms, which grows with how unusual they
    find the labelled anomalies. Without labels S is the last two terms.

    Parameters
    ----------
    n_estimators : int
        Trees on the features; half as many are grown along the principal directions.
    max_samples : int or None
        Unlabelled rows of each tree's bag; None = max(16, 2 x labelled anomalies).
    n_prototypes : int
        Prototypes (K) at the most; each mode has an autoencoder of its own.
    n_exemplars : int
        Unlabelled rows, in eight groups, whose nearest tells how far a row lies from what is normal.
    n_components : int or float
        Width of the linear autoencoders: a number, or a share of the inputs' width (2 x varying features).
    hidden_dim, n_init, steps, batch_size, labelled_batch_size, lr
        The network: hidden ReLU units, initialisations whose mean it is, Adam steps, unlabelled and labelled rows of
        a batch, Adam's first rate (x 0.3 after 60% of the steps, x 0.1 after 85%).
    l2 : float
        Penalty on the squared weights of the hidden layer.
    trimmed : float in [0, 0.5)
        Share of a batch's unlabelled rows, those with the highest scores, that count for nothing after 30% of the
        steps: likely anomalies nobody has labelled.
    tree_weight, rotated_weight, network_weight, prototype_weight, reconstruction_weight : float
        t, w, n, c and r; a term with weight 0 is left out (and its trees or network not trained).
    agreement : float
        Power of the trust ((m - 0.5) / 0.3)^agreement, m the mean quantile of the labelled anomalies by exemplars and
        reconstruction, drawn towards 0.8; 0 = always 1.
    contamination : float in (0, 0.5]
        PyOD's: share of training rows above ``threshold_``.
    random_state : int
        Names every random stream of a fit; equal numbers give equal bits.

    Attributes
    ----------
    prototypes_ : (K, d) float64
        Mean row of each normal mode, in the units of X.
    n_prototypes_ : int
    trust_ : float
        a, from 0 (labelled anomalies look ordinary) through 1 (not known) to 7.7.
    history_ : dict of (epochs,) arrays, terms of the network's loss; empty without a network
    decision_scores_, threshold_, labels_
        PyOD's, of the training rows.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : (d,) array of str
        Their names, if X had names.

    Notes
    -----
    docs/mnp-plus.md says what each term is for, when not to use it, and which settings matter.

    Examples
    --------
    >>> import numpy as np
    >>> from mnp import MNPPlus
    >>> rng = np.random.default_rng(0)
    >>> modes = np.repeat([[0, 0, 0], [6, 0, 3]], 100, axis=0)
    >>> X = np.vstack([rng.normal(modes), rng.normal([3, 6, 0], 1, (10, 3))])  # two modes, ten anomalies
    >>> y = np.repeat([0, 1], [205, 5])  # five of them are labelled, the other five are among the unlabelled rows
    >>> model = MNPPlus(random_state=0).fit(X, y)
    >>> scores = model.decision_function(X)
    >>> bool(scores[200:205].min() > np.median(scores[:200]))  # those that nobody labelled
    True
    >>> list(model.evidence(X).columns)
    ['trees', 'network', 'prototypes', 'reconstruction']
    """

    _parameter_constraints: ClassVar[Constraints] = CONSTRAINTS
    labels_needed = 0

    def __init__(
        self,
        n_estimators: int = 200,
        max_samples: int | None = None,
        n_prototypes: int = 8,
        n_exemplars: int = 1024,
        n_components: int | float = 0.5,
        hidden_dim: int = 20,
        n_init: int = 4,
        steps: int = 600,
        batch_size: int = 192,
        labelled_batch_size: int = 48,
        lr: float = 3e-3,
        l2: float = 0.01,
        trimmed: float = 0.05,
        tree_weight: float = 1.0,
        rotated_weight: float = 0.5,
        network_weight: float = 0.75,
        prototype_weight: float = 0.6,
        reconstruction_weight: float = 0.6,
        agreement: float = 4.0,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.n_prototypes = n_prototypes
        self.n_exemplars = n_exemplars
        self.n_components = n_components
        self.hidden_dim = hidden_dim
        self.n_init = n_init
        self.steps = steps
        self.batch_size = batch_size
        self.labelled_batch_size = labelled_batch_size
        self.lr = lr
        self.l2 = l2
        self.trimmed = trimmed
        self.tree_weight = tree_weight
        self.rotated_weight = rotated_weight
        self.network_weight = network_weight
        self.prototype_weight = prototype_weight
        self.reconstruction_weight = reconstruction_weight
        self.agreement = agreement
        self.random_state = random_state

    def evidence(self, X: Any) -> pd.DataFrame:
        """The four terms of the score, one column each: trees, network, prototypes, reconstruction.

        Their sum is ``decision_function(X)``. 0 speaks neither for nor against an anomaly: for the trees it is even
        odds of labelled against unlabelled, for prototypes and reconstruction the training median.
        """
        return pd.DataFrame(self._terms(self._measured(X)))

    def normal_likelihood(self, X: Any) -> np.ndarray:
        """1 / (1 + (d / m)^2) with d the distance to the nearest prototype and m its training median: (n,) in (0, 1].

        The similarity of the published model, in units of the median; 0.5 for a row as far as the median row.
        """
        measured = self._measured(X)
        unit = self.units_["distance"] + self.units_["floor"]
        return 1.0 / (1.0 + (measured.distance / (unit if unit > 0 else 1.0)) ** 2)

    def closest_prototype(self, X: Any) -> np.ndarray:
        """Number of the nearest prototype, (n,) int: a row of ``prototypes_``."""
        return self._measured(X).closest

    def reconstruction_error(self, X: Any) -> np.ndarray:
        """Norm of what the best fitting mode's own linear autoencoder leaves of the inputs v, (n,)."""
        return self._measured(X).own

    def reconstruct(self, X: Any) -> np.ndarray:
        """What the best fitting mode's autoencoder makes of rows: ``X - reconstruct(X)`` is the residual by feature.

        Parameters
        ----------
        X : (n, d)

        Returns
        -------
        (n, d) float64, in the units of X
            The mode is the one of ``reconstruction_error``, whose autoencoder gives back inputs v; of each feature this
            is the training value whose two inputs, scaled and as a quantile, are nearest to those. A feature that was
            constant over the training rows is no input of the model and comes back as it is.
        """
        check_is_fitted(self, "weights_")
        rows = self._scored(X)
        with one_thread():
            varying = np.ascontiguousarray(self._narrowed(rows)[:, self.columns_])
            return as_given(self, rows, reconstructed(self, varying, Settings.of(self)))

    def fit_replicas(self, splits: Sequence[TrainingRows], seeds: Sequence[int]) -> list[Self]:
        """Fit one detector per (split, seed), see ``ReplicaMixin``; prototypes come back to the units of X."""
        fitted = super().fit_replicas(splits, seeds)
        for detector in fitted:
            if hasattr(detector, "single_offset_"):
                detector.prototypes_ = detector.prototypes_ / detector.single_gain_ + detector.single_offset_
        return fitted

    def decision_function_replicas(self, detectors: Sequence[Self], Xs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Score each detector's own rows."""
        with one_thread():
            return [total(detector._terms(detector._passed(X))) for detector, X in zip(detectors, Xs, strict=True)]

    def _fit_group(self, runs: Sequence[TrainingRows], seeds: Sequence[int]) -> list[Self]:
        columns = self._columns(runs[0])
        fitted = fit_runs(runs, seeds, columns, Settings.of(self))
        return [self._detector(run, seed, columns, one) for run, seed, one in zip(runs, seeds, fitted, strict=True)]

    def _detector(self, run: TrainingRows, seed: int, columns: np.ndarray, fitted: FittedRun) -> Self:
        detector = type(self)(**{**self.get_params(), "random_state": seed})
        X = run.X[run.train]
        detector.columns_, detector.n_features_in_ = columns, X.shape[1]
        detector.weights_, detector.context_ = fitted.weights.clone(), fitted.context
        detector.inputs_, detector.trees_, detector.rotated_trees_ = fitted.inputs, fitted.trees, fitted.rotated_trees
        detector.prototypes_, detector.n_prototypes_ = fitted.prototypes, len(fitted.prototypes)
        detector.history_ = fitted.history
        measured = detector._passed(X)
        settings = Settings.of(detector)
        detector.units_ = units(measured, fitted.usual, fitted.floor)
        labelled = np.flatnonzero(np.asarray(run.y_train) == 1)
        detector.trust_ = trust(measured, detector.units_, fitted.usual, labelled, settings)
        detector.decision_scores_ = total(detector._terms(measured))
        detector._set_n_classes(None)
        detector._process_decision_scores()
        return detector

    def _passed(self, X: np.ndarray) -> Measured:
        inputs.same_width(X, self.n_features_in_)
        X = self._narrowed(X)
        chosen = X if len(self.columns_) == X.shape[1] else np.ascontiguousarray(X[:, self.columns_])
        return measure(self, chosen, Settings.of(self))

    def _measured(self, X: Any) -> Measured:
        check_is_fitted(self, "weights_")
        with one_thread():
            return self._passed(self._scored(X))

    def _terms(self, measured: Measured) -> dict[str, np.ndarray]:
        return evidence(measured, self.units_, self.trust_, Settings.of(self))

    def _check(self, run: TrainingRows) -> None:
        super()._check(run)
        settings = Settings.of(self)
        if np.any(np.asarray(run.y_train) == 1):
            return
        if not settings.unsupervised:
            raise ValueError(
                "MNPPlus without prototype_weight and reconstruction_weight needs labelled anomalies (y == 1), got none"
            )
        warnings.warn(
            "no labelled anomaly (y == 1): MNPPlus falls back to its distance to the exemplars and its reconstruction "
            "error; label a few anomalies to add the evidence of its trees and its network",
            UserWarning,
            stacklevel=3,
        )

    def _layout(self, width: int) -> Layout:
        """One initialisation's network for this many varying features: each gives two inputs."""
        return layout(2 * width, self.hidden_dim)

    def _shape_key(self, run: TrainingRows) -> bool:
        return bool(np.any(np.asarray(run.y_train) == 1))
