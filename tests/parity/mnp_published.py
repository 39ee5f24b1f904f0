"""Compare ``mnp-published`` with figures measured from the authors' code; prints and writes the table.

Run: ``nox -s parity`` (needs MNP_BENCH_DATA with reference/peers_measured.csv beside adbench/).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from bench.datasets.registry import load
from bench.methods import create
from bench.scenarios import split
from bench.types import Scenario

RATIO, SEEDS = 0.05, (42, 43, 44)
COLUMNS = ["dataset", "ours", "theirs", "difference", "K ours", "K theirs", "seconds ours", "seconds theirs"]


def compare(reference: pd.DataFrame, data_dir: str) -> pd.DataFrame:
    """One row per set: mean average precision over the seeds, ours and theirs, K and seconds per run."""
    from sklearn.metrics import average_precision_score

    scenario = Scenario(protocol="paper", label_budget=RATIO)
    rows = []
    for name, theirs in reference.groupby("dataset", sort=False):
        dataset = load(f"adbench/{name}", data_dir)
        splits = [split(dataset, scenario, seed) for seed in SEEDS]
        model = create("mnp-published")
        begin = time.perf_counter()
        fitted = model.fit_replicas(splits, SEEDS)
        seconds = (time.perf_counter() - begin) / len(SEEDS)
        scores = model.decision_function_replicas(fitted, [s.X_test for s in splits])
        ours = np.mean([average_precision_score(s.y_test, v) for s, v in zip(splits, scores, strict=True)])
        prototypes = " ".join(str(detector.n_prototypes_) for detector in fitted)
        known = " ".join(str(int(k)) for k in theirs.K)
        peer = theirs.ap.mean()
        rows.append((name, ours, peer, ours - peer, prototypes, known, seconds, theirs.sec.mean()))
        print(
            f"{name}: ours {ours:.4f}, theirs {peer:.4f}, K {prototypes} / {known}, {seconds:.2f} s per run", flush=True
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def main() -> int:
    """Print the table and fail when a bound of the project is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/reference/parity"))
    data_dir = os.environ.get("MNP_BENCH_DATA")
    arguments = parser.parse_args()
    if not data_dir:
        print("set MNP_BENCH_DATA to the folder that holds adbench/ and reference/peers_measured.csv", file=sys.stderr)
        return 2
    peers = pd.read_csv(Path(data_dir) / "reference" / "peers_measured.csv")
    table = compare(peers[(peers.method == "MNPWAD-official") & (peers.ratio == RATIO)], data_dir)
    arguments.out.mkdir(parents=True, exist_ok=True)
    table.round(4).to_csv(arguments.out / "mnp_published.csv", index=False)
    difference = table.difference
    print(table.round(4).to_string(index=False))
    print(
        f"mean difference {difference.mean():+.4f} (at least -0.01), smallest {difference.min():+.4f} (at least -0.05)"
    )
    return int(difference.mean() < -0.01 or difference.min() < -0.05)


if __name__ == "__main__":
    raise SystemExit(main())
