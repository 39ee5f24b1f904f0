"""A method's fingerprint follows what the method does, in whatever way it is imported, and never its words."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import methods
from bench.methods.syntax import canonical_text, syntax
from bench.types import MethodSpec

DETECTOR = '''"""A detector of another package."""

import numpy as np

{imports}


class Detector:
    """Scores by a loss."""

    def fit(self, X, y=None):
        return self

    def decision_function(self, X):
        # the norm of each row
        {inside}
        return np.abs(X).sum(axis=1)
'''
LOSS = "def f(x):\n    return x + 1\n"


def spec(factory: str) -> MethodSpec:
    return MethodSpec("weak", "Weak", "weak", 2026, "W (2026)", factory, "none")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Installs a package ``weakly`` with a method, as pip does, and registers it by its entry point."""
    site = tmp_path / "lib" / "site-packages"

    def install(imports: str = "", inside: str = "pass", **files: str) -> Path:
        root = site / "weakly"
        texts = {"__init__.py": "", "nets/__init__.py": "", "loss.py": LOSS, "nets/extra.py": LOSS} | files
        texts["nets/detector.py"] = DETECTOR.format(imports=imports, inside=inside)
        for name, text in texts.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        info = site / "weakly-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: weakly\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[mnp_bench.methods]\nweakly = weakly:CARDS\n")
        (info / "top_level.txt").write_text("weakly\nweakly_losses\n")
        importlib.invalidate_caches()
        return root

    monkeypatch.syspath_prepend(str(site))
    yield install
    for name in [name for name in sys.modules if name.partition(".")[0] == "weakly"]:
        del sys.modules[name]


def now() -> str:
    return methods.source_hash(spec("weakly.nets.detector:Detector"))


@pytest.mark.parametrize(
    ("imports", "inside"),
    [
        ("from weakly.loss import f", "pass"),
        ("from ..loss import f", "pass"),
        ("from .. import loss", "pass"),
        ("from .. import nets, loss as l", "pass"),
        ("import weakly.loss as loss", "pass"),
        ("import weakly.loss", "pass"),
        ("", "from ..loss import f"),
        ("", "from weakly import loss"),
        ("import importlib\nloss = importlib.import_module('weakly.loss')", "pass"),
        ("import importlib\nloss = importlib.import_module('..loss', __package__)", "pass"),
        ("try:\n    from ..loss import f\nexcept ImportError:\n    f = None", "pass"),
        ("from .extra import f", "pass"),
    ],
)
def test_an_edit_of_an_imported_file_is_another_method(package: Any, imports: str, inside: str) -> None:
    root = package(imports, inside, **{"nets/extra.py": "from ..loss import f\n"})
    before = now()
    (root / "loss.py").write_text(LOSS.replace("+ 1", "+ 2"))
    assert now() != before
    (root / "loss.py").write_text(LOSS)
    assert now() == before


def test_an_installed_package_is_followed_by_its_registered_name(package: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    card = {
        "title": "Weak", "family": "weak", "year": 2026, "citation": "W (2026)", "deviations": "none",
        "factory": "weakly.nets.detector:Detector",
    }  # fmt: skip
    root = package("from ..loss import f", **{"__init__.py": f"CARDS = {{'weakly': {card!r}}}\n"})
    methods.specs.cache_clear()
    try:
        before = methods.source_hash(methods.get("weakly"))
        (root / "loss.py").write_text(LOSS.replace("+ 1", "+ 2"))
        assert methods.source_hash(methods.get("weakly")) != before
    finally:
        methods.specs.cache_clear()


def test_words_and_layout_cost_nothing(package: Any) -> None:
    root = package("from ..loss import f", **{"README.md": "words", "loss.pyi": "def f(x): ..."})
    before = now()
    file = root / "nets" / "detector.py"
    file.write_text("# a comment\n" + file.read_text().replace("Scores by a loss.", "Other\n    words.") + "\n\n")
    (root / "loss.py").write_text(
        '"""Words."""\ndef f( x ):\n    """More."""\n    return (x +\n            1)  # why\n'
    )
    (root / "README.md").write_text("other words")
    (root / "loss.pyi").write_text("def f(x: int) -> int: ...")
    assert now() == before


def test_what_a_method_does_not_import_costs_nothing(package: Any) -> None:
    root = package("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from weakly.other import g")
    before = now()
    (root / "other.py").write_text("g = 1\n")
    (root / "loss.py").write_text("f = None\n")
    (root / "table.csv").write_text("1,2\n")
    (root / "__init__.py").write_text('"""Words."""\nfrom weakly.other import g\n__all__ = ["g"]\n')
    assert now() == before


def test_a_package_that_does_something_when_imported_counts(package: Any) -> None:
    root = package()
    before = now()
    (root / "__init__.py").write_text("from .loss import f\nf(1)\n")
    running = now()
    assert running != before
    (root / "loss.py").write_text(LOSS.replace("+ 1", "+ 2"))
    assert now() != running


@pytest.mark.parametrize(
    "reading",
    [
        "from pathlib import Path\nTABLE = Path(__file__).parent.parent / 'data' / f'table-{1}.csv'",
        "from importlib.resources import files\nTABLE = files('weakly').joinpath('data/table-1.csv')",
        "import pkgutil\nTABLE = pkgutil.get_data('weakly', 'data/table-1.csv')",
        "from ..loss import HERE",
    ],
)
def test_data_beside_the_code_count(package: Any, reading: str) -> None:
    root = package(reading, **{"data/table-1.csv": "1,2\n", "loss.py": "import os\nHERE = os.path.dirname(__file__)\n"})
    before = now()
    (root / "data" / "table-1.csv").write_text("1,3\n")
    assert now() != before


def test_another_top_level_package_of_the_same_distribution_counts(package: Any) -> None:
    root = package("import weakly_losses")
    losses = root.parent / "weakly_losses.py"
    losses.write_text(LOSS)
    importlib.invalidate_caches()
    from bench.methods import fingerprint

    fingerprint._owners.cache_clear()
    before = now()
    losses.write_text(LOSS.replace("+ 1", "+ 2"))
    assert now() != before
    fingerprint._owners.cache_clear()


def test_modules_that_lie_side_by_side_in_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "alone"  # of the same name as the module
    folder.mkdir()
    (folder / "alone.py").write_text(
        "from beside_alone import f\nTABLE = __file__.replace('alone.py', '') + 't.csv'\nNAMES = ['t.csv']\n"
    )
    (folder / "beside_alone.py").write_text(LOSS)
    (folder / "t.csv").write_text("1\n")
    (folder / "other.csv").write_text("1\n")
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()

    def alone() -> str:
        return methods.source_hash(spec("alone:Detector"))

    before = alone()
    (folder / "other.csv").write_text("2\n")
    assert alone() == before
    (folder / "t.csv").write_text("2\n")
    with_other_data = alone()
    assert with_other_data != before
    (folder / "beside_alone.py").write_text(LOSS.replace("+ 1", "+ 2"))
    assert alone() != with_other_data


def test_a_class_that_an_adapter_wraps_counts(package: Any) -> None:
    root = package("from ..loss import f")
    card = MethodSpec(
        "weak", "Weak", "weak", 2026, "W (2026)", "baselines.pyod_detectors:Unsupervised", "none",
        params=(("path", "weakly.nets.detector:Detector"),),
    )  # fmt: skip
    before = methods.source_hash(card)
    (root / "loss.py").write_text(LOSS.replace("+ 1", "+ 2"))
    assert methods.source_hash(card) != before


def test_ours_count_no_cards_but_the_script_that_is_run() -> None:
    from bench.methods import fingerprint

    counted = fingerprint._sources("baselines.adbench_peers")
    assert "baselines/adbench_script.py" in counted
    assert "baselines/methods.toml" not in counted
    assert "replicas" in fingerprint._sources("mnp.estimator")  # it sets MKL's code path when imported


def test_the_canonical_text_is_pinned_for_every_python() -> None:
    """``ast.dump`` gives another text under 3.12 (type parameters, empty pieces of f-strings) and 3.13 (no empty lists)."""
    source = (
        b'"""Doc."""\nimport a.b as c\nfrom . import d\n\n'
        b'@c.e(1, k=None)\nclass A(d):\n    "doc"\n    x: int = 10**20\n    "doc of x"\n\n'
        b"    async def f(self, /, *args, **kw):\n        return f'{args!r:>{kw}} \xc3\xa4' u'b', b'\\x00', 1.5e-7, ...\n\n"
        b"def g(): pass\nmatch 1:\n    case None: pass\n    case [1, *_]: y = {**{}, 'a': -0.0}\n"
    )
    assert syntax(source).digest == "ea99368c46a1c2a7ed70c2df5fb88310671d35289d829b4003838baf2073f871"


def test_the_text_tells_apart_what_differs() -> None:
    import ast

    pairs = [
        ("x = 1", "x = 1.0"), ("x = 1", "x = True"), ("x = 'a'", "x = b'a'"), ("x = (1,)", "x = [1]"),
        ("def f(a, b=1): return a", "def f(a, *, b=1): return a"), ("x = a.b", "x = a['b']"),
        ("f('a')", "f('b')"), ("x[1:]", "x[:1]"), ("x = None", "x = ..."), ("if a: b()", "while a: b()"),
    ]  # fmt: skip
    for first, second in pairs:
        assert canonical_text(ast.parse(first)) != canonical_text(ast.parse(second)), first
    assert canonical_text(ast.parse("x = u'a'")) == canonical_text(ast.parse("x = 'a'"))


def test_a_file_that_is_no_python_counts_by_its_bytes() -> None:
    assert syntax(b"print 'two'").digest != syntax(b"print 'three'").digest
