"""Writes the tables of documents about MNP+ anew from the rows beside them, so that no figure is copied by hand.

    python -m tests.parity.mnp_plus_words results/reference/mnp-plus docs/mnp-plus.md results/reference/mnp-plus/README.md

The first argument is the folder of ``report.csv`` and ``trials-paired.csv``. Blocks, as in ``bench.report.blocks`` but with
the mark ``mnp-plus``:

- ``rivals SOURCE``: MNP+ against each method on the cells that both have;
- ``budgets SOURCE``: the same differences by label budget;
- ``ranks SOURCE methods=A,B``: mean ranks by label budget on the cells that all of them have;
- ``trials base=TEXT``: trials with this base, its spaces written as underscores;
- ``alone by=NUMBER``: sets of ``terms.csv`` where a term alone is ahead of the sum by at least so much.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from bench.report.blocks import Block, filled
from tests.parity.mnp_plus_tables import (
    OURS,
    by_labels,
    common,
    of_the_report_half,
    on_shared_cells,
    ranks_by_labels,
)

#: What these blocks begin with, so that nobody takes them for those of the stores.
MARK = "mnp-plus"
#: Collections of a trial, and what they are called in a table.
COLLECTIONS = {
    "adbench": "ADBench",
    "oddbench": "OddBench",
    "unseen": "unseen types: all",
    "types": "unseen types only",
}


def written(block: Block, folder: Path) -> str:
    """The text of one block."""
    if block.name == "trials":
        return _trials(pd.read_csv(folder / "trials-paired.csv"), block.options["base"].replace("_", " "))
    if block.name == "alone":
        return _alone(pd.read_csv(folder / "terms.csv"), float(block.options["by"]))
    rows = pd.read_csv(folder / "report.csv")
    rows = of_the_report_half(rows[rows["set"].str.startswith(f"{block.subjects[0]}/")])
    if block.name == "ranks":
        return _ranks(rows[rows.method.isin([OURS, *block.options["methods"].split(",")])])
    table, budgets = on_shared_cells(rows)
    return _budgets(budgets) if block.name == "budgets" else _rivals(table)


def _rivals(table: pd.DataFrame) -> str:
    head = ["against", "cells", "lacking", "AP of MNP+", "AP of it", "difference [95%]", "better on", "Holm's p"]
    return _table(head, [
        [row.against, str(row.cells), str(row.lacking), _plain(row["AP of MNP+"]), _plain(row["AP of it"]),
         _interval(row.difference, row.low, row.high), f"{row.wins} of {row.families} families", _p(row["Holm's p"])]
        for _, row in table.iterrows()
    ])  # fmt: skip


def _budgets(budgets: pd.DataFrame) -> str:
    head = ["against", *(_labels(float(str(value))) for value in budgets.columns)]
    return _table(head, [[str(name), *("no cell" if pd.isna(value) else _signed(value) for value in row)]
                         for name, row in budgets.iterrows()])  # fmt: skip


def _ranks(rows: pd.DataFrame) -> str:
    cells = common(rows)
    ranks, means = ranks_by_labels(cells), by_labels(cells)
    head = ["method", *(_labels(float(str(value))) for value in ranks.columns), "all", "mean AP"]
    body = [
        [
            name,
            *(f"{value:.1f}" for value in ranks.loc[name]),
            f"{means.loc[name, 'mean rank']:.1f}",
            _plain(means.loc[name, "mean"]),
        ]
        for name in means.index
    ]
    sets = cells.index.get_level_values("set").nunique()
    return f"{_table(head, body)}\n\nMean ranks of {len(ranks)} methods over {sets} sets, {len(cells)} cells that all of them have."


def _trials(rows: pd.DataFrame, base: str) -> str:
    rows = rows[rows.base == base]
    head = ["variant", *COLLECTIONS.values(), "cells"]
    return _table(
        head,
        [[row.variant, *(_gain(row, name) for name in COLLECTIONS), f"{row.cells:.0f}"] for _, row in rows.iterrows()],
    )


def _alone(rows: pd.DataFrame, by: float) -> str:
    names = ["trees", "network", "without labels"]
    ahead = rows[names].max(axis=1) - rows["sum"]
    shown = rows.assign(ahead=ahead, best=rows[names].idxmax(axis=1))[ahead >= by]
    shown = shown.sort_values(["best", "ahead"], ascending=[True, False], kind="stable")
    head = ["set", "training rows", "features", "test anomalies", "trust", "the sum", *names]
    lines = [
        [row.set, f"{row.rows:.0f}", f"{row.features:.0f}", f"{row.anomalies:.0f}", f"{row.trust:.2f}",
         *(f"**{_plain(row[name])}**" if name == row.best else _plain(row[name]) for name in ("sum", *names))]
        for _, row in shown.iterrows()
    ]  # fmt: skip
    counts = ", ".join(f"{name} on {number}" for name, number in shown.best.value_counts().sort_index().items())
    return f"{_table(head, lines)}\n\n{len(shown)} of {len(rows)} sets: {counts}."


def _gain(row: pd.Series, collection: str) -> str:
    fields = row.to_dict()
    gain, low, high = (fields.get(f"{collection}_{name}", float("nan")) for name in ("gain", "low", "high"))
    if pd.isna(gain):
        return "not run"
    return f"{_signed(gain)} ± {_plain(row[f'{collection}_se'])}" if pd.isna(low) else _interval(gain, low, high)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _labels(value: float) -> str:
    return f"{value:.0f} label{'s' * (value > 1)}" if value >= 1 else f"{value:.0%}"


def _plain(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("0.", ".", 1)


def _interval(value: float, low: float, high: float) -> str:
    return f"{_signed(value)} [{_signed(low)}, {_signed(high)}]"


def _p(value: float) -> str:
    if pd.isna(value):
        return "too few to test"
    return "< .001" if value < 0.0005 else _plain(value)


def main() -> None:
    """Write the blocks of the documents on the command line."""
    folder = Path(sys.argv[1])
    for name in sys.argv[2:]:
        text = Path(name).read_text("utf-8")
        Path(name).write_text(filled(text, partial(written, folder=folder), name, MARK), "utf-8")


if __name__ == "__main__":
    main()
