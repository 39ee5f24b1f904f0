"""Identifiers, times, offsets and odd names of loaded columns, held against what the packaged table says of them."""

import csv
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.datasets import oddbench, oddbench_kin, registry, select
from bench.datasets.column_notes import (
    has_large_offset,
    is_identifier,
    is_number,
    is_result,
    is_time,
    shortened,
)
from bench.datasets.describe import describe, describe_loaded, duplicates
from bench.datasets.table import TableSource, load_table
from tests.bench.datasets.test_oddbench import needs_data, tiny
from tests.present import present
from tests.validation import oddbench_facts

COUNT = np.arange(50.0)


def table() -> list[dict[str, str]]:
    text = resources.files("bench.datasets").joinpath("oddbench.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("ZipCode", COUNT + 98000, True),
        ("pos2_person_id.1", COUNT, True),
        ("offerid", COUNT, True),
        ("Unnamed: 0", COUNT, True),
        ("L1 ID dialogue flow", COUNT, True),
        ("paid", COUNT % 2, False),  # two values are a category
        ("user_id", COUNT / 7, False),
        ("phone__last_seen_days", COUNT, False),
        ("width", COUNT, False),
    ],
)
def test_identifiers_by_name_and_values(name: str, x: Any, expected: bool) -> None:
    assert is_identifier(name, x) is expected


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("YearBuilt", 1900 + COUNT, True),
        ("created_at", 1.5e9 + COUNT, True),
        ("timestamp", 1.5e12 + COUNT, True),
        ("HANG_TIME", COUNT, False),
        ("Year", np.append(COUNT + 1990, 0), False),
        ("price", 1900 + COUNT, False),
    ],
)
def test_times_by_name_and_values(name: str, x: Any, expected: bool) -> None:
    assert is_time(name, x) is expected


def test_offsets_are_values_that_single_precision_merges_or_a_small_range() -> None:
    assert has_large_offset(1e9 + COUNT) and has_large_offset(40 + COUNT / 1000)
    assert not has_large_offset(COUNT) and not has_large_offset(np.full(5, 1e9 + 1))


def test_names_that_are_values_and_names_of_results() -> None:
    assert all(map(is_number, ("7.4", "-348.44717", "672.1", "1e-3"))) and not any(map(is_number, ("x1", "", "no 7")))
    assert all(map(is_result, ("diff.score", "CXR.Score", "isOutlier", "PredictedProbability_1")))
    assert not any(map(is_result, ("scored", "number_of_labels", "width")))
    assert shortened(map(str, range(8))) == "0; 1; 2; 3; 4; 5; 2 more"


def test_a_set_whose_card_names_no_columns_is_described_once_its_file_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MNP_BENCH_DATA", raising=False)
    name = "oddbench/ThyroidDisease"
    assert "large offsets" not in describe(name)
    dataset = oddbench.load(replace(tiny(tmp_path), oddities=registry.card(name).oddities), tmp_path)
    text = describe_loaded(dataset)
    assert "columns      large offsets" in text and text.endswith(": id; two words; x")


def test_columns_of_every_set_are_on_its_card_without_its_file() -> None:
    """Of sets that no test has a file of: computed by tests/validation/oddbench_facts.py from all 759 files."""
    told = " ".join(registry.card("oddbench/ALLPatientData").oddities)
    assert "times (by name and values): Year of Diagnosis; Year of Last Follow Up" in told
    assert "identifiers (by name and values): REGISTRY_ID" in " ".join(
        registry.card("oddbench/AddressTypeAnomaly").oddities
    )
    assert all(present(registry.card(name).modes) >= 1 for name in select.members("oddbench"))


@needs_data
@pytest.mark.parametrize("name", ["oddbench/AxieInfinityBug", "oddbench/TextMessageSpam", "oddbench/BlablacarTrips"])
def test_the_table_is_what_the_files_say(name: str) -> None:
    row = next(row for row in table() if f"oddbench/{row['name']}" == name)
    found = oddbench_facts.facts(registry.load(name))
    assert oddbench_facts.differing(row, found) == {}
    assert "duplicates" in oddbench_facts.differing({**row, "duplicates": ""}, found)
    assert oddbench_facts.differing({**row, "modes": "9", "times": "then"}, found).keys() == {"modes"}


def test_duplicates_are_rows_that_repeat_an_earlier_one() -> None:
    X = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, 1.0], [2.0, 3.0]])
    repeated, _ = duplicates(X, np.array([0, 1, 0, 0]))
    assert repeated / len(X) == 0.5


def test_a_users_table_is_described_with_its_odd_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lines = [f"{1000 + 7 * i % 50},{i / 3},{i % 5},{i % 2}" for i in range(50)]
    path.write_text("\n".join(["customer_id,anomaly_score,width,y", *lines]))
    text = describe_loaded(load_table(TableSource(str(path))))
    assert "columns      identifiers (by name and values): customer_id\n" in text
    assert "columns      named as a detector's output or a truth is: anomaly_score" in text and "width" not in text


@needs_data
def test_the_rules_agree_with_the_packaged_table_of_the_given_sets() -> None:
    rows = {f"oddbench/{row['name']}": row for row in table()}
    rules: dict[str, Callable[[str, np.ndarray], bool]] = {
        "identifiers": is_identifier,
        "times": is_time,
        "offsets": lambda _, x: has_large_offset(x),
    }
    agreed, lacking, extra = (dict.fromkeys(rules, 0) for _ in range(3))
    for name in select.members("oddbench:given"):
        dataset = registry.load(name)
        X = np.asarray(dataset.X, dtype=np.float64)
        for what, rule in rules.items():
            told = {column for column in rows[name][what].split("; ") if column and not column.endswith(" more")}
            seen = {column for column, x in zip(dataset.feature_names, X.T, strict=True) if rule(column, x)}
            agreed[what] += len(told & seen)
            lacking[what] += len(told - seen)
            extra[what] += 0 if " more" in rows[name][what] else len(seen - told)
    # the rules for offsets are the table's; identifiers and times were judged there with more than names and values
    assert (agreed["offsets"], lacking["offsets"], extra["offsets"]) == (86, 0, 0)
    assert (agreed["identifiers"], lacking["identifiers"], extra["identifiers"]) == (87, 7, 14)
    assert (agreed["times"], lacking["times"], extra["times"]) == (20, 5, 0)


@needs_data
def test_every_odd_name_of_a_given_set_is_on_its_card() -> None:
    """Names that are values and the outputs of other detectors; scores of the field (CiteScore) are features like any."""
    of_the_field = {"BuildingEnergyCompliance", "JournalPublicationCycle", "LearningAnalytics"}
    told = oddbench_kin.column_names()
    for name in select.members("oddbench:given"):
        names = registry.load(name).feature_names
        bare = name.removeprefix("oddbench/")
        odd = [text for text in names if is_number(text) or is_result(text) or text.startswith("Unnamed")]
        if odd and bare not in of_the_field:
            assert odd[0] in told[bare], (name, odd)
