"""The leaderboard's small tables: datasets, scenarios, methods with their code. Cells name them by number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from bench.datasets import registry
from bench.methods import highlighted, source_hash, specs
from bench.report.code import FINGERPRINT, code_words
from bench.report.palette import drawing_style, style_family, style_numbers
from bench.report.rows import prepare, without

OWN = "tables of your own"
TASK = ["dataset", "scenario"]
ENTRY = ["method", "params", "version"]
#: Fields of a scenario that the page lets choose; the others make the split.
CHOSEN = ("label_budget", "contamination", "known_types")


def numbered(rows: pd.DataFrame, columns: list[str]) -> tuple[pd.DataFrame, pd.Series]:
    """The distinct values of some columns, sorted, with the first row that has them; and each row's number in it."""
    first = rows.drop_duplicates(columns).sort_values(columns, kind="stable").reset_index(drop=True)
    index = pd.MultiIndex.from_frame(first[columns])
    wanted = pd.MultiIndex.from_frame(rows[columns])
    return first, pd.Series(index.get_indexer(wanted), rows.index)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows by column name."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def datasets(first: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry per dataset: what may be chosen by, and what a reader asks of it."""
    known = registry.cards()
    return [
        {
            "name": row["dataset"],
            "collection": known[row["dataset"]].source if row["dataset"] in known else OWN,
            "family": row["dataset_family"],
            "rows": int(row["dataset_rows"]),
            "features": int(row["dataset_features"]),
            "anomalies": int(row["dataset_anomalies"]),
            "synthetic": bool(row["synthetic"]),
            "sha": row["dataset_sha256"][:12],
        }
        for row in records(first)
    ]


def scenarios(first: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry per scenario: the split it belongs to, its labels, its contamination, in words."""
    told = []
    for row in records(first):
        fields = json.loads(row["scenario"])
        level = None if pd.isna(row["contamination"]) else float(row["contamination"])
        told.append(
            {
                "split": split_words(row["protocol"], fields),
                "labels": _labels(row["label_budget"], row["label_budget_kind"]),
                "budget": float(row["label_budget"]),
                "kind": row["label_budget_kind"],
                "level": level,
                "contamination": "natural" if level is None else f"{100 * level:g}%",
                "known": ", ".join(map(str, fields.get("known_types", []))),
            }
        )
    return told


def split_words(protocol: str, fields: Mapping[str, Any]) -> str:
    """The split that a scenario asks for, without what the page lets choose."""
    rest = json.loads(without(json.dumps(fields), *CHOSEN, "protocol"))
    if fields.get("known_types"):
        rest["some_types_unlabelled"] = True
    words = [f"{name.replace('_', ' ')} {value}" for name, value in sorted(rest.items())]
    return ", ".join([f"{protocol} protocol", *(word.removesuffix(" True") for word in words)])


def _labels(budget: float, kind_of: str) -> str:
    return f"{budget:g}" if kind_of == "count" else f"{100 * budget:g}%"


def entries(first: pd.DataFrame, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry per method, parameters and code: its name, its card, its colour."""
    prepared = prepare(rows.drop(columns="version"))  # the page itself tells two codes of one name apart
    known = prepared.drop_duplicates(["method", "params"])
    names = dict(zip(zip(known.method, known.params, strict=True), known.variant, strict=True))
    chosen = style_numbers(sorted(set(zip(rows.method, rows.params, strict=True))))
    cards = specs()
    today = {name: FINGERPRINT + source_hash(cards[name]) for name in set(first.method) & set(cards)}
    seers = rows[rows.sees_validation.fillna(False).astype(bool)]
    saw = set(zip(*(seers[name] for name in ENTRY), strict=True))
    told = []
    for row in records(first):
        identity = (row["method"], row["params"])
        drawn = drawing_style(chosen[identity], style_family(row["method"], row["method_family"]))
        told.append(
            {
                "method": row["method"],
                "name": names[identity],
                "params": row["params"],
                "asCard": row["params"] == "{}",
                "family": row["method_family"],
                "validation": (row["method"], row["params"], row["version"]) in saw,
                "code": code_words(row["version"]),
                "today": today.get(row["method"]) == row["version"],
                "highlight": row["method"] in highlighted(),
                "colour": drawn["color"],
                "marker": drawn["marker"],
                "card": _card(cards.get(row["method"])),
            }
        )
    return told


def _card(spec: Any) -> dict[str, Any] | None:
    if spec is None:
        return None
    return {
        "title": spec.title,
        "year": spec.year,
        "citation": spec.citation,
        "deviations": spec.deviations,
        "protocols": list(spec.protocols),
        "defaults": dict(spec.params),
    }
