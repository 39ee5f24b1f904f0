"""Generated blocks of documents: what is replaced, what the tables and sentences hold, what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.errors import StoreError
from bench.report import generated, page, reference, summary
from bench.report import source as source_module
from bench.report import stores as stores_module
from bench.report.agreement import agreement, sentence, spearman
from bench.report.blocks import Block, filled
from bench.report.paired import differences
from bench.report.statistics import judge
from bench.report.titles import Question, question
from bench.store import schema, segments
from tests.bench.report import made_up

METRIC = "average_precision"
LEVELS = ({"contamination": 0.0}, {"contamination": 0.2})
NAMES = [f"d{i:02d}" for i in range(14)]


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> stores_module.Stores:
    frames = {
        "one": made_up.rows(NAMES, list(made_up.METHODS), seeds=2),
        "levels": made_up.rows(NAMES[:3], ["mnp", "ecod"], scenarios=LEVELS, seeds=2),
        "kin": made_up.rows(NAMES, list(made_up.METHODS), seeds=2, families=dict.fromkeys(NAMES[:4], "kin")),
        "fewer": few_seeds(made_up.rows(NAMES, ["mnp", "prenet", "ecod", "devnet"], seeds=3), "devnet"),
        "holes": made_up.fail(made_up.rows(NAMES, ["mnp", "prenet", "ecod"]), dataset="d03", method="ecod", seed=1),
    }
    monkeypatch.setattr(source_module, "read", lambda folder: frames.get(folder.name, pd.DataFrame()))
    monkeypatch.setattr(stores_module, "read_manifest", lambda folder: [{"suite": 'title = "What it asks"'}])
    return stores_module.Stores(Path("root"))


def few_seeds(frame: pd.DataFrame, method: str) -> pd.DataFrame:
    """The frame with one seed only of a method."""
    return frame[(frame.method != method) | (frame.seed == 0)]


def write(stores: stores_module.Stores, name: str, *subjects: str, **options: str) -> str:
    return generated.written(stores, Block(name, subjects, options))


def test_blocks_are_replaced_and_nothing_else() -> None:
    text = "a 1\n<!-- generated: counts one two x=3 y=a=b -->\nold\n\nold\n<!-- end -->\nb 2\n"
    seen: list[Block] = []

    def new(block: Block) -> str:
        seen.append(block)
        return "new\nlines"

    made = filled(text, new, "README.md")
    assert made == "a 1\n<!-- generated: counts one two x=3 y=a=b -->\nnew\nlines\n<!-- end -->\nb 2\n"
    assert seen == [Block("counts", ("one", "two"), {"x": "3", "y": "a=b"})]
    assert filled(made, new, "README.md") == made
    assert filled("nothing\nhere", new, "README.md") == "nothing\nhere"


def test_blocks_of_another_mark_are_left_alone() -> None:
    text = "<!-- other: x -->\nold\n<!-- end -->\n<!-- generated: counts one -->\nold\n<!-- end -->\n"
    assert filled(text, lambda block: "new", "a") == text[:35] + text[35:].replace("old", "new")
    assert filled(text, lambda block: "new", "a", "other") == text[:35].replace("old", "new") + text[35:]


@pytest.mark.parametrize("rest", ["", "x\n", "x\n<!-- generated: counts other -->\nx\n<!-- end -->\n"])
def test_a_block_without_an_end_is_told_with_its_line(rest: str) -> None:
    with pytest.raises(StoreError, match=r"README\.md, line 2: the generated block does not end"):
        filled("a\n<!-- generated: counts one -->\n" + rest, lambda block: "", "README.md")


def test_counts(stores: stores_module.Stores) -> None:
    assert write(stores, "counts", "one") == (
        "14 datasets in 14 families, weak protocol, 5 labelled anomalies, contamination 0.02, 2 seeds, 8 methods "
        "(224 cells, all with a result)"
    )
    assert write(stores, "counts", "holes").endswith("3 methods (126 cells, 1 without a result)")
    assert "2 scenarios" in write(stores, "counts", "levels")


def test_seeds_and_datasets_narrow_a_block(stores: stores_module.Stores) -> None:
    """Who has one seed of two is in the comparison on that seed, with tests of its own."""
    assert "one seed, 3 methods (42 cells, 1 without a result)" in write(stores, "counts", "holes", seeds="1")
    whole = write(stores, "table", "holes", seeds="0")
    assert "Not in the comparison" not in whole and "ECOD" in whole
    assert "ECOD is in place" in write(stores, "standing", "holes", method="ecod", seeds="0", datasets="d00,d01,d02")
    assert "3 datasets in 3 families" in write(stores, "counts", "holes", datasets="d00,d01,d02")
    assert stores.verdict(Block("x", (), {}), "one").coverage.datasets == 14
    some = stores.verdict(Block("x", (), {"datasets": "d00,d01"}), "one")
    assert some.coverage.datasets == 2 and some is stores.verdict(Block("y", (), {"datasets": "d00,d01"}), "one")
    with pytest.raises(StoreError, match="has seeds=7"):
        write(stores, "table", "one", seeds="7")


def test_a_table_by_hand(stores: stores_module.Stores) -> None:
    rows = stores.read("one")
    lines = write(stores, "table", "one", rows="3").splitlines()
    assert (
        lines[0] == "| Method | Average precision | Average rank over datasets | Wins | Seconds per run |"
        and len(lines) == 5
    )
    means = rows.groupby(["where", "variant"])[METRIC].mean().unstack()
    ranks = means.rank(axis=1, ascending=False).mean().sort_values()
    name = ranks.index[0]
    wins = int((means[name] == means.max(axis=1)).sum())
    mine = rows[rows.variant == name]
    seconds = mine.fit_seconds.median() + mine.score_seconds.median()
    assert lines[2] == f"| {name} | {means[name].mean():.3f} | {ranks.iloc[0]:.2f} | {wins} | {seconds:.2f} |"
    assert len(write(stores, "table", "one").splitlines()) == 2 + 8 + 2


def test_a_table_explains_the_signs_that_it_shows_and_no_other(stores: stores_module.Stores) -> None:
    whole, first = write(stores, "table", "one"), write(stores, "table", "one", rows="2")
    assert "| ECOD‡ |" in whole and "| Isolation forest‡ |" in whole and whole.endswith("\n\n‡ uses no labels.")
    assert "‡" not in first


def test_a_method_with_holes_is_below_the_table(stores: stores_module.Stores) -> None:
    *table, empty, note = write(stores, "table", "holes").splitlines()
    assert len(table) == 4 and empty == "" and note.startswith("Not in the comparison: ECOD, with 41 of 42 runs")
    assert "ECOD is not in the comparison" in write(stores, "standing", "holes", method="ecod")


def test_a_standing_names_every_other_method_once(stores: stores_module.Stores) -> None:
    text = write(stores, "standing", "one", method="mnp")
    verdict = judge(stores.read("one"), METRIC, "")
    assert f"MNP is in place {list(verdict.ranks.index).index('MNP') + 1} of 8" in text
    for name in set(verdict.ranks.index) - {"MNP"}:
        assert text.count(name) == 1, name
    worse = [b for a, b, _ in verdict.significant if a == "MNP"]
    assert worse and "higher than " + worse[0] in text


def test_curve_and_change_by_hand(stores: stores_module.Stores) -> None:
    rows = stores.read("levels")
    means = rows.groupby(["variant", "contamination"])[METRIC].mean().unstack()
    lines = write(stores, "curve", "levels", over="contamination").splitlines()
    assert lines[0] == "| Method | 0% | 20% | mean |"
    mnp = means.loc["MNP"]
    assert f"| MNP | {mnp.iloc[0]:.3f} | {mnp.iloc[1]:.3f} | {mnp.mean():.3f} |" in lines
    text = write(stores, "change", "levels", over="contamination")
    assert f"MNP {mnp.iloc[1] - mnp.iloc[0]:+.3f} ({mnp.iloc[0]:.3f} to {mnp.iloc[1]:.3f})" in text


def test_the_place_at_each_level_by_hand(stores: stores_module.Stores) -> None:
    rows = stores.read("levels")
    means = rows.groupby(["variant", "contamination"])[METRIC].mean().unstack()
    first, second = means.mean(axis=1).sort_values(ascending=False).index
    text = write(stores, "place", "levels", over="contamination", method=rows.method[rows.variant == second].iloc[0])
    assert text.startswith(
        f"Of 2 methods {second} is, by mean average precision (2 seeds), at 0% contamination in place "
    )
    for level, words in ((0.0, "0%"), (0.2, "20%")):
        better = int((means[level] > means.loc[second, level]).sum())
        other = f"{first} {means.loc[first, level]:.3f}"
        assert f"at {words} contamination in place {better + 1} ({means.loc[second, level]:.3f}; {other})" in text
    with pytest.raises(StoreError, match="no compared variant is of method 'nobody'"):
        write(stores, "place", "levels", over="contamination", method="nobody")


def test_one_scenario_is_chosen(stores: stores_module.Stores) -> None:
    with pytest.raises(StoreError, match=r"root/levels holds 2 scenarios; choose one by protocol, label_budget, cont"):
        write(stores, "table", "levels")
    low, high = (write(stores, "table", "levels", contamination=level) for level in ("0", "0.2"))
    assert low != high and write(stores, "table", "levels", pooled="yes") not in (low, high)


def test_tests_of_the_mean_over_scenarios(stores: stores_module.Stores) -> None:
    verdict = stores.verdict(Block("standing", (), {"pooled": "yes"}), "levels")
    rows = stores.read("levels")
    means = rows.groupby(["dataset_family", "variant"])[METRIC].mean().unstack()
    assert np.allclose(verdict.matrix, means.loc[verdict.matrix.index, verdict.matrix.columns])
    assert "MNP is in place" in write(stores, "standing", "levels", method="mnp", pooled="yes")


@pytest.mark.parametrize(
    ("name", "subjects", "options", "words"),
    [
        ("tabel", ("one",), {}, "nothing is generated that is called 'tabel'; there are counts, table"),
        ("table", ("one",), {"row": "3"}, "table has no option 'row'; it has rows, protocol"),
        ("table", (), {}, "table needs one results folder"),
        ("order", ("one",), {}, "order needs two results folders"),
        ("table", ("absent",), {}, "root/absent holds no results yet"),
        ("table", ("levels",), {"contamination": "0.3"}, "no row of root/levels has contamination=0.3"),
        ("table", ("levels",), {"contamination": "low"}, "contamination=low is not a number"),
        ("standing", ("one",), {"method": "nobody"}, "no row of root/one is of method 'nobody'"),
        ("beside", ("one",), {"method": "nobody"}, "0 compared variants of method=nobody"),
        ("curve", ("levels",), {"over": "seed"}, "curve needs over=contamination or over=label_budget"),
        ("order", ("one", "levels"), {"contamination": "0.02"}, "no row of root/levels has contamination=0.02"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(
    stores: stores_module.Stores, name: str, subjects: tuple[str, ...], options: dict[str, str], words: str
) -> None:
    with pytest.raises(StoreError, match=words):
        generated.written(stores, Block(name, subjects, options))


def test_one_method_beside_the_others_by_hand(stores: stores_module.Stores) -> None:
    from scipy.stats import wilcoxon

    rows = stores.read("one")
    matrix = rows.groupby(["where", "variant"])[METRIC].mean().unstack()
    table = differences(matrix, "MNP")
    assert "MNP" not in table.index and list(table.difference) == sorted(table.difference, reverse=True)
    moved = matrix["MNP"] - matrix["ECOD"]
    row = table.loc["ECOD"]
    assert row.difference == pytest.approx(moved.mean()) and row.low < row.difference < row.high
    error = moved.std(ddof=0) / np.sqrt(14)
    assert row.high - row.low == pytest.approx(2 * 1.96 * error, rel=0.15)
    assert (row.higher, row.lower) == ((moved > 0).sum(), (moved < 0).sum())
    assert row.p == pytest.approx(wilcoxon(moved).pvalue)
    assert table.p_holm.min() == pytest.approx(min(1.0, 7 * table.p.min()))
    text = write(stores, "beside", "one", method="mnp")
    assert text.splitlines()[0] == "| MNP minus | Difference | 95% interval | Higher / lower | p (Holm) |"
    assert (
        f"| ECOD | {row.difference:+.3f} | {row.low:+.3f} to {row.high:+.3f} |" in text
        and "14 families, 2 seeds. " in text
    )
    near = write(stores, "beside", "one", method="mnp", nearest="1")
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert [line for line in near.splitlines() if line.startswith("| ")][1:] == lines[-1:]
    assert f"The {len(lines) - 1} methods further below are left out here" in near and "left out" not in text


def test_folders(stores: stores_module.Stores) -> None:
    lines = write(stores, "folders", "one", "holes").splitlines()
    assert lines[2].startswith("| `one/` | What it asks | 224 | 14 | 8 | 2 |") and lines[2].endswith("| none |")
    assert lines[3].startswith("| `holes/` | What it asks | 126 | 14 | 3 | 3 |") and lines[3].endswith("| 1 |")


SUITE = 'name = "{}"\ntitle = "{}"\nmethods = ["mnp"]\ndatasets = [{}]\n'
STORED = ("wine", "iris", "digits-low")


def suite(name: str, title: str, *datasets: str) -> str:
    return SUITE.format(name, title, ", ".join(f'"{dataset}"' for dataset in datasets or STORED))


def made_by(frame: pd.DataFrame, **cells: int) -> pd.DataFrame:
    """The frame with so many of its rows made by each run."""
    names = [run for run, number in cells.items() for _ in range(number)]
    return frame.assign(provenance=names + ["gone"] * (len(frame) - len(names)))


@pytest.mark.parametrize(
    ("folder", "suites", "cells", "title"),
    [
        ("labels", [("labels", "Labels"), ("other", "Other")], {"run0": 3, "run1": 9}, "Labels"),  # as it is called
        ("labels", [("labels", "Labels"), ("labels", "Labels and more")], {"run0": 9, "run1": 1}, "Labels and more"),
        ("mine", [("one", "First"), ("two", "Second"), ("one", "Third")], {"run0": 9, "run1": 3}, "Third"),  # most
        ("mine", [("one", "First"), ("two", "Second")], {"run0": 4, "run1": 4}, "Second"),  # of equals the last
        ("mine", [("one", "First"), ("two", "Second")], {}, "Second"),
        ("mine", [], {}, ""),
    ],
)
def test_a_folder_is_titled_by_the_suite_that_it_is_of(
    folder: str, suites: list[tuple[str, str]], cells: dict[str, int], title: str
) -> None:
    runs = [{"id": f"run{number}", "suite": suite(*named)} for number, named in enumerate(suites)]
    rows = made_by(made_up.rows(STORED, ["mnp"], seeds=4), **cells)
    asked = question(folder, runs, rows)
    assert asked.title == title and not asked.short
    assert page._title(Path("results") / folder, runs, rows) == (title or folder)


def test_a_store_without_all_sets_of_its_suite_says_how_many_it_has(
    stores: stores_module.Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = stores.read("one")
    for named, shown, said in [
        ((*NAMES, "wine", "iris"), "14 of 16", "14 of its 16"),
        ((*NAMES[:3], "wine"), "14 (3 of 4)", "3 of its 4"),
        (NAMES[:3], "14", ""),  # more than the suite names
    ]:
        runs = [{"id": "p", "suite": suite("one", "16 sets", *named)}]
        monkeypatch.setattr(stores_module, "read_manifest", lambda folder, runs=runs: runs)
        assert f"| 16 sets | 224 | {shown} | 8 |" in write(stores, "folders", "one")
        assert page._title(Path("one"), runs, rows) == "16 sets" + (f" ({said} datasets)" if said else "")


def test_a_suite_of_another_version_keeps_its_title() -> None:
    asked = question("old", [{"id": "p", "suite": 'name = "old"\ntitle = "Old"\nmethod = 3\n'}], made_up.rows())
    assert asked == Question("Old", 0, 0)


def test_a_rank_says_over_what(stores: stores_module.Stores) -> None:
    """Four of the datasets are one family, so the two ranks differ and are told apart by their words."""
    rows = stores.read("kin")
    means = rows.groupby(["dataset_family", "where", "variant"])[METRIC].mean()
    over_datasets = means.unstack().rank(axis=1, ascending=False).mean()
    families = means.groupby(level=["dataset_family", "variant"]).mean().unstack()
    over_families = families.rank(axis=1, ascending=False).mean().sort_values()
    assert f"{over_datasets['MNP']:.2f}" != f"{over_families['MNP']:.2f}"
    assert f"by average rank over datasets ({over_datasets['MNP']:.2f}; " in write(
        stores, "standing", "kin", method="mnp"
    )
    first = f"The best average rank over families is that of {over_families.index[0]} ({over_families.iloc[0]:.2f}); "
    assert first in write(stores, "pairs", "kin")
    told = summary.standing(stores.verdict(Block("x", (), {}), "kin"), "MNP")[0]
    assert f"by average rank over families ({over_families['MNP']:.2f})" in told


def test_every_sentence_says_on_how_many_seeds_it_rests(stores: stores_module.Stores) -> None:
    assert ", 1 to 3 seeds, " in write(stores, "counts", "fewer")
    assert "14 datasets, 2 seeds). By corrected" in write(stores, "standing", "one", method="mnp")
    assert "14 datasets, 3 seeds). By corrected" in write(stores, "standing", "fewer", method="mnp")  # of the compared
    assert "14 datasets, one seed). By" in write(stores, "standing", "fewer", method="mnp", seeds="0")
    assert "pairs differ (Wilcoxon signed-rank over dataset families, Holm; 2 seeds)" in write(stores, "pairs", "one")
    assert "Holm; one seed)" in write(stores, "pairs", "one", seeds="1")
    text = write(stores, "order", "one", "fewer")
    assert "on one (14 families, 2 seeds) and on fewer (14 families, 3 seeds) has a rank" in text
    assert "the mean (2 seeds) changes" in write(stores, "change", "levels", over="contamination")
    place = write(stores, "place", "levels", over="contamination", method="mnp", seeds="0")
    assert "by mean average precision (one seed), at 0%" in place
    assert "| 140 | 14 | 4 | 1 to 3 |" in write(stores, "folders", "fewer")
    assert "1 to 3 seeds" in summary.extent(stores.read("fewer"))[0]


def test_pooled_scenarios_of_different_seeds_say_both() -> None:
    frame = made_up.rows(NAMES, ["mnp", "ecod"], scenarios=LEVELS, seeds=2)
    verdict = judge(frame[(frame.contamination == 0.0) | (frame.seed == 0)], METRIC, "", bootstrap=False)
    assert verdict.seeds == (1, 2)


def test_spearman_is_scipys() -> None:
    from scipy.stats import spearmanr

    first, second = np.random.default_rng(0).random((2, 5, 7))
    first[0, :3] = 0.5  # ties
    expected = [spearmanr(a, b).statistic for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(spearman(first, second), expected)
    assert spearman(np.ones((1, 4)), second[:1, :4]) == 0.0


def test_the_agreement_of_two_collections() -> None:
    every = list(made_up.METHODS)
    first = judge(made_up.rows(NAMES, every, seeds=1), METRIC, "", bootstrap=False)
    other = judge(made_up.rows([f"e{i:02d}" for i in range(20)], every, seeds=1), METRIC, "", bootstrap=False)
    itself, agreed = agreement(first, first), agreement(first, other)
    assert itself.correlation == pytest.approx(1.0) and itself.low < 1.0
    assert itself.both == itself.same == len(first.significant)
    assert agreed == agreement(first, other)  # the draws are seeded
    expected = pd.concat([first.ranks, other.ranks], axis=1).corr("spearman").iloc[0, 1]
    assert agreed.correlation == pytest.approx(expected)
    assert -1 <= agreed.low <= agreed.correlation <= agreed.high <= 1 and agreed.families == (14, 20)
    higher = [{(a, b) for a, b, _ in verdict.significant} for verdict in (first, other)]
    assert agreed.same == len(higher[0] & higher[1])
    text = sentence(agreed, "one", "other")
    assert (
        "8 methods on one (14 families, one seed) and on other (20 families, one seed)" in text
        and "Of 28 pairs" in text
    )


def test_an_opposite_order_is_seen() -> None:
    frame = made_up.rows(NAMES, list(made_up.METHODS), seeds=1)
    first = judge(frame, METRIC, "", bootstrap=False)
    second = judge(frame.assign(**{METRIC: 1 - frame[METRIC]}), METRIC, "", bootstrap=False)
    agreed = agreement(first, second)
    assert agreed.correlation == pytest.approx(-1.0) and agreed.high < 0
    assert agreed.both == len(first.significant) > 0 and agreed.same == 0


def test_too_few_shared_methods() -> None:
    first = judge(made_up.rows(NAMES, ["mnp", "ecod"]), METRIC, "", bootstrap=False)
    with pytest.raises(StoreError, match="2 methods compared in both; a rank correlation needs 3"):
        agreement(first, first)


def test_documents_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = made_up.rows(NAMES[:3], seeds=2)
    monkeypatch.setattr(source_module, "read", lambda folder: frame)
    (tmp_path / "one").mkdir()
    document, other = tmp_path / "README.md", tmp_path / "one" / "README.md"
    document.write_text("x\n<!-- generated: counts one -->\nby hand: 4 datasets\n<!-- end -->\n")
    other.write_text("no block\n")
    assert reference.main([str(tmp_path), "--words", "--check"]) == 1
    assert "README.md: changed" in capsys.readouterr().out
    assert "3 datasets in 3 families" in document.read_text() and "by hand" not in document.read_text()
    assert reference.main([str(tmp_path), "--words", "--check"]) == 0
    document.write_text("x\n<!-- generated: nothing one -->\n<!-- end -->\n")
    assert reference.main([str(tmp_path), "--words"]) == 2
    assert "README.md, line 2: nothing is generated that is called 'nothing'" in capsys.readouterr().err


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def test_our_documents_say_what_the_committed_stores_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m bench.report.reference --words`` would change nothing but the last digit of a tie, on another processor."""
    monkeypatch.chdir(Path(__file__).parents[3])
    texts = reference.reworded()
    assert {Path("README.md"), reference.ROOT / "README.md", reference.ROOT / "mnp-plus" / "README.md"} <= texts.keys()
    for path, text in texts.items():
        committed = path.read_text(encoding="utf-8")
        assert NUMBER.sub("#", committed).splitlines() == NUMBER.sub("#", text).splitlines(), path
        for line, (old, new) in enumerate(zip(committed.splitlines(), text.splitlines(), strict=True), start=1):
            pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
            unlike = [(a, b) for a, b in pairs if a != b and not close(a, b)]
            assert not unlike, f"{path}, line {line}: {unlike}; run python -m bench.report.reference --words"


def close(first: str, second: str) -> bool:
    """Whether two fractions differ by one in the last digit at most; whole numbers have to be equal."""
    decimals = len(first.partition(".")[2])
    gap = abs(float(first.replace(",", "")) - float(second.replace(",", "")))
    return decimals > 0 and decimals == len(second.partition(".")[2]) and gap < 1.5 * 10.0**-decimals


def test_the_committed_stores_hold_no_scores_of_rows() -> None:
    """They are what makes a store large; ``python -m bench.report.reference --drop-scores`` takes them out."""
    for folder in reference.results_folders(Path(__file__).parents[3] / reference.ROOT):
        for part in segments.listed(folder / "store"):
            held = segments.read(part, scores=True)
            assert all(held[name].null_count == len(held) for name in schema.PER_ROW if name in held.column_names), (
                folder
            )


def test_where_a_method_loses_is_told_with_all_that_are_ahead(stores: stores_module.Stores) -> None:
    rows = stores.read("one")
    means = rows.groupby(["where", "variant"]).average_precision.mean().unstack()
    own = means.pop("MNP")
    behind = means.sub(own, axis=0).max(axis=1) > 0
    text = write(stores, "ahead", "one", method="mnp")
    assert text.startswith(
        f"MNP is behind another of {len(means.columns) + 1} methods on {behind.sum()} of 14 datasets (2 seeds)."
    )
    lines = [line for line in text.splitlines() if line.startswith("| d")]
    assert [line.split(" ")[1] for line in lines] == list(
        means.sub(own, axis=0).max(axis=1)[behind].sort_values(ascending=False).index
    )
    first = means.loc[lines[0].split(" ")[1]]
    assert f"| {first.idxmax()} {first.max():.3f}" in lines[0]
    far = write(stores, "ahead", "one", method="mnp", by="2")
    assert (
        far == f"MNP is behind another of {len(means.columns) + 1} methods by at least 2 on 0 of 14 datasets (2 seeds)."
    )
    with pytest.raises(StoreError, match="are of method 'nobody'"):
        write(stores, "ahead", "one", method="nobody")


def test_a_block_may_be_about_another_metric(stores: stores_module.Stores) -> None:
    rows = stores.read("one")
    text = write(stores, "table", "one", metric="auc_roc")
    assert "| Method | AUC-ROC |" in text
    assert f"| {rows[rows.variant == 'MNP'].groupby('dataset').auc_roc.mean().mean():.3f} |" in text
    assert "mean AUC-ROC" in write(stores, "standing", "one", method="mnp", metric="auc_roc")
    assert "by mean AUC-ROC" in write(stores, "place", "levels", over="contamination", method="mnp", metric="auc_roc")
    with pytest.raises(StoreError, match="there is no metric 'speed'"):
        write(stores, "pairs", "one", metric="speed")
