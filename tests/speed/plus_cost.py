"""What a run of MNP+ costs, against what was asked of it."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from bench.methods import create
from replicas.rows import Rows

GROUP, ROWS, WIDTH, LABELLED = 16, 5_000, 20, 10
SCORED, LARGE, LARGE_WIDTH = 100_000, 600_000, 10


def table(rows: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of which the first hundredth are anomalies, ten of them labelled."""
    X = np.random.default_rng(width).normal(size=(rows, width)).astype(np.float32)
    X[: rows // 100] += 2.0
    return X, (np.arange(rows) < LABELLED).astype(np.int8)


def seconds(work: Callable[[], Any], repeats: int) -> float:
    """Processor seconds, the fastest of ``repeats`` turns."""
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return min(spent)


def costs(repeats: int) -> pd.DataFrame:
    """One row per promise: what was measured and the most that was asked, on one thread."""
    model = create("mnp-plus")
    run, large = Rows.from_arrays(*table(ROWS, WIDTH)), Rows.from_arrays(*table(LARGE, LARGE_WIDTH))
    fitted = model.fit_replicas([run], [0])[0]
    wide = table(SCORED, WIDTH)[0]
    measured = {
        f"a run in a group of {GROUP}, 5,000 x 20, s": (
            seconds(lambda: model.fit_replicas([run] * GROUP, list(range(GROUP))), repeats) / GROUP, 0.5,
        ),
        "a run alone, 5,000 x 20, s": (seconds(lambda: model.fit_replicas([run], [0]), repeats), 3.0),
        "scoring 100,000 rows, s": (seconds(lambda: fitted.decision_function(wide), repeats), 1.0),
        "a run alone, 600,000 x 10, s": (seconds(lambda: model.fit_replicas([large], [0]), 1), 15.0),
        "peak memory of all this, GB": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2.0),
    }  # fmt: skip
    rows = [(name, value, target) for name, (value, target) in measured.items()]
    return pd.DataFrame(rows, columns=["mnp-plus", "measured", "at most"])
