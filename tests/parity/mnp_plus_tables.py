"""Tables from the rows that ``mnp_plus_halves`` wrote: mean AP, mean rank, and a test of MNP+ against each method.

    python -m tests.parity.mnp_plus_tables results/reference/mnp-plus/report.csv

Seeds and label budgets are averaged for each set, sets for each family; Wilcoxon's signed-rank test is over families,
corrected by Holm over the methods of a table that have six families or more. Ranks are over the cells that all methods
of a table have; the first table of each source compares in pairs, on all cells that the two have, and says how many a
method lacks.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

from tests.parity.mnp_plus_halves import family, in_development

OURS = "mnp-plus"
#: With fewer the signed-rank test cannot give p below .05, whatever the differences; such methods are not tested.
LEAST_FAMILIES = 6


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
    others = [name for name in cells.columns if name != OURS]
    return _corrected([(name, *_compared(cells[[OURS, name]], name)) for name in others])


def on_shared_cells(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """MNP+ against each method on every cell that the method has: the tests, and the differences by label budget.

    ``lacking`` counts cells of MNP+ that the method was not run on.
    """
    wide = rows.pivot_table(index=["set", "labels", "seed"], columns="method", values="ap")
    wide = wide[wide[OURS].notna()]
    compared, budgets = [], {}
    for name in wide.columns.drop(OURS):
        cells = wide[[OURS, name]].dropna()
        if cells.empty:
            continue
        sets = cells.groupby("set").mean()
        compared.append((name, *_compared(cells, name), len(cells), len(wide) - len(cells), *sets.mean()[[OURS, name]]))
        each = cells.groupby(["labels", "set"]).mean()
        budgets[name] = (each[OURS] - each[name]).groupby("labels").mean()
    table = _corrected(compared, ["cells", "lacking", "AP of MNP+", "AP of it"])
    by_budget = pd.DataFrame(budgets).T
    return table, by_budget.loc[by_budget[0.05].sort_values().index]


def _compared(cells: pd.DataFrame, name: str) -> tuple[float, float, float, int, int, float]:
    sets = cells.groupby("set").mean()
    families = sets.groupby([min(family(text)) for text in sets.index]).mean()
    difference = (families[OURS] - families[name]).to_numpy()
    draws = np.random.default_rng(0).integers(len(families), size=(10_000, len(families)))
    low, high = np.quantile(difference[draws].mean(axis=1), [0.025, 0.975])
    p = wilcoxon(difference).pvalue if len(difference) >= LEAST_FAMILIES else np.nan
    return difference.mean(), low, high, int((difference > 0).sum()), len(difference), p


def _corrected(rows: list[tuple[object, ...]], more: Sequence[str] = ()) -> pd.DataFrame:
    columns = ["against", "difference", "low", "high", "wins", "families", "p", *more]
    table = pd.DataFrame(rows, columns=columns).sort_values("p")
    tested = table.p.dropna()
    corrected = (tested * np.arange(len(tested), 0, -1)).cummax().clip(upper=1.0)
    table.insert(7, "Holm's p", corrected.reindex(table.index))
    return table.sort_values("difference").reset_index(drop=True)


def of_the_report_half(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of today's report halves and of the method as it stands: some sets were found later to be kin of others."""
    names = rows["set"].unique()
    kept = [name for name in names if not in_development(name)]
    return rows[rows["set"].isin(kept) & ~rows.method.str.startswith("first ")]


def main() -> None:
    """Print the tables of every source in the file."""
    rows = of_the_report_half(pd.read_csv(Path(sys.argv[1])))
    for source, part in rows.groupby(rows["set"].str.partition("/")[0]):
        print(f"\n## {source}: MNP+ against each method on the cells that both have")
        for table in on_shared_cells(part):
            print(table.to_string(float_format="%.3f"), end="\n\n")
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
