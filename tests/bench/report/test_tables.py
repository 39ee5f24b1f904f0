"""Tables against values computed by hand: means, marks, ranks, and what becomes of holes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.report import comparison, grids, render, tables
from bench.report.outcomes import cost, failures, reasons
from bench.report.rows import coverage, natural, prepare, scenarios
from bench.report.statistics import judge, sentences
from tests.bench.report import made_up

METRIC = "average_precision"


def compared(frame: pd.DataFrame) -> comparison.Comparison:
    return comparison.compare(frame, METRIC, "made up")


def entry(shown: comparison.Comparison, method: str, dataset: str) -> str:
    return str(render.entries(shown, render.MARKDOWN).loc[shown.marked(method), dataset])


def valued(values: dict[str, list[float]], seeds: int = 1) -> pd.DataFrame:
    """A frame where ``values[method][i]`` is the result on dataset i, for every seed."""
    count = len(next(iter(values.values())))
    frame = made_up.rows([f"d{i}" for i in range(count)], list(values), seeds=seeds)
    given = [values[method][int(name[1:])] for method, name in zip(frame.method, frame.dataset, strict=True)]
    return frame.assign(**{METRIC: given})


def test_mean_and_deviation_are_over_seeds() -> None:
    frame = made_up.rows(seeds=4)
    shown = compared(frame)
    mine = frame[(frame.method == "mnp") & (frame.dataset == "wine")][METRIC].to_numpy()
    assert shown.mean.loc["MNP", "wine"] == pytest.approx(mine.mean())
    assert shown.std.loc["MNP", "wine"] == pytest.approx(mine.std(ddof=1))
    assert shown.runs == 4
    assert "± is the standard deviation over 4 seeds." in shown.notes


def test_average_rank_and_wins_by_hand() -> None:
    shown = compared(valued({"mnp": [0.9, 0.5, 0.7], "devnet": [0.8, 0.6, 0.7], "ecod": [0.1, 0.2, 0.3]}))
    assert shown.average.to_dict() == pytest.approx({"MNP": 0.7, "DevNet": 0.7, "ECOD": 0.2})
    assert shown.rank.to_dict() == pytest.approx({"MNP": (1 + 2 + 1.5) / 3, "DevNet": (2 + 1 + 1.5) / 3, "ECOD": 3})
    assert shown.wins.to_dict() == {"MNP": 2, "DevNet": 2, "ECOD": 0}  # a tie is a win of both


def test_best_is_bold_second_underlined_ties_share() -> None:
    shown = compared(valued({"mnp": [0.9, 0.7], "devnet": [0.8, 0.7], "ecod": [0.1, 0.3]}))
    assert entry(shown, "MNP", "d0") == "**0.900**"
    assert entry(shown, "DevNet", "d0") == "<ins>0.800</ins>"
    assert entry(shown, "ECOD", "d0") == "0.100"
    assert [entry(shown, name, "d1") for name in ("MNP", "DevNet", "ECOD")] == ["**0.700**", "**0.700**", "0.300"]


def test_a_failed_seed_is_told_and_its_mean_not_marked() -> None:
    frame = valued({"mnp": [0.9, 0.9, 0.9], "devnet": [0.5, 0.5, 0.5]}, seeds=3)
    shown = compared(made_up.fail(frame, dataset="d1", method="mnp", seed=2))
    assert entry(shown, "MNP", "d1") == "0.900 ± 0.000 (2/3)"
    assert entry(shown, "DevNet", "d1") == "**0.500 ± 0.000**"
    assert np.isnan(shown.average["MNP"]) and shown.average["DevNet"] == pytest.approx(0.5)
    assert comparison.SHORT in shown.notes
    assert (
        "Not in the comparison: MNP, with 8 of 9 runs, not all on d1; its mean over them is 0.900, place 1 beside "
        "1 compared method on the same runs."
    ) in shown.notes


def test_a_method_that_failed_everywhere_is_shown_and_not_compared() -> None:
    frame = made_up.fail(valued({"mnp": [0.9, 0.9], "devnet": [0.5, 0.5], "ecod": [0.9, 0.9]}, seeds=2), method="ecod")
    shown = compared(frame)
    assert entry(shown, "ECOD", "d0") == "failed (0/2)"
    assert np.isnan(shown.rank["ECOD"]) and np.isnan(shown.average["ECOD"])
    assert shown.rank["MNP"] == 1
    assert "Not in the comparison: ECOD, without any result." in shown.notes


def test_a_failing_method_changes_nothing_for_the_others() -> None:
    """Means, ranks, wins, tests and intervals of the others are those of the run without the method that fails."""
    frame = made_up.rows([f"d{i:02d}" for i in range(14)], ["mnp", "devnet", "prenet", "iforest", "ecod"])
    broken = made_up.fail(frame, dataset="d03", method="ecod", seed=1)
    shown, without = compared(broken), compared(frame[frame.method != "ecod"])
    for name in ("average", "rank", "wins"):
        pd.testing.assert_series_equal(getattr(shown, name).drop("ECOD"), getattr(without, name), check_dtype=False)
    assert list(shown.mean.index)[-1] == "ECOD"  # below the comparison
    tested, alone = judge(broken, METRIC, ""), judge(frame[frame.method != "ecod"], METRIC, "")
    assert tested.friedman == alone.friedman and tested.significant == alone.significant
    assert tested.holm is not None and alone.holm is not None
    pd.testing.assert_frame_equal(tested.holm, alone.holm)
    pd.testing.assert_frame_equal(tested.intervals, alone.intervals)
    text = " ".join(sentences(tested))
    assert "over 14 datasets" in text and "Not in the comparison, for lack of results: ECOD (41 of 42 runs)." in text


def test_the_place_of_a_method_outside_is_over_the_same_runs() -> None:
    """ECOD lacks the dataset where all others are bad, which must not lift it above them."""
    frame = valued({"mnp": [0.9, 0.1], "devnet": [0.8, 0.1], "ecod": [0.7, 0.7]})
    shown = compared(made_up.fail(frame, dataset="d1", method="ecod"))
    assert any("its mean over them is 0.700, place 3 beside 2 compared methods" in note for note in shown.notes)


def test_a_method_with_fewer_seeds_is_listed_below() -> None:
    frame = valued({"mnp": [0.9, 0.9], "devnet": [0.5, 0.5], "ecod": [0.7, 0.7]}, seeds=5)
    shown = compared(frame[(frame.method != "ecod") | (frame.seed < 2)])
    assert shown.runs == 5 and shown.average.notna().sum() == 2
    assert any(
        "ECOD, with 2 of 5 runs on every dataset; its mean over them is 0.700, place 2" in n for n in shown.notes
    )


def test_a_dataset_that_most_methods_lack_is_left_out_for_all() -> None:
    frame = valued({"mnp": [0.9] * 4, "devnet": [0.5] * 4, "ecod": [0.1] * 4})
    for name in ("mnp", "devnet"):
        frame = made_up.fail(frame, dataset="d2", method=name)
    covered = coverage(prepare(frame))
    assert covered.complete == ("d0", "d1", "d3") and covered.skipped == ("d2",) and not covered.left_out
    assert "over 3 of 4 datasets" in covered.notes[0] and "most have no complete results there: d2." in covered.notes[1]


def test_a_method_with_few_datasets_has_no_vote_on_which_count() -> None:
    frame = valued({"mnp": [0.9] * 5, "devnet": [0.5] * 5, "ecod": [0.1] * 5, "iforest": [0.1] * 5})
    few = frame[frame.method.isin(["mnp", "devnet"]) | (frame.dataset == "d0")]
    covered = coverage(prepare(made_up.fail(few, dataset="d4", method="devnet")))
    assert len(covered.complete) == 5 and covered.compared == ("MNP",)


def test_where_no_method_is_complete_the_complete_datasets_are_compared() -> None:
    frame = valued({"mnp": [0.9] * 5, "devnet": [0.5] * 5})
    frame = made_up.fail(made_up.fail(frame, dataset="d0", method="devnet"), dataset="d1", method="mnp")
    covered = coverage(prepare(frame))
    assert covered.compared == ("DevNet", "MNP") and covered.complete == ("d2", "d3", "d4")
    assert covered.notes == (
        "Missing cells: no method has all its runs, so averages, ranks and wins are over the 3 of 5 datasets where "
        "each compared method has its one run.",
    )


def test_a_cell_that_was_never_asked_for_is_a_dash() -> None:
    frame = valued({"mnp": [0.9, 0.9, 0.8], "devnet": [0.5, 0.5, 0.5]})
    partial = frame[~((frame.dataset == "d2") & (frame.method == "devnet"))]
    assert entry(compared(partial), "DevNet", "d2") == render.HOLE
    assert coverage(prepare(partial)).compared == ("MNP",)


def test_marks_of_supervision_and_synthetic_data() -> None:
    shown = compared(made_up.rows(["synthetic-blobs", "wine"], scenarios=({"protocol": "paper"},)))
    text = render.entries(shown, render.MARKDOWN)
    assert set(text.index) == {"MNP†", "DevNet", "Logistic regression", "Isolation forest‡"}
    assert list(text.columns[:2]) == ["synthetic-blobs§", "wine"]
    assert {comparison.DAGGER, comparison.DOUBLE_DAGGER, comparison.SYNTHETIC} < set(shown.notes)
    plain = compared(made_up.rows(["wine"], ["mnp", "devnet"]))
    assert not {comparison.DAGGER, comparison.DOUBLE_DAGGER, comparison.SYNTHETIC} & set(plain.notes)
    assert "Isolation forest$^\\ddagger$" in render.latex(shown)


def test_methods_without_labels_are_marked_among_others_only() -> None:
    alone = compared(made_up.rows(["wine"], ["iforest", "ecod"]))
    assert not alone.double_daggers and comparison.DOUBLE_DAGGER not in alone.notes
    among = compared(made_up.rows(["wine"], ["iforest", "ecod", "logistic-regression"]))
    assert list(map(among.marked, sorted(among.mean.index))) == ["ECOD‡", "Isolation forest‡", "Logistic regression"]
    assert "Isolation forest‡" in str(grids.of_comparison(among).body)


@pytest.mark.parametrize(("protocol", "shown"), [("weak", False), ("paper", True), ("adbench", True)])
def test_trapezoid_area_only_for_published_protocols(protocol: str, shown: bool) -> None:
    frame = made_up.rows(scenarios=({"protocol": protocol, "contamination": 0.02},))
    assert ("auc_pr_trapezoid" in comparison.metrics(frame)) is shown


def test_scenarios_have_a_table_each_and_their_mean_comes_first() -> None:
    frame = made_up.rows(scenarios=[{"contamination": level} for level in (0.0, 0.02, 0.05)], seeds=2)
    shown = comparison.comparisons(frame, METRIC)
    assert [table.title.partition("(")[2] for table in shown] == ["mean over 3 scenarios)"] + [
        f"weak protocol, 5 labelled anomalies, contamination {level})" for level in ("0", "0.02", "0.05")
    ]
    values = frame[(frame.method == "mnp") & (frame.dataset == "wine")].groupby("seed")[METRIC].mean()
    assert shown[0].mean.loc["MNP", "wine"] == pytest.approx(values.mean())
    assert shown[0].std.loc["MNP", "wine"] == pytest.approx(values.std(ddof=1))


def test_scenarios_of_two_protocols_are_not_averaged() -> None:
    frame = made_up.rows(scenarios=({"protocol": "weak"}, {"protocol": "paper"}))
    assert len(comparison.comparisons(frame, METRIC)) == 2
    assert len({label for label, _ in scenarios(frame)}) == 2


def test_parameters_tell_two_variants_of_a_method_apart() -> None:
    shown = compared(made_up.rows(methods=("mnp",), params={"mnp": ({}, {"n_prototypes": 2})}))
    assert set(shown.mean.index) == {"MNP (defaults)", "MNP (n_prototypes=2)"}


def test_failures_by_reason() -> None:
    frame = made_up.fail(made_up.rows(seeds=2), method="mnp", status="timeout", reason="took more than 5 s")
    bad = failures(frame)
    assert len(bad) == 6 and set(bad.status) == {"timeout"}
    assert reasons(frame).to_dict("records") == [
        {
            "method": "MNP",
            "status": "timeout",
            "cells": 6,
            "datasets": "breast-cancer, digits-low and wine",
            "reason": "took more than 5 s",
        }
    ]
    assert reasons(made_up.rows()).empty


def test_cost_by_hand() -> None:
    frame = made_up.fail(made_up.rows(["wine"], ["mnp", "ecod"], seeds=3), method="ecod", seed=0)
    costs = cost(frame).set_index("method")
    assert costs.fit_seconds["MNP"] == pytest.approx(2.2)  # 2.0, 2.2, 2.4
    assert costs.slowest_fit_seconds["MNP"] == pytest.approx(2.4)
    assert costs.total_seconds["MNP"] == pytest.approx(6.6, abs=0.05)
    assert (costs["cells"]["ECOD"], costs["failed"]["ECOD"]) == (2, 1)


def test_names_sort_as_people_count() -> None:
    assert sorted(["adbench/10_cover", "adbench/2_a", "wine", "adbench/1_b"], key=natural) == [
        "adbench/1_b", "adbench/2_a", "adbench/10_cover", "wine",
    ]  # fmt: skip


def test_the_same_bytes_whatever_the_order_of_rows(tmp_path: Path) -> None:
    frame = made_up.fail(made_up.rows(seeds=2), dataset="wine", method="mnp", seed=1)
    first = tables.write(tmp_path / "a", frame)
    second = tables.write(tmp_path / "b", frame.sample(frac=1, random_state=3))
    assert [path.name for path in first] == [path.name for path in second]
    for path, other in zip(first, second, strict=True):
        assert path.read_bytes() == other.read_bytes(), path.name


def test_tables_of_a_metric_that_is_gone_are_removed(tmp_path: Path) -> None:
    tables.write(tmp_path, made_up.rows(scenarios=({"protocol": "paper"},)))
    assert (tmp_path / "auc_pr_trapezoid.tex").exists()
    written = tables.write(tmp_path, made_up.rows())
    assert set(tmp_path.iterdir()) == set(written)


def test_a_scenario_says_which_types_are_tested() -> None:
    """Both readings of "unseen": with the known types, or alone."""
    known = {"known_types": ["a"], "label_budget": 10}
    rows = made_up.rows(["d"], ["mnp"], seeds=1, scenarios=[known, {**known, "unseen_only": True}])
    start = "weak protocol, 10 labelled anomalies, natural contamination, some anomaly types unseen"
    assert {label for label, _ in scenarios(rows)} == {start, f"{start} and tested alone"}


def test_a_split_with_one_unseen_type_goes_by_it() -> None:
    """All types but one have to be known, by the card of the set, and that one has to be tested alone."""
    splits = [{"known_types": known, "unseen_only": True} for known in (["7", "9"], ["8", "7"], ["8"])]
    rows = made_up.rows(["digits-not789", "mine"], ["mnp"], seeds=1, scenarios=splits)
    assert sorted(prepare(rows)["where"]) == [
        *("digits-not789 [8]", "digits-not789 [unseen 8]", "digits-not789 [unseen 9]"),
        *("mine [7, 9]", "mine [8, 7]", "mine [8]"),
    ]
    both = made_up.rows(["digits-not789"], ["mnp"], seeds=1, scenarios=[{"known_types": ["7", "9"]}])
    assert set(prepare(both)["where"]) == {"digits-not789 [7, 9]"}
