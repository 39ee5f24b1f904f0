"""Evidence and reference joined: who decides when, what counts as equal, and how honest the intervals are."""

from __future__ import annotations

import numpy as np
import pytest

from bench.picking.joining import Judged, equals, exact, join, placing, undecided, weight
from bench.picking.picked import Picked, sentences
from bench.picking.prior import Prior
from bench.usertable.held_out import Evidence


def judged(
    labels: int, above: dict[str, float], expected: dict[str, float], seconds: dict[str, float] | None = None
) -> tuple[Judged, ...]:

    evidence = [Evidence(name, np.full(labels, share), 0.0) for name, share in above.items()]
    reference = Prior(tuple(above), np.asarray([expected[name] for name in above]), 0.05, 40.0)
    costs = seconds or dict.fromkeys(above, 1.0)
    return join(evidence, reference, [costs[name] for name in above], 0.01)


def test_few_labels_leave_the_choice_to_the_reference_and_many_take_it() -> None:
    above, expected = {"a": 0.02, "b": 0.0}, {"a": 0.15, "b": -0.15}
    assert judged(3, above, expected)[0].method == "a"
    assert judged(100, above, expected)[0].method == "b"
    assert weight(0) == 0 and weight(3) < weight(30) < 1


def test_one_label_is_no_evidence() -> None:
    first = judged(0, {"a": 0.0, "b": 0.0}, {"a": -0.1, "b": 0.1})[0]
    assert first.method == "b" and first.recall is None and first.ranking is None


def test_a_method_the_reference_does_not_have_counts_as_the_mean() -> None:
    order = [
        candidate.method for candidate in judged(2, {"a": 0.1, "b": 0.1, "c": 0.1}, {"a": 0.1, "b": -0.1, "c": np.nan})
    ]
    assert order == ["a", "c", "b"]


def test_the_cheapest_of_the_equals_is_named() -> None:
    made = judged(10, {"a": 0.0, "b": 0.0, "c": 0.9}, {"a": 0.01, "b": 0.0, "c": 0.0}, {"a": 9.0, "b": 1.0, "c": 0.1})
    assert [candidate.method for candidate in equals(made)] == ["b", "a"]
    picked = Picked("few", "my.csv", "fraud", 100, 3, 10, 0.01, made, {})
    assert picked.method == "b"
    which, good, sure = sentences(picked)
    assert "cheapest of 2 methods that cannot be told apart" in which and "a would do as well" in which
    assert "Of the 10 labelled anomalies" in good and "100% (95% interval 69 to 100%)" in good
    assert which.endswith("well, and of a the reference expects most on tables like this one (9 s a fit).")
    assert "does not exclude that a is better" in sure and "on your labels" in sure


def test_the_reference_s_best_of_the_equals_is_told() -> None:
    costs = {"a": 9.0, "b": 1.0}
    same = judged(10, {"a": 0.0, "b": 0.0}, {"a": -0.01, "b": 0.0}, costs)
    best = Picked("few", "my.csv", "fraud", 100, 3, 10, 0.01, same, {}).reference_best
    assert best is not None and best.method == "b"
    assert "the reference expects most of b too" in sentences(Picked("few", "m", "f", 9, 3, 10, 0.01, same, {}))[0]
    unknown = judged(10, {"a": 0.0, "b": 0.0}, {"a": np.nan, "b": np.nan}, costs)
    picked = Picked("few", "my.csv", "fraud", 100, 3, 10, 0.01, unknown, {})
    assert picked.reference_best is None and sentences(picked)[0].endswith("a would do as well.")


def test_what_is_clear_is_not_called_undecided() -> None:
    made = judged(200, {"a": 0.0, "b": 0.8}, {"a": 0.3, "b": -0.3})
    assert undecided(made, made[0]) == () and equals(made) == made[:1]


def test_an_interval_of_three_of_three_is_wide() -> None:
    whole = exact(1.0, 3)
    assert whole.high == 1.0 and whole.low == pytest.approx(0.2924, abs=1e-4)
    assert exact(0.0, 3).low == 0.0


def test_places_near_the_top_are_worth_more() -> None:
    top, middle, bottom = placing(np.array([0.0, 0.1, 1.0]))
    assert top == 1 and middle == 0.5 and 0 < bottom < 0.1
