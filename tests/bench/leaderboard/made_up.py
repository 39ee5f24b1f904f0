"""Made-up results folders of any size, written as a run writes them, for tests of the leaderboard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bench.json_values import json_text
from bench.store import manifest, schema, segments
from bench.store.reading import FOLDER
from reproducibility.streams import generator

#: name -> (title, family, skill, seconds)
METHODS = {
    "mnp": ("MNP", "weak", 1.2, 2.0),
    "devnet": ("DevNet", "weak", 1.0, 0.5),
    "prenet": ("PReNet", "weak", 0.8, 0.6),
    "random-forest": ("Random forest", "supervised", 0.6, 0.4),
    "iforest": ("Isolation forest", "unsupervised", 0.2, 0.3),
}


def frame(
    datasets: int = 12,
    seeds: int = 3,
    methods: Sequence[str] = tuple(METHODS),
    scenarios: Sequence[dict[str, Any]] = ({"label_budget": 10},),
    run: str = "run-1",
    code: str = "a",
) -> pd.DataFrame:
    """A full grid of successful cells; a value depends on its names only. ``code`` makes other keys and values."""
    grid = pd.MultiIndex.from_product(
        [range(len(scenarios)), methods, range(datasets), range(seeds)], names=["scenario", "method", "set", "seed"]
    ).to_frame(index=False)
    known = [METHODS.get(name, (name, "weak", 0.5, 1.0)) for name in grid.method]
    ease = generator("ease").normal(0, 1.0, datasets)
    n = len(grid)
    skill = np.array([skill for _, _, skill, _ in known])
    fit = {name: generator("fit", name, code).normal(0, 0.5, datasets) for name in set(grid.method)}
    logit = skill + ease[grid.set] + [fit[m][s] for m, s in zip(grid.method, grid.set, strict=True)]
    logit = logit + generator("luck", code, n).normal(0, 0.3, n)
    precision = 1 / (1 + np.exp(-logit))
    fields = [scenarios[number] for number in grid.scenario]
    names = [f"made/{number:03d}" for number in grid.set]
    keys = [
        hashlib.sha256(f"{method}/{name}/{seed}/{json_text(scenario)}/{code}".encode()).hexdigest()
        for method, name, seed, scenario in zip(grid.method, names, grid.seed, fields, strict=True)
    ]
    return pd.DataFrame(
        {
            "dataset": names,
            "method": grid.method,
            "seed": grid.seed,
            "protocol": [scenario.get("protocol", "weak") for scenario in fields],
            "label_budget": [float(scenario.get("label_budget", 5)) for scenario in fields],
            "contamination": [scenario.get("contamination", np.nan) for scenario in fields],
            "status": "ok",
            "average_precision": precision,
            "auc_roc": 0.5 + precision / 2,
            "auc_pr_trapezoid": precision,
            "fit_seconds": [seconds for *_, seconds in known],
            "score_seconds": 0.01,
            "peak_memory_mb": 300.0,
            "error": "",
            "cell": keys,
            "label_budget_kind": [
                "count" if isinstance(scenario.get("label_budget", 5), int) else "ratio" for scenario in fields
            ],
            "scenario": [json_text(scenario) for scenario in fields],
            "params": "{}",
            "dataset_sha256": [hashlib.sha256(name.encode()).hexdigest() for name in names],
            "dataset_family": [f"family-{number:03d}" for number in grid.set],
            "dataset_rows": 500 + 30 * grid.set,
            "dataset_features": 10,
            "dataset_anomalies": 40,
            "synthetic": False,
            "method_title": [title for title, *_ in known],
            "method_family": [family for _, family, *_ in known],
            "sees_validation": False,
            "n_train": 300,
            "n_labelled": 10,
            "n_test": 200,
            "group_width": 1,
            "started": "2026-01-01T00:00:00+00:00",
            "provenance": run,
        }
    )


def folder(path: Path, rows: pd.DataFrame, commit: str = "c" * 40, **manifest_fields: Any) -> str:
    """Write rows as a results folder, or add them to one, with a manifest that names their run; returns the path."""
    hashes = dict(zip(rows.dataset, rows.dataset_sha256, strict=True))
    told = manifest.collect("name = 'made-up'", "mnp-bench run made-up", hashes, **manifest_fields)
    told["git"] = {"commit": commit, "dirty": False, "changed": [], "diff_sha256": ""}
    store = path / FOLDER
    store.mkdir(parents=True, exist_ok=True)
    part = len(list(store.iterdir())) + 1
    own = rows.assign(provenance=manifest.provenance_id(told))
    table = pa.Table.from_pandas(own[schema.ordered(set(own.columns))], preserve_index=False)
    fields = {**dict.fromkeys(schema.metric_names(own.columns), pa.float64()), **schema.FIXED}
    segments.write(
        segments.named(store, part, part), table.cast(pa.schema([(n, fields[n]) for n in table.column_names]))
    )
    manifest.write_manifest(path, told)
    return str(path)


def edited(path: str, **change: Any) -> None:
    """Change facts of the only run in a folder's manifest, as somebody's hand would."""
    file = Path(path) / manifest.MANIFEST
    whole = json.loads(file.read_text())
    whole["runs"][0] |= change
    file.write_text(json.dumps(whole))
