"""A method's fingerprint: a hash of its own code, found without importing it.

What counts
-----------
- The method's module and, through import statements wherever they stand (absolute, relative, ``as``, inside functions,
  ``import_module("name")``), the modules of its own package or distribution, of ours, and of any code that is not
  installed but lies on the path. Each counts as a syntax tree: words and layout do not (``bench.methods.syntax``).
- A package's ``__init__`` where it is imported by name, or where importing it does more than import and define.
- Data beside the code: if one of these modules asks where it lies (``__file__``, importlib.resources, pkgutil ...),
  every file of its top package that is neither Python nor words (``.md``, ``.rst``, ``.pyi``, ``py.typed``, hidden
  files), and any file in its folder, Python too, whose name it holds as text. Of our own packages (whose cards would
  count otherwise) and of a module outside any package (whose folder may be anything) only the latter.

Other installed packages do not count: their versions are in the manifest. Of a method in pyod or scikit-learn only
its own file counts, for the same reason.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

from bench.methods.syntax import Syntax, syntax
from bench.types import MethodSpec

INSTALLED_ELSEWHERE = ("pyod", "sklearn")  # their version is in the manifest; one file names the method
OURS = ("mnp", "baselines", "replicas", "reproducibility")  # the same fingerprint in a checkout and when installed
HARNESS = "bench"  # what it does to a cell is ``bench.planning.identity.PROTOCOL_VERSION``
WORDS = (".md", ".rst", ".pyi", ".pyc", ".pyo")
SUFFIXES = (".py", *importlib.machinery.EXTENSION_SUFFIXES)
MOST_LETTERS = 200  # of a text that may be a file's name


@dataclass(frozen=True)
class _Module:
    """A module, its file, and the folder of its top package (None: it is a file outside any package)."""

    name: str
    file: Path
    package: Path | None

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class _Top:
    """A top-level package or module: the folders of a package, or the folder that a module lies in."""

    folders: tuple[Path, ...]
    is_package: bool

    @property
    def installed(self) -> bool:
        return bool({"site-packages", "dist-packages"} & set(self.folders[0].parts))


def source_hash(spec: MethodSpec) -> str:
    """Hash the method's own source; what belongs to it is said above.

    Nothing is imported, and no other method's file is read, so an edit of one method changes the
    identity of that method's cells only.
    """
    wrapped = dict(spec.params).get("path")  # the class that an adapter makes
    counted = _sources(spec.factory.partition(":")[0])
    if isinstance(wrapped, str) and ":" in wrapped and wrapped.partition(".")[0] not in INSTALLED_ELSEWHERE:
        counted |= _sources(wrapped.partition(":")[0])
    digest = hashlib.sha256()
    for name, content in sorted(counted.items()):
        digest.update(f"{name}\0{content}\0".encode())
    return digest.hexdigest()


def module_file(name: str) -> Path | None:
    """The file of a module, found without importing it or its parents; None if there is none."""
    module = _module(name, _top)
    return None if module is None else module.file


def _sources(root: str) -> dict[str, str]:
    """Digests of a module and all that belongs to it: modules by name, data by path."""
    package = root.partition(".")[0]
    tops: dict[str, _Top | None] = {}

    def top(name: str) -> _Top | None:
        if name not in tops:
            tops[name] = _top(name)
        return tops[name]

    counted: dict[str, str] = {}
    asked: set[str] = set()
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name in asked:
            continue
        asked.add(name)
        module = _module(name, top)
        if module is None:
            continue
        read = _read(module.file)
        counted[name] = read.digest
        if package in INSTALLED_ELSEWHERE:
            break
        if read.asks_where:
            counted |= _data(module, read)
        waiting += [other for other in _imported(module, read) if _belongs(other.partition(".")[0], package, top)]
        above = [_module(parent, top) for parent in _parents(name)]
        waiting += [parent.name for parent in above if parent is not None and _read(parent.file).runs]
    return counted


def _imported(module: _Module, read: Syntax) -> Iterator[str]:
    """Absolute names of what a module imports; a name may be a module or something in one."""
    for level, base, names in read.imports:
        start = base
        if level:
            inside = module.name.split(".") + (["__init__"] if module.file.name == "__init__.py" else [])
            start = ".".join(filter(None, [*inside[:-level], base]))
        if start:
            yield start
            yield from (f"{start}.{name}" for name in names if name != "*")


def _parents(name: str) -> list[str]:
    words = name.split(".")
    return [".".join(words[:length]) for length in range(1, len(words))]


def _belongs(top: str, package: str, find: Callable[[str], _Top | None]) -> bool:
    """Whether a top-level package is the method's own code."""
    if top == package or top in OURS:
        return True
    if top == HARNESS or top in sys.stdlib_module_names:
        return False
    other, mine = find(top), find(package)
    if other is None or not other.installed:
        return other is not None
    if package in OURS or mine is None or not mine.installed:
        return False
    return bool(set(_owners().get(top, ())) & set(_owners().get(package, ())))


@functools.cache
def _owners() -> dict[str, list[str]]:
    """The distributions that installed each top-level package."""
    return dict(packages_distributions())


def _top(name: str) -> _Top | None:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return _Top(tuple(Path(folder) for folder in spec.submodule_search_locations), True)
    return _Top((Path(spec.origin).parent,), False) if spec.origin and spec.has_location else None


def _module(name: str, find: Callable[[str], _Top | None]) -> _Module | None:
    """The module by its path: asking the import system for more than the top would import its parents."""
    first, *rest = name.split(".")
    top = find(first)
    if top is None or (rest and not top.is_package):
        return None
    for folder in top.folders:
        start = folder.joinpath(*rest) if top.is_package else folder / first
        inside = [start / "__init__.py"] if top.is_package else []
        beside = [start.with_name(start.name + suffix) for suffix in SUFFIXES] if rest or not top.is_package else []
        for file in inside + beside:
            if file.is_file():
                return _Module(name, file, folder if top.is_package else None)
    return None


def _data(module: _Module, read: Syntax) -> dict[str, str]:
    """Digests of the data that a module can reach from where it lies."""
    here = module.file.parent
    named = {here / word for word in read.words if _may_be_file(word)}
    files = {file for file in named if file.is_file() and not _is_words(Path(file.name))}
    if module.package is not None and module.top not in OURS:
        walked = {Path(where) / name for where, _, names in os.walk(module.package) for name in names}
        files |= {file for file in walked if file.suffix != ".py" and not _is_words(file.relative_to(module.package))}
    start = module.package or here
    return {
        f"{module.top}/{Path(os.path.relpath(file, start)).as_posix()}": _digest(file)
        for file in files
        if file != module.file
    }


def _may_be_file(word: str) -> bool:
    return 0 < len(word) < MOST_LETTERS and word.isprintable() and not os.path.isabs(word)


def _is_words(path: Path) -> bool:
    hidden = any(piece.startswith(".") or piece == "__pycache__" for piece in path.parts)
    return hidden or path.suffix in WORDS or path.name == "py.typed"


def _digest(file: Path) -> str:
    return _read(file).digest if file.suffix == ".py" else _digest_of(file, _state(file))


def _read(file: Path) -> Syntax:
    return _read_of(file, _state(file))


def _state(file: Path) -> tuple[int, int, int, int]:
    """What changes when a file is written: an edit is noticed in a process that has read it before."""
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@functools.lru_cache(maxsize=4096)
def _read_of(file: Path, _state: tuple[int, ...]) -> Syntax:
    return syntax(file.read_bytes())


@functools.lru_cache(maxsize=4096)
def _digest_of(file: Path, _state: tuple[int, ...]) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
