"""Tables against values computed by hand: means, marks, ranks, and what becomes of holes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.report import comparison, render, tables
from bench.report.rows import coverage, natural, prepare, scenarios
from tests.bench.report import made_up

METRIC = "average_precision"


def compared(frame: pd.DataFrame) -> comparison.Comparison:
    return comparison.compare(frame, METRIC, "made up")


def entry(found: comparison.Comparison, method: str, dataset: str) -> str:
    return str(render.entries(found, render.MARKDOWN).loc[method, dataset])


def valued(values: dict[str, list[float]], seeds: int = 1) -> pd.DataFrame:
    """A frame where ``values[method][i]`` is the result on dataset i, for every seed."""
    count = len(next(iter(values.values())))
    frame = made_up.rows([f"d{i}" for i in range(count)], list(values), seeds=seeds)
    given = [values[method][int(name[1:])] for method, name in zip(frame.method, frame.dataset, strict=True)]
    return frame.assign(**{METRIC: given})


def test_mean_and_deviation_are_over_seeds() -> None:
    frame = made_up.rows(seeds=4)
    found = compared(frame)
    mine = frame[(frame.method == "mnp") & (frame.dataset == "wine")][METRIC].to_numpy()
    assert found.mean.loc["MNP", "wine"] == pytest.approx(mine.mean())
    assert found.std.loc["MNP", "wine"] == pytest.approx(mine.std(ddof=1))
    assert found.runs == 4
    assert "± is the standard deviation over 4 seeds." in found.notes


def test_average_rank_and_wins_by_hand() -> None:
    found = compared(valued({"mnp": [0.9, 0.5, 0.7], "devnet": [0.8, 0.6, 0.7], "ecod": [0.1, 0.2, 0.3]}))
    assert found.average.to_dict() == pytest.approx({"MNP": 0.7, "DevNet": 0.7, "ECOD": 0.2})
    assert found.rank.to_dict() == pytest.approx({"MNP": (1 + 2 + 1.5) / 3, "DevNet": (2 + 1 + 1.5) / 3, "ECOD": 3})
    assert found.wins.to_dict() == {"MNP": 2, "DevNet": 2, "ECOD": 0}  # a tie is a win of both


def test_best_is_bold_second_underlined_ties_share() -> None:
    found = compared(valued({"mnp": [0.9, 0.7], "devnet": [0.8, 0.7], "ecod": [0.1, 0.3]}))
    assert entry(found, "MNP", "d0") == "**0.900**"
    assert entry(found, "DevNet", "d0") == "<ins>0.800</ins>"
    assert entry(found, "ECOD", "d0") == "0.100"
    assert [entry(found, name, "d1") for name in ("MNP", "DevNet", "ECOD")] == ["**0.700**", "**0.700**", "0.300"]


def test_a_failed_seed_is_told_and_its_mean_not_marked() -> None:
    frame = valued({"mnp": [0.9, 0.9, 0.9], "devnet": [0.5, 0.5, 0.5]}, seeds=3)
    found = compared(made_up.fail(frame, dataset="d1", method="mnp", seed=2))
    assert entry(found, "MNP", "d1") == "0.900 ± 0.000 (2/3)"
    assert entry(found, "DevNet", "d1") == "**0.500 ± 0.000**"
    assert found.average["MNP"] == pytest.approx(0.9)
    assert comparison.SHORT in found.notes
    assert any(
        "over the 2 of 3 datasets where every compared method has all its 3 runs" in note for note in found.notes
    )


def test_a_method_that_failed_everywhere_is_shown_and_not_compared() -> None:
    frame = made_up.fail(valued({"mnp": [0.9, 0.9], "devnet": [0.5, 0.5], "ecod": [0.9, 0.9]}, seeds=2), method="ecod")
    found = compared(frame)
    assert entry(found, "ECOD", "d0") == "failed (0/2)"
    assert np.isnan(found.rank["ECOD"]) and np.isnan(found.average["ECOD"])
    assert found.rank["MNP"] == 1
    assert any(note.startswith("Not compared") and "ECOD" in note for note in found.notes)


def test_a_method_with_less_than_half_of_the_datasets_does_not_shrink_the_comparison() -> None:
    names = [f"d{i}" for i in range(5)]
    frame = valued({"mnp": [0.9] * 5, "devnet": [0.5] * 5, "ecod": [0.1] * 5})
    for name in names[:3]:
        frame = made_up.fail(frame, dataset=name, method="ecod")
    assert coverage(prepare(frame)).left_out == ("ECOD",)
    assert len(coverage(prepare(frame)).complete) == 5
    frame = made_up.fail(valued({"mnp": [0.9] * 4, "devnet": [0.5] * 4}), dataset="d0", method="devnet")
    assert coverage(prepare(frame)).complete == ("d1", "d2", "d3")


def test_a_cell_that_was_never_asked_for_is_a_dash() -> None:
    frame = valued({"mnp": [0.9, 0.9, 0.8], "devnet": [0.5, 0.5, 0.5]})
    partial = frame[~((frame.dataset == "d2") & (frame.method == "devnet"))]
    assert entry(compared(partial), "DevNet", "d2") == render.HOLE
    assert coverage(prepare(partial)).complete == ("d0", "d1")


def test_marks_of_supervision_and_synthetic_data() -> None:
    found = compared(made_up.rows(["synthetic-blobs", "wine"], scenarios=({"protocol": "paper"},)))
    text = render.entries(found, render.MARKDOWN)
    assert "MNP†" in text.index and "DevNet" in text.index
    assert list(text.columns[:2]) == ["synthetic-blobs§", "wine"]
    assert comparison.DAGGER in found.notes and comparison.SYNTHETIC in found.notes
    plain = compared(made_up.rows(["wine"]))
    assert not {comparison.DAGGER, comparison.SYNTHETIC} & set(plain.notes)


@pytest.mark.parametrize(("protocol", "shown"), [("weak", False), ("paper", True), ("adbench", True)])
def test_trapezoid_area_only_for_published_protocols(protocol: str, shown: bool) -> None:
    frame = made_up.rows(scenarios=({"protocol": protocol, "contamination": 0.02},))
    assert ("auc_pr_trapezoid" in comparison.metrics(frame)) is shown


def test_scenarios_have_a_table_each_and_their_mean_comes_first() -> None:
    frame = made_up.rows(scenarios=[{"contamination": level} for level in (0.0, 0.02, 0.05)], seeds=2)
    found = comparison.comparisons(frame, METRIC)
    assert [one.title.partition("(")[2] for one in found] == ["mean over 3 scenarios)"] + [
        f"weak protocol, 5 labelled anomalies, contamination {level})" for level in ("0", "0.02", "0.05")
    ]
    values = frame[(frame.method == "mnp") & (frame.dataset == "wine")].groupby("seed")[METRIC].mean()
    assert found[0].mean.loc["MNP", "wine"] == pytest.approx(values.mean())
    assert found[0].std.loc["MNP", "wine"] == pytest.approx(values.std(ddof=1))


def test_scenarios_of_two_protocols_are_not_averaged() -> None:
    frame = made_up.rows(scenarios=({"protocol": "weak"}, {"protocol": "paper"}))
    assert len(comparison.comparisons(frame, METRIC)) == 2
    assert len({label for label, _ in scenarios(frame)}) == 2


def test_parameters_tell_two_variants_of_a_method_apart() -> None:
    found = compared(made_up.rows(methods=("mnp",), params={"mnp": ({}, {"n_prototypes": 2})}))
    assert set(found.mean.index) == {"MNP (defaults)", "MNP (n_prototypes=2)"}


def test_failures_by_reason() -> None:
    frame = made_up.fail(made_up.rows(seeds=2), method="mnp", status="timeout", reason="took more than 5 s")
    bad = tables.failures(frame)
    assert len(bad) == 6 and set(bad.status) == {"timeout"}
    assert tables.reasons(frame).to_dict("records") == [
        {
            "method": "MNP",
            "status": "timeout",
            "cells": 6,
            "datasets": "breast-cancer, digits-low and wine",
            "reason": "took more than 5 s",
        }
    ]
    assert tables.reasons(made_up.rows()).empty


def test_cost_by_hand() -> None:
    frame = made_up.fail(made_up.rows(["wine"], ["mnp", "ecod"], seeds=3), method="ecod", seed=0)
    found = tables.cost(frame).set_index("method")
    assert found.fit_seconds["MNP"] == pytest.approx(2.2)  # 2.0, 2.2, 2.4
    assert found.slowest_fit_seconds["MNP"] == pytest.approx(2.4)
    assert found.total_seconds["MNP"] == pytest.approx(6.6, abs=0.05)
    assert found.loc["ECOD", ["cells", "failed"]].tolist() == [2, 1]


def test_names_sort_as_people_count() -> None:
    assert sorted(["adbench/10_cover", "adbench/2_a", "wine", "adbench/1_b"], key=natural) == [
        "adbench/1_b", "adbench/2_a", "adbench/10_cover", "wine",
    ]  # fmt: skip


def test_the_same_bytes_whatever_the_order_of_rows(tmp_path: Path) -> None:
    frame = made_up.fail(made_up.rows(seeds=2), dataset="wine", method="mnp", seed=1)
    first = tables.write(tmp_path / "a", frame)
    second = tables.write(tmp_path / "b", frame.sample(frac=1, random_state=3))
    assert [path.name for path in first] == [path.name for path in second]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_tables_of_a_metric_that_is_gone_are_removed(tmp_path: Path) -> None:
    tables.write(tmp_path, made_up.rows(scenarios=({"protocol": "paper"},)))
    assert (tmp_path / "auc_pr_trapezoid.tex").exists()
    written = tables.write(tmp_path, made_up.rows())
    assert set(tmp_path.iterdir()) == set(written)
