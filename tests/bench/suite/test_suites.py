"""The suites that come with the package: each can be read, names what is registered, and asks what its words say."""

from typing import Any

import pytest

from bench import methods
from bench.datasets import registry, select
from bench.suite.load import read_suite, suites
from tests.present import present


@pytest.mark.parametrize("name", suites())
def test_every_suite_names_registered_sets_and_methods(name: Any) -> None:
    suite = read_suite(name)
    assert suite.name == name and suite.title != name
    assert set(suite.datasets) <= set(registry.cards())
    assert {choice.name for choice in suite.methods} <= set(methods.specs())
    assert suite.tables or suite.datasets


def test_oddbench_and_adbench_are_run_at_three_budgets() -> None:
    odd, ad = read_suite("oddbench"), read_suite("adbench-labels")
    assert odd.datasets == select.members("oddbench:eligible") and len(odd.datasets) == 312
    assert ad.datasets == read_suite("adbench").datasets and len(ad.datasets) == 44
    assert (odd.seeds, ad.seeds) == ((0, 1, 2), (0, 1, 2, 3, 4))
    for suite in (odd, ad):
        assert [scenario.label_budget for scenario in suite.scenarios] == [0.01, 0.05, 0.1]
        assert {(scenario.protocol, scenario.max_rows) for scenario in suite.scenarios} == {("weak", 10_000)}


def test_unseen_one_leaves_out_one_type_and_unseen_labels_one() -> None:
    cards = registry.cards()
    for name, known, others in (("unseen-one", None, 1), ("unseen", 1, None)):
        for part in read_suite(name).parts:
            (scenario,), (dataset,) = part.scenarios, part.datasets
            types = set(cards[dataset].types)
            assert scenario.unseen_only and set(scenario.known_types) < types
            assert known in (None, len(scenario.known_types))
            assert others in (None, len(types) - len(scenario.known_types))


def test_the_paper_protocol_marks_who_sees_the_validation_labels() -> None:
    suite = read_suite("paper-protocol")
    assert {(s.protocol, s.label_budget) for s in suite.scenarios} == {("paper", 0.01)}
    seeing = [choice.name for choice in suite.methods if methods.get(choice.name).uses_validation]
    assert "mnp-published" in seeing and "mnp" not in seeing
    assert all(present(registry.card(name).anomalies) >= 60 for name in suite.datasets)
