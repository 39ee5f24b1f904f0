"""Score a file block by block: memory holds the scores and one block, whatever the number of rows."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.datasets.blocks import blocks, readable, strings
from bench.errors import ConfigError
from bench.usertable.encode import encode
from bench.usertable.incoming import Incoming
from bench.usertable.model import Model

#: Rows that are scored in one call.
ROWS = 1 << 14
#: Called with the rows scored so far.
Tell = Callable[[int], None]


@dataclass(frozen=True)
class Budget:
    """Which rows are alerts: so many, a share of them, an expected contamination, or those above the model's threshold.

    Attributes
    ----------
    alerts : int or None
    alert_rate : float or None
        In (0, 1); the number of rows is rounded up.
    contamination : float or None
        In (0, 1): the share of anomalies expected. Alerts are the rows above the score that this share of the
        unlabelled training rows exceeds, so that a file with more anomalies has more alerts.
    """

    alerts: int | None = None
    alert_rate: float | None = None
    contamination: float | None = None

    def __post_init__(self) -> None:
        given = {"--alerts": self.alerts, "--alert-rate": self.alert_rate, "--contamination": self.contamination}
        named = [name for name, value in given.items() if value is not None]
        if len(named) > 1:
            raise ConfigError(f"{' and '.join(named)} all say which rows are alerts; give one of them")
        if self.contamination is not None and not 0 < self.contamination < 1:
            raise ConfigError(
                f"--contamination {self.contamination:g} is no share between 0 and 1; 0.02 is two rows in a hundred"
            )
        if self.alert_rate is not None and not 0 < self.alert_rate < 1:
            raise ConfigError(f"--alert-rate {self.alert_rate:g} is no share between 0 and 1; 0.01 is one in a hundred")
        if self.alerts is not None and self.alerts < 1:
            raise ConfigError(f"--alerts {self.alerts} is no number of rows; give 1 or more")


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of a file's rows.

    Attributes
    ----------
    scores : (n,) float64
    rank : (n,) int64
        1 = the highest score; equal scores in the file's order.
    alert : (n,) bool
    ids : (n,) arrow text, or None
    first : (k,) int64
        Numbers (from 0) of the rows with the highest scores, highest first.
    rows : (k, d) float64
        These rows as the detector saw them.
    """

    scores: np.ndarray
    rank: np.ndarray
    alert: np.ndarray
    ids: Any | None
    first: np.ndarray
    rows: np.ndarray


def score(
    model: Model,
    incoming: Incoming,
    budget: Budget | None = None,
    id_column: str | None = None,
    keep: int = 0,
    tell: Tell | None = None,
) -> Scored:
    """Score every row of a file that was checked.

    Parameters
    ----------
    model : Model
    incoming : Incoming
    budget : Budget, optional
        None = the model's threshold.
    id_column : str, optional
        Carried along.
    keep : int
        So many rows with the highest scores are kept, to be explained.
    tell : callable, optional

    Returns
    -------
    Scored
    """
    import pyarrow as pa

    scores = np.empty(incoming.rows)
    ids, done = [], 0
    first, rows = np.empty(0, dtype=np.int64), np.empty((0, len(model.schema.feature_names)))
    position = None if id_column is None else incoming.names.index(id_column)
    as_written = frozenset() if id_column is None else frozenset({id_column})
    with readable(incoming.path, incoming.layout):
        for block in blocks(incoming.path, list(incoming.names), incoming.layout, as_written):
            for start in range(0, block.num_rows, ROWS):
                part = block.slice(start, ROWS)
                X = encode(part, model.schema)
                values = model.scores(X, done)
                scores[done : done + len(X)] = values
                first, rows = _highest(scores, first, rows, X, done, keep)
                if position is not None:
                    ids.append(pa.array(strings(part.column(position)).tolist(), pa.string()))
                done += len(X)
                if tell is not None:
                    tell(done)
    order = np.argsort(-scores, kind="stable")
    rank = np.empty(len(scores), dtype=np.int64)
    rank[order] = np.arange(1, len(scores) + 1)
    return Scored(scores, rank, _alerts(scores, rank, model, budget or Budget()),
                  pa.chunked_array(ids) if ids else None, first, rows)  # fmt: skip


def write(scored: Scored, out: Path, id_column: str | None = None) -> None:
    """Write row (from 1), id, score, rank and alert as CSV, or as parquet if the name ends so; whole or not at all."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {"row": pa.array(np.arange(1, len(scored.scores) + 1))}
    if scored.ids is not None:
        columns[id_column if id_column not in (None, "row", "score", "rank", "alert") else "id"] = scored.ids
    columns |= {
        "score": pa.array(scored.scores),
        "rank": pa.array(scored.rank),
        "alert": pa.array(scored.alert.astype(np.int8)),
    }
    table = pa.table(columns)
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".unfinished-{os.getpid()}-{out.name}")
    try:
        if out.name.lower().endswith((".parquet", ".pq")):
            pq.write_table(table, beside)
        else:
            pc.write_csv(table, beside, pc.WriteOptions(quoting_style="needed"))
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


def _highest(
    scores: np.ndarray, first: np.ndarray, rows: np.ndarray, X: np.ndarray, done: int, keep: int
) -> tuple[np.ndarray, np.ndarray]:
    if not keep:
        return first, rows
    numbers = np.concatenate([first, np.arange(done, done + len(X))])
    order = np.argsort(-scores[numbers], kind="stable")[:keep]
    return numbers[order], np.concatenate([rows, X])[order]


def _alerts(scores: np.ndarray, rank: np.ndarray, model: Model, budget: Budget) -> np.ndarray:
    if budget.alerts is not None:
        return rank <= budget.alerts
    if budget.alert_rate is not None:
        return rank <= int(np.ceil(budget.alert_rate * len(scores)))
    return scores > (model.threshold if budget.contamination is None else model.threshold_at(budget.contamination))
