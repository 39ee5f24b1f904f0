"""Tables from the rows that ``mnp_plus_halves`` wrote: mean AP, mean rank, and a test of MNP+ against each method.

    python -m tests.parity.mnp_plus_tables results/reference/mnp-plus/report.csv

Seeds and label budgets are averaged for each set, sets for each family; Wilcoxon's signed-rank test is over families,
corrected by Holm over the methods of a table. A table is over the cells that all of its methods have.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

from tests.parity.mnp_plus_halves import family

OURS = "mnp-plus"


def common(rows: pd.DataFrame) -> pd.DataFrame:
    """Cells (set, labels, seed) x methods, without those that a method lacks."""
    return rows.pivot_table(index=["set", "labels", "seed"], columns="method", values="ap").dropna()


def by_labels(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean AP of each method for each label budget, mean over sets; the last columns are over all budgets."""
    sets = cells.groupby(["labels", "set"]).mean()
    table = sets.groupby("labels").mean().T
    each = cells.groupby("set").mean()
    table["mean"] = each.mean()
    table["mean rank"] = each.rank(axis=1, ascending=False).mean()
    return table.sort_values("mean rank")


def ranks_by_labels(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean rank of each method for each label budget."""
    sets = cells.groupby(["labels", "set"]).mean()
    return sets.rank(axis=1, ascending=False).groupby("labels").mean().T.sort_values(sets.index[0][0])


def against_each(cells: pd.DataFrame) -> pd.DataFrame:
    """Difference, wins and Holm's p of MNP+ against each method over families, with a 95% bootstrap interval."""
    sets = cells.groupby("set").mean()
    families = sets.groupby([min(family(name)) for name in sets.index]).mean()
    others = [name for name in families.columns if name != OURS]
    draws = np.random.default_rng(0).integers(len(families), size=(10_000, len(families)))
    rows = []
    for name in others:
        difference = (families[OURS] - families[name]).to_numpy()
        low, high = np.quantile(difference[draws].mean(axis=1), [0.025, 0.975])
        p = wilcoxon(difference).pvalue
        rows.append((name, difference.mean(), low, high, int((difference > 0).sum()), len(difference), p))
    table = pd.DataFrame(rows, columns=["against", "difference", "low", "high", "wins", "families", "p"]).sort_values(
        "p"
    )
    table["Holm's p"] = np.minimum(np.maximum.accumulate(table.p * np.arange(len(table), 0, -1)), 1.0)
    return table.sort_values("difference").reset_index(drop=True)


def main() -> None:
    """Print the tables of every source in the file."""
    rows = pd.read_csv(Path(sys.argv[1]))
    for source, part in rows.groupby(rows["set"].str.partition("/")[0]):
        complete = {"all label budgets": part}
        if len(sys.argv) > 2:
            complete = {text: part[part.method.isin(text.split(","))] for text in sys.argv[2:]}
        for title, chosen in complete.items():
            cells = common(chosen)
            print(f"\n## {source}, {title}: {cells.index.get_level_values('set').nunique()} sets, {len(cells)} cells")
            for table in (by_labels(cells), ranks_by_labels(cells)):
                print(table.to_string(float_format="%.3f"), end="\n\n")
            print(against_each(cells).to_string(float_format="%.3f", index=False))


if __name__ == "__main__":
    main()
