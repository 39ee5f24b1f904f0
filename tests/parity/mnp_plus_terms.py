"""What each term of MNP+ does alone, set by set: where one of them is better than their sum, and what such sets look like.

    python -m tests.parity.mnp_plus_terms CACHE... --out results/reference/mnp-plus/terms.csv

reads the folders of fitted cells that ``mnp_plus_trials`` keeps (``--cache``, of either half) and writes one row a set:
mean average precision of the sum and of each term alone over its cells, and the mean trust.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from sklearn.metrics import average_precision_score

from tests.parity.mnp_plus_cells import LEAST_ANOMALIES, load
from tests.parity.mnp_plus_trials import _where
from tests.parity.mnp_plus_variants import BOTH, VARIANTS, normality, trust, weighted

#: Columns of average precision, and the variants that are each term alone.
ALONE = {
    "sum": "default",
    "trees": "trees alone",
    "network": "network alone",
    "without labels": "terms without labels alone",
}


def of_cell(path: Path) -> dict[str, object] | None:
    """Average precision of the sum and of each term of one cell, or None where it has too few anomalies to tell."""
    cell, truth, _ = load(path)
    if truth.sum() < LEAST_ANOMALIES:
        return None
    where = _where(path)
    before = weighted(normality(cell)[0], BOTH)
    return {
        "set": f"{where['source']}/{where['set']}", "rows": len(cell.X_train), "features": cell.X_train.shape[1],
        "anomalies": int(truth.sum()), "trust": trust(before, cell),
        **{name: average_precision_score(truth, VARIANTS[variant](cell)) for name, variant in ALONE.items()},
    }  # fmt: skip


def by_set(paths: Iterable[Path]) -> pd.DataFrame:
    """One row per set: means over its cells, and how many they are."""
    rows = pd.DataFrame([row for path in paths if (row := of_cell(path)) is not None])
    sets = rows.groupby("set", sort=True)
    means = sets.mean()
    means.insert(0, "cells", sets.size())
    return means.round({"rows": 0, "anomalies": 1, "trust": 3, **dict.fromkeys(ALONE, 4)}).reset_index()


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("caches", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    paths = [
        path for cache in arguments.caches for path in sorted(cache.glob("*.npz")) if _where(path)["source"] != "unseen"
    ]
    by_set(paths).to_csv(arguments.out, index=False)


if __name__ == "__main__":
    main()
