"""Average precision of any methods on the halves that MNP+ was developed and reported on; appends to a CSV.

    python -m tests.parity.mnp_plus_halves --half development --methods mnp-plus,pu-bagging --out trials.csv

needs MNP_BENCH_DATA with adbench/ and oddbench/. 70/30 splits of at most 10,000 rows, labels 1, 5, 10% of the training
anomalies and 1, 5, 20, 50 (at most half of them), seeds 0 and 1; no other label is seen by any method. What the CSV holds
already is not done again. ``--half report`` is for reporting only: look at it once, when nothing is left to choose.
"""

from __future__ import annotations

import replicas  # isort: skip  # pins MKL's code path before torch is imported

import argparse
import os
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from bench.datasets import halves, registry, select
from bench.methods import create, get
from bench.scenarios import split
from bench.types import Dataset, DatasetCard, Scenario, Split

assert replicas
COLUMNS = ["set", "method", "labels", "seed", "ap"]
SHARES, COUNTS, SEEDS = (0.01, 0.05, 0.1), (1, 5, 20, 50), (0, 1)
ROWS, TEST = 10_000, 0.3
#: Sets of one origin stay in one half; bare names. Every other set is a family of its own.
FAMILIES = (
    ("landsat", "satellite", "satimage-2"), ("Cardiotocography", "cardio"), ("WBC", "WDBC", "WPBC", "breastw"),
    ("annthyroid", "thyroid"), ("mnist", "optdigits", "pendigits"), ("http", "smtp"),
)  # fmt: skip
#: 1,555 columns take too long for some methods.
LEFT_OUT = ("InternetAds",)
#: MNP+ with a part taken away; any other name is one of the registry.
VARIANTS: dict[str, dict[str, Any]] = {
    "mnp-plus without trees": {"tree_weight": 0.0},
    "mnp-plus without network": {"network_weight": 0.0},
    "mnp-plus without prototypes": {"prototype_weight": 0.0, "reconstruction_weight": 0.0},
    "mnp-plus without trust": {"agreement": 0.0},
}


def family(name: str) -> tuple[str, ...]:
    """The bare names of a set's family; of a copy in OddBench, those of the sets in ADBench that it is a copy of."""
    source, _, bare = name.partition("/")
    if source == "oddbench":
        cards = registry.cards()
        kin = [other for other, card in cards.items() if card.family == cards[name].family] if name in cards else []
        copied = [other for other in kin if other.startswith("adbench/")]
        return family(copied[0]) if copied else tuple(other.partition("/")[2] for other in kin) or (bare,)
    bare = bare.partition("_")[2]
    return next((names for names in FAMILIES if bare in names), (bare,))


def in_development(name: str) -> bool:
    """Whether the sha256 of the family's alphabetically first name is even; OddBench's given sets as their collections."""
    if name in select.members("oddbench:given"):
        return name in select.members("oddbench:development")
    return halves.in_development(family(name))


def _came_later(name: str) -> bool:
    """Whether a set of OddBench is not in the half that its own name says."""
    source, _, bare = name.partition("/")
    return source == "oddbench" and in_development(name) != halves.in_development([bare])


def members(folder: Path, half: str) -> list[str]:
    """The sets of one half that lie in the data folder; those last that came to it after the first trials.

    So "every second set" of OddBench goes on being the ones that the recorded trials were made on.
    """
    names = [
        f"{source}/{file.stem}" for source in ("adbench", "oddbench") for file in sorted(folder.glob(f"{source}/*.npz"))
    ]
    chosen = [
        name for name in names
        if in_development(name) == (half == "development") and not set(family(name)) & set(LEFT_OUT)
    ]  # fmt: skip
    return sorted(chosen, key=_came_later)


def load(name: str, folder: Path) -> Dataset:
    """A set of the registry, or one of OddBench with its two parts pooled."""
    if not name.startswith("oddbench/"):
        return registry.load(name, folder)
    with np.load(folder / f"{name}.npz", allow_pickle=False) as archive:
        X = np.concatenate([archive["train"], archive["test"]]).astype(np.float32)
        y = np.concatenate([archive["train_labels"], archive["test_labels"]]).astype(np.int8)
    card = DatasetCard(name=name, title=name, source="oddbench", family=name, licence="", citation="", url="")
    return Dataset(name, X, y, None, sha256(name.encode()).hexdigest(), card)


def splits(dataset: Dataset) -> dict[tuple[float, int], Split]:
    """Every (labels, seed) that the set can supply."""
    anomalies = int(dataset.y.sum() * min(1.0, ROWS / len(dataset.y)) * (1.0 - TEST))
    labels = [*SHARES, *(count for count in COUNTS if count <= 0.5 * anomalies)]
    scenarios = {budget: Scenario(label_budget=budget, test_fraction=TEST, max_rows=ROWS) for budget in labels}
    return {(budget, seed): split(dataset, scenario, seed) for budget, scenario in scenarios.items() for seed in SEEDS}


def scored(method: str, cells: Mapping[tuple[float, int], Split]) -> list[np.ndarray]:
    """Scores of the test rows, one array per cell."""
    name, params = ("mnp-plus", VARIANTS[method]) if method in VARIANTS else (method, {})
    runs, seeds = list(cells.values()), [seed for _, seed in cells]
    if get(name).replicated:
        detector = create(name, **params)
        fitted = detector.fit_replicas(runs, seeds)
        scores: list[np.ndarray] = detector.decision_function_replicas(fitted, [run.X_test for run in runs])
        return scores
    return [
        create(name, seed=seed, **params).fit(run.X_train, run.y_train).decision_function(run.X_test)
        for run, seed in zip(runs, seeds, strict=True)
    ]


def append(
    names: Iterable[str],
    methods: list[str],
    folder: Path,
    out: Path,
    labels: Collection[float] = (*SHARES, *COUNTS),
    seeds: Collection[int] = SEEDS,
) -> None:
    """Score the cells that the CSV lacks, set by set."""
    known = pd.read_csv(out) if out.exists() else pd.DataFrame(columns=COLUMNS)
    done = set(zip(known["set"], known.method, known.labels.astype(float), known.seed.astype(int), strict=True))
    for name in names:
        if all(
            (name, method, float(budget), seed) in done for method in methods for budget in labels for seed in seeds
        ):
            continue
        cells = {
            cell: run for cell, run in splits(load(name, folder)).items() if cell[0] in labels and cell[1] in seeds
        }
        for method in methods:
            todo = {cell: run for cell, run in cells.items() if (name, method, float(cell[0]), cell[1]) not in done}
            if not todo:
                continue
            values = scored(method, todo)
            rows = [
                (name, method, budget, seed, round(average_precision_score(run.y_test, value), 5))
                for ((budget, seed), run), value in zip(todo.items(), values, strict=True)
            ]
            pd.DataFrame(rows, columns=COLUMNS).to_csv(out, mode="a", header=not out.exists(), index=False)
            print(name, method, len(rows), f"{np.mean([row[-1] for row in rows]):.3f}", flush=True)


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=["development", "report"], required=True)
    parser.add_argument("--methods", required=True, help=f"comma-separated: methods, or {', '.join(VARIANTS)}")
    parser.add_argument("--sources", default="adbench,oddbench")
    parser.add_argument("--labels", type=float, nargs="*", default=[*SHARES, *COUNTS], help="only these budgets")
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    folder = Path(os.environ["MNP_BENCH_DATA"])
    names = [name for name in members(folder, arguments.half) if name.partition("/")[0] in arguments.sources.split(",")]
    append(names, arguments.methods.split(","), folder, arguments.out, arguments.labels, arguments.seeds)


if __name__ == "__main__":
    main()
