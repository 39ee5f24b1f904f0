"""Where the manifests of two results folders differ: code, packages, machine, settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: What a number may depend on; when and by which command a run was started is left out, and so are the datasets,
#: whose hashes stand in every row.
FACTS = ("git", "packages", "python", "platform", "machine", "cpu", "worker_environment", "suite")
ABSENT = "none"


@dataclass(frozen=True)
class Change:
    """A fact on which two folders differ; where the runs of one folder differ among themselves all values stand."""

    fact: str
    first: tuple[str, ...]
    second: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.fact}: {' and '.join(self.first)} | {' and '.join(self.second)}"


def changes(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> list[Change]:
    """The facts on which two sequences of runs differ, in the manifest's order.

    Parameters
    ----------
    first, second : the runs of two manifests, as ``bench.store.manifest.read_manifest`` gives them
    """
    values = [_values(runs) for runs in (first, second)]
    changed = []
    for fact in dict.fromkeys([*values[0], *values[1]]):
        before, after = (tuple(sorted(known.get(fact, {ABSENT}))) for known in values)
        if before != after:
            changed.append(Change(fact, before, after))
    return changed


def _values(runs: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Every fact as a flat name, with all values that the runs have for it."""
    entries = [dict(_flat(run)) for run in runs]
    names = dict.fromkeys(name for entry in entries for name in entry)
    return {name: {entry.get(name, ABSENT) for entry in entries} for name in names}


def _flat(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for fact in FACTS:
        value = run.get(fact)
        if fact == "suite":
            yield "suite file", _lines(str(value or ""))
        elif isinstance(value, Mapping):
            told = {k: v for k, v in value.items() if not (fact == "git" and k == "changed")}  # diff_sha256 says it
            yield from ((f"{fact} {name}", _text(content)) for name, content in told.items())
        else:
            yield fact, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or ABSENT
    return ABSENT if value is None or value == "" else str(value)


def _lines(text: str) -> str:
    """A suite file is too long to print: its length and a short hash tell two apart."""
    import hashlib

    return f"{len(text.splitlines())} lines, sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}"
