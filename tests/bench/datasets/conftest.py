"""Every dataset test works in a cache of its own."""

import pytest

from bench.datasets import registry


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("MNP_BENCH_CACHE", str(folder))
    registry._load.cache_clear()
    yield folder
    registry._load.cache_clear()
