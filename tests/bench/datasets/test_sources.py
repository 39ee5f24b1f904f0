"""Datasets from another package: an installed distribution with an entry point, as docs/datasets.md shows it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.datasets import registry, select, sources
from bench.errors import DataError
from tests.present import present

DOCS = Path(__file__).parents[3] / "docs" / "datasets.md"


def caches() -> None:
    for cached in (sources.sources, registry._all_cards, registry._load, select.collections):
        cached.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Puts a distribution with one module and one entry point on the path."""

    def put(text: str, name: str = "acme") -> None:
        package = tmp_path / f"{name}_sets-1.0.dist-info"
        package.mkdir()
        (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-sets\nVersion: 1.0\n")
        (package / "entry_points.txt").write_text(f"[mnp_bench.datasets]\n{name} = {name}_sets\n")
        (tmp_path / f"{name}_sets.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, f"{name}_sets", raising=False)
        caches()

    yield put
    sys.modules.pop("acme_sets", None)
    caches()


@pytest.fixture
def shown() -> Any:
    """The file that the docs show."""

    text = DOCS.read_text(encoding="utf-8")
    return next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "def cards" in block)


def test_the_file_that_the_docs_show_works(install: Any, shown: Any) -> None:
    install(shown)
    assert registry.card("acme/pumps").source == "acme"
    dataset = registry.load("acme/pumps")
    assert dataset.X.shape == (dataset.card.rows, dataset.card.features) and dataset.y.sum() == dataset.card.anomalies
    assert dataset.X.dtype == np.float64
    assert select.members("acme") == ("acme/pumps",)
    assert registry.lacking([dataset.card]) == {}
    assert "adbench/38_thyroid" in registry.cards()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("def load", "def fetch_it"), "it has no function load"),
        (('name="acme/pumps"', 'name="pumps"'), "must be a DatasetCard of that name, beginning with 'acme/'"),
        (('source="acme"', 'source="adbench"'), "names the source 'adbench'; it must be 'acme'"),
        (("import numpy", "import nothing_of_this_name\nimport numpy"), "ModuleNotFoundError"),
    ],
)
def test_a_source_that_breaks_the_rules_is_left_out_with_a_warning(
    install: Any, shown: Any, change: Any, says: str
) -> None:
    assert change[0] in shown
    install(shown.replace(*change))
    with pytest.warns(sources.SourceWarning, match=says):
        assert "acme/pumps" not in registry.cards()
    assert "adbench/38_thyroid" in registry.cards()


def test_the_name_of_our_own_source_cannot_be_taken(install: Any, shown: Any) -> None:
    install(shown.replace("acme", "adbench"), name="adbench")
    with pytest.warns(sources.SourceWarning, match="a source named 'adbench' is there already"):
        assert registry.card("adbench/38_thyroid").source == "adbench"


def test_a_hash_that_is_not_the_contents_is_refused(install: Any, shown: Any) -> None:
    end = "    return replace(make_dataset(X, y, None, card), sha256='0' * 64)\n"
    assert "    return make_dataset" in shown
    install("from dataclasses import replace\n" + re.sub(r"    return make_dataset.*\n", end, shown))
    with pytest.raises(DataError, match="a hash that is not that of its arrays"):
        registry.load("acme/pumps")


def test_a_source_that_fails_takes_nothing_else_with_it(install: Any, shown: Any) -> None:
    install(
        re.sub(r"    return None  .*\n", "    raise KeyError('x')\n", shown).replace("rng = np", "rng = np.nothing")
    )
    card = registry.card("acme/pumps")
    assert "the source acme failed (KeyError: 'x')" in present(registry.why_absent(card))
    assert registry.here([card, registry.card("wine")]) == {"acme/pumps": False, "wine": True}
    with pytest.raises(DataError, match=r"the source acme failed \(AttributeError: .*nothing"):
        registry.load("acme/pumps")


def test_our_own_sources_have_the_functions_of_the_protocol() -> None:
    for name, source in sources.sources().items():
        assert isinstance(source, sources.Source), name
        assert all(card.source == name for card in source.cards().values())
