"""How often ``pick`` is right: from the evidence collected to results/reference/pick/validation.csv and its README.

    python -m tests.validation.pick_report [--folder results/reference/pick]

The README's blocks between ``<!-- pick: ... -->`` and ``<!-- end -->`` are written anew: ``regret HALF``, a table;
``held``, how often the intervals of the report half held; ``equals``, what naming another of the equals would do.

A table's answer is right where the method named is within 0.02 average precision of the best method compared; its regret
is how far below it is. The reference never holds the table's own family. Needs the files of the repository only.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.atomic import write_text
from bench.datasets import registry
from bench.methods import get
from bench.picking.candidates import DEFAULT
from bench.picking.joining import MARGIN, equals, join, placing
from bench.picking.prior import prior
from bench.planning.grouping import cell_seconds
from bench.report.blocks import Block, filled
from bench.report.render import markdown_table
from bench.report.words import ALL, listed
from bench.usertable.held_out import Evidence

OVERALL_BEST = "mnp-plus"
TABLE = ["half", "dataset", "family", "rows", "features", "seed", "labels"]


def answers(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    """For every table and number of labels what each rule names, and how far that is below the best."""
    for key, part in rows.groupby(TABLE):
        about: dict[str, Any] = dict(zip(TABLE, key, strict=True))
        by_method = part.set_index("method")
        names = [name for name in DEFAULT if name in by_method.index]
        if len(names) < len(DEFAULT):
            continue  # the collection was stopped within this table
        truth = by_method.average_precision[names].to_numpy()
        evidence = [Evidence(name, np.array(by_method.above[name].split(), dtype=float), 0.0) for name in names]
        size = (int(about["rows"]), int(about["features"]))
        # the family of today: the reference's rows have it, and the evidence may be older
        family = registry.card(str(about["dataset"])).family
        reference = prior(names, *size, int(about["labels"]), without=family)
        judged = join(evidence, reference, [cell_seconds(get(name), size, {}) for name in names], 0.01)
        named = {
            "pick": equals(judged)[0].method,
            "pick, the reference's best of the equals": max(
                equals(judged), key=lambda judgement: judgement.expected
            ).method,
            "pick, the best estimate": judged[0].method,
            f"always {OVERALL_BEST}": OVERALL_BEST,
            "always pu-bagging": "pu-bagging",
            "evidence alone": names[int(np.argmax([placing(measured.above).mean() for measured in evidence]))],
            "reference alone": names[int(np.nanargmax(reference.strength))],
        }
        by_name = dict(zip(names, truth, strict=True))
        held = [
            judgement.behind.low <= by_name[judged[0].method] - by_name[judgement.method] <= judgement.behind.high
            for judgement in judged[1:]
        ]
        for rule, method in named.items():
            yield {
                **about, "rule": rule, "method": method, "regret": float(truth.max() - by_name[method]),
                "equals": len(equals(judged)), "held": float(np.mean(held)),
            }  # fmt: skip


def summary(answered: pd.DataFrame) -> pd.DataFrame:
    """A row per half, number of labels and rule: means over sets, after the mean over a set's seeds."""
    answered = answered.assign(within=(answered.regret <= MARGIN).astype(float))
    columns = ["within", "regret", "equals", "held"]
    sets = answered.groupby(["half", "labels", "rule", "dataset"])[columns].mean()
    grouped = sets.groupby(level=["half", "labels", "rule"])
    table = grouped.mean().rename(columns={"within": "within_0.02", "held": "differences_in_95_interval"})
    table.insert(0, "sets", grouped.size())
    table.insert(3, "regret_standard_error", grouped.regret.sem())
    own = [name for name in table.columns if name in ("equals", "differences_in_95_interval")]
    table.loc[table.index.get_level_values("rule") != "pick", own] = np.nan  # these are said by pick alone
    return table.round(4).reset_index()


#: Columns of the README's tables.
RULES = {
    "pick": "pick",
    "the reference's best of its equals": "pick, the reference's best of the equals",
    "the best estimate": "pick, the best estimate",
    "always MNP+": f"always {OVERALL_BEST}",
    "always PU bagging": "always pu-bagging",
    "evidence alone": "evidence alone",
}
MARK = "pick"


def written(block: Block, table: pd.DataFrame) -> str:
    """The text of one block of the README."""
    if block.name == "regret":
        return _regret(table[table.half == block.subjects[0]])
    picks = table[(table.half == "report") & (table.rule == "pick")].sort_values("labels")
    if block.name == "held":
        shares = [f"{share:.0%}" for share in picks["differences_in_95_interval"]]
        return (
            "The 95% intervals of the differences to the best estimate held "
            f"{listed(shares, ALL)} of the true differences on the report sets."
        )
    means = table.groupby(["half", "rule"]).regret.mean()
    rules = ("the reference's best of its equals", "pick", "always MNP+")
    best, own, always = ([means[half, RULES[rule]] for half in ("report", "development")] for rule in rules)
    return (
        f"Over the four numbers of labels the mean regret of the latter is {best[0]:.3f} on the report sets (the cheapest: "
        f"{own[0]:.3f}, always MNP+: {always[0]:.3f}) and {best[1]:.3f} on the development sets ({own[1]:.3f}, {always[1]:.3f})."
    )


def _regret(part: pd.DataFrame) -> str:
    rows = part.set_index(["labels", "rule"])
    lines = [
        (str(labels), *(_cell(rows.loc[(labels, rule)]) for rule in RULES.values()))
        for labels in sorted(set(part.labels))
    ]
    return markdown_table(("labels", *RULES), lines, words=0)


def _cell(row: pd.Series) -> str:
    return f"{row.regret:.3f} ({row['within_0.02']:.0%})".removeprefix("0")


def main() -> None:
    """Read evidence.csv, write validation.csv and the README's blocks, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("results/reference/pick"))
    folder = parser.parse_args().folder
    table = summary(pd.DataFrame(answers(pd.read_csv(folder / "evidence.csv"))))
    table.to_csv(folder / "validation.csv", index=False, lineterminator="\n")
    document = folder / "README.md"
    text = filled(document.read_text("utf-8"), lambda block: written(block, table), str(document), MARK)
    write_text(document, text)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
