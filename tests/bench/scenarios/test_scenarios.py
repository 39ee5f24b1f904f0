"""Splits: what every scenario must keep, checked on random data and random scenarios."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bench.datasets.arrays import make_dataset
from bench.errors import DataError
from bench.scenarios import canonical, problems, split
from bench.types import Dataset, DatasetCard, Protocol, Scenario
from tests.present import present

FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def made(
    normals: Any = 200, types: Any = (30, 20, 10), features: Any = 4, seed: int = 0, copies: Any = 0, typed: Any = True
) -> Any:
    """A dataset of unique rows (and, if asked for, exact copies of some) with typed anomalies."""
    rng = np.random.default_rng(seed)
    n = normals + sum(types)
    X = rng.standard_normal((n, features)).astype(np.float32)
    y = np.repeat([0, 1], [normals, n - normals])
    anomaly_type = np.concatenate(
        [
            np.array([f"mode {i % 3}" for i in range(normals)]),
            *[np.full(k, f"type {i}") for i, k in enumerate(types)],
        ]
    )
    if copies:
        extra = rng.integers(n, size=copies)
        X, y, anomaly_type = (
            np.concatenate([X, X[extra]]),
            np.append(y, y[extra]),
            np.append(anomaly_type, anomaly_type[extra]),
        )
    card = DatasetCard("made", "made", "table", "made", "none", "none", "none")
    return make_dataset(X, y, anomaly_type if typed else None, card)


def unlabelled_anomalies(s: Any) -> Any:
    return int(s.truth_train[s.y_train == 0].sum())


def training_rows(s: Any) -> Any:
    return dict(zip(s.train.tolist(), s.y_train.tolist(), strict=True))


datasets = st.builds(
    made,
    normals=st.integers(60, 300),
    types=st.lists(st.integers(4, 40), min_size=1, max_size=4).map(tuple).filter(lambda t: sum(t) >= 12),
    features=st.integers(1, 6),
    seed=st.integers(0, 5),
    typed=st.booleans(),
)
protocols = st.sampled_from(["weak", "paper", "adbench"])
seeds = st.integers(0, 10_000)
scenarios = st.builds(
    Scenario,
    protocol=protocols,
    label_budget=st.one_of(st.integers(1, 5), st.floats(0.01, 0.5)),
    contamination=st.one_of(st.none(), st.floats(0, 0.3)),
    contamination_fill=st.sampled_from(["refuse", "perturb"]),
    irrelevant_features=st.sampled_from([0.0, 0.25, 0.5]),
    drop_duplicates=st.booleans(),
    max_rows=st.sampled_from([None, 60, 100]),
)


@FAST
@given(datasets, scenarios, seeds)
def test_parts_are_disjoint_and_a_split_is_a_function_of_its_arguments(
    dataset: Dataset, scenario: Scenario, seed: int
) -> None:
    assume(not problems(dataset, scenario, [seed]))
    s, again = split(dataset, scenario, seed), split(dataset, scenario, seed)
    groups = [s.train, s.test] + ([s.val] if s.val is not None else [])
    together = np.concatenate(groups)
    assert len(np.unique(together)) == len(together)
    assert (together >= 0).all() and together.max() < len(s.X)
    for first, two in zip(vars(s).values(), vars(again).values(), strict=True):
        assert (first is None and two is None) or np.array_equal(first, two)
    assert (s.val is not None) == (scenario.protocol == "paper")
    # No content of a test row in training, not even of a perturbed copy.
    rows = {row.tobytes() for row in s.X_train}
    assert not rows & {row.tobytes() for row in s.X_test}


@FAST
@given(datasets, scenarios, seeds)
def test_counts_are_exact(dataset: Dataset, scenario: Scenario, seed: int) -> None:
    assume(not problems(dataset, scenario, [seed]))
    s = split(dataset, scenario, seed)
    assert len(s.y_train) == len(s.train) == len(s.truth_train)
    assert (s.truth_train[s.y_train == 1] == 1).all()
    natural = split(dataset, replace(scenario, contamination=None), seed)
    anomalies = int(natural.truth_train.sum())
    asked = scenario.label_budget
    assert s.y_train.sum() == (asked if isinstance(asked, int) else max(1, int(np.ceil(asked * anomalies - 1e-9))))
    normals = int((natural.truth_train == 0).sum())
    assert int((s.truth_train == 0).sum()) == normals
    if scenario.contamination is None:
        assert len(s.train) == normals + anomalies
    else:
        c = scenario.contamination
        assert unlabelled_anomalies(s) == int(np.floor(c * normals / (1 - c) + 0.5))


@FAST
@given(datasets, protocols, seeds, st.lists(st.integers(1, 6), min_size=2, max_size=2, unique=True))
def test_label_budgets_are_nested(dataset: Dataset, protocol: Protocol, seed: int, budgets: Any) -> None:
    low, high = (Scenario(protocol=protocol, label_budget=b) for b in sorted(budgets))
    assume(not problems(dataset, high, [seed]))
    few, many = split(dataset, low, seed), split(dataset, high, seed)
    assert set(few.train[few.y_train == 1]) < set(many.train[many.y_train == 1])
    assert np.array_equal(few.train, many.train)
    assert np.array_equal(few.test, many.test)


@FAST
@given(datasets, protocols, seeds, st.floats(0, 0.1), st.floats(0, 0.1), st.integers(1, 3), st.integers(1, 3))
def test_levels_and_budgets_keep_test_rows_and_common_training_rows(
    dataset: Dataset, protocol: Protocol, seed: int, a: Any, b: Any, k: Any, m: Any
) -> None:
    scenario = Scenario(protocol=protocol, contamination=min(a, b), label_budget=k)
    two = replace(scenario, contamination=max(a, b))
    other_budget = replace(scenario, label_budget=m)
    assume(not any(problems(dataset, x, [seed]) for x in (scenario, two, other_budget)))
    s, t, u = (split(dataset, x, seed) for x in (scenario, two, other_budget))
    for other in (t, u):
        assert np.array_equal(s.test, other.test) and np.array_equal(s.y_test, other.y_test)
        assert s.X is other.X
    low, high = training_rows(s), training_rows(t)
    assert low.items() <= high.items()
    assert [row for row in high if row in low] == list(low)  # the same order, too
    # Another budget changes labels only: the contaminating rows are the same ones.
    assert set(s.train[s.y_train == 0]) == set(u.train[u.y_train == 0])


@FAST
@given(datasets, seeds, st.floats(0.3, 0.6))
def test_perturbed_anomalies_fill_up_what_is_missing(dataset: Dataset, seed: int, level: Any) -> None:
    scenario = Scenario(label_budget=2, contamination=level, contamination_fill="perturb")
    lower = replace(scenario, contamination=level - 0.05)
    assume(not problems(dataset, scenario, [seed]))
    s, t = split(dataset, scenario, seed), split(dataset, lower, seed)
    made_rows = s.train[s.train >= len(dataset.X)]
    assume(len(made_rows) > 0)
    source = dataset.X[dataset.y == 1]
    for row in s.X[made_rows]:
        assert (source == row).any(axis=0).all()  # every value is some anomaly's
        assert (source == row).sum(axis=1).max() >= len(row) - 1  # and all but one feature are one anomaly's
    # Fewer copies are a part of more.
    assert np.array_equal(t.X[len(dataset.X) :], s.X[len(dataset.X) : len(t.X)])
    assert set(t.train[t.train >= len(dataset.X)]) <= set(made_rows)
    assert np.array_equal(s.test, t.test)


def test_perturbed_anomalies_of_unseen_types_are_not_made() -> None:
    dataset = made(types=(30, 30))
    scenario = Scenario(
        contamination=0.3, contamination_fill="perturb", known_types=("type 0",), unseen_only=True, label_budget=2
    )
    s = split(dataset, scenario, 0)
    made_rows = s.train[s.train >= len(dataset.X)]
    known = dataset.X[dataset.anomaly_type == "type 0"]
    assert len(made_rows) and all((known == row).any(axis=0).all() for row in s.X[made_rows])


def test_neighbouring_levels_and_budgets_share_one_array_of_perturbed_anomalies() -> None:
    dataset = made(types=(20,))
    base = Scenario(contamination=0.2, contamination_fill="perturb", label_budget=2)
    first = split(dataset, base, 0)
    for other in (replace(base, contamination=0.21), replace(base, label_budget=3)):
        assert split(dataset, other, 0).X is first.X


@FAST
@given(datasets, protocols, seeds, st.booleans())
def test_unseen_types_are_never_labelled(dataset: Dataset, protocol: Protocol, seed: int, only: Any) -> None:
    assume(dataset.anomaly_type is not None)
    row_types = present(dataset.anomaly_type)
    types = sorted(set(row_types[dataset.y == 1]))
    assume(len(types) > 1)
    known = (types[0],)
    scenario = Scenario(protocol=protocol, label_budget=1, known_types=known, unseen_only=only)
    assume(not problems(dataset, scenario, [seed]))
    s = split(dataset, scenario, seed)
    anomaly_type = row_types[s.train]
    assert set(anomaly_type[s.y_train == 1]) == set(known)
    trained = set(anomaly_type[s.truth_train == 1])
    assert trained == set(known) if only else trained >= set(known)
    unseen = (s.y_test == 1) & ~np.isin(present(s.anomaly_type_test), known)
    assert unseen.any()
    if only and s.val is not None:
        assert set(row_types[s.val][s.y_val == 1]) <= set(known)


@FAST
@given(datasets, protocols, seeds, st.floats(0, 0.9))
def test_label_noise_replaces_labels_and_keeps_their_number(
    dataset: Dataset, protocol: Protocol, seed: int, noise: Any
) -> None:
    clean = Scenario(protocol=protocol, label_budget=5)
    noisy = replace(clean, label_noise=noise)
    assume(not problems(dataset, noisy, [seed]))
    s, t = split(dataset, clean, seed), split(dataset, noisy, seed)
    false = int(np.floor(noise * 5 + 0.5))
    labelled = t.y_train == 1
    assert labelled.sum() == 5 and (t.truth_train[labelled] == 0).sum() == false
    assert np.array_equal(s.test, t.test) and np.array_equal(s.train, t.train)


@FAST
@given(datasets, seeds, st.floats(0.05, 0.6))
def test_irrelevant_features_are_added_last_and_keep_the_rest(dataset: Dataset, seed: int, share: Any) -> None:
    clean = Scenario(label_budget=2)
    noisy = replace(clean, irrelevant_features=share)
    assume(not problems(dataset, noisy, [seed]))
    s, t = split(dataset, clean, seed), split(dataset, noisy, seed)
    d = dataset.X.shape[1]
    assert t.X.shape[1] == d + int(share / (1 - share) * d + 1e-9)
    assert np.array_equal(s.X_train, t.X_train[:, :d]) and np.array_equal(s.X_test, t.X_test[:, :d])
    if t.X.shape[1] > d:
        assert (t.X[:, d:].min() >= dataset.X.min()) and (t.X[:, d:].max() <= dataset.X.max())


@FAST
@given(datasets, st.sampled_from(["weak", "adbench"]), seeds, st.integers(2, 6))
def test_duplicated_anomalies_stay_on_their_side_of_the_split(
    dataset: Dataset, protocol: Protocol, seed: int, times: Any
) -> None:
    scenario = Scenario(protocol=protocol, label_budget=2, duplicated_anomalies=times)
    assume(not problems(dataset, scenario, [seed]))
    once, s = split(dataset, replace(scenario, duplicated_anomalies=1), seed), split(dataset, scenario, seed)
    assert s.y_test.sum() == times * once.y_test.sum()
    assert s.truth_train.sum() == times * once.truth_train.sum()
    assert set(s.test) <= set(once.test) and set(s.train) <= set(once.train)


@FAST
@given(st.integers(0, 5), st.integers(1, 60), seeds)
def test_dropping_duplicates_leaves_no_copy_on_either_side(data_seed: Any, copies: Any, seed: int) -> None:
    dataset = made(seed=data_seed, copies=copies)
    s = split(dataset, Scenario(drop_duplicates=True), seed)
    rows = np.concatenate([s.X_train, s.X_test])
    assert len(np.unique(rows, axis=0)) == len(rows) == len(dataset.X) - copies


def test_rows_with_both_labels_keep_the_more_frequent_one() -> None:
    X = np.array([[1], [1], [1], [2], [2], [3], [4], [5], [6], [7], [8], [9]], dtype=float)
    y = np.array([0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1])
    card = DatasetCard("mixed", "mixed", "table", "mixed", "none", "none", "none")
    s = split(make_dataset(X, y, None, card), Scenario(drop_duplicates=True, label_budget=1), 0)
    rows = np.concatenate([s.train, s.test])
    assert 0 in rows and not {1, 2} & set(rows.tolist())
    assert 4 in rows and 3 not in rows  # a tie stays an anomaly


@FAST
@given(datasets, seeds, st.integers(40, 90))
def test_max_rows_is_exact_and_stratified(dataset: Dataset, seed: int, limit: Any) -> None:
    s = split(dataset, Scenario(max_rows=limit, label_budget=1, test_fraction=0.4), seed)
    total = len(s.train) + len(s.test)
    assert total == min(limit, len(dataset.y))
    anomalies = int(s.truth_train.sum() + s.y_test.sum())
    assert abs(anomalies - total * dataset.y.mean()) <= 1


def test_too_much_contamination_names_the_highest_value_and_that_value_works() -> None:
    dataset = made()
    sentences = problems(dataset, Scenario(contamination=0.4), range(3))
    assert (
        len(sentences) == 1 and sentences[0].startswith("made: contamination = 0.4") and "seeds 0, 1, 2" in sentences[0]
    )
    highest = float(sentences[0].split("at most ")[1].split(" ")[0])
    assert 0.1 < highest < 0.4
    assert not problems(dataset, Scenario(contamination=highest), [0])
    assert problems(dataset, Scenario(contamination=highest + 0.01), [0])
    with pytest.raises(DataError, match="ask for at most"):
        split(dataset, Scenario(contamination=0.4), 0)


def test_too_large_a_budget_names_the_largest() -> None:
    sentences = problems(made(), Scenario(label_budget=1000), [0])
    assert len(sentences) == 1 and "at most 39" in sentences[0]
    assert problems(made(), Scenario(label_budget=39), [0]) == []


@pytest.mark.parametrize(
    ("scenario", "word"),
    [
        (Scenario(protocol="strong"), "protocol"),  # type: ignore[arg-type]
        (Scenario(label_budget=0), "label_budget"),
        (Scenario(label_budget=1.5), "label_budget"),
        (Scenario(label_budget=True), "label_budget"),
        (Scenario(contamination=1.0), "contamination"),
        (Scenario(contamination=float("nan")), "contamination"),
        (Scenario(contamination_fill="guess"), "contamination_fill"),  # type: ignore[arg-type]
        (Scenario(label_noise=1.0), "label_noise"),
        (Scenario(irrelevant_features=1.0), "irrelevant_features"),
        (Scenario(duplicated_anomalies=0), "duplicated_anomalies"),
        (Scenario(max_rows=3), "max_rows"),
        (Scenario(bootstrap_small=True), "bootstrap_small"),
        (Scenario(test_fraction=1.0), "test_fraction"),
        (Scenario(protocol="paper", test_fraction=0.5), "test_fraction"),
        (Scenario(validation_fraction=0.1), "validation_fraction"),
        (Scenario(unseen_only=True), "known_types"),
        (Scenario(known_types=("type 9",)), "type 9"),
        (Scenario(known_types=("type 0", "type 1", "type 2")), "every anomaly type"),
        (Scenario(label_budget=1, label_noise=0.6), "label_noise"),
    ],
)
def test_each_wrong_value_is_named(scenario: Any, word: str) -> None:
    sentences = problems(made(), scenario, [0])
    assert len(sentences) == 1 and word in sentences[0]
    with pytest.raises(DataError, match=word):
        split(made(), scenario, 0)


def test_all_problems_are_listed_at_once() -> None:
    assert len(problems(made(), Scenario(label_budget=0, label_noise=2.0, test_fraction=7.0), [0])) == 3


def test_types_asked_of_data_without_types() -> None:
    sentences = problems(made(typed=False), Scenario(known_types=("type 0",)), [0])
    assert len(sentences) == 1 and "no types" in sentences[0]


def test_paper_protocol_names_classes_too_small_for_it() -> None:
    sentences = problems(made(types=(2, 30)), Scenario(protocol="paper", known_types=("type 1",)), [0])
    assert len(sentences) == 1 and "needs 3" in sentences[0]


def test_canonical_form_holds_only_changes_and_keeps_counts_and_shares_apart() -> None:
    assert canonical(Scenario()) == {}
    assert canonical(Scenario(contamination=0.05, label_budget=10)) == {
        "contamination": 0.05,
        "label_budget": 10,
    }
    assert canonical(Scenario(known_types=("a", "b"))) == {"known_types": ["a", "b"]}
    single, all_ = canonical(Scenario(label_budget=1)), canonical(Scenario(label_budget=1.0))
    assert repr(single) != repr(all_)


def test_other_seeds_give_other_splits_except_under_paper() -> None:
    dataset = made()
    protocol: Protocol
    for protocol, varies in (("weak", True), ("adbench", True), ("paper", False)):
        a, b = (split(dataset, Scenario(protocol=protocol), seed) for seed in (1, 2))
        assert np.array_equal(np.sort(a.test), np.sort(b.test)) != varies
        assert np.array_equal(a.train, b.train) != varies


def test_position_in_the_training_part_tells_nothing_under_weak() -> None:
    s = split(made(normals=2000, types=(400,)), Scenario(), 0)
    half = len(s.train) // 2
    assert 0.35 < s.truth_train[:half].sum() / s.truth_train.sum() < 0.65
