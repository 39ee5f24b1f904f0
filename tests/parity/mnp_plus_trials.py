"""Trials of changes to MNP+ on the development halves, each paired cell by cell with the method as it stands.

    python -m tests.parity.mnp_plus_trials NAME... [--quick] [--out results/reference/mnp-plus/trials-paired.csv]

runs variants (of ``mnp_plus_variants``, ``_learnt_variants``, ``_dual`` and ``_held_out``) on the development sets of
ADBench and OddBench (1, 5, 20 and 50 labels, 1, 5 and 10%) and on splits with unseen anomaly types, and appends one row
per variant. It needs MNP_BENCH_DATA with adbench/, oddbench/ and typed/. What the method as it stands measures of every
cell is kept in the folder ``--cache``, so that a variant pays for its own work only; remove the folder when MNP+'s code
changes. With ``--rows`` the AP of every cell is written as it is known, and a trial that was stopped goes on where it was.
"""

from __future__ import annotations

import replicas  # isort: skip  # pins MKL's code path before torch is imported

import argparse
import os
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from reproducibility.environment import one_thread
from tests.parity import mnp_plus_halves as halves
from tests.parity.mnp_plus_cells import LEAST_ANOMALIES, SEEDS, cells_of, load, prepare
from tests.parity.mnp_plus_dual import DUAL
from tests.parity.mnp_plus_held_out import WEIGHED
from tests.parity.mnp_plus_learnt_variants import LEARNT
from tests.parity.mnp_plus_variants import VARIANTS

assert replicas
TRIED = VARIANTS | LEARNT | DUAL | WEIGHED
CELL = ["source", "set", "labels", "seed"]


def scored(names: list[str], paths: Iterable[Path], kept: Path | None = None) -> pd.DataFrame:
    """AP of every variant on every cell, and the seconds it took; ``kept`` is a CSV of rows already known, added to."""
    names = list(dict.fromkeys(["default", *names]))
    known = (
        pd.read_csv(kept, dtype={"labels": str, "seed": str})
        if kept and kept.exists()
        else pd.DataFrame(columns=[*CELL, "variant", "seconds", "ap"])
    )
    tables = []
    for path in paths:
        where = _where(path)
        sources = [where["source"], *(["types"] if where["source"] == "unseen" else [])]
        rest = (known[list(where)[1:]] == list(where.values())[1:]).all(axis=1)
        already = known[rest & known.source.isin(sources) & known.variant.isin(names)]
        rows = _cell_rows([name for name in names if name not in set(already.variant)], path, where)
        tables += [table for table in (already, rows) if len(table)]
        if kept and len(rows):
            rows.to_csv(kept, mode="a", header=not kept.exists(), index=False)
    return pd.concat(tables, ignore_index=True) if tables else known.iloc[:0]


def _where(path: Path) -> dict[str, str]:
    source = path.name.partition("+")[0]
    bare, budget, seed = path.stem.removeprefix(f"{source}+").rsplit("+", 2)
    return {"source": source, "set": bare, "labels": budget, "seed": seed}


def _cell_rows(names: list[str], path: Path, where: dict[str, str]) -> pd.DataFrame:
    """A row for each variant, and another of unseen types alone where there are any."""
    rows: list[dict[str, object]] = []
    if names:
        cell, truth, known = load(path)
        names = names if truth.sum() >= LEAST_ANOMALIES else []
    for name in names:
        begin = time.perf_counter()
        values = TRIED[name](cell)
        spent = time.perf_counter() - begin
        rows.append({**where, "variant": name, "seconds": spent, "ap": average_precision_score(truth, values)})
        if known.any():
            rest = average_precision_score(truth[~known], values[~known])
            rows.append({**where, "source": "types", "variant": name, "seconds": spent, "ap": rest})
    return pd.DataFrame(rows)


def paired(table: pd.DataFrame, against: str = "default") -> pd.DataFrame:
    """One row per variant: mean AP difference to one of them and its standard error over families, by collection."""
    table = table.assign(family=[
        "+".join(min(halves.family(f"{source}/{name}")).split()) if source in SEEDS else name
        for source, name in zip(table.source, table.set, strict=True)
    ])  # fmt: skip
    wide = table.pivot_table(index=["source", "family", "set", "labels", "seed"], columns="variant", values="ap")
    lines = []
    for name in table.variant.unique():
        row: dict[str, object] = {"variant": name}
        for source in ("adbench", "oddbench", "unseen", "types"):
            if source not in wide.index.get_level_values(0):
                continue
            part = wide.loc[source]
            difference = part[name] - part[against]
            gap = difference.groupby(["family", "set"]).mean().groupby("family").mean()
            row[f"{source}_ap"] = part[name].groupby("set").mean().mean()
            row[f"{source}_gain"], row[f"{source}_se"] = gap.mean(), gap.sem()
            row[f"{source}_low"], row[f"{source}_high"] = _interval(gap.to_numpy())
            by_labels = difference.groupby("labels").mean()
            row[f"{source}_by_labels"] = " ".join(f"{k}:{v:+.3f}" for k, v in by_labels.items())
        row["cells"] = int((wide.index.get_level_values("source") != "types").sum())
        row["seconds"] = table[table.variant == name].seconds.mean()
        lines.append(row)
    return pd.DataFrame(lines)


def _interval(gaps: np.ndarray) -> tuple[float, float]:
    """95% bootstrap interval of the mean over families."""
    draws = np.random.default_rng(0).integers(len(gaps), size=(10_000, len(gaps)))
    low, high = np.quantile(gaps[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(TRIED)}")
    parser.add_argument("--sources", default="adbench,oddbench,unseen")
    for only, text in (
        ("quick", "counted budgets, and every second set of OddBench"),
        ("few", "every second set of OddBench"),
        ("fresh", "the other sets of OddBench, and a third seed of the splits with unseen types"),
    ):
        parser.add_argument(f"--{only}", dest="only", action="store_const", const=only, default="all", help=text)
    parser.add_argument("--half", default="development", choices=("development", "report"), help=(
        "report: for the ablation of a method that is chosen, all cells, with a folder of its own for --cache"
    ))  # fmt: skip
    parser.add_argument("--every", type=int, default=1, metavar="N", help="score every N-th cell only")
    parser.add_argument("--cache", type=Path, default=Path(".mnp-plus-trials"))
    parser.add_argument("--rows", type=Path, help="a CSV of the AP of every cell, which is continued")
    parser.add_argument("--out", type=Path, help="a CSV that the rows are added to")
    parser.add_argument("--against", default="default", metavar="NAME", help="the variant that others are paired with")
    parser.add_argument("--base", default="", help="name of the version that the rows are paired with")
    arguments = parser.parse_args()
    folder = Path(os.environ["MNP_BENCH_DATA"])
    prepare(folder, arguments.cache, arguments.only, arguments.half)
    if not arguments.names:
        return
    with one_thread():
        paths = cells_of(arguments.cache, folder, arguments.sources.split(","), arguments.only)
        table = scored([arguments.against, *arguments.names], paths[:: arguments.every], arguments.rows)
    summary = paired(table, arguments.against)
    with pd.option_context("display.width", 200, "display.max_columns", None, "display.max_colwidth", None):
        print(summary.round(4).to_string(index=False))
    if arguments.out:
        rows = [pd.read_csv(arguments.out, dtype={"cells": "Int64"})] if arguments.out.exists() else []
        rows.append(summary[~summary.variant.isin(["default", arguments.against])].round(5).assign(base=arguments.base))
        pd.concat(rows).to_csv(arguments.out, index=False)


if __name__ == "__main__":
    main()
