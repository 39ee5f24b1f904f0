"""Generated sets: what is said about them is true of the rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.datasets import registry
from bench.datasets.synthetic import Recipe, generate, recipes
from bench.types import Dataset
from tests.present import present

BIG = Recipe("big", rows=20_000, features=6, modes=3, anomalies=(("local", 5000),), distance=10.0)


def rows_by_mode(dataset: Dataset) -> Any:
    X = np.asarray(dataset.X, dtype=np.float64)
    return X[dataset.y == 0], X[dataset.y == 1]


@pytest.mark.parametrize("name", recipes())
def test_registered_sets_hold_the_modes_and_types_they_name(name: Any) -> None:
    dataset = registry.load(name)
    assert dataset.card.synthetic
    anomaly_type = present(dataset.anomaly_type)
    assert set(anomaly_type[dataset.y == 0]) == {f"mode {i}" for i in range(present(dataset.card.modes))}
    assert set(anomaly_type[dataset.y == 1]) == set(dataset.card.types)
    assert generate(recipes()[name]).sha256 == dataset.sha256


def test_all_four_kinds_are_registered() -> None:
    assert {anomaly_type for recipe in recipes().values() for anomaly_type, _ in recipe.anomalies} == {
        "local",
        "global",
        "dependency",
        "cluster",
    }


def test_modes_are_apart_and_of_unit_variance() -> None:
    dataset = generate(BIG)
    rows, _ = rows_by_mode(dataset)
    anomaly_type = present(dataset.anomaly_type)[dataset.y == 0]
    for i in range(3):
        assert np.allclose(rows[anomaly_type == f"mode {i}"].var(axis=0), 1, atol=0.1)


def test_local_anomalies_have_the_wider_covariance_around_the_same_centres() -> None:
    normal, local = rows_by_mode(generate(replace(BIG, modes=1)))
    assert np.allclose(normal.mean(axis=0), local.mean(axis=0), atol=0.15)
    assert np.allclose(np.cov(local.T), 5 * np.cov(normal.T), atol=0.5)


def test_global_anomalies_fill_the_enlarged_box() -> None:
    normal, uniform = rows_by_mode(generate(replace(BIG, anomalies=(("global", 5000),))))
    width = normal.max(axis=0) - normal.min(axis=0)
    assert (uniform.min(axis=0) < normal.min(axis=0)).all() and (uniform.max(axis=0) > normal.max(axis=0)).all()
    assert (uniform.max(axis=0) - uniform.min(axis=0) < 1.11 * width).all()


def test_dependency_anomalies_keep_the_marginals_and_lose_the_dependence() -> None:
    normal, broken = rows_by_mode(generate(replace(BIG, modes=1, anomalies=(("dependency", 5000),))))
    assert np.allclose(
        np.quantile(normal, [0.1, 0.5, 0.9], axis=0), np.quantile(broken, [0.1, 0.5, 0.9], axis=0), atol=0.1
    )
    off = ~np.eye(6, dtype=bool)
    assert np.abs(np.corrcoef(normal.T)[off]).max() > 0.5
    assert np.abs(np.corrcoef(broken.T)[off]).max() < 0.06


def test_cluster_anomalies_have_centres_of_their_own() -> None:
    normal, clustered = rows_by_mode(generate(replace(BIG, modes=1, anomalies=(("cluster", 5000),), away=2.0)))
    assert np.allclose(clustered.mean(axis=0), 2 * normal.mean(axis=0), atol=0.15)
    assert np.allclose(np.cov(clustered.T), np.cov(normal.T), atol=0.15)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="'odd'"):
        generate(replace(BIG, anomalies=(("odd", 3),)))
