"""What pyproject.toml promises: every import is declared, nothing is declared that is not used, types are shipped."""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bench", "baselines", "mnp", "replicas", "reproducibility")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
#: Distributions that no import statement names, and what uses them.
INDIRECT = {
    "tabulate": "DataFrame.to_markdown",
    "itables": "brings DataTables, which the report's page embeds",
    "dask": "joblib's backend, through distributed",
}
#: Modules of ADBench's own environment (its setup is a nox session), run there by path.
FOREIGN = {"adbench", "tensorflow", "keras"}


def name(requirement: str) -> str:
    """A requirement's distribution, normalised."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]).lower()


def declared() -> set[str]:
    project = PROJECT["project"]
    extras = [
        text
        for extra, texts in project["optional-dependencies"].items()
        if extra not in ("dev", "docs")
        for text in texts
    ]
    return {name(text) for text in project["dependencies"] + extras}


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


@functools.cache
def third_party() -> set[str]:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    assert len(files) > 100
    everything = {module for file in files for module in imports(file)}
    return everything - set(PACKAGES) - set(sys.stdlib_module_names) - FOREIGN


@functools.cache
def installed() -> Mapping[str, list[str]]:
    """Distributions of every module: read once, since all files of all packages are listed for it."""
    return packages_distributions()


def distributions_of(module: str) -> set[str]:
    """Installed distributions that bring a module; its own name where none does (an extra is not installed)."""
    return {name(text) for text in installed().get(module, [])} or {name(module)}


def test_every_import_is_declared() -> None:
    missing = sorted(module for module in third_party() if not distributions_of(module) & declared())
    assert missing == []


def test_what_is_declared_is_used() -> None:
    used = {text for module in third_party() for text in distributions_of(module)} | set(INDIRECT)
    assert sorted(declared() - used) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_types_are_shipped(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"][package]


def test_version_changelog_and_citation_agree() -> None:
    """One version in all three; a release has one date in both, a version that is not released has none."""
    version = PROJECT["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest, when = re.findall(r"^## (\S+) \((\d{4}-\d{2}-\d{2}|unreleased)\)$", changelog, re.M)[0]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    dates = re.findall(r"^date-released: (\S+)$", citation, re.M)
    assert newest == version
    assert re.findall(r"^version: (\S+)$", citation, re.M) == [version]
    assert dates == ([] if when == "unreleased" else [when])
    assert len(re.findall(r"^## ", changelog, re.M)) == len(re.findall(r"^## \S+ \(", changelog, re.M))
