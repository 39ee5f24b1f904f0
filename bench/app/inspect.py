"""``mnp-bench inspect``: fit MNP on one dataset and keep what it sees, for the figures of the report."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from bench.errors import ConfigError
from bench.report.inspected import ABOUT, FOLDER, read_about
from bench.store.atomic import write_whole
from bench.types import Scenario

METHOD = "mnp"


def inspect(
    name: str, out: str | os.PathLike[str], scenario: Scenario, seed: int, data_dir: str | None = None
) -> list[Path]:
    """Fit MNP once, write its looks, and draw them.

    Parameters
    ----------
    name : a registered dataset
    out : results folder (or any other)
    scenario, seed : as of a cell; the same split and the same fit as that cell of a run
    data_dir : folder with data files, or None

    Returns
    -------
    list of Path
        The tables and figures.
    """
    from bench.datasets import registry
    from bench.execution.evaluate import blind
    from bench.methods import create, get
    from bench.report.figures import inside
    from bench.scenarios import split
    from reproducibility.streams import generator

    if scenario.protocol != "weak":
        raise ConfigError("inspect fits mnp under the weak protocol; leave out the validation labels")
    dataset = registry.load(name, data_dir)
    cut = split(dataset, scenario, seed)
    model: Any = create(METHOD, seed=seed)
    model = model.fit_replicas([blind(cut, get(METHOD))], [seed])[0]
    kind = None if dataset.kind is None else dataset.kind[cut.train]
    seen, losses = model.looks(
        cut.X_train, cut.truth_train, cut.y_train, generator("looks", dataset.sha256, seed), kind
    )
    folder = Path(out) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    stem = name.replace("/", "_")
    table, history = folder / f"{stem}.parquet", folder / f"{stem}.losses.csv"
    seen.to_parquet(table, index=False)
    losses.to_csv(history, index=False)
    about = {**read_about(folder), stem: {"dataset": name, "seed": seed, "labelled": int((cut.y_train == 1).sum())}}
    write_whole(folder / ABOUT, (json.dumps(dict(sorted(about.items())), indent=1) + "\n").encode())
    return [table, history, *inside.write(Path(out))]
