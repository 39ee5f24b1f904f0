"""Makes ``reference.csv``: what every method reached on tables of known truth, from the committed reference results.

    python -m bench.picking.reference_table [--check]

from the repository's root. A row is a dataset with a number of labelled anomalies, a column a method, the entry its
mean average precision over the seeds. With ``--check`` nothing is written, and the exit code is 1 if the file that is
there is not what the results say.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from bench.datasets import registry
from bench.errors import StoreError
from bench.methods import specs
from bench.report.code import with_code
from bench.report.rows import of_one_code, prepare
from bench.report.source import read_source
from bench.scenarios.labels import budget
from bench.store import FOLDER

ROOT = Path("results/reference")
TARGET = Path(__file__).with_name("reference.csv")
#: Folders with a store of few labels, all anomaly types known, and no noise added; those not there yet are passed over.
STORES = ("adbench-labels", "oddbench", "labels")
TABLE = ["dataset", "family", "rows", "features", "labels"]
#: Of the halves' file: 70% of at most 10,000 rows were trained on.
HALVES_ROWS, HALVES_SHARE = 10_000, 0.7


def reference_table(root: Path = ROOT) -> pd.DataFrame:
    """The table of all results: ``TABLE``, then a column per method, empty where it was not run.

    Raises
    ------
    StoreError
        The results are not there.
    """
    frames = [_of_store(root / name) for name in STORES if (root / name / FOLDER).is_dir()]
    if not frames:
        raise StoreError(f"there are no results in {root}; run from the repository's root")
    halves = _of_halves(root / "mnp-plus" / "report.csv")
    rows = pd.concat([*frames, halves]) if len(halves) else pd.concat(frames)
    rows = rows[rows.method.isin(specs())]
    wide = rows.pivot_table(index=[*TABLE, "source"], columns="method", values="ap", aggfunc="mean").round(4)
    return wide.reset_index().drop(columns="source").sort_values(TABLE, kind="stable").rename_axis(columns=None)


def _of_store(folder: Path) -> pd.DataFrame:
    rows = of_one_code(prepare(*with_code(read_source(folder))))
    rows = rows[(rows.status == "ok") & (rows.params == "{}")]
    return pd.DataFrame(
        {
            "source": folder.name, "dataset": rows.dataset, "family": rows.dataset_family, "rows": rows.n_train,
            "features": rows.dataset_features, "labels": rows.n_labelled, "method": rows.method,
            "ap": rows.average_precision,
        }
    )  # fmt: skip


def _of_halves(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame()
    rows = pd.read_csv(path)
    cards = {name: registry.card(name) for name in rows["set"].unique()}
    share = {name: HALVES_SHARE * min(1.0, HALVES_ROWS / card.rows) for name, card in cards.items() if card.rows}
    trained = {name: int((cards[name].anomalies or 0) * kept) for name, kept in share.items()}
    labels = [
        budget(int(asked) if asked >= 1 else asked, trained[name])
        for name, asked in zip(rows["set"], rows.labels, strict=True)
    ]
    return pd.DataFrame(
        {
            "source": "halves", "dataset": rows["set"], "family": rows["set"].map(lambda name: cards[name].family),
            "rows": rows["set"].map(lambda name: int((cards[name].rows or 0) * share[name])),
            "features": rows["set"].map(lambda name: cards[name].features), "labels": labels, "method": rows.method,
            "ap": rows.ap,
        }
    )  # fmt: skip


def text(table: pd.DataFrame) -> str:
    """The file's content."""
    return table.to_csv(index=False, lineterminator="\n")


def main(words: Sequence[str] | None = None) -> int:
    """Write the file, or say whether it is what the results say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 if the file is not what the results say")
    chosen = parser.parse_args(words)
    made = text(reference_table())
    same = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == made
    if not chosen.check:
        TARGET.write_text(made, encoding="utf-8")
    print(f"{TARGET.name}: " + ("as the results say" if same else "is old" if chosen.check else "written"))
    return int(chosen.check and not same)


if __name__ == "__main__":
    sys.exit(main())
