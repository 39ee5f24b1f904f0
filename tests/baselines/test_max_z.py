"""The floor: largest absolute z-score, by hand."""

import numpy as np

from bench.methods import create


def test_it_is_the_largest_distance_in_standard_deviations() -> None:
    X = np.array([[0.0, 10.0], [2.0, 10.0], [0.0, 30.0], [2.0, 30.0]])  # means 1 and 20, deviations 1 and 10
    detector = create("max-z").fit(X)
    np.testing.assert_allclose(detector.decision_function([[1.0, 20.0], [4.0, 25.0], [0.5, -30.0]]), [0.0, 3.0, 5.0])
    np.testing.assert_allclose(detector.decision_scores_, [1.0, 1.0, 1.0, 1.0])


def test_labels_do_not_matter() -> None:
    X = np.random.default_rng(0).normal(size=(40, 3))
    alone, labelled = create("max-z").fit(X), create("max-z").fit(X, np.arange(40) < 5)
    np.testing.assert_array_equal(alone.decision_scores_, labelled.decision_scores_)


def test_features_that_did_not_vary_have_no_say() -> None:
    X = np.column_stack([[0.0, 2.0, 0.0, 2.0], np.full(4, 7.0)])
    np.testing.assert_allclose(create("max-z").fit(X).decision_function([[1.0, 9.0], [3.0, 7.0]]), [0.0, 2.0])
    assert (create("max-z").fit(np.full((4, 2), 7.0)).decision_function([[7.0, 8.0]]) == 0.0).all()
