"""The facts that flow through the harness, as frozen dataclasses: data, scenarios, splits, methods, cells.

Everything here is plain data: no file access, no torch, no randomness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Protocol = Literal["weak", "paper", "adbench"]
Status = Literal["ok", "failed", "timeout", "oom"]


@dataclass(frozen=True)
class DatasetCard:
    """What is known of a dataset before it is loaded.

    Attributes
    ----------
    name : str
        Unique name in the registry, e.g. ``"adbench/38_thyroid"`` or ``"digits-not8"``.
    title : str
        One line for people.
    source : str
        ``"bundled"``, ``"adbench"``, ``"oddbench"``, ``"table"``, ``"typed"``, ``"synthetic"``, or the entry
        point's name where another package brings the set.
    family : str
        Near duplicates share a family (satellite and satimage-2), so that statistics can
        count them once.
    rows, features, anomalies : int or None
        Sizes; None when unknown until loaded (a user's own table).
    sha256 : str or None
        Pinned hash of the upstream file (adbench, typed) or None where there is no file.
    synthetic : bool
        True for generated data; marked in every table.
    origin : str
        Where the data come from in a few words: a field (``"Science"``) or a collection (``"ODDS, UCI"``).
    forest_auc, iforest_auc : float or None
        AUC-ROC that the collection states for a random forest trained with all labels and for isolation forest.
    oddities : tuple of str
        Sentences shown in the card (duplicates, constant columns, a rebuild ...).
    superseded_by : str or None
        Name of the set to prefer, if any.
    """

    name: str
    title: str
    source: str
    family: str
    licence: str
    citation: str
    url: str
    rows: int | None = None
    features: int | None = None
    anomalies: int | None = None
    modes: int | None = None
    types: tuple[str, ...] = ()
    sha256: str | None = None
    synthetic: bool = False
    oddities: tuple[str, ...] = ()
    superseded_by: str | None = None
    origin: str = ""
    forest_auc: float | None = None
    iforest_auc: float | None = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """A loaded dataset.

    Attributes
    ----------
    name : str
    X : (n, d) float32 or float64, C-contiguous, possibly a read-only memory map.
        float64 where some value has no exact float32 form, unless the source is published in single precision.
    y : (n,) int8, 1 = anomaly, 0 = normal (the truth, never shown to a method as such).
    anomaly_type : (n,) str array or None
        Anomaly type of anomalies, mode name of normals.
    sha256 : str
        Hash of the arrays (X with its precision, y, anomaly_type): the dataset's identity.
    card : DatasetCard
    feature_names : tuple of str, may be empty
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    anomaly_type: np.ndarray | None
    sha256: str
    card: DatasetCard
    feature_names: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash((self.name, self.sha256))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dataset) and (self.name, self.sha256) == (other.name, other.sha256)

    def __repr__(self) -> str:
        n, d = self.X.shape
        return f"Dataset({self.name!r}, {n} x {d}, {int(self.y.sum())} anomalies, sha256={self.sha256[:12]})"


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


@dataclass(frozen=True)
class MethodSpec:
    """A method's card: how to make a detector, and what a reader of a table must know of it.

    Attributes
    ----------
    name, title, family, year, citation, deviations : what the tables and cards print;
        family is "weak", "supervised" or "unsupervised".
    factory : str
        ``"package.module:Class"``; called as ``Class(random_state=seed, **params)``, or with
        ``seed`` where its parameter is called so. Imported only when a detector is made.
    params : tuple of (name, value)
        Defaults of this registration that differ from the class's own.
    replicated : bool
        The class has ``fit_replicas`` and ``decision_function_replicas``.
    uses_validation : bool
        The method looks at the labelled validation split where the protocol has one.
    extra : str
        Package extra that brings its library ("" = none).
    requires : tuple of str
        Modules that must be importable.
    ready : str
        ``"package.module:function"`` of what else it needs here: returns "" or the need in words.
    protocols : tuple of str
        Protocols it can run under (``mnp-published`` needs ``paper``).
    seconds : float
        Rough cost of one fit with 1,000 rows and 20 features, for planning.
    rows_growth, features_growth : float or None
        Powers of rows and features in this cost. None: 0.2 where replicated (fixed number of steps), else 1.
    inputs_per_feature : int
        Inputs that the network of a replicated method makes of each feature.
    rows_per_step : int
        Rows that add a step to an epoch which ``max_steps_per_epoch`` can bound (0 = there is no such parameter).
    max_group : int
        Largest replica group worth building (0 = not replicated).
    highlight : bool
        Reports say in words where this method stands, and draw it thicker and in hues of its own.
    inspectable : bool
        The class has ``looks``, the tables that ``mnp-bench inspect`` draws.
    renamed : tuple of (old, new)
        Parameters that had another name before, so that stored results can be carried over.
    saved_as : str
        How a fitted detector is written to a model folder: "safetensors" (it has ``save`` and ``load``), "skops",
        "xgboost", "lightgbm" or "catboost" (their own formats); "" = it cannot be.
    """

    name: str
    title: str
    family: Literal["weak", "supervised", "unsupervised"]
    year: int
    citation: str
    factory: str
    deviations: str
    params: tuple[tuple[str, Any], ...] = ()
    replicated: bool = False
    uses_validation: bool = False
    extra: str = ""
    requires: tuple[str, ...] = ()
    ready: str = ""
    protocols: tuple[str, ...] = ("weak", "paper", "adbench")
    seconds: float = 1.0
    rows_growth: float | None = None
    features_growth: float = 0.7
    inputs_per_feature: int = 1
    rows_per_step: int = 0
    max_group: int = 0
    highlight: bool = False
    inspectable: bool = False
    renamed: tuple[tuple[str, str], ...] = ()
    saved_as: str = ""


@dataclass(frozen=True)
class Cell:
    """One number in a table: dataset x scenario x method (with parameters) x seed.

    ``key`` is the sha256 of the canonical JSON of the content (dataset sha256, scenario, method,
    parameters, method source hash, protocol version, seed); see ``bench.planning.identity``. ``label`` is what
    tables call the method when a suite names it otherwise ("" = its title); it is not part of the key.
    """

    dataset: str
    dataset_sha256: str
    scenario: Scenario
    method: str
    params: tuple[tuple[str, Any], ...]
    seed: int
    key: str
    label: str = ""


@dataclass(frozen=True)
class Task:
    """Cells that run together in one worker: a replica group of one dataset and method, or one cell."""

    cells: tuple[Cell, ...]
    cost_seconds: float
    memory_mb: float


@dataclass(frozen=True)
class Record:
    """One row of the store: a cell and what became of it.

    ``facts`` holds what tables need of its dataset, method and split (title, family, sizes), so that
    reports read the store and nothing else; ``scores`` and ``truth`` (1 = anomaly) are per test row.
    """

    cell: Cell
    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)
    fit_seconds: float = float("nan")
    score_seconds: float = float("nan")
    peak_memory_mb: float = float("nan")
    error: str = ""
    scores: np.ndarray | None = None
    provenance: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    truth: np.ndarray | None = None
