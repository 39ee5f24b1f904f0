"""What tables need to know of a cell's dataset, method and split, so that reports read the store only.

But for the family, which reports take from today's card where the set is registered (``bench.report.families``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from bench import methods
from bench.datasets.catalogue import Catalogue
from bench.types import Cell, Dataset, DatasetCard, Split


def of_cell(cell: Cell, catalogue: Catalogue) -> dict[str, Any]:
    """What is known without touching data: enough for the row of a cell that never began."""
    spec = methods.get(cell.method)
    card = catalogue.card(cell.dataset)
    return {
        "dataset_family": card.family if card else cell.dataset,
        "synthetic": bool(card and card.synthetic),
        **_sizes(card),
        "method_title": cell.label or spec.title,
        "method_family": spec.family,
        "sees_validation": spec.uses_validation and cell.scenario.protocol == "paper",
        "group_width": 1,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def of_data(dataset: Dataset) -> dict[str, Any]:
    """Sizes and kinship of the loaded data, which replace what the card said."""
    return {
        "dataset_family": dataset.card.family,
        "dataset_rows": len(dataset.y),
        "dataset_features": dataset.X.shape[1],
        "dataset_anomalies": int(np.sum(dataset.y)),
        "synthetic": dataset.card.synthetic,
    }


def of_split(split: Split, uses_validation: bool) -> dict[str, Any]:
    """Sizes of the split, and whether the method looks at labelled validation rows in it."""
    return {
        "sees_validation": uses_validation and split.val is not None,
        "n_train": len(split.train),
        "n_labelled": int(np.sum(split.y_train == 1)),
        "n_test": len(split.test),
    }


def _sizes(card: DatasetCard | None) -> dict[str, Any]:
    known = {} if card is None else {"rows": card.rows, "features": card.features, "anomalies": card.anomalies}
    return {f"dataset_{name}": value for name, value in known.items() if value is not None}
