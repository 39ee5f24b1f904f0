"""Of which code of its method a row is: rows of different code are never averaged together.

A row's key hashes the fingerprint of its method's code, so a row is of today's code where its key can be computed
again. Else the fingerprint stands in the manifest of its run (or of its adoption); older manifests name the commit
only, and two commits count as two codes unless they are known to be one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bench.errors import BenchError
from bench.methods import source_hash, specs
from bench.planning import identity
from bench.report.source import Source
from bench.report.words import count, listed
from bench.store.schema import ADOPTED
from bench.types import MethodSpec

#: What a version begins with.
FINGERPRINT, COMMIT = "fingerprint ", "commit "
UNKNOWN = "unknown code"
#: So many letters of a fingerprint or commit are shown.
LETTERS = 7
#: So many codes of a method are named, the rest is counted.
FEW = 8


def versions(sources: Sequence[Source]) -> list[pd.Series]:
    """For the rows of each source the code of their method: ``fingerprint ...``, ``commit ...``, ``unknown code``.

    Two names are one code where a cell of one key bears both.
    """
    names = {name for source in sources for name in set(source.rows.method)}
    today = {name: (spec, source_hash(spec)) for name, spec in specs().items() if name in names}
    told = [_versions(source, today) for source in sources]
    pairs = list(zip(sources, told, strict=True))
    every = pd.concat([source.rows[["method", "cell"]].assign(version=own) for source, own in pairs])
    same = _aliases(every)
    return [_united(source.rows.method, own, same) for source, own in pairs]


def with_code(*sources: Source) -> list[pd.DataFrame]:
    """The rows of each source with the code of their method as the column ``version``."""
    told = zip(sources, versions(sources), strict=True)
    return [source.rows.assign(version=own) for source, own in told]


def code_words(version: str) -> str:
    """A version in a few letters."""
    for start in (FINGERPRINT, COMMIT):
        if version.startswith(start):
            return f"{start}{version.removeprefix(start)[:LETTERS]}"
    return version


def several_codes(rows: pd.DataFrame) -> str:
    """A sentence that names each method with rows of several codes, and how many of each; "" if there is none.

    A method with other parameters is a method of its own here, as everywhere in a report.

    Parameters
    ----------
    rows : DataFrame
        Prepared rows (``bench.report.rows.prepare``), with ``version``.
    """
    mixed = rows[rows.groupby(["method", "params"]).version.transform("nunique") > 1]
    if mixed.empty:
        return ""
    told = "; ".join(f"{title} has {_numbers(own.version)}" for title, own in mixed.groupby("method_title", sort=True))
    return (
        f"Results of different code of one method are never averaged together, so each code stands for itself: {told}."
    )


def _numbers(versions: pd.Series) -> str:
    cells = versions.value_counts().sort_index()
    return listed([f"{count(int(n), 'cell')} of {code_words(str(version))}" for version, n in cells.items()], FEW)


def _versions(source: Source, today: Mapping[str, tuple[MethodSpec, str]]) -> pd.Series:
    rows = source.rows
    runs = {run.get("id"): run for run in source.runs}
    carried = {record.get("id"): record for record in source.adoptions}
    adopted = rows[ADOPTED].tolist() if ADOPTED in rows else [None] * len(rows)
    entries = zip(rows.provenance.tolist(), adopted, rows.method.tolist(), todays(rows, today), strict=True)
    return pd.Series(
        [
            FINGERPRINT + now if now else _recorded(runs.get(run, {}), carried.get(adoption, {}), method)
            for run, adoption, method, now in entries
        ],
        rows.index,
        dtype=object,
    )


def todays(rows: pd.DataFrame, today: Mapping[str, tuple[MethodSpec, str]]) -> list[str]:
    """The fingerprint of today's code for each row whose key is made with it, "" for the others."""
    result = [""] * len(rows)
    groups: dict[tuple[str, ...], list[int]] = {}
    columns = (rows[name].tolist() for name in ("dataset", "dataset_sha256", "scenario", "method", "params"))
    for number, name in enumerate(zip(*columns, strict=True)):
        groups.setdefault(name, []).append(number)
    seeds, stored = rows.seed.tolist(), rows["cell"].tolist()
    for (dataset, sha256, scenario, method, params), numbers in groups.items():
        if method not in today:
            continue
        spec, source = today[method]
        keys = _keys(dataset, sha256, scenario, spec, params, source, [seeds[number] for number in numbers])
        for number in numbers:
            if keys.get(seeds[number]) == stored[number]:
                result[number] = source
    return result


def _aliases(every: pd.DataFrame) -> dict[tuple[str, str], str]:
    """For (method, version) the version that it is known to equal; a fingerprint is preferred to a commit."""
    known = every.drop_duplicates(["method", "cell", "version"])
    shared = known[known.duplicated("cell", keep=False)]
    same: dict[tuple[str, str], str] = {}
    for (method, _), part in shared.groupby(["method", "cell"], sort=True):
        name = str(method)
        group = sorted({same.get((name, version), version) for version in part.version.tolist()}, key=_preference)
        for other in group[1:]:
            same |= {old: group[0] for old, target in same.items() if old[0] == name and target == other}
            same[name, other] = group[0]
    return same


def _preference(version: str) -> tuple[bool, str]:
    return not version.startswith(FINGERPRINT), version


def _united(methods: pd.Series, own: pd.Series, same: Mapping[tuple[str, str], str]) -> pd.Series:
    pairs = zip(methods.tolist(), own.tolist(), strict=True)
    return pd.Series([same.get(pair, pair[1]) for pair in pairs], own.index, dtype=object)


def _keys(
    dataset: str, sha256: str, scenario: str, spec: MethodSpec, params: str, source: str, seeds: list[int]
) -> dict[int, str]:
    try:
        told = identity.content(
            sha256, identity.scenario_of(scenario), spec, dict(identity.params_of(params)), source, 0, dataset
        )
    except (BenchError, TypeError, ValueError):
        return {}  # a scenario or parameters that today's code does not have
    return dict(identity.keys_by_seed(told, seeds))


def _recorded(run: Mapping[str, Any], adoption: Mapping[str, Any], method: str) -> str:
    carried_to = adoption.get("methods", {}).get(method, {}).get("to")
    fingerprint = carried_to or run.get("methods", {}).get(method)
    if fingerprint:
        return FINGERPRINT + str(fingerprint)
    git = run.get("git") or {}
    return f"{COMMIT}{git['commit']}{git.get('diff_sha256', '')}" if git.get("commit") else UNKNOWN
