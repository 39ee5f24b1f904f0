"""A comparison of two results folders in plain words, as Markdown that reads well in a terminal too."""

from __future__ import annotations

from bench.report.agreement import sentence
from bench.report.compare import ASSUMES, METRIC, TwoRuns, verdict
from bench.report.comparison import METRIC_TITLES
from bench.report.pairwise import UNTESTED, testable
from bench.report.render import HOLE
from bench.report.words import p_value

#: So many cells that ended differently are listed.
MOST = 20


def words(runs: TwoRuns) -> str:
    """Everything that was found; the first folder's values stand left of a bar, the second's right of it."""
    blocks = [
        f"First:  {runs.first} ({_cells(runs.cells[0])})\nSecond: {runs.second} ({_cells(runs.cells[1])})",
        f"They share {runs.shared} cells (same dataset, method, parameters, scenario and seed).",
        _list("What ran differently (first | second)", [str(change) for change in runs.changes])
        or "The manifests name the same code, packages, machine and settings.",
        _list("Datasets of one name and different content, whose cells are not compared", runs.data),
        _list("Methods whose own code, or the protocol's, differs", runs.code),
        _list("Cells that ended differently", _ended(runs)),
        _methods(runs) if runs.shared else "",
        *(f"{label}: {sentence(order, 'the first', 'the second')}" for label, order in runs.orders),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _cells(count: tuple[int, int]) -> str:
    every, failed = count
    return f"{every} cells, {failed} of them failed" if failed else f"{every} cells, none failed"


def _list(title: str, lines: list[str]) -> str:
    return f"{title}:\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _ended(runs: TwoRuns) -> list[str]:
    columns = ["dataset", "variant", "seed", "scenario", "status", "status_2"]
    lines = [
        f"{dataset}, {name}, seed {seed}, {scenario}: {before} | {after}"
        for dataset, name, seed, scenario, before, after in runs.status[columns].head(MOST).itertuples(index=False)
    ]
    more = len(runs.status) - len(lines)
    return [*lines, *([f"and {more} more"] if more else [])]


def _methods(runs: TwoRuns) -> str:
    if runs.methods.empty:
        return "No shared cell has a result in both."
    if runs.same:
        return f"All {int(runs.methods.cells.sum())} shared results have the same metrics, to the bit."
    shown = runs.methods.apply(_row, axis=1, result_type="expand")
    shown.columns = [
        "cells",
        "identical",
        "first",
        "second",
        "difference",
        "families up/down",
        "p (Holm)",
        "time",
        "so",
    ]
    table = shown.rename_axis("method").to_markdown(disable_numparse=True)
    title = f"{METRIC_TITLES[METRIC]} by method, the second folder against the first:"
    return f"{title}\n\n{table}\n\n{ASSUMES if testable() else UNTESTED}"


def _row(row) -> list[str]:  # type: ignore[no-untyped-def]
    return [
        str(int(row.cells)),
        str(int(row.identical)),
        f"{row['first']:.4f}",
        f"{row.second:.4f}",
        f"{row.difference:+.4f}",
        f"{int(row.higher)}/{int(row.lower)} of {int(row.families)}",
        HOLE if row.p_holm != row.p_holm else p_value(row.p_holm),
        f"x {row.speed:.2f}",
        verdict(row),
    ]
