"""Mode few: 1 is a known anomaly, all else unlabelled. Labelled anomalies held out, joined with the reference."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bench.errors import DataError
from bench.methods import get
from bench.picking.joining import join
from bench.picking.picked import Picked, beyond_time
from bench.picking.prior import prior
from bench.planning.grouping import cell_seconds
from bench.usertable.held_out import Evidence, folds, hold_out
from bench.usertable.schema import with_names
from bench.usertable.training import Table
from reproducibility.streams import generator

#: More rows than these make the fits slower and the answer no surer.
MOST_UNLABELLED, MOST_LABELLED = 9000, 1000
Say = Callable[[str], None]


def pick_few(
    table: Table,
    methods: Sequence[str],
    minutes: float,
    alert_rate: float,
    seed: int = 0,
    left_out: Mapping[str, str] | None = None,
    tell: Say = lambda _: None,
) -> Picked:
    """Judge methods on a table with few labels.

    Parameters
    ----------
    table : Table
    methods : sequence of str
        Cheapest first, as they are tried.
    minutes : float
        No method is begun that would take the time beyond this.
    alert_rate : float
    seed : int
    left_out : mapping of method to reason, optional
        Methods that were left out before.
    tell : callable
        Told each method as it is done.

    Returns
    -------
    Picked

    Raises
    ------
    DataError
        No method could learn from the table.
    """
    X, y = np.ascontiguousarray(table.X.to_numpy()), table.y
    rows = _sampled(y, table.sha256)
    notes = [] if len(rows) == len(y) else [f"judged on {len(rows)} of {len(y)} rows, drawn at random, to save time"]
    X, y = X[rows], y[rows]
    labels, (width, features) = int(y.sum()), X.shape
    cut = folds(X, y, seed) if labels >= 2 else []
    if not cut:
        notes.append("one labelled anomaly cannot be held out and learnt from at once: the choice is the reference's")
    evidence: list[Evidence] = []
    costs: list[float] = []
    gone = dict(left_out or {})
    start = time.perf_counter()
    for method in methods:
        spec = get(method)
        cost = cell_seconds(spec, X.shape, {})
        if cut and evidence and time.perf_counter() - start + len(cut) * cost > 60 * minutes:
            gone[method] = beyond_time(minutes)
            continue
        try:
            evidence_of = hold_out(method, cut, seed) if cut else Evidence(method, np.empty(0), 0.0)
        except (ValueError, np.linalg.LinAlgError) as error:
            gone[method] = f"it cannot learn from this table: {with_names(str(error), table.schema)}"
            continue
        evidence.append(evidence_of)
        costs.append(cell_seconds(spec, table.X.shape, {}))
        tell(f"{method}: {evidence_of.seconds:.1f} s")
    if not evidence:
        told = "; ".join(f"{name}: {reason}" for name, reason in gone.items())
        raise DataError(f"{table.file}: no method can learn from this table; {told}")
    reference = prior([evidence_of.method for evidence_of in evidence], width, features, labels)
    judged = join(evidence, reference, costs, alert_rate)
    return Picked(
        "few", table.file, table.label_rule.column, width, features, labels, alert_rate, judged, gone, tuple(notes),
        reference.families,
    )  # fmt: skip


def _sampled(y: np.ndarray, sha256: str) -> np.ndarray:
    """Numbers of the rows that are used, in the table's order."""
    stream = generator("picking rows", sha256)
    kept = [
        numbers if len(numbers) <= most else stream.choice(numbers, most, replace=False)
        for numbers, most in ((np.flatnonzero(y == 0), MOST_UNLABELLED), (np.flatnonzero(y == 1), MOST_LABELLED))
    ]
    return np.sort(np.concatenate(kept))
