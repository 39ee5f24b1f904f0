"""Trees grown together: full, right in every node, the same distribution as scikit-learn's, walked as they say."""

import numpy as np
import pytest
from sklearn.tree import ExtraTreeClassifier

from replicas import tree_masks, tree_scores, trees
from replicas.bagging import bag_size, bagged_trees
from replicas.tree_scores import mean_value
from replicas.trees import Trees, grow

LABELLED = np.arange(6)


def table(rows: int = 300, width: int = 5, seed: int = 0) -> np.ndarray:
    stream = np.random.default_rng(seed)
    X = stream.normal(size=(rows, width)).astype(np.float32)
    X[: len(LABELLED)] += 1.0
    return X


def bags(X: np.ndarray, count: int, size: int = 20, seed: int = 1) -> np.ndarray:
    stream = np.random.default_rng(seed)
    return np.stack([len(LABELLED) + stream.permutation(len(X) - len(LABELLED))[:size] for _ in range(count)])


def walked(forest: Trees, X: np.ndarray) -> np.ndarray:
    """Leaf values (trees, n), one row and one node after the other."""
    values = np.empty((len(forest.first) - 1, len(X)))
    for tree, begin in enumerate(forest.first[:-1]):
        for number, row in enumerate(X):
            node = begin
            while forest.feature[node] >= 0:
                below = row[forest.feature[node]] <= forest.threshold[node]
                node = begin + (forest.left if below else forest.right)[node]
            values[tree, number] = forest.value[node]
    return values


def test_each_tree_tells_its_own_bag_apart() -> None:
    X = table()
    drawn = bags(X, 30)
    values = walked(grow(X, LABELLED, drawn, np.random.default_rng(2)), X)
    assert (values[:, LABELLED] == 1.0).all()
    assert all((values[tree, rows] == 0.0).all() for tree, rows in enumerate(drawn))


def test_equal_rows_share_a_leaf_with_both_classes_weighing_alike() -> None:
    X = np.repeat(np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32), [10, 20], axis=0)
    forest = grow(X, np.array([0, 1]), np.array([[2, 3, 4, 10, 11, 12]]), np.random.default_rng(0))
    values = walked(forest, np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32))
    # 2 of 2 labelled rows against 3 of 6 unlabelled ones
    np.testing.assert_allclose(values[0], [1.0 / 1.5, 0.0])


@pytest.mark.parametrize("most_nodes", [0, 1000])
def test_both_ways_go_where_the_nodes_say(monkeypatch: pytest.MonkeyPatch, most_nodes: int) -> None:
    monkeypatch.setattr(tree_scores, "MOST_NODES", most_nodes)
    X = table()
    forest = grow(X, LABELLED, bags(X, 12), np.random.default_rng(3))
    expected = walked(forest, X).mean(axis=0)
    np.testing.assert_allclose(mean_value(forest, X), expected, rtol=0, atol=1e-15)
    monkeypatch.setattr(tree_scores, "ROWS", 7)
    np.testing.assert_allclose(mean_value(forest, X), expected, rtol=0, atol=1e-15)


def mixed(rows: int = 400) -> np.ndarray:
    """Few distinct rows, so that leaves hold both classes, beside some of their own."""
    stream = np.random.default_rng(11)
    X = stream.integers(0, 3, size=(rows, 4)).astype(np.float32)
    X[::5] += stream.normal(size=X[::5].shape).astype(np.float32)
    return X


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 200, 400])
def test_masks_and_walk_give_the_same_bits(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    X = mixed()
    forest = grow(X, LABELLED, bags(X, 30), np.random.default_rng(8))
    shared = (forest.value > 0) & (forest.value < 1) & (forest.feature < 0)
    assert shared.any()
    masks = mean_value(forest, X[:rows])
    monkeypatch.setattr(tree_masks, "MOST_VALUES", 64 * X.shape[1])
    monkeypatch.setattr(tree_masks, "MOST_ANSWERS", 40 * tree_masks.ROWS)
    assert np.array_equal(masks, mean_value(forest, X[:rows]))
    monkeypatch.setattr(tree_scores, "MOST_NODES", 0)
    assert np.array_equal(masks, mean_value(forest, X[:rows]))


def test_trees_of_one_leaf_have_a_value() -> None:
    X = np.ones((30, 2), dtype=np.float32)
    forest = grow(X, LABELLED, bags(X, 5, size=12), np.random.default_rng(9))
    assert (forest.feature == -1).all()
    np.testing.assert_array_equal(mean_value(forest, X), np.full(30, 0.5))


def test_rows_at_and_beyond_the_thresholds_go_the_walks_way(monkeypatch: pytest.MonkeyPatch) -> None:
    X = table()
    forest = grow(X, LABELLED, bags(X, 12), np.random.default_rng(3))
    asking = forest.feature >= 0
    rows = np.repeat(forest.threshold[asking][:50, None], X.shape[1], axis=1)
    rows = np.concatenate([rows, np.array([[3.4e38] * 5, [-3.4e38] * 5, [-0.0] * 5], dtype=np.float32)])
    masks = mean_value(forest, rows)
    monkeypatch.setattr(tree_scores, "MOST_NODES", 0)
    assert np.array_equal(masks, mean_value(forest, rows))


def test_probabilities_are_those_of_scikit_learns_extra_trees() -> None:
    X = table(width=6)
    drawn = bags(X, 1500)
    ours = mean_value(grow(X, LABELLED, drawn, np.random.default_rng(4)), X)
    theirs = np.zeros(len(X))
    y = np.repeat([1, 0], [len(LABELLED), drawn.shape[1]])
    weights = np.where(y == 1, 1.0 / len(LABELLED), 1.0 / drawn.shape[1])
    for seed, rows in enumerate(drawn):
        tree = ExtraTreeClassifier(max_features="sqrt", random_state=seed)
        tree.fit(X[np.concatenate([LABELLED, rows])], y, sample_weight=weights)
        theirs += tree.predict_proba(X)[:, 1] / len(drawn)
    # the standard error of a difference is at most 0.018
    assert np.abs(ours - theirs).max() < 0.075
    assert abs(ours.mean() - theirs.mean()) < 0.005


def test_the_one_column_that_varies_is_found_among_many() -> None:
    X = np.zeros((100, 400), dtype=np.float32)
    X[:, 123] = np.arange(100)
    values = grow(X, LABELLED, bags(X, 10), np.random.default_rng(5))
    assert set(values.feature.tolist()) == {-1, 123}


@pytest.mark.parametrize(
    "numbers",
    [(-3.4e38, 3.4e38), (1.0, float(np.nextafter(np.float32(1.0), np.float32(2.0)))), (0.0, 1e-45), (-0.0, 1.0)],
)
def test_extreme_and_neighbouring_numbers_are_told_apart(numbers: tuple[float, float]) -> None:
    X = np.full((40, 1), numbers[0], dtype=np.float32)
    X[: len(LABELLED)] = numbers[1]
    values = walked(grow(X, LABELLED, bags(X, 20), np.random.default_rng(6)), X)
    assert (values[:, : len(LABELLED)] == 1.0).all() and (values[:, len(LABELLED) :] == 0.0).all()


def test_trees_grown_in_chunks_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    X = table()
    drawn = bags(X, 23)
    monkeypatch.setattr(trees, "AT_ONCE", 4 * 26 * X.shape[1])
    forest = grow(X, LABELLED, drawn, np.random.default_rng(7))
    assert len(forest.first) == 24 and forest.first[-1] == len(forest.feature)
    values = walked(forest, X)
    assert (values[:, LABELLED] == 1.0).all()
    assert all((values[tree, rows] == 0.0).all() for tree, rows in enumerate(drawn))


def test_equal_streams_give_equal_trees() -> None:
    X = table()
    unlabelled = np.arange(len(LABELLED), len(X))
    first, again, other = (
        bagged_trees(X, LABELLED, unlabelled, 10, np.random.default_rng(seed)).as_arrays() for seed in (1, 1, 2)
    )
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["threshold"], other["threshold"])


def test_bags_grow_with_the_labels_and_never_beyond_the_rows() -> None:
    assert [bag_size(count, 1000) for count in (1, 8, 9, 50)] == [16, 16, 18, 100]
    assert bag_size(50, 30) == 30
    assert bag_size(5, 1000, 64) == 64
