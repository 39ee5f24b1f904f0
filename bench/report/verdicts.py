"""The statistics of every scenario, written down: words and small tables as Markdown, numbers as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from bench.atomic import write_text
from bench.report.comparison import METRIC_TITLES
from bench.report.render import HOLE, escaped_markdown
from bench.report.rows import scenarios
from bench.report.spread import Tell, lean, silent, spread
from bench.report.statistics import ALPHA, Verdict, assumptions, judge, sentences
from bench.report.tables import save_csv
from bench.report.words import p_value

#: From so many rows on the tests of scenarios are worth other processes.
MANY_ROWS = 3000
METRICS = ("average_precision", "auc_roc")
BETTER = f"* differs at {ALPHA:g} after the correction, and the Friedman test rejects."


def verdicts(frame: pd.DataFrame, tell: Tell = silent) -> list[Verdict]:
    """The tests of the headline metrics in every scenario."""
    pieces = [(part, metric, label) for metric in METRICS for label, part in scenarios(lean(frame))]
    return spread(judge, pieces, len(frame) >= MANY_ROWS, tell)


def write(folder: Path, verdicts: Sequence[Verdict]) -> list[Path]:
    """Write statistics.md and, as CSV, tests, ranks, pairwise, intervals and improvement; returns the files.

    Ranks and pairwise are the data of the critical-difference diagram.
    """
    text = folder / "statistics.md"
    fewest = min(verdict.coverage.runs for verdict in verdicts)
    head = ["What the numbers below assume:", "\n".join(f"- {escaped_markdown(line)}" for line in assumptions(fewest))]
    write_text(text, "\n\n".join([*head, "\n".join(section(verdict) for verdict in verdicts)]))
    every: dict[str, Callable[[Verdict], pd.DataFrame]] = {
        "tests": _tests,
        "ranks": _ranks,
        "pairwise": _pairs,
        "intervals": lambda verdict: verdict.intervals,
        "improvement": lambda verdict: verdict.improvements,
    }
    written = [text]
    for name, of in every.items():
        frames = [of(verdict).assign(metric=verdict.metric, scenario=verdict.title) for verdict in verdicts]
        table = pd.concat(frames).round(6)
        first = ["metric", "scenario"]
        written.append(save_csv(folder / f"{name}.csv", table[[*first, *table.columns.drop(first)]]))
    return written


def section(verdict: Verdict) -> str:
    """One scenario and metric as Markdown: what may be said, and the numbers behind it."""
    title = f"**{METRIC_TITLES[verdict.metric]} ({escaped_markdown(verdict.title)})**"
    blocks = [title, "\n".join(f"- {escaped_markdown(line)}" for line in sentences(verdict))]
    if len(verdict.ranks):
        blocks.append(_markdown(_overview(verdict)))
    if verdict.holm is not None:
        blocks.append(
            "Corrected p-values of the pairwise Wilcoxon signed-rank tests (methods by average rank over families):"
        )
        blocks.append(_markdown(_corrected(verdict)))
        blocks += [escaped_markdown(BETTER)] if verdict.significant else []
    if len(verdict.improvements):
        blocks.append("Probability that a run of the method on the left beats one of the method above:")
        blocks.append(_markdown(_chances(verdict)))
    return "\n\n".join(blocks) + "\n"


def _overview(verdict: Verdict) -> pd.DataFrame:
    means = verdict.intervals.set_index("method").loc[verdict.ranks.index]
    shown = [
        [f"{rank:.2f}", f"{mean:.3f}", HOLE if np.isnan(low) else f"{low:.3f} to {high:.3f}"]
        for rank, mean, low, high in zip(verdict.ranks, means["mean"], means.low, means.high, strict=True)
    ]
    names = pd.Index(verdict.ranks.index, name="Method")
    return pd.DataFrame(shown, names, columns=["Average rank over families", "Mean over families", "95% interval"])


def _corrected(verdict: Verdict) -> pd.DataFrame:
    assert verdict.holm is not None
    order = list(verdict.ranks.index)
    differ = {frozenset(pair[:2]) for pair in verdict.significant}
    shown = [[_p(verdict.holm.loc[a, b], frozenset((a, b)) in differ) if a != b else "" for b in order] for a in order]
    return pd.DataFrame(shown, pd.Index(order, name="Method"), columns=order)


def _p(p: float, differs: bool) -> str:
    return p_value(p) + "*" * differs


def _chances(verdict: Verdict) -> pd.DataFrame:
    known = verdict.improvements
    order = list(verdict.intervals.method)
    shown = pd.DataFrame("", pd.Index(order, name="Method"), columns=order, dtype=object)
    for a, b, value, low, high in known[["first", "second", "probability", "low", "high"]].itertuples(index=False):
        shown.loc[a, b] = f"{value:.2f}" + ("" if np.isnan(low) else f" ({low:.2f} to {high:.2f})")
    return shown.iloc[:-1, 1:]  # each pair once: the higher mean on the left


def _markdown(table: pd.DataFrame) -> str:
    text = table.map(escaped_markdown).rename(index=escaped_markdown, columns=escaped_markdown)
    return str(text.to_markdown(disable_numparse=True))


def _tests(verdict: Verdict) -> pd.DataFrame:
    statistic, p = verdict.friedman or (np.nan, np.nan)
    families, methods = verdict.matrix.shape
    columns = {"methods": methods, "datasets": len(verdict.coverage.complete), "families": families}
    row = {
        **columns,
        "friedman": statistic,
        "friedman_p": p,
        "smallest_p_holm": _smallest(verdict),
        "note": verdict.trouble,
    }
    return pd.DataFrame([row])


def _smallest(verdict: Verdict) -> float:
    """The lowest corrected p-value found; NaN without tests."""
    if verdict.holm is None:
        return float("nan")
    values = verdict.holm.to_numpy()
    return float(values[np.triu_indices(len(values), 1)].min())


def _ranks(verdict: Verdict) -> pd.DataFrame:
    return verdict.ranks.rename("average_rank").rename_axis("method").reset_index()


def _pairs(verdict: Verdict) -> pd.DataFrame:
    columns = ["first", "second", "rank_first", "rank_second", "p", "p_holm", "higher"]
    if verdict.holm is None or verdict.wilcoxon is None:
        return pd.DataFrame(columns=columns)
    ranks, plain, holm = verdict.ranks, verdict.wilcoxon, verdict.holm
    higher = {frozenset(pair[:2]): pair[0] for pair in verdict.significant}
    return pd.DataFrame(
        [
            (a, b, ranks[a], ranks[b], plain.loc[a, b], holm.loc[a, b], higher.get(frozenset((a, b)), ""))
            for a, b in combinations(ranks.index, 2)
        ],
        columns=columns,
    )
