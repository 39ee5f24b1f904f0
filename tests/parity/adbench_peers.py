"""Our DevNet, PReNet, REPEN and FeaWAD beside ADBench's own code on the same splits. Run: ``nox -s adbench``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pandas as pd

from baselines.adbench_environment import missing
from bench.app.run import Choices, run_suite
from bench.json_values import json_text
from bench.store import read
from bench.suite.load import read_suite
from bench.suite.narrow import narrowed, read_seeds

SUITE, OUT, PREFIX = "adbench-peers", Path("results/parity/adbench-peers"), "adbench-"


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean average precision (points) and seconds by method and set, ours and theirs; a last row per method for all."""
    good = frame[frame.status == "ok"].assign(
        name=frame.method.str.removeprefix(PREFIX), theirs=frame.method.str.startswith(PREFIX),
        seconds=frame.fit_seconds + frame.score_seconds, points=100 * frame.average_precision,
    )  # fmt: skip
    sides = [good[good.theirs == side].groupby(["name", "dataset"])[["points", "seconds"]].mean() for side in (0, 1)]
    both = sides[0].merge(sides[1], on=["name", "dataset"], suffixes=("_ours", "_theirs")).reset_index()
    means = both.groupby("name")[both.columns[2:].tolist()].mean().reset_index().assign(dataset="mean")
    both = pd.concat([both, means]).assign(difference=lambda t: t.points_ours - t.points_theirs)
    return both.sort_values(["name", "dataset"], key=lambda c: c.where(c != "mean", "~"), ignore_index=True)


def main() -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--datasets", help="comma-separated; default the suite's")
    parser.add_argument("--seeds", help="e.g. 1-3; default the suite's")
    parser.add_argument("--out", type=Path, default=Path("results/reference/parity"))
    chosen = parser.parse_args()
    if missing():
        print(f"nothing to compare: ADBench's models need {missing()}", file=sys.stderr)
        return 2
    datasets = None if chosen.datasets is None else chosen.datasets.split(",")
    suite = narrowed(read_suite(SUITE), None, datasets, read_seeds(chosen.seeds) if chosen.seeds else None)
    ended = run_suite(suite, Choices(out=str(OUT), jobs=chosen.jobs, track=False))
    params = {choice.name: json_text(dict(choice.params)) for part in suite.parts for choice in part.methods}
    frame = read(OUT)
    comparison = table(frame[frame.params == frame.method.map(params)])
    chosen.out.mkdir(parents=True, exist_ok=True)
    comparison.round(3).to_csv(chosen.out / "adbench_peers.csv", index=False)
    print(comparison.round(2).to_string(index=False))
    return int(ended.failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
