"""Two results folders side by side: what ran differently, which cells they share, and a paired test by method."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.errors import StoreError
from bench.report.agreement import Agreement, agreeable, agreement
from bench.report.code import code_words, with_code
from bench.report.pairwise import holm_corrected, signed_rank, testable
from bench.report.rows import IDENTITY, SETTING, prepare, scenarios
from bench.report.source import read_source
from bench.report.statistics import ALPHA, FEWEST, judge, signed_ranks
from bench.store.manifest_diff import Change, changes
from bench.store.schema import metric_names

METRIC = "average_precision"
ASSUMES = (
    "The Wilcoxon signed-rank test is over dataset families, each the mean difference over its datasets, scenarios and "
    "seeds; it assumes that families are independent and their differences symmetric about the median, and Holm's "
    "correction holds the chance of any false claim over the methods of this comparison at 5%."
)


@dataclass(frozen=True, eq=False)
class TwoRuns:
    """What two results folders have in common and where they differ.

    Attributes
    ----------
    first, second : str
        The folders.
    cells : tuple of (int, int)
        Cells in each, with and without a result: ((all, failed), (all, failed)).
    shared : int
        Cells of the same dataset name, method, parameters, scenario and seed in both.
    changes : list of Change
        From the manifests.
    data : list of str
        Datasets of one name and different content; their cells are not compared.
    code : list of str
        Methods whose cells have other keys although all they are named by is equal: their code differs.
    status : DataFrame
        Shared cells that ended differently: dataset, variant, seed, scenario, status in both.
    methods : DataFrame by method (and pair of codes, where a folder has several of it)
        cells, identical, first, second, difference, higher, lower, families, p, p_holm, able (whether the
        corrected p could fall below the level at all), speed.
    orders : tuple of (scenario, Agreement)
        Where the folders share no cell: whether both order their methods alike, for each scenario of both.
    """

    first: str
    second: str
    cells: tuple[tuple[int, int], tuple[int, int]]
    shared: int
    changes: list[Change]
    data: list[str]
    code: list[str]
    status: pd.DataFrame
    methods: pd.DataFrame
    orders: tuple[tuple[str, Agreement], ...] = ()

    @property
    def same(self) -> bool:
        """Whether every shared cell has the same metrics, to the bit."""
        if not self.shared:
            return False
        compared = int(self.methods.cells.sum())
        return not len(self.status) and not self.data and compared == int(self.methods.identical.sum())


def compare(first: str | os.PathLike[str], second: str | os.PathLike[str]) -> TwoRuns:
    """Compare two results folders cell by cell.

    Raises
    ------
    StoreError
        One holds no results, or they share neither a cell nor three methods in one scenario.
    """
    sources = [read_source(folder) for folder in (first, second)]
    for source in sources:
        if source.rows.empty:
            raise StoreError(f"{source.path} holds no results yet; run its suite first")
    before, after = (source.rows for source in sources)
    coded = [rows.assign(run=number) for number, rows in enumerate(with_code(*sources))]
    pairs = _pairs(coded)
    orders = () if len(pairs) else _orders(coded)
    if pairs.empty and not orders:
        raise StoreError(
            f"{first} and {second} share no cell (no dataset, method, scenario and seed is in both), nor three methods "
            "that are compared in one scenario of both"
        )
    same_data = pairs.dataset_sha256 == pairs.dataset_sha256_2
    kept = pairs[same_data]
    good = kept[(kept.status == "ok") & (kept.status_2 == "ok")]
    ended = kept[kept.status != kept.status_2]
    return TwoRuns(
        first=str(first),
        second=str(second),
        cells=(_counts(before), _counts(after)),
        shared=len(pairs),
        changes=changes(sources[0].runs, sources[1].runs),
        data=sorted(pairs.dataset[~same_data].unique()),
        code=sorted(kept.variant[kept["cell"] != kept["cell_2"]].unique()),
        status=ended[["dataset", "variant", "seed", "scenario", "status", "status_2"]].reset_index(drop=True),
        methods=_by_method(good, metric_names(set(before.columns) & set(after.columns))),
        orders=orders,
    )


def _pairs(coded: list[pd.DataFrame]) -> pd.DataFrame:
    """The cells of both folders side by side, by their keys or else by their names.

    A method that was run by several codes in one folder has a line for each pair of codes.
    """
    both = prepare(pd.concat([rows.rename(columns={"version": "code"}) for rows in coded]))
    before, after = both[both.run == 0], both[both.run == 1]
    known = set(before["cell"]) & set(after["cell"])
    named, ends = [*IDENTITY, "variant"], ("", "_2")
    same = before[before["cell"].isin(known)].merge(after, on=[*named, "cell"], suffixes=ends)
    other = before[~before["cell"].isin(known)].merge(after[~after["cell"].isin(known)], on=named, suffixes=ends)
    pairs = pd.concat([part for part in (same.assign(cell_2=same["cell"]), other) if len(part)] or [other])
    several = pairs.groupby("variant")[["code", "code_2"]].transform("nunique").max(axis=1) > 1
    told = zip(pairs.variant, pairs.code, pairs.code_2, strict=True)
    long = [f"{name} ({code_words(code)} | {code_words(code_2)})" for name, code, code_2 in told]
    return pairs.assign(variant=pairs.variant.mask(several, pd.Series(long, pairs.index, dtype=object)))


def _orders(coded: list[pd.DataFrame]) -> tuple[tuple[str, Agreement], ...]:
    """Agreement of the two runs in every scenario that both have and in which enough methods are compared.

    Two codes of a method within one folder are two methods, of which none has a counterpart.
    """
    lone = [rows.groupby(SETTING).version.transform("nunique") == 1 for rows in coded]
    plain = [rows.assign(version=rows.version.mask(alone, "")) for rows, alone in zip(coded, lone, strict=True)]
    both = prepare(pd.concat(plain))
    orders = []
    for label, part in scenarios(both):
        runs = [judge(part[part.run == run], METRIC, label, bootstrap=False) for run in (0, 1)]
        if agreeable(*runs):
            orders.append((label, agreement(*runs)))
    return tuple(orders)


def _counts(frame: pd.DataFrame) -> tuple[int, int]:
    return len(frame), int((frame.status != "ok").sum())


def _by_method(good: pd.DataFrame, metrics: list[str]) -> pd.DataFrame:
    equal = [_equal(good[name], good[f"{name}_2"]) for name in metrics]
    rows = good.assign(difference=good[f"{METRIC}_2"] - good[METRIC], identical=np.logical_and.reduce(equal))
    tests = pd.DataFrame({str(name): _paired(part) for name, part in rows.groupby("variant")}).T
    if tests.empty:
        return pd.DataFrame(columns=["cells", "identical", "p"])
    tests = tests.astype(dict.fromkeys(("cells", "identical", "families", "higher", "lower"), int))
    tested = tests.p.notna()
    corrected = holm_corrected(tests.p[tested].to_numpy(dtype=float))
    # the smallest p that signs alone can give, if no other method's is smaller
    able = tested.sum() * 2.0 ** (1 - tests.families) < ALPHA
    return tests.assign(p_holm=pd.Series(corrected, tests.index[tested], dtype=float), able=able)


def _equal(a: pd.Series, b: pd.Series) -> np.ndarray:
    """Where two columns of a metric agree; a metric that one side has not measured says nothing."""
    return ((a == b) | a.isna() | b.isna()).to_numpy()


def _paired(part: pd.DataFrame) -> dict[str, float]:
    """One method's cells: means, and the signed-rank test over families."""
    datasets = part.groupby(["dataset_family", "dataset"])[[METRIC, f"{METRIC}_2", "difference"]].mean()
    families = datasets.groupby(level="dataset_family").mean()
    moved = families.difference.round(12)
    return {
        "cells": len(part),
        "identical": int(part.identical.sum()),
        "first": families[METRIC].mean(),
        "second": families[f"{METRIC}_2"].mean(),
        "difference": moved.mean(),
        "families": len(moved),
        "higher": int((moved > 0).sum()),
        "lower": int((moved < 0).sum()),
        "direction": signed_ranks(moved),
        "p": _p(moved),
        "speed": float(part.fit_seconds_2.median() / part.fit_seconds.median()),
    }


def _p(moved: pd.Series) -> float:
    """The test's p-value; NaN where none is possible."""
    return signed_rank(moved.to_numpy()) if len(moved) >= FEWEST and testable() else float("nan")


def verdict(row: pd.Series) -> str:
    """What may be said of one method of ``TwoRuns.methods``."""
    if row.identical == row.cells:
        return "the same to the bit"
    if row.families < FEWEST:
        return f"no test is possible with fewer than {FEWEST} dataset families"
    if np.isnan(row.p):
        return "differs; not tested"
    if not row.able:
        return "differs; too few dataset families to show a shift up or down"
    if row.p_holm < ALPHA:
        return f"{'higher' if row.direction > 0 else 'lower'} in the second"
    return "differs, but no shift up or down is shown"
