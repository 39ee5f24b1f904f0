"""Tests and intervals against formulas written out by hand, and what they must refuse to say."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.report import statistics, verdicts
from bench.report.bootstrap import ONE_SEED, improvement, mean_interval
from bench.report.pairwise import holm_corrected, holm_pairs, wilcoxon
from bench.report.rows import prepare
from bench.report.statistics import friedman, judge, sentences
from tests.bench.report import made_up

METRIC = "average_precision"


def matrix(rows: int, columns: int, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).random((rows, columns))
    return pd.DataFrame(values, [f"d{i}" for i in range(rows)], [f"m{i}" for i in range(columns)])


def many(datasets: int, seeds: int = 3) -> pd.DataFrame:
    return made_up.rows([f"d{i:02d}" for i in range(datasets)], seeds=seeds)


def test_friedman_is_its_formula() -> None:
    data = matrix(9, 4)
    n, k = data.shape
    ranks = data.rank(axis=1).mean()
    by_hand = 12 * n / (k * (k + 1)) * ((ranks**2).sum() - k * (k + 1) ** 2 / 4)
    result = friedman(data)
    assert result is not None and result[0] == pytest.approx(by_hand)


def signed_rank_p(differences: np.ndarray) -> float:
    """Two-sided exact p-value by trying every sign."""
    ranks = pd.Series(np.abs(differences)).rank().to_numpy()
    seen = abs((ranks * np.sign(differences)).sum())
    every = [abs((ranks * signs).sum()) for signs in product((-1, 1), repeat=len(ranks))]
    return float(np.mean(np.array(every) >= seen - 1e-12))


def test_wilcoxon_is_paired_by_dataset_and_exact() -> None:
    data = matrix(8, 3)
    result = wilcoxon(data)
    for a, b in (("m0", "m1"), ("m0", "m2"), ("m1", "m2")):
        assert result.loc[a, b] == pytest.approx(signed_rank_p((data[a] - data[b]).to_numpy()))
    np.testing.assert_array_equal(result, result.T)


def test_a_small_gain_on_every_dataset_is_seen() -> None:
    """Far apart datasets, the same small gain on each: visible only if the pairs stay together."""
    hard = pd.Series(np.linspace(0.1, 0.9, 10), [f"d{i}" for i in range(10)])
    data = pd.DataFrame({"worse": hard, "better": hard + 0.01}).iloc[::-1]
    assert holm_pairs(wilcoxon(data)).loc["better", "worse"] == pytest.approx(2 / 2**10)


def test_holm_by_hand() -> None:
    data = matrix(10, 4, seed=4)
    data["m0"] += 0.4
    plain, corrected = wilcoxon(data).to_numpy(dtype=float), holm_pairs(wilcoxon(data)).to_numpy(dtype=float)
    pairs = [(a, b) for a in range(4) for b in range(a + 1, 4)]
    order = sorted(pairs, key=lambda pair: plain[pair])
    running = 0.0
    for number, pair in enumerate(order):
        running = max(running, min(1.0, plain[pair] * (len(pairs) - number)))
        assert corrected[pair] == pytest.approx(running)


def test_methods_that_always_tie_do_not_differ() -> None:
    data = pd.DataFrame({name: np.linspace(0.2, 0.8, 8) for name in "abc"})
    assert friedman(data) == (0.0, 1.0)
    assert (holm_pairs(wilcoxon(data)).to_numpy() == 1).all()


def test_near_duplicates_count_once() -> None:
    frame = many(6)
    copies = frame[frame.dataset == "d00"]
    more = pd.concat([frame, *(copies.assign(dataset=f"d00 copy {i}", dataset_family="d00") for i in range(5))])
    once, often = judge(frame, METRIC, ""), judge(more, METRIC, "")
    assert len(often.coverage.complete) == 11 and len(often.matrix) == 6
    pd.testing.assert_series_equal(once.ranks, often.ranks)
    assert once.holm is not None and often.holm is not None
    pd.testing.assert_frame_equal(once.holm, often.holm)
    assert once.intervals["mean"].tolist() == pytest.approx(often.intervals["mean"].tolist())


def test_seeds_are_no_units() -> None:
    assert len(judge(many(6, seeds=2), METRIC, "").matrix) == len(judge(many(6, seeds=9), METRIC, "").matrix) == 6


@pytest.mark.parametrize("datasets", [1, 2])
def test_two_datasets_allow_no_test(datasets: int) -> None:
    verdict = judge(many(datasets), METRIC, "")
    assert verdict.friedman is None and verdict.holm is None and verdict.wilcoxon is None
    text = " ".join(sentences(verdict))
    assert "No test is possible" in text and "p = " not in text and "higher" not in text


def test_three_datasets_give_numbers_and_no_claim() -> None:
    verdict = judge(many(3), METRIC, "")
    assert verdict.friedman is not None and verdict.holm is not None
    assert verdict.significant == []
    assert "Too few datasets for any claim" in verdict.trouble and "higher" not in " ".join(sentences(verdict))


def test_needed_families_are_the_fewest_that_can_reach_the_level() -> None:
    pairs = 6  # of four methods
    needed = int(judge(many(3), METRIC, "").trouble.split(";")[1].split()[0])
    assert pairs * 2.0 ** (1 - needed) < statistics.ALPHA <= pairs * 2.0 ** (2 - needed)
    assert judge(many(needed), METRIC, "").trouble == ""


def test_claims_name_the_better_method_first() -> None:
    frame = many(14)
    frame.loc[frame.method == "mnp", METRIC] = frame.loc[frame.method == "devnet", METRIC].to_numpy() + 0.05
    pairs = {(a, b) for a, b, _ in judge(frame, METRIC, "").significant}
    assert ("MNP", "DevNet") in pairs and ("DevNet", "MNP") not in pairs


def test_no_pair_is_claimed_when_friedman_does_not_reject() -> None:
    verdict = judge(many(14), METRIC, "")
    silent = statistics.Verdict(**{**vars(verdict), "friedman": (1.0, 0.4)})
    assert verdict.significant and silent.significant == []
    assert "no pair of methods can be told apart" in " ".join(sentences(silent))


def test_holes_are_refused() -> None:
    rows = prepare(made_up.rows())
    with pytest.raises(ValueError, match="holes"):
        statistics.unit_matrix(rows[~((rows.method == "mnp") & (rows.dataset == "wine"))], METRIC)


def test_bootstrap_is_the_same_each_time_and_leaves_the_global_stream_alone() -> None:
    groups = [np.random.default_rng(i).random(5) for i in range(4)]
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    assert mean_interval(groups, "a") == mean_interval(groups, "a")
    assert mean_interval(groups, "a") != mean_interval(groups, "b")
    assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()


def test_the_mean_s_interval_has_the_width_theory_gives() -> None:
    groups = [np.random.default_rng(i).normal(0.5, 0.1, 200) for i in range(6)]
    interval = mean_interval(groups, "theory")
    error = np.sqrt(sum(group.var() / len(group) for group in groups)) / len(groups)
    assert interval.value == pytest.approx(np.mean([group.mean() for group in groups]))
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_weights_are_the_mean_s() -> None:
    groups = [np.full(3, value) for value in (0.2, 0.4, 0.9)]
    assert mean_interval(groups, "w", weights=np.array([0.5, 0.5, 1.0])).value == pytest.approx(0.6)


def test_probability_of_improvement_at_its_ends() -> None:
    low, high = np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.6, 0.7])
    assert improvement([(high, low)] * 3, "x").value == 1.0
    assert improvement([(low, high)] * 3, "x") == improvement([(low, high)] * 3, "x")
    assert improvement([(low, high)] * 3, "x").high == 0.0
    assert improvement([(low, low)] * 3, "x").value == 0.5
    assert improvement([(high, low), (low, high)], "x").value == 0.5


def test_one_seed_gives_no_interval(tmp_path: Path) -> None:
    verdict = judge(many(4, seeds=1), METRIC, "")
    assert verdict.intervals.low.isna().all() and verdict.improvements.high.isna().all()
    assert verdict.intervals["mean"].notna().all()
    verdicts.write(tmp_path, verdicts.verdicts(many(4, seeds=1)))
    assert ONE_SEED in (tmp_path / "statistics.md").read_text()


def test_what_is_written_is_what_was_found(tmp_path: Path) -> None:
    frame = many(14)
    verdicts.write(tmp_path, verdicts.verdicts(frame))
    verdict = judge(frame, METRIC, "")
    assert verdict.holm is not None
    pairs = pd.read_csv(tmp_path / "pairwise.csv", keep_default_na=False)
    pairs = pairs[pairs.metric == METRIC]
    assert len(pairs) == 6
    claimed = set()
    for pair in pairs.to_dict("records"):
        first, second, higher = pair["first"], pair["second"], pair["higher"]
        assert pair["p_holm"] == pytest.approx(verdict.holm.loc[first, second], abs=1e-6)
        assert pair["rank_first"] <= pair["rank_second"]
        if higher:
            claimed.add((higher, second if higher == first else first))
    assert claimed == {(a, b) for a, b, _ in verdict.significant} and claimed
    tests = pd.read_csv(tmp_path / "tests.csv").set_index("metric")
    assert verdict.friedman is not None
    assert tests.friedman_p[METRIC] == pytest.approx(verdict.friedman[1], abs=1e-6)
    text = (tmp_path / "statistics.md").read_text()
    for assumption in statistics.assumptions(3):
        assert assumption.split(";")[0] in text


@pytest.mark.parametrize("size", [0, 1, 2, 7, 60])
def test_holm_is_that_of_statsmodels(size: int) -> None:
    pytest.importorskip("statsmodels", reason="statsmodels is not installed; it is in the extra dev")
    from statsmodels.stats.multitest import multipletests

    p_values = np.round(np.random.default_rng(size).uniform(size=size) ** 3, 2)  # with ties
    theirs = multipletests(p_values, method="holm")[1] if size else p_values
    assert np.array_equal(holm_corrected(p_values), theirs)
