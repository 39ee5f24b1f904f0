"""Which parameters a method takes, read from its source without importing it (an import may cost seconds)."""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence

from bench.methods.fingerprint import module_file
from bench.near_matches import near_matches
from bench.types import MethodSpec

#: Given by the harness, not by a suite.
RESERVED = ("self", "seed", "random_state")


def problems(spec: MethodSpec, given: Sequence[str]) -> list[str]:
    """One sentence per parameter that the method does not take, or that the harness sets itself."""
    sentences = [
        f"{spec.name}: {name} is set by the seeds of the suite; leave it out" for name in given if name in RESERVED
    ]
    known = accepted(spec)
    if known is None:
        return sentences
    renamed = dict(spec.renamed)
    for name in given:
        if name not in known and name in renamed:
            sentences.append(f"{spec.name}: the parameter {name!r} is now called {renamed[name]}")
        elif name not in known and name not in RESERVED:
            near = near_matches(name, known)
            hint = f"did you mean {', '.join(near)}?" if near else f"it has: {', '.join(known)}"
            sentences.append(f"{spec.name} has no parameter {name!r}; {hint}")
    return sentences


@functools.cache
def accepted(spec: MethodSpec) -> tuple[str, ...] | None:
    """Names of the parameters a method takes; None if only running it could tell.

    Those of the class's own ``__init__``. If that takes any (``**options``), it hands them to the class
    that the card's parameter ``path`` names, and those of that class are added.
    """
    own = _arguments(spec.factory)
    if own is None or not own.kwarg:
        return None if own is None else _names(own)
    path = dict(spec.params).get("path")
    inner = _arguments(path) if isinstance(path, str) else None
    if inner is None or inner.kwarg:
        return None
    return tuple(dict.fromkeys(name for name in (*_names(own), *_names(inner)) if name != "path"))


def _arguments(factory: str) -> ast.arguments | None:
    """The arguments of the class's ``__init__`` in its module's source; None if there is none to read."""
    module, _, name = factory.partition(":")
    file = module_file(module)
    if file is None or file.suffix != ".py":
        return None
    tree = ast.parse(file.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    starts = [f for node in classes for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
    return starts[0].args if starts else None


def _names(arguments: ast.arguments) -> tuple[str, ...]:
    return tuple(a.arg for a in (*arguments.args, *arguments.kwonlyargs) if a.arg not in RESERVED)
