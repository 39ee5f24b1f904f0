"""Rows of different code of one method: one rule for report, comparison, leaderboard and the page of a run."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.leaderboard.merge import merge
from bench.leaderboard.sources import read_sources
from bench.report import comparison, page, render, tables, verdicts
from bench.report.blocks import Block
from bench.report.code import several_codes, with_code
from bench.report.compare import compare
from bench.report.figures.canvas import drawing_styles
from bench.report.generated import written
from bench.report.rows import prepare
from bench.report.source import read_source
from bench.report.statistics import judge
from bench.report.stores import Stores
from bench.report.summary import summary
from bench.serving import following
from tests.bench.leaderboard.made_up import folder, frame

OLD, NEW = "commit ccccccc", "commit ddddddd"
SAID = (
    "Results of different code of one method are never averaged together, so each code stands for itself: "
    f"MNP has 24 cells of {OLD} and 6 cells of {NEW}."
)
SETS = [f"made/{number:03d}" for number in range(10)]


def mixed(path: Path, again: tuple[str, ...] = ()) -> Path:
    """Three seeds of ten datasets: MNP's of the first eight (and of ``again``) by an older code, of the rest by a newer."""
    rows, newer = frame(10), frame(10, methods=("mnp",), code="newer")
    old = rows[(rows.method != "mnp") | rows.dataset.isin(SETS[:8])]
    folder(path, old)
    folder(path, newer[newer.dataset.isin([*SETS[8:], *again])], commit="d" * 40)
    return path


@pytest.fixture
def rows(tmp_path: Path) -> pd.DataFrame:
    return prepare(*with_code(read_source(mixed(tmp_path / "run"))))


def test_the_report_takes_the_leaderboards_rule(tmp_path: Path, rows: pd.DataFrame) -> None:
    merged = merge(read_sources([str(tmp_path / "run")])).rows
    mine = rows.set_index("cell").version
    assert mine.to_dict() == merged.set_index("cell").version.to_dict()
    assert set(mine) == {"commit " + "c" * 40, "commit " + "d" * 40}


def test_each_code_is_a_line_of_its_own_and_is_named_above_the_table(rows: pd.DataFrame) -> None:
    compared = comparison.compare(rows, "average_precision", "x")
    assert {name for name in compared.mean.index if name.startswith("MNP")} == {f"MNP ({OLD})", f"MNP ({NEW})"}
    assert compared.codes == SAID == several_codes(rows)
    assert set(compared.rank.dropna().index) == {"DevNet", "PReNet", "Random forest", "Isolation forest"}
    assert (
        compared.mean.loc[f"MNP ({OLD})", SETS[8:]].isna().all()
        and compared.mean.loc[f"MNP ({NEW})", SETS[:8]].isna().all()
    )
    assert any(note.startswith(f"Not in the comparison: MNP ({OLD}), with 24 of 30 runs") for note in compared.notes)
    text = render.markdown(compared)
    assert text.index(SAID) < text.index("\n|")
    assert SAID in render.latex(compared)


def test_a_cell_of_both_codes_has_two_means(tmp_path: Path) -> None:
    path = mixed(tmp_path / "run", again=tuple(SETS[:8]))
    compared = comparison.compare(prepare(*with_code(read_source(path))), "average_precision", "x")
    every = pd.concat([frame(10), frame(10, methods=("mnp",), code="newer").assign(method="newer")])
    means = every.groupby(["method", "dataset"]).average_precision.mean()
    assert compared.mean.loc[f"MNP ({OLD})", SETS[0]] == pytest.approx(means["mnp", SETS[0]])
    assert compared.mean.loc[f"MNP ({NEW})", SETS[0]] == pytest.approx(means["newer", SETS[0]])
    assert f"MNP ({NEW})" in compared.rank.dropna().index  # it has every dataset, the older has not
    assert f"MNP ({OLD})" not in compared.rank.dropna().index


def test_one_code_is_not_spoken_of(tmp_path: Path) -> None:
    rows = prepare(*with_code(read_source(folder(tmp_path / "run", frame(4)))))
    assert several_codes(rows) == "" and set(rows.variant) >= {"MNP", "DevNet"}
    compared = comparison.compare(rows, "average_precision", "x")
    assert compared.codes == "" and "different code" not in render.markdown(compared) + render.latex(compared)


def test_parameters_that_were_run_with_one_code_each_need_no_word_on_code(tmp_path: Path) -> None:
    rows = frame(4, methods=("mnp", "devnet"))
    folder(tmp_path / "run", rows)
    other = frame(4, methods=("mnp",), code="newer").assign(params='{"n_prototypes":2}')
    folder(tmp_path / "run", other, commit="d" * 40)
    both = prepare(*with_code(read_source(tmp_path / "run")))
    assert both[both.method == "mnp"].version.nunique() == 2
    assert several_codes(both) == ""
    assert set(both.variant) == {"MNP (defaults)", "MNP (n_prototypes=2)", "DevNet"}


def test_it_stands_first_on_the_page_and_above_every_file_and_block(tmp_path: Path, rows: pd.DataFrame) -> None:
    run = tmp_path / "run"
    tested = verdicts.verdicts(rows)
    assert summary(rows, tested)[0].sentences == (SAID,)
    text = page.page(run, rows, tested)
    assert text.index(SAID) < text.index("Highest mean over")
    assert text.count(SAID) == 1 + len(comparison.metrics(rows))
    tables.write(run / "tables", rows)
    head = (run / "tables" / "average_precision.md").read_text().split("\n\n")
    assert head[1] == SAID and head[2].startswith("|")
    stores = Stores(tmp_path)
    for name in ("counts", "table", "pairs"):
        assert written(stores, Block(name, ("run",), {})).startswith(SAID + "\n\n")
    assert "5 methods" in written(stores, Block("counts", ("run",), {}))
    assert "5 methods" in " ".join(summary(rows, tested)[-1].sentences)


def test_two_codes_do_not_look_alike(rows: pd.DataFrame) -> None:
    styles = drawing_styles(rows)
    drawn = [(style["color"], style["marker"], style["linestyle"]) for style in styles.values()]
    assert len(set(drawn)) == len(drawn) == 6
    alone = drawing_styles(prepare(frame(4)))
    assert styles[f"MNP ({OLD})"] == alone["MNP"]  # most rows are of it


def test_compare_has_a_line_for_each_pair_of_codes(tmp_path: Path) -> None:
    first, second = (
        mixed(tmp_path / "a"),
        folder(tmp_path / "b", frame(10, methods=("mnp",), code="newer"), "d" * 40),
    )
    runs = compare(first, second)
    assert set(runs.methods.index) == {f"MNP ({OLD} | {NEW})", f"MNP ({NEW} | {NEW})"}
    assert runs.methods.cells[f"MNP ({NEW} | {NEW})"] == runs.methods.identical[f"MNP ({NEW} | {NEW})"] == 6
    assert runs.methods.loc[f"MNP ({OLD} | {NEW})", "cells"] == 24
    assert runs.shared == 30


def test_a_copy_of_mixed_results_is_the_same(tmp_path: Path) -> None:
    again = tuple(SETS[:8])
    runs = compare(mixed(tmp_path / "a", again), mixed(tmp_path / "b", again))
    assert runs.same and runs.shared == 12 * 10 + 24 + 30


def test_two_codes_within_a_folder_have_no_counterpart_in_another_collection(tmp_path: Path) -> None:
    other = frame(10, methods=("mnp", "devnet", "prenet", "iforest"))
    other["dataset"] = other.dataset.str.replace("made", "other")
    other["cell"] = other["cell"].str[::-1]
    runs = compare(mixed(tmp_path / "a", tuple(SETS[:8])), folder(tmp_path / "b", other))
    ((_, order),) = runs.orders
    assert set(order.methods) == {"DevNet", "PReNet", "Isolation forest"}


def test_parameters_of_other_code_keep_their_counterpart(tmp_path: Path) -> None:
    names = ("mnp", "devnet", "prenet")
    narrow = frame(10, methods=("mnp",), code="newer").assign(params='{"hidden_dim":8}')
    folder(tmp_path / "a", frame(10, methods=names))
    folder(tmp_path / "a", narrow, commit="d" * 40)
    other = pd.concat([frame(10, methods=names, code="other"), narrow.assign(cell=narrow["cell"].str[::-1])])
    other["dataset"] = other.dataset.str.replace("made", "other")
    runs = compare(tmp_path / "a", folder(tmp_path / "b", other, commit="e" * 40))
    ((_, order),) = runs.orders
    assert set(order.methods) == {"DevNet", "PReNet", "MNP (defaults)", "MNP (hidden_dim=8)"}


def test_a_run_that_goes_on_with_other_code_is_followed(tmp_path: Path) -> None:
    told = following.outcomes(mixed(tmp_path / "run"))
    assert told["codes"] == SAID and told["common"] == 24
    means = {line["method"]: line["mean"] for line in told["means"]}
    own = frame(10)
    of_eight = own[(own.method == "mnp") & own.dataset.isin(SETS[:8])]
    assert means[f"MNP ({OLD})"] == pytest.approx(of_eight.groupby("dataset").average_precision.mean().mean(), abs=1e-6)
    assert means[f"MNP ({NEW})"] is None


def test_tests_are_of_one_code(rows: pd.DataFrame) -> None:
    verdict = judge(rows, "average_precision", "x", bootstrap=False)
    assert set(verdict.matrix.columns) == {"DevNet", "PReNet", "Random forest", "Isolation forest"}
