"""A method's fingerprint: a hash of its own code, found without importing it."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from pathlib import Path

from bench.types import MethodSpec

INSTALLED_ELSEWHERE = ("pyod", "sklearn")  # their version is in the provenance; one file names the method
OURS = ("replicas", "reproducibility")  # what every method of ours stands on


def source_hash(spec: MethodSpec) -> str:
    """Hash the method's own source: its module and what that imports of its package and of replicas.

    Nothing is imported, and no other method's file is read, so an edit of one method changes the
    identity of that method's cells only.
    """
    module = spec.factory.partition(":")[0]
    digest = hashlib.sha256()
    for name, text in sorted(_sources(module).items()):
        digest.update(f"{name}\0".encode() + text + b"\0")
    return digest.hexdigest()


@functools.cache
def _sources(module: str) -> dict[str, bytes]:
    """The module's source and, through its import statements, that of its own package and of OURS."""
    package = module.partition(".")[0]
    found: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        file = _file(name) if name not in found else None
        if file is None:
            continue
        found[name] = file.read_bytes()
        if package in INSTALLED_ELSEWHERE:
            break
        waiting += [other for other in _imports(found[name]) if other.partition(".")[0] in (package, *OURS)]
    return found


def _file(module: str) -> Path | None:
    """The module's file, found by path: asking the import system would import its parents."""
    package, *rest = module.split(".")
    top = importlib.util.find_spec(package)
    if top is None or top.origin is None:
        return None
    if not rest:
        return Path(top.origin)
    place = Path(top.origin).parent.joinpath(*rest)
    return next((f for f in (place.with_suffix(".py"), place / "__init__.py") if f.is_file()), None)


def _imports(text: bytes) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found
