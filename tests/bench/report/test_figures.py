"""Every figure is drawn where the run was made for it, fits its page, and says in its caption what the data say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.report.figures import KINDS, NotAsked, Unsuited
from bench.report.figures.ablation import ablation
from bench.report.figures.canvas import save
from bench.report.figures.cost import cost, pareto
from bench.report.figures.critical import critical_difference, groups
from bench.report.figures.curves import curve
from bench.report.figures.heatmap import heatmap, similar
from bench.report.figures.prototypes import prototypes
from bench.report.figures.scores import hits_at, precision_at, precision_recall_curves, stored
from bench.report.figures.strips import pages, strips
from bench.report.figures.unseen import unseen_types
from bench.report.figures.write import CAPTIONS, write
from tests.bench.report.made_up import fail, rows
from tests.present import present

LEVELS = ({"contamination": 0.0}, {"contamination": 0.05}, {"contamination": 0.1})


def test_a_small_run_gets_its_figures_and_no_word_of_those_it_was_not_made_for(tmp_path: Path) -> None:
    first = write(tmp_path, rows(("wine", "glass"), ("mnp", "iforest"), 2, scores=True))
    told = json.loads((tmp_path / CAPTIONS).read_text())
    names = [entry["name"] for entry in told["figures"]]
    expected = ["cost", "critical_difference", "heatmap", "strips", "score_distributions", "precision_recall", "roc"]
    assert names == expected and told["not_drawn"] == []
    assert all((tmp_path / f"{name}.{suffix}").stat().st_size for name in names for suffix in ("png", "pdf", "txt"))
    assert all(path.exists() for path in first)
    write(tmp_path, rows(("wine", "glass"), ("mnp", "iforest"), 2))
    told = json.loads((tmp_path / CAPTIONS).read_text())
    assert [entry["reason"] for entry in told["not_drawn"]] == ["the test scores are not stored"] * 3
    assert not (tmp_path / "roc.png").exists()  # of rows that are no longer there


def test_equal_rows_are_equal_bytes_without_dates(tmp_path: Path) -> None:
    frame = rows(("wine", "glass"), ("mnp", "iforest"), 2)
    for name in ("a", "b"):
        save(cost(frame.sample(frac=1, random_state=len(name)))[0], tmp_path / name)
    for suffix in ("png", "pdf"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    assert b"Date" not in (tmp_path / "a.pdf").read_bytes()


def test_a_contamination_curve_shows_means_of_complete_methods_with_intervals() -> None:
    frame = fail(rows(("wine", "glass", "yeast"), seeds=3, scenarios=LEVELS), dataset="wine", method="devnet", seed=1)
    figure, caption = curve(frame, "contamination")
    (axis,) = figure.axes
    lines = {text.get_text() for text in present(axis.get_legend()).get_texts()}
    assert lines == {"MNP", "Logistic regression", "Isolation forest"}
    assert "over 3 datasets" in caption and "From 0 to 0.1 the mean changes least favourably for" in caption
    assert "Not in the comparison, for lack of results: DevNet (24 of 27 runs)" in caption
    good = frame[frame.method == "mnp"]
    means = good.groupby(["contamination", "dataset"]).average_precision.mean().groupby(level=0).mean()
    drawn = [np.asarray(line.get_ydata()) for line in axis.lines if line.get_color() == "#0072B2"]
    assert any(np.allclose(values, means) for values in drawn if len(values) == 3)


def test_a_curve_needs_two_levels_and_one_complete_dataset() -> None:
    with pytest.raises(NotAsked, match="two levels of contamination"):
        curve(rows(), "contamination")
    frame = rows(("wine",), ("mnp", "devnet"), scenarios=LEVELS)
    broken = fail(frame, method="mnp", contamination=0.05)
    assert isinstance(curve(frame, "contamination")[1], str)
    with pytest.raises(Unsuited, match="no dataset has every level") as caught:
        curve(fail(broken, method="devnet", contamination=0.0), "contamination")
    assert not isinstance(caught.value, NotAsked)


def test_noise_is_a_curve_from_the_default_on() -> None:
    noisy = tuple({"label_budget": 20, **more} for more in ({}, {"label_noise": 0.1}, {"label_noise": 0.5}))
    figure, caption = curve(rows(scenarios=noisy), "label_noise")
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["0", "0.1", "0.5"]
    assert "against the label noise" in caption


def test_each_remaining_scenario_has_a_panel() -> None:
    grid = [{"contamination": c, "label_budget": b} for c in (0.0, 0.1) for b in (1, 10, 50)]
    figure, _ = curve(rows(("wine",), ("mnp", "devnet"), 2, grid), "label_budget")
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == ["weak protocol, contamination 0", "weak protocol, contamination 0.1"]
    assert figure.axes[0].get_xscale() == "log" and "log scale" in figure.axes[0].get_xlabel()


def test_bars_join_only_neighbours_of_whom_no_two_are_apart() -> None:
    apart = np.zeros((5, 5), dtype=bool)
    apart[0, 2] = apart[0, 3] = apart[0, 4] = apart[1, 3] = apart[3, 4] = True
    # 1 and 4 are not apart, nor 2 and 4: but 3 between them is apart from 4
    assert groups(apart | apart.T) == [(0, 1), (1, 2), (2, 3)]
    assert groups(np.zeros((3, 3), dtype=bool)) == [(0, 2)]
    assert groups(~np.eye(3, dtype=bool)) == []


def test_a_critical_difference_diagram_claims_nothing_on_two_datasets() -> None:
    figure, caption = critical_difference(rows(("wine", "glass")))
    (axis,) = figure.axes
    assert sum(line.get_linewidth() == 2.4 for line in axis.lines) == 1  # one bar over all
    assert "No test is possible: a rank test over datasets needs" in caption
    with pytest.raises(Unsuited, match="fewer than two methods"):
        critical_difference(rows(methods=("mnp",)))


def test_the_pareto_front_holds_whom_none_beats() -> None:
    seconds = pd.Series({"a": 1.0, "b": 2.0, "c": 2.0, "d": 3.0, "e": 4.0})
    value = pd.Series({"a": 0.5, "b": 0.4, "c": 0.7, "d": 0.7, "e": 0.8})
    assert pareto(seconds, value) == ["a", "c", "e"]


def test_the_time_axis_has_numbers_even_if_all_methods_cost_the_same() -> None:
    frame = rows(methods=("mnp", "devnet")).assign(fit_seconds=2.4, score_seconds=0.0)
    figure, _ = cost(frame)
    (axis,) = figure.axes
    low, high = axis.get_xlim()
    assert sum(low <= tick <= high for tick in axis.get_xticks()) >= 2
    figure.draw_without_rendering()
    assert {"2", "5"} <= {label.get_text() for label in axis.get_xticklabels()}


def test_ablation_is_the_difference_from_the_whole_over_datasets() -> None:
    choices: list[dict[str, Any]] = [{}, {"contrast": False}, {"n_prototypes": 1}]
    frame = rows(("wine", "glass", "yeast"), ("mnp",), params={"mnp": choices})
    figure, caption = ablation(frame)
    means = frame.groupby(["dataset", "params"]).average_precision.mean().unstack()
    change = (means['{"contrast":false}'] - means["{}"]).mean()
    diamonds = [np.asarray(line.get_xdata())[0] for line in figure.axes[1].lines if line.get_marker() == "D"]
    assert len(diamonds) == 2 and any(np.isclose(x, change) for x in diamonds)
    assert "intervals over datasets" in caption
    with pytest.raises(NotAsked):
        ablation(rows())


def test_sensitivity_to_k_names_its_best_and_worst() -> None:
    params = {"mnp": [{}, *({"n_prototypes": k} for k in (1, 4, 9))]}
    frame = rows(("wine", "glass"), ("mnp",), params=params)
    means = frame.groupby(["params", "dataset"]).average_precision.mean().groupby(level=0).mean()
    _, caption = prototypes(frame)
    best = str(means.drop("{}").idxmax())
    assert f"highest mean is at K = {json.loads(best)['n_prototypes']} ({means[best]:.3f})" in caption
    assert f"chosen from the data ({means['{}']:.3f})" in caption
    with pytest.raises(NotAsked):
        ablation(frame)  # only K varies: that is not an ablation


def test_unseen_types_show_both_kinds() -> None:
    known = tuple({"known_types": [anomaly_type], "label_budget": 10} for anomaly_type in ("7", "8"))
    figure, caption = unseen_types(rows(("digits",), scenarios=known))
    assert len(figure.axes[0].patches) == 8 and "2 choices of known types on 1 dataset" in caption
    with pytest.raises(NotAsked):
        unseen_types(rows())


def test_holes_are_seen_in_the_heatmap_and_counted() -> None:
    frame = fail(fail(rows(), dataset="wine", method="mnp"), dataset="digits-low", method="devnet", seed=0)
    figure, caption = heatmap(frame)
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words.count("-") == 1 and sum(word.endswith("*") for word in words) == 1
    assert "1 entry has no result" in caption and "1 entry is a mean over fewer runs" in caption
    assert list(similar(pd.DataFrame([[0.1], [0.9]]))) == [1, 0]


def test_score_curves_agree_with_the_metrics() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    frame = rows(("wine",), ("mnp",), 1, scores=True)
    truth, scores = frame.truth[0], frame.scores[0]
    assert np.trapezoid(hits_at(truth, scores), np.linspace(0, 1, 201)) == pytest.approx(
        roc_auc_score(truth, scores), abs=0.01
    )
    curve_of = precision_at(truth, scores)
    assert (np.diff(curve_of) <= 0).all()
    assert curve_of.mean() >= average_precision_score(truth, scores) - 0.01
    assert np.array_equal(precision_at(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.3])), np.ones(201))
    # the anomalies on places 1 and 3: precision 1 up to recall 1/2, then 2/3
    half = precision_at(np.array([1, 0, 1, 0]), np.array([4.0, 3.0, 2.0, 1.0]))
    assert half[100] == 1.0 and half[101] == pytest.approx(2 / 3) and half[0] == 1.0


def test_runs_without_scores_are_left_out_and_counted() -> None:
    frame = rows(("wine", "glass"), ("mnp", "devnet"), 2, scores=True)
    hit = frame.index[(frame.dataset == "wine") & (frame.method == "mnp")]
    frame.loc[hit, "scores"] = None
    good, notes = stored(frame)
    assert (
        set(good.dataset) == {"wine", "glass"}
        and set(good.method) == {"devnet"}
        and notes[0] == "2 runs left out, having no stored scores."
    )
    assert "2 runs left out" in precision_recall_curves(frame)[1]


def test_strips_of_many_datasets_turn_pages_in_natural_order() -> None:
    frame = rows([f"adbench/{n}_set" for n in range(1, 31)], ("mnp", "devnet", "iforest"), 1)
    assert pages(frame) > 1
    titles = [axis.get_title() for page in range(pages(frame)) for axis in strips(frame, page=page)[0].axes]
    assert titles == [f"adbench/{n}_set" for n in range(1, 31)]


def test_a_run_of_failures_draws_nothing_and_says_why(tmp_path: Path) -> None:
    frame = rows(("wine",), ("mnp", "devnet"), 2)
    write(tmp_path, fail(frame, dataset="wine"))
    told = json.loads((tmp_path / CAPTIONS).read_text())
    assert told["figures"] == [] and {entry["name"] for entry in told["not_drawn"]} >= {"heatmap", "strips", "cost"}


def test_file_names_of_kinds_are_unique() -> None:
    assert len({figure.name for figure in KINDS}) == len(KINDS)
