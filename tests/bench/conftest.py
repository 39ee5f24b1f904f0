"""Registers the faulty methods as a third party's package would: by an entry point."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import methods


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    package = tmp_path / "faulty-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[mnp_bench.methods]\nfaulty = faulty_methods:CARDS\n")
    monkeypatch.syspath_prepend(tmp_path)
    methods.specs.cache_clear()
    yield
    methods.specs.cache_clear()
