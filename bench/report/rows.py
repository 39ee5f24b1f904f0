"""The store's rows made ready for reports: one fixed order, names for people, scenarios, and the policy for holes.

The policy for missing cells, "complete methods", is printed under every table and figure: a method is compared when
all its runs succeeded on every dataset, and is listed below the comparison with what it lacks otherwise, so that a
method that fails never decides on which datasets the others are judged. A dataset that most methods lack is left out
for all of them. Nothing is filled in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.datasets import registry
from bench.json_values import json_text
from bench.report.code import code_words
from bench.report.palette import style_numbers
from bench.report.words import count, listed

#: What makes two cells the same up to the seed.
IDENTITY = ["dataset", "method", "params", "scenario", "seed"]
#: A method with its parameters; and, with the code that ran it, what stands for itself in every table and figure.
SETTING = ["method", "params"]
VARIANT = [*SETTING, "version"]
POLICY = (
    "Missing cells (policy: complete methods): averages, ranks and wins are over {datasets}, of each method that "
    "has {runs} on every one."
)
NOBODY = (
    "Missing cells: no method has all its runs, so averages, ranks and wins are over the {complete} of {all} datasets "
    "where each compared method has {runs}."
)
LEFT_OUT = "Not in the comparison, for lack of results: {names}."
SKIPPED = "Left out for every method, because most have no complete results there: {names}."
#: So many datasets are named, the rest is counted.
FEW = 4


@dataclass(frozen=True)
class Coverage:
    """Which datasets and methods can be compared fairly.

    Attributes
    ----------
    compared, left_out : tuple of variant names
    complete : tuple of datasets (``where``) in which every compared variant has all runs
    skipped : tuple of datasets that most variants lack, so that nobody is judged there
    datasets, runs : int
        Datasets (``where``) in all, and of runs (seeds, times scenarios where those are pooled) that each needs.
    results : dict of variant name to int
        Runs with a result in all datasets.
    whole : bool
        Whether the compared variants have all runs outside ``skipped``; False where no variant has.
    """

    compared: tuple[str, ...]
    left_out: tuple[str, ...]
    complete: tuple[str, ...]
    skipped: tuple[str, ...]
    datasets: int
    runs: int
    results: dict[str, int]
    whole: bool

    @property
    def policy(self) -> tuple[str, ...]:
        """The policy in words, with the counts."""
        runs = f"all {self.runs} runs" if self.runs != 1 else "its one run"
        complete = len(self.complete)
        several = f"{complete} of {self.datasets} datasets"
        datasets = count(self.datasets, "dataset") if complete == self.datasets else several
        text = POLICY if self.whole else NOBODY
        told = text.format(datasets=datasets, complete=complete, all=self.datasets, runs=runs)
        return (told, SKIPPED.format(names=listed(self.skipped, FEW))) if self.skipped else (told,)

    @property
    def notes(self) -> tuple[str, ...]:
        """The policy in words and the methods that are not compared."""
        if not self.left_out:
            return self.policy
        names = ", ".join(f"{name} ({self.results[name]:,} of {self.wanted:,} runs)" for name in self.left_out)
        return (*self.policy, LEFT_OUT.format(names=names))

    @property
    def wanted(self) -> int:
        """Runs that a method must have, in all datasets."""
        return self.runs * self.datasets


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort the rows and add the columns that reports speak in; does nothing to prepared rows.

    Adds ``variant`` (a name for people, one per method, parameters and code), ``where`` (the dataset, with the
    types whose anomalies are known, if only some are, or the one that is not), ``setting`` (the scenario without
    those types), ``place`` (the variant's colour and marker, see ``bench.report.palette``), and ``version``, the
    method's code, if the rows do not have it (``bench.report.code``; then all rows are taken to be of one code).
    """
    if "variant" in frame.columns:
        return frame
    coded = frame if "version" in frame.columns else frame.assign(version="")
    rows = coded.sort_values(IDENTITY, kind="stable").reset_index(drop=True)
    known = {text: tuple(_fields(text).get("known_types", ())) for text in rows.scenario.unique()}
    types = _types_told(rows[["dataset", "scenario"]].drop_duplicates(), known)
    told = pd.Series([types[key] for key in zip(rows.dataset, rows.scenario, strict=True)], index=rows.index, dtype=str)
    where = rows.dataset.where(told == "", rows.dataset + " [" + told + "]")
    names = _variants(rows)
    chosen = _style_numbers(rows)
    identity = list(zip(*(rows[name] for name in VARIANT), strict=True))
    return rows.assign(
        variant=[names[key] for key in identity],
        where=where,
        setting=rows.scenario.map({text: without(text, "known_types") if known[text] else text for text in known}),
        place=[chosen[key] for key in identity],
    )


def _types_told(splits: pd.DataFrame, known: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], str]:
    """Of each dataset and scenario the types that are known; where its card names one more, the one that is not."""
    cards, told = registry.cards(), {}
    for dataset, scenario in splits.itertuples(index=False):
        every = cards[dataset].types if dataset in cards else ()
        unseen = [name for name in every if name not in known[scenario]]
        alone = len(unseen) == 1 and set(known[scenario]) < set(every) and _fields(scenario).get("unseen_only")
        told[dataset, scenario] = f"unseen {unseen[0]}" if alone else ", ".join(known[scenario])
    return told


def method_count(rows: pd.DataFrame) -> int:
    """How many methods, each choice of parameters for itself, there are in rows; another code of one is no other."""
    return rows.groupby(SETTING).ngroups


def seeds(rows: pd.DataFrame) -> tuple[int, int]:
    """The fewest and the most seeds that a method has on a dataset of a scenario, in prepared rows; (0, 0) of none."""
    numbers = rows.groupby(["variant", "where", "setting"]).seed.nunique()
    return (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)


def succeeded(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that hold a result."""
    return rows[rows.status == "ok"]


def coverage(rows: pd.DataFrame) -> Coverage:
    """Find what can be compared in prepared rows of one setting, or of several that are pooled.

    Whether a dataset counts is voted on by the methods that have all runs on at least half of the datasets: it does
    unless more than half of them lack it. Where no method has all runs on the datasets that count, the methods with at
    least half of the datasets are compared where all of them are complete.
    """
    every = rows[["where", "setting", "seed"]].drop_duplicates().groupby("where").size()
    runs = int(every.max()) if len(every) else 0
    good = succeeded(rows).groupby(["variant", "where"]).size().unstack(fill_value=0)
    good = good.reindex(index=sorted(rows.variant.unique()), columns=every.index, fill_value=0)
    full = good == runs
    able = full.any(axis=1) & (2 * full.sum(axis=1) >= len(every))
    voters = full[able] if able.any() else full
    counts = 2 * voters.sum(axis=0) >= len(voters)
    compared = full.loc[:, counts].all(axis=1) & bool(counts.any())
    complete, whole = counts, bool(compared.any())
    if not whole:
        compared = able
        complete = full[able].all(axis=0) & bool(able.any())
    return Coverage(
        compared=tuple(full.index[compared]),
        left_out=tuple(full.index[~compared]),
        complete=tuple(full.columns[complete]),
        skipped=tuple(full.columns[~counts]) if whole else (),
        datasets=len(every),
        runs=runs,
        results={str(name): int(number) for name, number in good.sum(axis=1).items()},
        whole=whole,
    )


def fair(rows: pd.DataFrame) -> tuple[pd.DataFrame, Coverage]:
    """The successful rows of the compared methods on the complete datasets."""
    covered = coverage(rows)
    good = succeeded(rows)
    return good[good["variant"].isin(covered.compared) & good["where"].isin(covered.complete)], covered


def scenarios(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """(label, rows) of each scenario, ordered by protocol, budget and contamination; labels are unique."""
    rows = prepare(frame).sort_values(
        ["protocol", "label_budget_kind", "label_budget", "contamination", "setting"], kind="stable"
    )
    settings = [part.sort_values(IDENTITY, kind="stable") for _, part in rows.groupby("setting", sort=False)]
    return [(scenario_label(part.iloc[0]), part) for part in settings]


def scenario_label(row: pd.Series) -> str:
    """A scenario in words: protocol, label budget, contamination, and whatever else is not the default."""
    if row.label_budget_kind == "count":
        budget = f"{row.label_budget:g} labelled anomal{'y' if row.label_budget == 1 else 'ies'}"
    else:
        budget = f"{100 * row.label_budget:g}% of the training anomalies labelled"
    level = "natural contamination" if pd.isna(row.contamination) else f"contamination {row.contamination:g}"
    fields = _fields(row.scenario)
    told = {"protocol", "label_budget", "contamination", "known_types", "unseen_only"}
    if row.protocol == "paper":
        told |= {"test_fraction", "validation_fraction"}  # what the protocol means
    rest = [f"{name.replace('_', ' ')} {value}" for name, value in sorted(fields.items()) if name not in told]
    alone = " and tested alone" if fields.get("unseen_only") else ""
    unseen = [f"some anomaly types unseen{alone}"] if fields.get("known_types") else []
    return ", ".join([f"{row.protocol} protocol", budget, level, *unseen, *rest])


def without(scenario: str, *names: str) -> str:
    """The scenario's JSON text without some fields: what two scenarios share when these differ."""
    kept = {name: value for name, value in _fields(scenario).items() if name not in names}
    return json_text(kept)


def natural(name: str) -> list[str | int]:
    """A sorting key by which 2 comes before 10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def _fields(text: str) -> dict[str, Any]:
    fields = json.loads(text)
    assert isinstance(fields, dict)
    return fields


def of_one_code(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of each method and parameters that are of the code that most of them are of (the first by name)."""
    sizes = rows.groupby(VARIANT, sort=True).size().reset_index(name="cells")
    most = sizes.sort_values("cells", ascending=False, kind="stable").drop_duplicates(SETTING)
    kept = pd.MultiIndex.from_frame(most[VARIANT])
    return rows[pd.MultiIndex.from_frame(rows[VARIANT]).isin(kept)]


def _variants(rows: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """A name per (method, params, code): its title, with what differs where two have one title."""
    known = rows[[*VARIANT, "method_title"]].drop_duplicates(VARIANT)
    settings = known.drop_duplicates(SETTING)
    shared = set(settings.method_title[settings.method_title.duplicated(keep=False)])
    codes = known.groupby(SETTING).version.nunique()
    names = {}
    for method, params, version, title in known.itertuples(index=False):
        told = ", ".join(f"{key}={value}" for key, value in sorted(_fields(params).items()))
        name = f"{title} ({told or 'defaults'})" if title in shared else title
        several = version and codes[method, params] > 1
        names[method, params, version] = f"{name} ({code_words(version)})" if several else name
    if len(set(names.values())) < len(names):  # two registrations under one title, with equal parameters
        names = {key: f"{name} [{key[0]}]" for key, name in names.items()}
    return names


def _style_numbers(rows: pd.DataFrame) -> dict[tuple[str, str, str], int]:
    """A style number per (method, params, code); the code that most rows of a method are of has the method's own."""
    keys = sorted(set(zip(*(rows[name] for name in VARIANT), strict=True)))
    usual = set(zip(*(of_one_code(rows)[name] for name in VARIANT), strict=True))
    worn = {key: (key[0], key[1] if key in usual else f"{key[1]} {key[2]}") for key in keys}
    chosen = style_numbers(sorted(set(worn.values())))
    return {key: chosen[style_key] for key, style_key in worn.items()}
