"""Whether rows say what can be true: their words, their values, the run that made them, the data that it names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pandas as pd

from bench.json_values import json_text
from bench.leaderboard.left_out import LeftOut
from bench.planning import identity
from bench.report.source import Source
from bench.report.words import listed
from bench.scenarios import canonical
from bench.store.manifest import provenance_id
from bench.store.schema import metric_names

STATUSES = ("ok", "failed", "timeout", "oom")
FAMILIES = ("weak", "supervised", "unsupervised")
FEW = 3


def checked(source: Source) -> tuple[Source, list[LeftOut]]:
    """The source without rows that cannot be right, and what they were."""
    dropped: list[LeftOut] = []
    for wrong, reason in _faults(source):
        if wrong.any():
            dropped.append(LeftOut(source.path, int(wrong.sum()), reason(source.rows[wrong])))
            source = source.keeping(~wrong.reindex(source.rows.index, fill_value=False))
    return source, dropped


def _faults(source: Source) -> Iterator[tuple[pd.Series, Callable[[pd.DataFrame], str]]]:
    """(which rows, why) of each check; computed on all rows, so that a later check may speak of a row again."""
    rows = source.rows
    sound = {run.get("id") for run in source.runs if provenance_id(_content(run)) == run.get("id")}
    named = {run.get("id") for run in source.runs}
    data = {run.get("id"): run.get("datasets", {}) for run in source.runs}
    yield ~rows.scenario.map({text: _is_scenario(text) for text in rows.scenario.unique()}).astype(bool), _unread
    yield ~rows.params.map({text: _is_object(text) for text in rows.params.unique()}).astype(bool), _unread
    yield ~(rows.status.isin(STATUSES) & rows.method_family.isin(FAMILIES) & rows.seed.between(0, 2**32 - 1)), _unread
    yield _impossible(rows), lambda _: "a metric that is missing or outside 0 to 1 in a cell that succeeded"
    yield ~rows.provenance.isin(named), lambda _: "its manifest does not name the run that made them"
    yield rows.provenance.isin(named - sound), lambda _: "the manifest's entry of their run was changed afterwards"
    told = [
        data.get(run, {}).get(name, sha)
        for run, name, sha in zip(rows.provenance, rows.dataset, rows.dataset_sha256, strict=True)
    ]
    yield rows.dataset_sha256 != pd.Series(told, rows.index, dtype=object), _other_data


def _content(run: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in run.items() if name != "id"}


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, TypeError, RecursionError):
        return False


def _is_scenario(text: str) -> bool:
    """Whether a text is the canonical form of a scenario that is known here."""
    try:
        return json_text(canonical(identity.scenario_of(text))) == text
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False


def _impossible(rows: pd.DataFrame) -> pd.Series:
    """A result without its headline metric, or any metric outside 0 to 1."""
    good = rows.status == "ok"
    metrics = rows[metric_names(rows.columns)]
    outside = ((metrics < 0) | (metrics > 1)).any(axis=1)
    return good & (outside | rows.average_precision.isna())


def _unread(_: pd.DataFrame) -> str:
    return "their scenario, parameters, status, seed or kind of method are none that this version knows"


def _other_data(rows: pd.DataFrame) -> str:
    return f"their dataset's hash is not that of their run ({listed(sorted(set(rows.dataset)), FEW)})"
