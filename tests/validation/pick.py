"""Does ``pick`` find a good method? Collects evidence on tables whose truth is known; see results/reference/pick/README.md.

    python -m tests.validation.pick collect --half development --out evidence.csv

needs MNP_BENCH_DATA with adbench/ and oddbench/. A set's training part (65% of at most 3,000 rows, 3, 5, 10 or 50 labelled
anomalies, everything else unlabelled, as much contamination as there is) is the user's table; its evidence is what
``bench.usertable.held_out`` says of it. The truth is the average precision on the other 35% of the method fitted on the
whole table. What the file holds already is not done again. ``--half report`` holds what the weights must not see.
"""

from __future__ import annotations

import replicas  # isort: skip  # pins MKL's code path before torch is imported

import argparse
import csv
from collections.abc import Sequence
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from bench.datasets import registry
from bench.datasets.select import members
from bench.picking.candidates import DEFAULT
from bench.scenarios import split
from bench.types import Dataset, Scenario
from bench.usertable.held_out import fit_and_score, folds, share_above

assert replicas
COLUMNS = ("half", "dataset", "family", "rows", "features", "seed", "labels", "method", "average_precision", "above")
LABELS, ROWS = (3, 5, 10, 50), 3000
SEEDS = {"development": (0, 1), "report": (0,)}
#: So many sets of each source and half, and what lets 50 anomalies be labelled with some left over.
SETS = {"development": {"adbench": 7, "oddbench": 4}, "report": {"adbench": 5, "oddbench": 5}}
LEAST_ANOMALIES, MOST_FEATURES = 60, 64


def chosen(half: str) -> list[str]:
    """The sets of a half, by the sha256 of their names, sources in turn: the same for everybody, whatever results say."""
    by_source = []
    for source, count in SETS[half].items():
        ordered = sorted(members(f"{source}:{half}"), key=lambda name: sha256(name.encode()).hexdigest())
        there = registry.here(registry.card(name) for name in ordered)
        by_source.append([name for name in ordered if there[name] and _large_enough(name)][:count])
    return [name for turn in zip_longest(*by_source) for name in turn if name is not None]


def _large_enough(name: str) -> bool:
    card = registry.card(name)
    assert card.rows and card.anomalies and card.features
    trained = 0.65 * card.anomalies * min(1.0, ROWS / card.rows)
    return trained >= LEAST_ANOMALIES and card.features <= MOST_FEATURES


def collect(half: str, out: Path, methods: Sequence[str] = DEFAULT) -> None:
    """Append what the file lacks, set by set."""
    done = set()
    if out.exists():
        with out.open(newline="") as stream:
            done = {(row["dataset"], row["method"], row["seed"]) for row in csv.DictReader(stream)}
    for name in chosen(half):
        dataset = registry.load(name)
        for seed in SEEDS[half]:
            for method in methods:
                if (name, method, str(seed)) not in done:
                    rows = [(half, *row) for row in measured(dataset, method, seed)]
                    new = not out.exists()
                    with out.open("a", newline="") as stream:
                        csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *rows] if new else rows)
            print(name, seed, flush=True)
        registry._load.cache_clear()


def measured(dataset: Dataset, method: str, seed: int) -> list[tuple[object, ...]]:
    """A row for each number of labels; all of a method's fits form one group."""
    cells = {n: split(dataset, Scenario(label_budget=n, max_rows=ROWS), seed) for n in LABELS}
    cuts = {n: folds(cell.X_train, cell.y_train) for n, cell in cells.items()}
    everything = [run for n, cell in cells.items() for run in (*cuts[n], cell)]
    scores = iter(fit_and_score(method, everything, seed))
    rows: list[tuple[object, ...]] = []
    for n, cell in cells.items():
        held_out = [(run, next(scores)) for run in cuts[n]]
        above = np.concatenate([share_above(values, run.y_test) for run, values in held_out])
        order = np.argsort(np.concatenate([run.test[run.y_test == 1] for run, _ in held_out]))
        precision = average_precision_score(cell.y_test, next(scores))
        shares = " ".join(f"{share:.4f}" for share in above[order])
        card = dataset.card
        rows.append((dataset.name, card.family, *cell.X_train.shape, seed, n, method, round(precision, 5), shares))
    return rows


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["collect", "list"])
    parser.add_argument("--half", choices=list(SETS), required=True)
    parser.add_argument("--methods", default=",".join(DEFAULT))
    parser.add_argument("--out", type=Path, default=Path("evidence.csv"))
    arguments = parser.parse_args()
    if arguments.what == "list":
        print("\n".join(chosen(arguments.half)))
    else:
        collect(arguments.half, arguments.out, arguments.methods.split(","))


if __name__ == "__main__":
    main()
