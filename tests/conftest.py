"""Pins MKL's code path before any test imports torch, as the worker processes do, and begins with what takes longest."""

from __future__ import annotations

from pathlib import Path

import pytest

import replicas  # noqa: F401

HERE = Path(__file__).parent
#: Files and folders that take half a minute and more: one that begins last would leave the other cores idle at the end.
LONGEST = (
    "replicas/test_wide.py",
    "bench/app",
    "bench/execution",
    "bench/picking",
    "bench/tracking",
    "test_third_party.py",
    "test_packaging.py",
    "baselines",
    "replicas",
    "mnp",
    "bench/leaderboard",
    "bench/report",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, and else the usual order; pytest-xdist keeps it with ``--no-loadscope-reorder``."""
    paths = [HERE / name for name in LONGEST]
    assert all(path.exists() for path in paths), paths

    def rank(item: pytest.Item) -> int:
        return next((number for number, path in enumerate(paths) if item.path.is_relative_to(path)), len(paths))

    items.sort(key=rank)
