"""What the packaged table of OddBench's sets says of their columns, modes and duplicates, computed from the files.

``python -m tests.validation.oddbench_facts FOLDER`` needs every file below FOLDER (``mnp-bench fetch oddbench``) and says
where ``bench/datasets/oddbench.csv`` differs; with ``--write`` it fills in what the table does not know. Left as they are:
identifiers and times of the given sets, which a person judged, and the share of duplicates where OddBench's own
catalogue has it (it counts rows up to some rounding).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from bench.datasets import oddbench
from bench.datasets.column_notes import has_large_offset, is_identifier, is_time, shortened
from bench.datasets.describe import duplicates
from bench.types import Dataset

TABLE = Path("bench/datasets/oddbench.csv")
JUDGED = ("identifiers", "times")


def facts(dataset: Dataset) -> dict[str, str]:
    """Cells of one row, as the table writes them; "" where there is nothing to tell."""
    X = np.asarray(dataset.X, dtype=np.float64)
    columns = dict(zip(dataset.feature_names, X.T, strict=True))
    normal = dataset.y == 0
    repeated, _ = duplicates(X, dataset.y)
    return {
        "modes": str(1 if dataset.anomaly_type is None else len(np.unique(dataset.anomaly_type[normal]))),
        "duplicates": str(round(repeated / len(X), 4)),
        "identifiers": shortened([name for name, x in columns.items() if is_identifier(name, x)]),
        "times": shortened([name for name, x in columns.items() if is_time(name, x)]),
        "offsets": shortened([name for name, x in columns.items() if has_large_offset(x)]),
    }


def differing(row: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """What the file tells otherwise than the table, without what the table has from elsewhere."""
    judged = (*(JUDGED if row["given"] == "1" else ()), *(("duplicates",) if row["duplicates"] else ()))
    return {name: value for name, value in found.items() if name not in judged and row[name] != value}


def main() -> int:
    """Compare, or write."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation.oddbench_facts")
    parser.add_argument("folder", type=Path, help="where the files are (FOLDER/oddbench/NAME.npz)")
    parser.add_argument("--write", action="store_true", help="fill in what the table does not know")
    chosen = parser.parse_args()
    table = pd.read_csv(TABLE, dtype=str, keep_default_na=False)
    changed = 0
    for index, cells in enumerate(table.to_dict("records")):
        row = {str(column): str(text) for column, text in cells.items()}
        card = oddbench.cards()[f"oddbench/{row['name']}"]
        for name, value in differing(row, facts(oddbench.load(card, chosen.folder))).items():
            changed += 1
            print(f"{row['name']}: {name} is {value!r}, the table says {row[name]!r}")
            if not row[name]:
                table.loc[index, name] = value
    if chosen.write:
        table.to_csv(TABLE, index=False, lineterminator="\n")
    print(f"{len(table)} sets, {changed} facts differ")
    return int(changed > 0 and not chosen.write)


if __name__ == "__main__":
    sys.exit(main())
