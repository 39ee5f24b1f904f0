"""Print and write how long a run takes in a group of 32 and in its method's ordinary loop. ``nox -s speed``.

Both sides take the same settings and end with the scores of the training rows (PReNet's loop is spared its row-by-row
scoring, which has a table of its own); epochs are cut where a whole run would take long, which shortens both sides
alike (column ``share`` = part of the default epochs). ``gemm_ratio`` is the group's time over the least that the core's
matrix products would need (floating-point operations of the loop over the measured rate); the rest is element-wise
work, drawing batches, k-means and silhouettes. ``bound`` is the loop's time over that least: no program with the loop's
products can be faster by more (groups of methods that draw few labelled rows often, and RoSAS, need somewhat fewer). Processor seconds on one thread, best of ``--repeats``, the two sides taking turns.
"""

from __future__ import annotations

import replicas  # isort: skip  # pins MKL's code path before torch is imported

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.methods import create
from replicas.rows import Rows
from reproducibility.environment import one_thread
from tests.speed.loops import LOOPS, Loop
from tests.speed.mnp_loop import mnp
from tests.speed.plus_cost import costs
from tests.speed.wsad_dt_loop import wsad_dt

assert replicas
ALL: dict[str, Loop] = {"mnp": mnp, **LOOPS, "wsad-dt": wsad_dt}
WIDTHS, GROUP, ROWS, LABELLED = (6, 21, 36, 62), 32, 2000, 20
SCORED = 100_000
#: Least ratio asked of a method at most so wide; the first that fits counts.
TARGETS = {"mnp": ((40, 10.0), (100, 5.0))}
USUAL_TARGETS = ((36, 8.0),)
#: (share of the default epochs, other settings) where these differ from the defaults
SHARES: dict[str, tuple[float, dict[str, Any]]] = {
    # 37 epochs in each stage of pre-training, the mean at which real sets stop early, then the default 3
    "mnp": (0.185, {"epochs": 16, "patience": 200}),
    "feawad": (0.0334, {}),
    "rosas": (0.05, {"patience": None}),  # both sides run all epochs
    "wsad-dt": (0.1, {}),
}


def data(width: int, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Scaled rows of which the first 20 are labelled anomalies."""
    generator = np.random.default_rng(width)
    X = generator.normal(size=(rows, width)).astype(np.float32)
    X[:LABELLED] += 2.0
    X = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    return X, (np.arange(rows) < LABELLED).astype(np.int8)


def shortened(name: str) -> tuple[Any, float]:
    """The method with its epochs cut, and the part of its default epochs that is left."""
    share, params = SHARES.get(name, (1.0, {}))
    whole = create(name, **params)
    epochs = {key: getattr(whole, key) for key in ("epochs", "pretraining_epochs") if hasattr(whole, key)}
    cut = {key: max(1, round(value * share)) for key, value in epochs.items()}
    return create(name, **{**params, **cut}), sum(cut.values()) / sum(epochs.values())


def seconds(*works: Callable[[], Any], repeats: int) -> list[float]:
    """Processor seconds of each, the fastest of ``repeats`` turns: other work on the machine does not count."""
    fastest = [float("inf")] * len(works)
    for _ in range(repeats):
        for number, work in enumerate(works):
            begin = time.process_time()
            work()
            fastest[number] = min(fastest[number], time.process_time() - begin)
    return fastest


def compare(name: str, width: int, group: int, repeats: int) -> dict[str, Any]:
    """One row of the table."""
    model, share = shortened(name)
    X, y = data(width)
    run = Rows.from_arrays(X, y)
    model.fit_replicas([run] * 8, list(range(8)))  # warms both sides up
    table, labels = torch.from_numpy(X), torch.from_numpy(y)

    def loop() -> None:
        score = ALL[name](model, table, labels, 0)
        with torch.no_grad():
            score(table[:1] if name == "prenet" else table)

    with FlopCounterMode(display=False) as counter:
        loop()
    least = counter.get_total_flops() / matrix_rate()
    alone, together = seconds(loop, lambda: model.fit_replicas([run] * group, list(range(group))), repeats=repeats)
    together /= group
    return {
        "method": name, "D": width, "share": share, "solo_s": alone, "group_s": together, "ratio": alone / together,
        "target": target(name, width), "bound": alone / least, "gemm_ratio": together / least,
    }  # fmt: skip


def target(name: str, width: int) -> float:
    """Least ratio asked; 0 = none."""
    return next((ratio for most, ratio in TARGETS.get(name, USUAL_TARGETS) if width <= most), 0.0)


def _four_products(a: torch.Tensor) -> list[torch.Tensor]:
    return [torch.mm(a, a) for _ in range(4)]


def matrix_rate() -> float:
    """Floating-point operations per second of this core's matrix product: the best of some sizes."""
    rates = []
    for size in (256, 512, 1024):
        a = torch.rand(size, size)
        rates.append(2 * size**3 * 4 / seconds(partial(_four_products, a), repeats=5)[0])
    return max(rates)


def scoring() -> pd.DataFrame:
    """PReNet on 100,000 rows: exact, 30 sampled pairs a row, and the row-by-row loop (timed on 1,000 rows)."""
    X, y = data(21)
    wide = np.ascontiguousarray(np.resize(X, (SCORED, X.shape[1])))
    model, _ = shortened("prenet")
    exact = model.fit_replicas([Rows.from_arrays(X, y)], [0])[0]
    sampled = create("prenet", n_pairs=30, epochs=model.epochs).fit_replicas([Rows.from_arrays(X, y)], [0])[0]
    loop = ALL["prenet"](model, torch.from_numpy(X), torch.from_numpy(y), 0)
    with torch.no_grad():
        rows = torch.from_numpy(wide[:1000])
        looped = seconds(lambda: loop(rows), repeats=2)[0] * SCORED / len(rows)
    ours = seconds(lambda: exact.decision_function(wide), lambda: sampled.decision_function(wide), repeats=3)
    taken = {
        "exact expectation": ours[0],
        "30 sampled pairs, one array": ours[1],
        "30 sampled pairs, row by row": looped,
    }
    return pd.DataFrame({"scoring of 100,000 rows (PReNet, D = 21)": taken.keys(), "seconds": taken.values()})


def main() -> int:
    """Print the tables; 1 if a method misses the target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", default=",".join(ALL), help="comma-separated")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)), help="numbers of features")
    parser.add_argument("--group", type=int, default=GROUP)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="folder for speed.csv, scoring.csv and mnp_plus.csv")
    arguments = parser.parse_args()
    rows = []
    with one_thread():
        for name in arguments.methods.split(","):
            for width in map(int, arguments.widths.split(",")):
                rows.append(compare(name, width, arguments.group, arguments.repeats))
                print(
                    "{method} D={D}: solo {solo_s:.3f} s, group {group_s:.4f} s, {ratio:.1f}x of at most {bound:.1f}x".format(
                        **rows[-1]
                    ),
                    flush=True,
                )
        scored = scoring()
        plus = costs(arguments.repeats)
    table = pd.DataFrame(rows)
    missed = table[table.ratio < table.target]
    print(
        table.to_string(index=False, float_format="%.3f"),
        scored.to_string(index=False),
        plus.to_string(index=False),
        sep="\n\n",
    )
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        table.round(4).to_csv(arguments.out / "speed.csv", index=False)
        scored.round(4).to_csv(arguments.out / "scoring.csv", index=False)
        plus.round(4).to_csv(arguments.out / "mnp_plus.csv", index=False)
    print(f"\n{len(missed)} of {len(table)} rows under their target")
    over = plus[plus.measured > plus["at most"]]
    print(f"{len(over)} of {len(plus)} costs of mnp-plus over what was asked")
    return int(len(missed) > 0 or len(over) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
