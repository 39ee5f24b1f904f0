"""Cells that changes to MNP+ are tried on: runs of the development halves and of splits with unseen anomaly types.

What the method as it stands measures of every cell is kept in a folder, so that a variant pays for its own work only;
remove the folder when MNP+'s code changes.
"""

from __future__ import annotations

import replicas  # isort: skip  # pins MKL's code path before torch is imported

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bench.datasets import registry
from bench.scenarios import split
from bench.types import Scenario, Split
from mnp import MNPPlus
from mnp.plus_evidence import Measured
from mnp.plus_inputs import Inputs
from replicas.rows import Rows
from reproducibility.environment import one_thread
from tests.parity import mnp_plus_halves as halves

assert replicas
#: Which cells: all; those of every second set of OddBench; of these the counted budgets; or those that no choice was
#: made on, the other sets of OddBench and another seed of the splits with unseen types.
Only = Literal["all", "few", "quick", "fresh"]
ROWS, TEST = 5_000, 0.3
COUNTS, SHARES = (1, 5, 20, 50), (0.01, 0.05, 0.1)
#: Seeds of each collection: OddBench has more sets, so that fewer seeds say as much.
SEEDS = {"adbench": (0, 1), "oddbench": (0,)}
UNSEEN_SEEDS, FRESH_SEED = (0, 1), 2
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
    kept : folder of what does not depend on labels and is trained once for all budgets
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    seed: int
    train: Measured
    test: Measured
    usual: np.ndarray
    floor: float
    kept: Path

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
    budgets = [*(count for count in COUNTS if count <= 0.5 * anomalies), *SHARES]
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
        yield {f"unseen+{name}+{known}+{budget}+{seed}": split(dataset, scenario, seed)
               for seed in (*UNSEEN_SEEDS, FRESH_SEED)}  # fmt: skip


def prepare(folder: Path, cache: Path, only: Only = "all", half: str = "development") -> None:
    """Fit the method as it stands to every cell of a half that the cache lacks; unseen types belong to development."""
    cache.mkdir(parents=True, exist_ok=True)
    few = _few(folder)
    names = [name for name in halves.members(folder, half) if _set_asked(name, few, only)]
    unseen = unseen_splits(folder) if half == "development" else iter(())
    for cells in chain(unseen, (splits(name, folder) for name in names)):
        todo = {
            name: run for name, run in cells.items()
            if not (cache / f"{name}.npz").exists() and _asked(name, few, only)
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
    save(
        path, X_train=rows.X[:, fitted.columns_], X_test=X_test[:, fitted.columns_], y_train=run.y_train,
        y_test=run.y_test, known=known, usual=unlabelled, floor=fitted.units_["floor"],
        truth_train=run.truth_train, **measured,
    )  # fmt: skip


def save(path: Path, **arrays: Any) -> None:
    """Write arrays to a file that is there whole or not at all."""
    unfinished = path.with_name(f"{path.name}.part")
    with unfinished.open("wb") as file:
        np.savez(file, **arrays)
    unfinished.replace(path)


def load(path: Path) -> tuple[Cell, np.ndarray, np.ndarray]:
    """A cell, the truth of its test rows, and which of them are anomalies of a known type where others are unseen."""
    with np.load(path, allow_pickle=False) as kept:
        train, test = (
            Measured(**{field.name: kept[f"{rows}_{field.name}"] for field in fields(Measured)})
            for rows in ("train", "test")
        )
        cell = Cell(
            kept["X_train"], kept["y_train"], kept["X_test"], int(path.stem.rpartition("+")[2]), train, test,
            kept["usual"], float(kept["floor"]), path.parent / "learnt",
        )  # fmt: skip
        return cell, kept["y_test"], kept["known"]


def cells_of(cache: Path, folder: Path, sources: list[str], only: Only = "all") -> list[Path]:
    """Files of the cache to score."""
    few = _few(folder)
    return [
        path for path in sorted(cache.glob("*.npz"))
        if path.name.partition("+")[0] in sources and _asked(path.stem, few, only)
    ]  # fmt: skip


def _asked(name: str, few: Collection[str], only: Only) -> bool:
    """Whether a cell is one of those asked for."""
    source, bare, *_, labels, seed = name.split("+")
    if source == "unseen":
        return (int(seed) == FRESH_SEED) == (only == "fresh")
    # a share of the labels has a point, a count has none
    return _set_asked(f"{source}/{bare}", few, only) and (only != "quick" or "." not in labels)


def _set_asked(name: str, few: Collection[str], only: Only) -> bool:
    return only == "all" or (name in few) == (only != "fresh")


def _few(folder: Path) -> set[str]:
    """The development sets that variants are tried on first: all of ADBench, every second one of OddBench."""
    names = halves.members(folder, "development")
    return {name for name in names if name.startswith("adbench")} | set(
        [name for name in names if name.startswith("oddbench")][::2]
    )
