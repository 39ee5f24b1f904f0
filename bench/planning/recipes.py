"""What a cell's key is made of beside data, scenario and seed: a bundle that knows it need not hold the keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bench.methods import source_hash, specs
from bench.planning import identity
from bench.store.packed import Recipe
from bench.types import Scenario

#: Of a cell's content what is told by a row itself.
OF_THE_ROW = ("dataset", "scenario", "seed", "table")


def recipes(named: Iterable[tuple[str, str]], manifest: Mapping[str, Any]) -> list[Recipe]:
    """For each method and its parameters what its keys may be made of: today's code, and all that the manifest names.

    Parameters
    ----------
    named : (method, parameters as canonical JSON)
    manifest : mapping
        A folder's whole manifest.

    Returns
    -------
    list of Recipe
        In a fixed order; none for methods that are not registered here.
    """
    known = specs()
    made = []
    for method, params in sorted(set(named)):
        if method not in known:
            continue
        for source in dict.fromkeys([source_hash(known[method]), *_recorded(manifest, method)]):
            content = identity.content("", Scenario(), known[method], dict(identity.params_of(params)), source, 0)
            made.append(Recipe(method, params, {k: v for k, v in content.items() if k not in OF_THE_ROW}))
    return made


def _recorded(manifest: Mapping[str, Any], method: str) -> list[str]:
    """Fingerprints of a method's code in the manifest's runs and adoptions, sorted."""
    ran = [run.get("methods", {}).get(method) for run in manifest.get("runs", [])]
    carried = [record.get("methods", {}).get(method, {}).get("to") for record in manifest.get("adoptions", [])]
    return sorted({str(source) for source in (*ran, *carried) if source})
