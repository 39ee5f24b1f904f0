"""What a method may know of a dataset, and the arrays that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Protocol = Literal["weak", "paper", "adbench"]


@dataclass(frozen=True)
class Scenario:
    """What a method may know of a dataset. Hashable; its canonical form is part of a cell's key.

    Attributes
    ----------
    protocol : {"weak", "paper", "adbench"}
        ``weak``: split drawn by the seed, no true labels beyond the labelled anomalies.
        ``paper``: the authors' fixed 60/5/35 split (random_state 2024) with a labelled validation
        part, the first ``label_budget`` training anomalies labelled.
        ``adbench``: 70/30 stratified, sets over 10,000 rows subsampled to 10,000.
    label_budget : int or float
        Number of labelled anomalies (int >= 1), or their share of the training anomalies
        (float in (0, 1], rounded up, at least one).
    contamination : float or None
        Share of anomalies among the unlabelled training rows; None keeps what is there.
    contamination_fill : {"refuse", "perturb"}
        What happens when a set has too few anomalies for the level asked.
    known_types : tuple of str
        Labelled anomalies come from these types only; empty = from all.
    unseen_only : bool
        With known_types: training holds no anomalies of other types at all, and the headline
        test metric is over normals and unseen-type anomalies.
    label_noise : float
        Share of the labelled anomalies replaced by normals.
    irrelevant_features : float
        Number of uniform noise columns added, as a share of the columns.
    duplicated_anomalies : int
        Copies of each anomaly (1 = none), as in ADBench.
    drop_duplicates : bool
        Remove exact duplicate rows before splitting.
    max_rows : int or None
        Subsample larger sets to this many rows (stratified, seeded).
    bootstrap_small : bool
        ADBench's bootstrap of sets under 1,000 rows before the split (leaks; off).
    test_fraction, validation_fraction : float
        Shares of all rows. Under ``weak`` validation_fraction is 0.
    """

    protocol: Protocol = "weak"
    label_budget: int | float = 5
    contamination: float | None = None
    contamination_fill: Literal["refuse", "perturb"] = "refuse"
    known_types: tuple[str, ...] = ()
    unseen_only: bool = False
    label_noise: float = 0.0
    irrelevant_features: float = 0.0
    duplicated_anomalies: int = 1
    drop_duplicates: bool = False
    max_rows: int | None = None
    bootstrap_small: bool = False
    test_fraction: float = 0.35
    validation_fraction: float = 0.0


@dataclass(frozen=True, eq=False)
class Split:
    """Arrays of one run: rows of a shared base array, so that many runs share one copy.

    Attributes
    ----------
    X : (n, d) float32 or float64, as the dataset's
        The shared base array (raw features: methods scale by themselves, in double precision).
    train : (m,) int64
        Rows of X that are trained on.
    y_train : (m,) int8
        1 = labelled anomaly, 0 = unlabelled.
    test : (t,) int64, y_test : (t,) int8
        Test rows and their truth.
    anomaly_type_test : (t,) str array or None
    val, y_val : arrays or None
        Labelled validation rows (truth); None under ``weak`` and ``adbench``.
    truth_train : (m,) int8
        The truth of the training rows, for pictures and tests only; never given to a method.

    Examples
    --------
    >>> from bench import load_dataset
    >>> from bench.scenarios import split
    >>> from bench.types import Scenario
    >>> cut = split(load_dataset("digits-low"), Scenario(label_budget=5), seed=0)
    >>> cut.X_train.shape, int(cut.y_train.sum())  # five labels; the other anomalies stay among the unlabelled rows
    ((645, 64), 5)
    >>> bool(cut.truth_train.sum() > cut.y_train.sum())
    True
    """

    X: np.ndarray
    train: np.ndarray
    y_train: np.ndarray
    test: np.ndarray
    y_test: np.ndarray
    truth_train: np.ndarray
    anomaly_type_test: np.ndarray | None = None
    val: np.ndarray | None = None
    y_val: np.ndarray | None = None

    @property
    def X_train(self) -> np.ndarray:
        """(m, d): the rows that are trained on, as ``y_train``."""
        X_train: np.ndarray = self.X[self.train]
        return X_train

    @property
    def X_test(self) -> np.ndarray:
        """(t, d): the rows that are tested on, as ``y_test``."""
        X_test: np.ndarray = self.X[self.test]
        return X_test

    @property
    def X_val(self) -> np.ndarray | None:
        """(v, d): the validation rows, as ``y_val``; None where there are none."""
        return None if self.val is None else self.X[self.val]
