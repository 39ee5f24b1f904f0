"""Numbers that pages state in their own words are those of the code and the registry."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import bench
import mnp
from bench.datasets import registry, select, sources
from mnp import MNP
from mnp.prototypes import MOST

DOCS = Path(__file__).parents[2] / "docs"


def rows(page: str) -> Iterator[list[str]]:
    """Cells of every line of the page's tables."""
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("| "))]


def named_with_counts(page: str) -> dict[str, int]:
    """What stands in the first column in backquotes, with its number in the second, where every name has one."""
    counts: dict[str, int] = {}
    for name, number, *_ in rows(page):
        names, numbers = re.findall(r"`([\w:]+)`", name), re.findall(r"\d+", number)
        if len(names) == len(numbers):
            counts |= dict(zip(names, map(int, numbers), strict=True))
        elif len(numbers) == 1:
            counts |= dict.fromkeys(names, int(numbers[0]))
    return counts


def test_sources_and_collections_have_as_many_sets_as_is_said() -> None:
    told = named_with_counts("datasets.md")
    assert len(told) > 12
    assert told == {name: len(select.members(name)) for name in told}


def test_adbench_has_as_many_features_of_images_and_texts_as_is_said() -> None:
    number = next(number for name, number, *_ in rows("datasets.md") if name == "`adbench`")
    every = [card for card in registry.cards().values() if card.source == "adbench"]
    classical = len(select.members("adbench:classical"))
    assert number == f"{classical} + {len(every) - classical}"


def test_the_python_page_has_every_public_name() -> None:
    listed = (DOCS / "api.md").read_text(encoding="utf-8").split()
    assert sorted({*bench.__all__, *mnp.__all__} - {"__version__", *listed}) == []


def test_the_model_is_told_with_its_defaults() -> None:
    text = " ".join((DOCS / "explain" / "model.md").read_text(encoding="utf-8").split())
    default = {name: parameter.default for name, parameter in inspect.signature(MNP).parameters.items()}
    assert f"widths $D$, $H_1$, {default['embedding_dim']}, $H_1$, $D$" in text
    assert f"{default['batch_size']} unlabelled rows and {default['labelled_batch_size']} labelled anomalies" in text
    assert f"the number between 2 and {MOST} with the best mean silhouette" in text


def test_the_shown_package_of_datasets_is_whole() -> None:
    """Both files that the page shows fit together; that the module itself works is tests/bench/datasets/test_sources."""
    text = (DOCS / "datasets.md").read_text(encoding="utf-8")
    module = re.search(r'```python\n"""(\w+)\.py: ', text)
    assert module
    project = next(shown for shown in map(tomllib.loads, fences(text)) if "project" in shown)
    assert project["tool"]["setuptools"]["py-modules"] == [module[1]]
    assert project["project"]["entry-points"] == {sources.GROUP: {"acme": module[1]}}
    assert {"name", "version"} <= set(project["project"])


def fences(text: str) -> list[str]:
    return re.findall(r"```toml\n(.*?)```", text, re.S)
