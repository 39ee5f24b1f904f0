"""A dataset before it is loaded, its card, and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
    licence, citation, url : str
        Terms of use, whom to cite, and where the data come from.
    modes : int or None
        Groups of normal rows, where known.
    types : tuple of str
        Anomaly types, where known.
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
