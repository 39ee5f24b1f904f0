"""Which parameters a method takes, read from its source without importing it (an import may cost seconds)."""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from bench.types import MethodSpec

#: Given by the harness, not by a suite.
RESERVED = ("self", "seed", "random_state")


def problems(spec: MethodSpec, given: Sequence[str]) -> list[str]:
    """One sentence per parameter that the method does not take, or that the harness sets itself."""
    found = [
        f"{spec.name}: {name} is set by the seeds of the suite; leave it out" for name in given if name in RESERVED
    ]
    known = accepted(spec)
    if known is None:
        return found
    for name in given:
        if name not in known and name not in RESERVED:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {', '.join(near)}?" if near else f"it has: {', '.join(known)}"
            found.append(f"{spec.name} has no parameter {name!r}; {hint}")
    return found


@functools.cache
def accepted(spec: MethodSpec) -> tuple[str, ...] | None:
    """Names of the parameters of the class's own ``__init__``; None if only running it could tell."""
    module, _, name = spec.factory.partition(":")
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        return None
    tree = ast.parse(Path(found.origin).read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    starts = [f for node in classes for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
    if not starts or starts[0].args.kwarg:
        return None
    arguments = starts[0].args
    return tuple(a.arg for a in (*arguments.args, *arguments.kwonlyargs) if a.arg not in RESERVED)
