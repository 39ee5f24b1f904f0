"""What a Python file does, without its words: its syntax tree as text, the same under every Python, and its imports."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Fields that are layout or follow from the rest; ``kind`` is the u of u"text".
WITHOUT_MEANING = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
#: By these a module learns where it lies, and so reads files beside it.
ASKS_WHERE = frozenset(
    {
        "__file__", "__path__", "__spec__", "__loader__", "resources", "importlib_resources", "pkgutil", "get_data",
        "resource_filename", "pkg_resources", "find_spec", "getfile", "getsourcefile",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Syntax:
    """What is known of one Python file.

    Attributes
    ----------
    digest : str
        sha256 of the syntax tree without comments, docstrings and layout; of the bytes where they are no Python.
    imports : tuple of (level, module, names)
        Import statements wherever they stand, but for those under TYPE_CHECKING; ``level`` counts the dots.
    asks_where : bool
        It uses its own place (``__file__``, importlib.resources ...).
    runs : bool
        It does more when imported than import, define and name things.
    words : frozenset of str
        Its text constants.
    """

    digest: str
    imports: tuple[tuple[int, str, tuple[str, ...]], ...] = ()
    asks_where: bool = False
    runs: bool = True
    words: frozenset[str] = frozenset()


def syntax(source: bytes) -> Syntax:
    """Read a Python file's source."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # an extension module, or Python of another age
        return Syntax(hashlib.sha256(source).hexdigest())
    return Syntax(
        digest=hashlib.sha256(canonical_text(tree).encode()).hexdigest(),
        imports=tuple(_imports(tree)),
        asks_where=any(_named(node) & ASKS_WHERE for node in ast.walk(tree)),
        runs=not all(_only_names(statement) for statement in _without_words(tree.body)),
        words=frozenset(n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)),
    )


def canonical_text(tree: ast.AST) -> str:
    """The tree as text: the same for files that differ in comments, docstrings and layout only.

    ``ast.dump`` would not do: Python 3.12 added fields, 3.13 leaves empty ones out. Here whatever is empty is left
    out, and constants are written in ASCII, so that the text depends on the file alone.
    """
    pieces: list[str] = []
    _write(tree, pieces)
    return "".join(pieces)


def _write(value: object, pieces: list[str]) -> None:
    if isinstance(value, ast.Constant):
        constant = hex(value.value) if type(value.value) is int else ascii(value.value)
        pieces.append(f"{type(value.value).__name__} {constant};")
    elif isinstance(value, ast.AST):
        pieces.append(type(value).__name__ + "(")
        for name in value._fields:
            field = getattr(value, name, None)
            if isinstance(field, list):
                field = _without_empty(field) if isinstance(value, ast.JoinedStr) else _without_words(field)
            if name in WITHOUT_MEANING or field is None or field == []:
                continue
            pieces.append(name + "=")
            _write(field, pieces)
        pieces.append(")")
    elif isinstance(value, list):
        pieces.append("[")
        for item in value:
            _write(item, pieces)
        pieces.append("]")
    else:
        pieces.append(f"{value!a};")


def _without_words(items: list[Any]) -> list[Any]:
    """A block without docstrings and ``pass``; other lists as they are."""
    return [item for item in items if not isinstance(item, ast.Pass) and not _is_text(item)]


def _without_empty(pieces: list[Any]) -> list[Any]:
    """An f-string's pieces without the empty ones that Python 3.12 adds."""
    return [piece for piece in pieces if not (isinstance(piece, ast.Constant) and piece.value == "")]


def _is_text(item: object) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)


def _imports(tree: ast.AST) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    for node in _reached(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", tuple(alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and _named(node.func) & {"import_module", "__import__"} and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                module = first.value.lstrip(".")
                yield len(first.value) - len(module), module, ()


def _reached(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those that only a type checker reads."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in _named(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _named(node: ast.AST) -> set[str]:
    """The names that a name, an attribute or an import statement speaks of."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = (getattr(node, "module", None) or "").split(".")
        return {piece for alias in node.names for piece in alias.name.split(".")} | set(module)
    return set()


def _only_names(statement: ast.stmt) -> bool:
    """Whether running it only imports, defines or names things."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    if isinstance(statement, ast.Assign):
        return all(isinstance(target, ast.Name) and target.id.startswith("__") for target in statement.targets)
    if isinstance(statement, ast.If):
        return "TYPE_CHECKING" in _named(statement.test)
    if isinstance(statement, ast.Try):
        blocks = [statement.body, statement.orelse, statement.finalbody, *(h.body for h in statement.handlers)]
        return all(_only_names(inner) for block in blocks for inner in _without_words(block))
    return False
