"""Our weak methods beside figures measured from the public DeepOD code, on the same splits. Part of ``nox -s parity``.

Not a target: what is known of DeepOD's defects stands in the table.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from bench.datasets.registry import load
from bench.methods import create
from bench.scenarios import split
from bench.types import Scenario, Split
from tests.parity.mnp_published import RATIO, SEEDS

#: Our method: (its name in the reference file, how that code differs).
PEERS = {
    "devnet": ("DevNet-DeepOD", "labels (B,) against scores (B, 1) broadcast to B x B, so a row's label has no part"),
    "feawad": ("FeaWAD-DeepOD", "the same broadcast; one batch of 64 an epoch; no pre-training; no norm in the head"),
    "prenet": ("PReNet-DeepOD", "scores (x, u) pairs, whose like was never trained on; other network and optimiser"),
    "deep-sad": ("DeepSAD-DeepOD", "no autoencoder, no batch norm; the centre's batches are half anomalies"),
    "rosas": ("RoSAS-DeepOD", "smaller network, margin 5, fixed loss weights"),
    "iforest": ("IForest-PyOD", "none known: PyOD's, as ours"),
    "logistic-regression": ("LR", "none known: scikit-learn's, as ours"),
    "random-forest": ("RF", "settings not recorded; ours are scikit-learn's, as ADBench has them"),
}


def compare(reference: pd.DataFrame, data_dir: str) -> pd.DataFrame:
    """Mean average precision over seeds by method and set, ours and theirs; a last row of each method is the mean."""
    scenario = Scenario(protocol="paper", label_budget=RATIO)
    rows = []
    for name in reference.dataset.unique():
        dataset = load(f"adbench/{name}", data_dir)
        splits = [split(dataset, scenario, seed) for seed in SEEDS]
        for method, (peer, _) in PEERS.items():
            theirs = reference[(reference.dataset == name) & (reference.method == peer)].ap.mean()
            scores = _scores(method, splits)
            ours = np.mean([average_precision_score(s.y_test, v) for s, v in zip(splits, scores, strict=True)])
            rows.append((method, name, ours, theirs, ours - theirs))
        print(f"{name} done", flush=True)
    table = pd.DataFrame(rows, columns=["method", "dataset", "ours", "theirs", "difference"])
    means = table.groupby("method", sort=False)[["ours", "theirs", "difference"]].mean().reset_index()
    means["dataset"] = "mean"
    means["theirs differs by"] = [PEERS[method][1] for method in means.method]
    order = {method: position for position, method in enumerate(PEERS)}
    return pd.concat([table, means]).sort_values("method", key=lambda m: m.map(order), kind="stable", ignore_index=True)


def _scores(method: str, splits: list[Split]) -> list[np.ndarray]:
    detectors = [create(method, seed=seed) for seed in SEEDS]
    if hasattr(detectors[0], "fit_replicas"):
        fitted = detectors[0].fit_replicas(splits, SEEDS)
        return list(detectors[0].decision_function_replicas(fitted, [s.X_test for s in splits]))
    scores = []
    for detector, s in zip(detectors, splits, strict=True):
        scores.append(detector.fit(s.X[s.train], s.y_train).decision_function(s.X_test))
    return scores


def main() -> int:
    """Print and write the table; 2 without the reference files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/reference/parity"))
    data_dir, arguments = os.environ.get("MNP_BENCH_DATA"), parser.parse_args()
    if not data_dir:
        print("set MNP_BENCH_DATA to the folder that holds adbench/ and reference/peers_measured.csv", file=sys.stderr)
        return 2
    peers = pd.read_csv(Path(data_dir) / "reference" / "peers_measured.csv")
    table = compare(peers[peers.ratio == RATIO], data_dir)
    arguments.out.mkdir(parents=True, exist_ok=True)
    table.round(4).to_csv(arguments.out / "deepod_beside.csv", index=False)
    print(table[table.dataset == "mean"].round(4).to_string(index=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
