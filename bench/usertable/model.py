"""A detector fitted on a user's table, with what is needed to score other rows of the same kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.errors import ConfigError, DataError
from bench.execution.fitting import settle_shared_streams
from bench.methods import create, get, specs
from bench.report.words import count
from bench.usertable.contamination import LEAST_LABELS, Contamination, contamination
from bench.usertable.formats import why_not_saved
from bench.usertable.frames import encode_frame
from bench.usertable.held_out import folds, hold_out
from bench.usertable.schema import Schema, with_names
from bench.usertable.training import Table, require_table
from reproducibility.streams import generator

#: Unlabelled training rows that a model keeps, to check itself and to explain rows by their neighbours.
KEPT_ROWS = 500
#: Scores of unlabelled training rows that it keeps, for thresholds.
KEPT_SCORES = 10_001
#: Share of the unlabelled training rows above the threshold, unless another one is asked.
ALERT_RATE = 0.01


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted detector and its table's schema.

    Attributes
    ----------
    detector : a fitted detector (PyOD's contract: ``decision_function``, ``predict_proba``)
    method : str
    seed : int
    params : dict
        Given beyond the method's card.
    schema : Schema
    usual_rows : (k, d) float64
        Unlabelled training rows, those with the highest tenth of scores left out.
    threshold : float
        Rows with a higher score are alerts.
    alert_rate : float
        Share of the unlabelled training rows that it was set for.
    ordered_scores : (k,) float64
        Scores of the unlabelled training rows from low to high, at most ``KEPT_SCORES`` of them at even steps.
    contamination : Contamination or None
        The estimated share of anomalies among the unlabelled rows, if it was asked for.
    training : dict
        The training file's name, hash, rows and labels, for the manifest.
    """

    detector: Any
    method: str
    seed: int
    params: dict[str, Any]
    schema: Schema
    usual_rows: np.ndarray
    threshold: float
    alert_rate: float
    ordered_scores: np.ndarray
    contamination: Contamination | None
    training: dict[str, Any]

    def decision_function(self, frame: Any) -> np.ndarray:
        """Scores (n,) of a frame with the user's own columns (pandas, polars, arrow), matched by name.

        Raises
        ------
        DataError
            Columns are missing, hold text where the model was fitted on numbers, or values too large.
        """
        return self.scores(encode_frame(frame, self.schema))

    def scores(self, X: np.ndarray, before: int = 0) -> np.ndarray:
        """Scores (n,) of encoded rows (n, d); ``before`` rows of their table lie before them.

        Raises
        ------
        DataError
            The detector refuses a row, or gives it no finite score.
        """
        if not len(X):
            return np.empty(0)
        try:
            scores = np.asarray(self.detector.decision_function(X), dtype=np.float64)
        except ValueError as error:
            told = with_names(str(error), self.schema, before)
            raise DataError(f"{self.method} cannot score these rows: {told}") from error
        if not np.isfinite(scores).all():
            raise DataError(
                f"{self.method} gives {_without_score(scores, before)}; take out such rows, or fit another method"
            )
        return scores

    def threshold_at(self, share: float) -> float:
        """The score that at most this share of the unlabelled training rows exceed."""
        return float(np.quantile(self.ordered_scores, 1 - share, method="higher"))


def require_savable(method: str) -> None:
    """Refuse, before any work, a method that cannot learn from weak labels or cannot be saved.

    Raises
    ------
    UnknownName, ConfigError
    """
    spec = get(method)
    if "weak" not in spec.protocols:
        raise ConfigError(
            f"method {method!r} needs true labels for its validation, which few labels are not; choose another one, "
            "such as mnp-plus"
        )
    reason = why_not_saved(spec, specs())
    if reason:
        raise ConfigError(reason)


def require_share(alert_rate: float) -> None:
    """Raise ConfigError for an alert rate that is no share."""
    if not 0 < alert_rate < 1:
        raise ConfigError(f"alert_rate {alert_rate:g} is no share between 0 and 1; 0.01 is one row in a hundred")


def fit(
    table: Table,
    method: str = "mnp-plus",
    seed: int = 0,
    alert_rate: float = ALERT_RATE,
    estimate_contamination: bool = False,
    **params: Any,
) -> Model:
    """Fit a method on a table with few labels.

    Parameters
    ----------
    table : Table
    method : str
        A registered method, or ``package.module:Class`` of a PyOD detector (which cannot be saved).
    seed : int
    alert_rate : float in (0, 1)
        Share of the unlabelled training rows above the threshold.
    estimate_contamination : bool
        Also estimate how many of the unlabelled rows are anomalies, by fitting on folds: up to five more fits.
    **params
        The method's own parameters.

    Returns
    -------
    Model
        The fitted detector with what it needs of the table to score new rows.

    Raises
    ------
    UnknownName, ConfigError, MissingExtra
        The method or a parameter.
    DataError
        A table that the method cannot learn from.
    """
    require_table(table)
    require_share(alert_rate)
    detector = create(method, seed, **params)
    try:
        expected = _contamination(table, method, seed, params) if estimate_contamination else None
        settle_shared_streams(table.sha256, method, seed)
        detector.fit(table.X, table.y)
    except ValueError as error:
        told = with_names(str(error), table.schema, 0)
        raise DataError(f"{table.file}: {method} cannot learn from this table: {told}") from error
    unlabelled = np.flatnonzero(table.y == 0)
    rows = table.X.to_numpy()[unlabelled].astype(np.float64)
    scores = np.asarray(detector.decision_function(rows), dtype=np.float64)
    if not np.isfinite(scores).all():
        raise DataError(f"{table.file}: {method} gives {_without_score(scores)}; choose another method")
    return Model(
        detector=detector,
        method=method,
        seed=seed,
        params=params,
        schema=table.schema,
        usual_rows=_usual(rows, scores, table.sha256),
        threshold=float(np.quantile(scores, 1 - alert_rate, method="higher")),
        alert_rate=alert_rate,
        ordered_scores=np.quantile(scores, np.linspace(0, 1, min(len(scores), KEPT_SCORES)), method="higher"),
        contamination=expected,
        training={
            "file": table.file,
            "sha256": table.sha256,
            "rows": len(table.y),
            "label": table.label_rule.column,
            "anomaly_values": list(table.label_rule.anomalies),
            "labelled_anomalies": int(table.y.sum()),
            "unlabelled": len(unlabelled),
            "notes": list(table.notes),
        },
    )


def _without_score(scores: np.ndarray, before: int = 0) -> str:
    bad = np.flatnonzero(~np.isfinite(scores))
    return f"{count(len(bad), 'row')} no finite score, row {int(bad[0]) + before + 1} first"


def _contamination(table: Table, method: str, seed: int, params: dict[str, Any]) -> Contamination | None:
    if table.y.sum() < LEAST_LABELS:
        return None
    cut = folds(np.ascontiguousarray(table.X.to_numpy()), table.y, seed)
    return contamination(
        hold_out(method, cut, seed, params).above, min(int((split.y_test == 0).sum()) for split in cut)
    )


def _usual(rows: np.ndarray, scores: np.ndarray, sha256: str) -> np.ndarray:
    """A random sample of the rows without the tenth with the highest scores, in the table's order."""
    calm = np.sort(np.argsort(scores, kind="stable")[: max(1, int(np.ceil(0.9 * len(scores))))])
    if len(calm) > KEPT_ROWS:
        calm = np.sort(generator("usual rows", sha256).choice(calm, KEPT_ROWS, replace=False))
    return rows[calm]
