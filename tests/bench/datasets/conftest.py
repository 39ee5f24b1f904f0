"""Every dataset test works in a cache of its own, and maps files of any size."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.datasets import registry, stored


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    folder = tmp_path / "cache"
    monkeypatch.setenv("MNP_BENCH_CACHE", str(folder))
    monkeypatch.setattr(stored, "IN_MEMORY_BYTES", 0)
    registry._load.cache_clear()
    yield folder
    registry._load.cache_clear()
