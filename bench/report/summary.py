"""A run in a few sentences, from its numbers: what ran, who leads, what may be claimed, where the highlighted stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.methods import highlighted
from bench.report.code import several_codes
from bench.report.comparison import METRIC_TITLES
from bench.report.rows import method_count, prepare, seeds
from bench.report.statistics import Verdict
from bench.report.words import count, listed, seed_count

#: So many names stand in a sentence, the rest is counted.
MOST = 6


@dataclass(frozen=True)
class Paragraph:
    """A heading ("" = none), its sentences, and the scenario that they speak of ("" = all)."""

    heading: str
    sentences: tuple[str, ...]
    scenario: str = ""


def summary(frame: pd.DataFrame, verdicts: list[Verdict], metric: str = "average_precision") -> list[Paragraph]:
    """What the run says.

    Parameters
    ----------
    frame : the store's rows
    verdicts : of every scenario and metric; only those of ``metric`` are told
    """
    rows = prepare(frame)
    subjects = frozenset(rows.variant[rows.method.isin(highlighted())])
    title = METRIC_TITLES[metric]
    told = [
        Paragraph(
            f"{title}, {verdict.title}",
            (*leaders(verdict), *claims(verdict), *told_of(verdict, subjects)),
            verdict.title,
        )
        for verdict in verdicts
        if verdict.metric == metric
    ]
    codes = several_codes(rows)
    return [*([Paragraph("", (codes,))] if codes else []), *told, Paragraph("", tuple(extent(frame)))]


def extent(frame: pd.DataFrame) -> list[str]:
    """How much ran and how it ended."""
    rows = prepare(frame)
    failed = int((rows.status != "ok").sum())
    distinct = {name: rows[name].nunique() for name in ("where", "setting")}
    hours = float(rows.fit_seconds.fillna(0).sum() + rows.score_seconds.fillna(0).sum()) / 3600
    ended = "All succeeded." if not failed else f"{failed:,} have no result; their reasons stand below."
    return [
        f"{len(rows):,} cells: {count(method_count(rows), 'method')}, {count(distinct['where'], 'dataset')}, "
        f"{count(distinct['setting'], 'scenario')}, {seed_count(*seeds(rows))}; "
        f"{hours:.2f} hours of fitting and scoring. {ended}"
    ]


def leaders(verdict: Verdict) -> list[str]:
    """The three highest means with their intervals."""
    best = verdict.intervals.sort_values("mean", ascending=False, kind="stable").head(3)
    if best.empty:
        return ["No dataset has every method with all its seeds, so no mean can be compared."]
    columns = (best[name].to_numpy() for name in ("method", "mean", "low", "high"))
    phrases = [
        f"{method} {mean:.3f}" + ("" if np.isnan(low) else f" ({low:.3f} to {high:.3f})")
        for method, mean, low, high in zip(*columns, strict=True)
    ]
    families = len(verdict.matrix)
    return [
        f"Highest mean over {count(len(verdict.coverage.complete), 'dataset')} in "
        f"{count(families, 'family', 'families')}: {', '.join(phrases)}."
    ]


def claims(verdict: Verdict) -> list[str]:
    """How many pairs the corrected tests tell apart, and whether the leader is among them."""
    if verdict.trouble:
        return [verdict.trouble]
    if verdict.holm is None or not len(verdict.ranks):
        return []
    methods = len(verdict.ranks)
    pairs, apart = methods * (methods - 1) // 2, len(verdict.significant)
    first = str(verdict.ranks.index[0])
    beaten = [worse for better, worse, _ in verdict.significant if better == first]
    rest = [str(name) for name in verdict.ranks.index[1:] if name not in beaten]
    tied = f"it cannot be told apart from {listed(rest, MOST)}" if rest else "it is higher than every other method"
    return [
        f"{apart} of {pairs} pairs differ (Wilcoxon signed-rank over dataset families, Holm; "
        f"{seed_count(*verdict.seeds)}). The best average rank over families is that of {first} "
        f"({verdict.ranks.iloc[0]:.2f}); {tied}."
    ]


def told_of(verdict: Verdict, subjects: frozenset[str]) -> list[str]:
    """A sentence for each highlighted method in the comparison, best first."""
    compared = [str(name) for name in verdict.ranks.index if name in subjects]
    return [line for name in compared[:MOST] for line in standing(verdict, name)]


def standing(verdict: Verdict, subject: str) -> list[str]:
    """For and against the subject: its place, which methods are lower, higher, or not to be told apart."""
    if subject not in verdict.ranks.index or len(verdict.ranks) < 2:
        return []
    rank = list(verdict.ranks.index).index(subject) + 1
    line = (
        f"{subject} is in place {rank} of {len(verdict.ranks)} by average rank over families "
        f"({verdict.ranks[subject]:.2f})"
    )
    if verdict.trouble or verdict.holm is None:
        return [f"{line}."]
    lower = [worse for better, worse, _ in verdict.significant if better == subject]
    higher = [better for better, worse, _ in verdict.significant if worse == subject]
    phrases = [f"{word} than {listed(names, MOST)}" for word, names in (("higher", lower), ("lower", higher)) if names]
    return [f"{line}: {' and '.join(phrases) if phrases else 'no other method can be told apart from it'}."]
