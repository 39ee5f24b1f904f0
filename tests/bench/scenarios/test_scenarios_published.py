"""The paper's and ADBench's protocols against what the published code draws, on the real data."""

import os
from pathlib import Path

import numpy as np
import pytest

from bench.datasets import registry
from bench.scenarios import problems, split
from bench.types import Scenario

needs_data = pytest.mark.skipif(
    not os.environ.get("MNP_BENCH_DATA"), reason="MNP_BENCH_DATA is not set: no ADBench files to compare with"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNP_BENCH_CACHE", str(tmp_path))
    registry._load.cache_clear()


@needs_data
@pytest.mark.parametrize(
    ("name", "rows", "features", "labelled"),
    [
        ("6_cardio", 1098, 21, 6),
        ("38_thyroid", 2262, 6, 3),
        ("30_satellite", 3860, 36, 62),
        ("27_PageBlocks", 3235, 10, 16),
        ("26_optdigits", 3129, 62, 5),
        ("28_pendigits", 4121, 16, 5),
    ],
)
def test_paper_split_has_the_counts_of_the_authors_runs(name: str, rows: int, features: int, labelled: int) -> None:
    s = split(registry.load(f"adbench/{name}"), Scenario(protocol="paper", label_budget=0.05), 42)
    varying = (s.X_train.max(axis=0) > s.X_train.min(axis=0)).sum()
    assert (len(s.train), varying, s.y_train.sum()) == (rows, features, labelled)
    first = np.flatnonzero(s.truth_train == 1)[:labelled]
    assert np.array_equal(np.flatnonzero(s.y_train), first)


@needs_data
def test_adbench_split_subsamples_to_ten_thousand_rows_and_labels_the_share_rounded_up() -> None:
    dataset = registry.load("adbench/1_ALOI")
    s = split(dataset, Scenario(protocol="adbench", label_budget=0.05), 1)
    assert len(s.train) == 7000 and len(s.test) == 3000
    anomalies = int(s.truth_train.sum())
    assert s.y_train.sum() == int(np.ceil(0.05 * anomalies))


@needs_data
def test_adbench_split_is_drawn_from_numpys_legacy_stream_as_adbench_does() -> None:
    """ADBench's steps with the global generator, as its paper describes them: seed, subsample, split, label."""
    from sklearn.model_selection import train_test_split

    dataset = registry.load("adbench/1_ALOI")
    np.random.seed(3)
    drawn = np.random.choice(np.arange(len(dataset.y)), 10_000, replace=False)
    train, test = train_test_split(drawn, test_size=0.3, shuffle=True, stratify=dataset.y[drawn])
    anomalies = np.where(dataset.y[train] == 1)[0]
    labelled = np.random.choice(anomalies, int(np.ceil(0.05 * len(anomalies))), replace=False)
    s = split(dataset, Scenario(protocol="adbench", label_budget=0.05), 3)
    assert np.array_equal(s.train, train) and np.array_equal(s.test, test)
    assert np.array_equal(np.flatnonzero(s.y_train), np.sort(labelled))


@needs_data
def test_adbench_bootstrap_only_by_name() -> None:
    dataset = registry.load("adbench/14_glass")
    plain = split(dataset, Scenario(protocol="adbench", label_budget=1), 1)
    assert len(plain.train) + len(plain.test) == 214
    leaking = split(dataset, Scenario(protocol="adbench", label_budget=1, bootstrap_small=True), 1)
    assert len(leaking.train) + len(leaking.test) == 1000
    assert set(leaking.train) & set(leaking.test)  # what the option is off for


@needs_data
def test_a_rare_class_is_drawn_again_until_it_can_be_split() -> None:
    scenario = Scenario(protocol="adbench", label_budget=1)
    dataset = registry.load("adbench/34_smtp")
    assert problems(dataset, scenario, range(20)) == []
    for seed in range(20):
        s = split(dataset, scenario, seed)
        assert s.truth_train.sum() >= 1 and s.y_test.sum() >= 1
