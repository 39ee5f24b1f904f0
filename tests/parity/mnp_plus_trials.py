"""Trials of changes to MNP+ on the development halves only, each paired cell by cell with the method as it stands.

    python -m tests.parity.mnp_plus_trials NAME... [--quick] [--out results/reference/mnp-plus/trials-paired.csv]

runs variants of ``mnp_plus_variants`` on the development sets of ADBench and OddBench (1, 5, 20 and 50 labels, 5%) and
on splits with unseen anomaly types, and appends one row per variant. It needs MNP_BENCH_DATA with adbench/, oddbench/
and typed/. What the method as it stands measures of every cell is kept in the folder ``--cache``, so that a variant
pays for its own work only; remove the folder when MNP+'s code changes.
"""

from __future__ import annotations

import replicas  # isort: skip  # pins MKL's code path before torch is imported

import argparse
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from bench.datasets import registry
from bench.scenarios import split
from bench.types import Scenario, Split
from mnp import MNPPlus
from mnp.plus_evidence import Measured
from mnp.plus_inputs import Inputs
from replicas.rows import Rows
from reproducibility.environment import one_thread
from tests.parity import mnp_plus_halves as halves
from tests.parity.mnp_plus_variants import VARIANTS

assert replicas
ROWS, TEST = 5_000, 0.3
COUNTS, SHARE = (1, 5, 20, 50), 0.05
#: Seeds of each collection: OddBench has more sets, so that fewer seeds say as much.
SEEDS = {"adbench": (0, 1), "oddbench": (0,)}
#: With fewer test anomalies than this, AP jumps by tenths for one exchanged pair of rows.
LEAST_ANOMALIES = 5
#: (set, the one type that is known, labels): the splits of the suite ``unseen``, and others that no suite has.
UNSEEN = [
    *((name, known, 10) for name, types in {
        "digits-not789": "789", "digits-not35": "35", "nslkdd": ("DoS", "Probe", "R2L"), "iot23": ("C&C", "DDoS"),
        "synthetic-mixed": ("local", "cluster"),
    }.items() for known in types),
    *((name, known, 3) for name, known in
      [("digits-low", "5"), ("digits-low", "8"), ("digits-even", "1"), ("digits-even", "7"), ("digits-round", "4")]),
    ("nslkdd", "DoS", 2), ("nslkdd", "DoS", 50), ("iot23", "DDoS", 50), ("synthetic-mixed", "global", 3),
    *((name, known, 2) for name, known in
      [("digits-not789", "7"), ("digits-not789", "8"), ("digits-not35", "3"), ("digits-not35", "5"), ("nslkdd", "Probe"),
       ("nslkdd", "R2L"), ("iot23", "C&C"), ("iot23", "DDoS"), ("synthetic-mixed", "local"),
       ("synthetic-mixed", "cluster")]),
    *((name, known, 50) for name, known in
      [("nslkdd", "Probe"), ("nslkdd", "R2L"), ("iot23", "C&C"), ("synthetic-mixed", "local"),
       ("synthetic-mixed", "cluster"), ("synthetic-mixed", "global")]),
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cell:
    """One run as the method as it stands leaves it; ``mnp_plus_variants`` changes parts of it.

    Attributes
    ----------
    X_train, X_test : (n, d) float32, the varying columns
    y_train : (n,) int8, 1 = labelled
    seed : int
    train, test : Measured
    usual : rows that medians are over; floor : float
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    seed: int
    train: Measured
    test: Measured
    usual: np.ndarray
    floor: float

    @property
    def labelled(self) -> np.ndarray:
        return np.flatnonzero(self.y_train == 1)

    @property
    def unlabelled(self) -> np.ndarray:
        return np.flatnonzero(self.y_train != 1)

    @cached_property
    def inputs(self) -> tuple[np.ndarray, np.ndarray]:
        """v of the training and of the test rows."""
        to_inputs = Inputs.fit(self.X_train)
        return to_inputs(self.X_train), to_inputs(self.X_test)

    @cached_property
    def trained(self) -> dict[Any, Any]:
        """What variants of this cell trained already, for those that only weight it otherwise."""
        return {}


def splits(name: str, folder: Path) -> dict[str, Split]:
    """Every cell of one set of a half, by the name of its file."""
    dataset = halves.load(name, folder)
    anomalies = int(dataset.y.sum() * min(1.0, ROWS / len(dataset.y)) * (1.0 - TEST))
    budgets = [*(count for count in COUNTS if count <= 0.5 * anomalies), SHARE]
    scenarios = {budget: Scenario(label_budget=budget, test_fraction=TEST, max_rows=ROWS) for budget in budgets}
    return {
        f"{name.replace('/', '+')}+{budget}+{seed}": split(dataset, scenario, seed)
        for budget, scenario in scenarios.items()
        for seed in SEEDS[name.partition("/")[0]]
    }


def unseen_splits(folder: Path) -> Iterator[dict[str, Split]]:
    """Every cell with unseen anomaly types, set by set."""
    for name, known, budget in UNSEEN:
        dataset = registry.load(name, folder)
        scenario = Scenario(label_budget=budget, known_types=(known,), unseen_only=True, max_rows=ROWS)
        yield {f"unseen+{name}+{known}+{budget}+{seed}": split(dataset, scenario, seed) for seed in (0, 1)}


def prepare(folder: Path, cache: Path, quick: bool = False) -> None:
    """Fit the method as it stands to every cell that the cache lacks; ``quick``: only the representative ones."""
    cache.mkdir(parents=True, exist_ok=True)
    names = [name for name in halves.members(folder, "development") if not quick or name in _few(folder)]
    for cells in chain(unseen_splits(folder), (splits(name, folder) for name in names)):
        todo = {
            name: run for name, run in cells.items()
            if not (cache / f"{name}.npz").exists() and not (quick and name.split("+")[-2] == str(SHARE))
        }  # fmt: skip
        if not todo:
            continue
        model, runs = (
            MNPPlus(),
            [Rows.from_arrays(run.X_train.astype(np.float32), run.y_train) for run in todo.values()],
        )
        seeds = [int(name.rpartition("+")[2]) for name in todo]
        for (name, run), rows, fitted in zip(todo.items(), runs, model.fit_replicas(runs, seeds), strict=True):
            _keep(cache / f"{name}.npz", run, rows, fitted)
            print(name, flush=True)


def _keep(path: Path, run: Split, rows: Rows, fitted: MNPPlus) -> None:
    unlabelled = np.flatnonzero(run.y_train != 1)
    X_test = run.X_test.astype(np.float32)
    measured: dict[str, Any] = {}
    with one_thread():
        for part, X in (("train", rows.X), ("test", X_test)):
            values = fitted._passed(X)
            measured |= {f"{part}_{field.name}": getattr(values, field.name) for field in fields(Measured)}
    known = np.zeros(len(run.y_test), dtype=bool)
    if run.anomaly_type_test is not None and path.name.startswith("unseen"):
        known = run.anomaly_type_test == path.stem.split("+")[2]
    np.savez(
        path, X_train=rows.X[:, fitted.columns_], X_test=X_test[:, fitted.columns_], y_train=run.y_train,
        y_test=run.y_test, known=known, usual=unlabelled, floor=fitted.units_["floor"],
        truth_train=run.truth_train, **measured,
    )  # fmt: skip


def load(path: Path) -> tuple[Cell, np.ndarray, np.ndarray]:
    """A cell, the truth of its test rows, and which of them are anomalies of a known type where others are unseen."""
    with np.load(path, allow_pickle=False) as kept:
        train, test = (
            Measured(**{field.name: kept[f"{rows}_{field.name}"] for field in fields(Measured)})
            for rows in ("train", "test")
        )
        cell = Cell(
            kept["X_train"], kept["y_train"], kept["X_test"], int(path.stem.rpartition("+")[2]), train, test,
            kept["usual"], float(kept["floor"]),
        )  # fmt: skip
        return cell, kept["y_test"], kept["known"]


def scored(names: list[str], paths: Iterable[Path]) -> pd.DataFrame:
    """AP of every variant on every cell, and the seconds it took."""
    rows = []
    for path in paths:
        source = path.name.partition("+")[0]
        cell, truth, known = load(path)
        bare, budget, seed = path.stem.removeprefix(f"{source}+").rsplit("+", 2)
        where = {"source": source, "set": bare, "labels": budget, "seed": seed}
        if truth.sum() < LEAST_ANOMALIES:
            continue
        for name in ["default", *names]:
            begin = time.perf_counter()
            values = VARIANTS[name](cell)
            spent = time.perf_counter() - begin
            rows.append({**where, "variant": name, "seconds": spent, "ap": average_precision_score(truth, values)})
            if known.any():
                rest = average_precision_score(truth[~known], values[~known])
                rows.append({**where, "source": "types", "variant": name, "seconds": spent, "ap": rest})
    return pd.DataFrame(rows)


def _few(folder: Path) -> set[str]:
    """The development sets that ``--quick`` is about: all of ADBench, every second one of OddBench."""
    names = halves.members(folder, "development")
    return {name for name in names if name.startswith("adbench")} | set(
        [name for name in names if name.startswith("oddbench")][::2]
    )


def cells_of(cache: Path, folder: Path, sources: list[str], quick: bool = False) -> list[Path]:
    """Files of the cache to score; ``quick``: those with a counted budget of few sets."""
    paths = [path for path in sorted(cache.glob("*.npz")) if path.name.partition("+")[0] in sources]
    if not quick:
        return paths
    few = _few(folder)
    return [
        path for path in paths
        if path.stem.split("+")[-2] != str(SHARE)
        and (path.name.startswith("unseen") or "/".join(path.name.split("+")[:2]) in few)
    ]  # fmt: skip


def paired(table: pd.DataFrame) -> pd.DataFrame:
    """One row per variant: mean AP difference to the default and its standard error over families, by collection."""
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
            gap = (part[name] - part["default"]).groupby(["family", "set"]).mean().groupby("family").mean()
            row[f"{source}_ap"] = part[name].groupby("set").mean().mean()
            row[f"{source}_gain"], row[f"{source}_se"] = gap.mean(), gap.sem()
            row[f"{source}_low"], row[f"{source}_high"] = _interval(gap.to_numpy())
            by_labels = (part[name] - part["default"]).groupby("labels").mean()
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
    parser.add_argument("names", nargs="*", help=f"of {', '.join(VARIANTS)}")
    parser.add_argument("--sources", default="adbench,oddbench,unseen")
    parser.add_argument("--quick", action="store_true", help="counted budgets, and every second set of OddBench")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="score every N-th cell only")
    parser.add_argument("--cache", type=Path, default=Path(".mnp-plus-trials"))
    parser.add_argument("--out", type=Path, help="a CSV that the rows are added to")
    parser.add_argument("--base", default="", help="name of the version that the rows are paired with")
    arguments = parser.parse_args()
    folder = Path(os.environ["MNP_BENCH_DATA"])
    prepare(folder, arguments.cache, arguments.quick)
    if not arguments.names:
        return
    with one_thread():
        paths = cells_of(arguments.cache, folder, arguments.sources.split(","), arguments.quick)
        table = scored(arguments.names, paths[:: arguments.every])
    summary = paired(table)
    with pd.option_context("display.width", 200, "display.max_columns", None, "display.max_colwidth", None):
        print(summary.round(4).to_string(index=False))
    if arguments.out:
        rows = [pd.read_csv(arguments.out)] if arguments.out.exists() else []
        rows.append(summary[summary.variant != "default"].round(5).assign(base=arguments.base))
        pd.concat(rows).to_csv(arguments.out, index=False)


if __name__ == "__main__":
    main()
