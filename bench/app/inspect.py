"""``mnp-bench inspect``: fit a method on one dataset and keep what it sees, for the figures of the report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bench.datasets.catalogue import EVERYWHERE, Catalogue
from bench.errors import ConfigError
from bench.store import inspection
from bench.types import Scenario


def inspect(
    name: str,
    out: str | os.PathLike[str],
    scenario: Scenario,
    seed: int,
    catalogue: Catalogue = EVERYWHERE,
    method: str | None = None,
) -> list[Path]:
    """Fit a method once, write what it sees, and draw it.

    Parameters
    ----------
    name : a registered dataset
    out : results folder (or any other)
    scenario, seed : as of a cell; the same split and the same fit as that cell of a run
    catalogue : where the data files lie
    method : str, optional
        A method whose card says ``inspectable``; None = the first of them.

    Returns
    -------
    list of Path
        The tables and figures.

    Raises
    ------
    ConfigError
        The method shows nothing of its inside, or the scenario has validation labels.
    """
    from bench.execution.fitting import blind
    from bench.methods import create, get, specs
    from bench.report.figures import inside
    from bench.scenarios import split
    from reproducibility.streams import generator

    able = [card.name for card in specs().values() if card.inspectable]
    method = method or able[0]
    if not get(method).inspectable:
        raise ConfigError(f"{method} shows nothing of its inside; inspect one of {', '.join(able)}")
    if scenario.protocol != "weak":
        raise ConfigError("inspect fits under the weak protocol; leave out the validation labels")
    dataset = catalogue.load(name)
    cut = split(dataset, scenario, seed)
    (Path(out) / inspection.FOLDER).mkdir(parents=True, exist_ok=True)  # a place that cannot be had is told now
    model: Any = create(method, seed=seed)
    model = model.fit_replicas([blind(cut, get(method))], [seed])[0]
    anomaly_type = None if dataset.anomaly_type is None else dataset.anomaly_type[cut.train]
    seen, losses = model.inspection_tables(
        cut.X_train, cut.truth_train, cut.y_train, generator("inspection", dataset.sha256, seed), anomaly_type
    )
    about = {"dataset": name, "method": method, "seed": seed, "labelled": int((cut.y_train == 1).sum())}
    return [*inspection.write(Path(out), about, seen, losses), *inside.write(Path(out))]
