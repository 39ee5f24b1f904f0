"""A dataset's card as text, with what is odd about its data, and a small picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.datasets import registry
from bench.datasets.arrays import identical_rows
from bench.datasets.catalogue import EVERYWHERE, Catalogue
from bench.datasets.column_notes import column_notes, first_of
from bench.datasets.filters import difficulty
from bench.types import Dataset, DatasetCard
from reproducibility.streams import generator

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Rows drawn in a picture.
PICTURE_ROWS = 3000
#: So many sets of a family are named, the rest is counted.
KIN_NAMED = 5


def describe(name: str, catalogue: Catalogue = EVERYWHERE) -> str:
    """The card of a registered dataset; its data are looked at if they are on this machine.

    Parameters
    ----------
    name : str
    catalogue : Catalogue, optional
        Where the data may lie.

    Returns
    -------
    str
        Several lines.

    Raises
    ------
    UnknownName
    DataError
        The data are there but cannot be used.
    """
    card = registry.card(name)
    how = catalogue.why_absent(card)
    if how:
        return "\n".join([*card_lines(card), f"available    no: {how}"])
    return describe_loaded(catalogue.load(name))


def describe_loaded(dataset: Dataset) -> str:
    """The card of a loaded dataset (registered or a user's table) with what its data show."""
    return "\n".join([*card_lines(dataset.card), "available    yes", *data_lines(dataset)])


def card_lines(card: DatasetCard) -> list[str]:
    """What is known without the data, one fact a line."""
    kin = [other for other in registry.cards().values() if other.family == card.family and other.name != card.name]
    kin.sort(key=lambda other: other.source == card.source)  # those elsewhere are the surprising ones
    lines = [
        f"{card.name}: {card.title}",
        f"source       {card.source}{', generated: no evidence for real data' if card.synthetic else ''}",
        f"size         {sizes(card)}",
    ]
    if card.origin:
        lines.append(f"origin       {card.origin}")
    if card.modes:
        lines.append(f"normal modes {card.modes}")
    if card.types:
        lines.append(f"types        {', '.join(card.types)}")
    lines.append(
        f"family       {card.family}"
        + (f" (with {', '.join(first_of([other.name for other in kin], KIN_NAMED))})" if kin else "")
    )
    if card.superseded_by:
        lines.append(f"prefer       {card.superseded_by}")
    lines += [
        f"licence      {card.licence}",
        f"cite         {card.citation}",
        f"url          {card.url}",
    ]
    if card.forest_auc is not None:
        lines.append(f"difficulty   {how_hard(card)}")
    if card.sha256 or card.source == "adbench":
        lines.append(f"file sha256  {card.sha256 or 'not pinned'}")
    lines += [f"note         {oddity}" for oddity in card.oddities]
    return lines


def how_hard(card: DatasetCard) -> str:
    """The difficulty with the figures that it rests on, which the collection states."""
    alone = "" if card.iforest_auc is None else f", {card.iforest_auc:.3f} for isolation forest"
    return f"{difficulty(card)}: AUC-ROC {card.forest_auc:.3f} for a forest with all labels{alone}, as stated upstream"


def sizes(card: DatasetCard) -> str:
    """Rows, features and anomalies in words; unknown until loaded for some sets."""
    if card.rows is None or card.features is None or card.anomalies is None:
        return "not known until loaded"
    share = 100 * card.anomalies / card.rows
    return f"{card.rows} rows x {card.features} features, {card.anomalies} anomalies ({share:.2f}%)"


def data_lines(dataset: Dataset) -> list[str]:
    """What the data show: duplicates, constant columns, range, odd columns, anomaly types."""
    X, y = np.asarray(dataset.X), dataset.y
    low, high = X.min(axis=0), X.max(axis=0)
    copies, mixed = duplicates(X, y)
    lines = [
        f"data sha256  {dataset.sha256}",
        f"precision    {X.dtype}",
        f"values       {low.min():.6g} to {high.max():.6g}",
        f"constant     {int((low == high).sum())} of {X.shape[1]} columns",
        f"duplicates   {copies} rows repeat another one ({100 * copies / len(X):.1f}%)",
    ]
    if mixed:
        lines.append(f"ambiguous    {mixed} rows have an identical row with the other label")
    lines += [f"columns      {note}" for note in column_notes(dataset)]
    if dataset.anomaly_type is not None:
        names, counts = np.unique(dataset.anomaly_type[y == 1], return_counts=True)
        lines += [f"type         {name}: {count} anomalies" for name, count in zip(names, counts, strict=True)]
    return lines


def duplicates(X: np.ndarray, y: np.ndarray) -> tuple[int, int]:
    """Rows that repeat an earlier one, and rows that have an identical row with the other label."""
    group = identical_rows(X)
    size, anomalies = np.bincount(group), np.bincount(group, weights=y)
    ambiguous = (anomalies > 0) & (anomalies < size)
    return len(X) - len(size), int(size[ambiguous].sum())


def picture(dataset: Dataset) -> Figure:
    """Two principal components of the min-max scaled rows, normal modes and anomaly types in colours.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    matplotlib.figure.Figure
        Of at most 3,000 rows, drawn at random; save it with ``savefig``.
    """
    from matplotlib.figure import Figure

    rows = generator("picture", dataset.sha256).permutation(len(dataset.y))[:PICTURE_ROWS]
    X, y = np.asarray(dataset.X[rows], dtype=np.float64), dataset.y[rows]
    spread = X.max(axis=0) - X.min(axis=0)
    X = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)
    _, _, axes = np.linalg.svd(X, full_matrices=False)
    flat = X @ axes[:2].T if X.shape[1] > 1 else np.column_stack([X[:, 0], np.zeros(len(X))])
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    ax = figure.add_subplot()
    types = dataset.anomaly_type
    groups = np.where(y == 1, "anomaly", "normal") if types is None else types[rows]
    for label, marker, size, names in (
        (0, ".", 12, np.unique(groups[y == 0])),
        (1, "x", 28, np.unique(groups[y == 1])),
    ):
        for i, name in enumerate(names[:10]):
            chosen = (y == label) & (groups == name)
            colour = f"C{i}" if label == 0 else ("black", "red", "purple", "brown", "magenta")[i % 5]
            ax.scatter(
                flat[chosen, 0],
                flat[chosen, 1],
                s=size,
                marker=marker,
                color=colour,
                alpha=0.7,
                label=name,
                linewidths=1,
            )
    ax.set(title=dataset.name, xlabel="first component", ylabel="second component")
    ax.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure
