"""Docstrings of public objects keep to numpydoc's form, and the examples in any docstring are true."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate

import bench
import mnp
from bench import errors, types
from bench.methods import specs
from bench.methods.registry import ours

ROOT = Path(__file__).parents[1]
PACKAGES = ("bench", "baselines", "mnp", "replicas", "reproducibility")
#: What is not asked: a type or a sentence for parameters whose name says it, cross references, long descriptions, and
#: examples and capitals of first words everywhere (a summary may begin with the name of a thing).
NOT_ASKED = {"EX01", "ES01", "SA01", "PR04", "PR07", "PR08", "RT01", "SS02", "GL01", "GL02", "SS06", "PR09", "RT05"}
WITH_EXAMPLES = (
    "mnp.estimator.MNP",
    "mnp.plus.MNPPlus",
    "bench.methods.registry.create",
    "bench.store.reading.read",
    "bench.datasets.registry.load",
    "bench.types.scenario.Split",
)


def named(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def public() -> list[str]:
    """The faces of the packages, every method's class, the types and the errors."""
    objects = [getattr(bench, name) for name in bench.__all__ if name != "__version__"]
    objects += [mnp.MNP, mnp.MNPPlus]
    factories = sorted({specs()[name].factory for name in ours()})
    objects += [getattr(importlib.import_module(path.partition(":")[0]), path.partition(":")[2]) for path in factories]
    objects += [member for member in vars(types).values() if dataclasses.is_dataclass(member)]
    objects += [member for member in vars(errors).values() if inspect.isclass(member) and issubclass(member, Exception)]
    objects += [importlib.import_module("bench.scenarios").split]
    return list(dict.fromkeys(map(named, objects)))


def loaded(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def test_the_public_objects_are_many() -> None:
    assert len(public()) > 50


@pytest.mark.parametrize("name", public())
def test_a_public_docstring_is_complete(name: str) -> None:
    thing = loaded(name)
    wrong = [(code, text) for code, text in validate(name)["errors"] if code not in NOT_ASKED]
    if dataclasses.is_dataclass(thing):  # fields stand under Attributes, where readers of a fact look
        wrong = [(code, text) for code, text in wrong if code != "PR01"]
        told = {
            name.strip().split(" ")[0]
            for item in ClassDoc(thing)["Attributes"]
            for name in f"{item.name},{item.type}".replace(":", ",").split(",")
        }
        wrong += [("fields", field.name) for field in dataclasses.fields(thing) if field.name not in told]
    assert wrong == []


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_main_objects_have_examples(name: str) -> None:
    assert ">>>" in (inspect.getdoc(loaded(name)) or "")


def modules_with_examples() -> list[str]:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    shown = [path for path in files if ">>> " in path.read_text(encoding="utf-8")]
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in shown)


@pytest.mark.parametrize("module", modules_with_examples())
def test_examples_are_true(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried
    assert not failed
