"""Tables from the store's DataFrame: methods x datasets, failures, cost; CSV, Markdown and LaTeX.

Policy for holes, printed under every table: a mean shows how many seeds it is based on when some
failed; averages, ranks and wins are over the datasets where every method has all its seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

#: Shown where there is no number.
HOLE = "\N{EN DASH}"
METRIC_TITLES = {
    "average_precision": "Average precision",
    "auc_roc": "AUC-ROC",
    "auc_pr_trapezoid": "AUC-PR (trapezoid)",
}
POLICY = "Average, rank and wins are over the {complete} of {all} datasets where every method has all its seeds."
DAGGER = "† uses the labelled validation split, which the other methods do not see."
SYNTHETIC = "§ synthetic data."


@dataclass(frozen=True, eq=False)
class Comparison:
    """One metric in one scenario: methods x datasets.

    Attributes
    ----------
    title : str
    mean, std : DataFrame (methods x datasets), over the seeds that succeeded; methods by average rank
    succeeded, wanted : DataFrame of int, seeds with a result, and seeds in the store
    average, rank, wins : Series by method over the complete datasets; NaN when there are none
    notes : tuple of str
    """

    title: str
    mean: pd.DataFrame
    std: pd.DataFrame
    succeeded: pd.DataFrame
    wanted: pd.DataFrame
    average: pd.Series
    rank: pd.Series
    wins: pd.Series
    notes: tuple[str, ...]


def scenario_label(row: pd.Series) -> str:
    """A scenario in words: protocol, label budget, contamination."""
    budget = f"{row.label_budget:g}" + (" labels" if row.label_budget_kind == "count" else " of the labels")
    level = "natural contamination" if pd.isna(row.contamination) else f"contamination {row.contamination:g}"
    return f"{row.protocol}, {budget}, {level}"


def scenarios(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """(label, rows) of each scenario, ordered by budget and contamination."""
    ordered = frame.sort_values(["protocol", "label_budget", "contamination", "scenario"], kind="stable")
    return [(scenario_label(part.iloc[0]), part) for _, part in ordered.groupby("scenario", sort=False)]


def compare(frame: pd.DataFrame, metric: str, title: str) -> Comparison:
    """Compare methods over datasets in the rows of one scenario (or pooled scenarios)."""
    frame = frame.assign(shown=_marked(frame, "method_title", "sees_validation", "†"))
    frame = frame.assign(where=_marked(frame, "dataset", "synthetic", "§"))
    good = frame.where(frame.status == "ok")[metric]
    grouped = frame.assign(value=good).groupby(["shown", "where"])
    mean = grouped.value.mean().unstack()
    succeeded = grouped.value.count().unstack().fillna(0).astype(int)
    wanted = grouped.value.size().unstack().fillna(0).astype(int)
    full = wanted.to_numpy().max() if wanted.size else 0
    complete = mean.columns[((succeeded == wanted) & (wanted == full)).all()]
    ranks = mean[complete].rank(ascending=False)
    rank = ranks.mean(axis=1)
    order = rank.fillna(np.inf).sort_values(kind="stable").index
    notes = [POLICY.format(complete=len(complete), all=mean.shape[1])]
    notes += [DAGGER] if frame.sees_validation.fillna(False).astype(bool).any() else []
    notes += [SYNTHETIC] if frame.synthetic.fillna(False).astype(bool).any() else []
    return Comparison(
        title=f"{METRIC_TITLES.get(metric, metric)} ({title})",
        mean=mean.loc[order],
        std=grouped.value.std(ddof=1).unstack().loc[order],
        succeeded=succeeded.loc[order],
        wanted=wanted.loc[order],
        average=mean[complete].mean(axis=1).loc[order],
        rank=rank.loc[order],
        wins=(ranks == 1).sum(axis=1).loc[order],
        notes=tuple(notes),
    )


def shown(found: Comparison, bold: str, second: str) -> pd.DataFrame:
    """The comparison as text: mean ± std, best and second per dataset marked, holes visible.

    ``bold`` and ``second`` are templates with one ``{}``.
    """
    mean, std = found.mean.to_numpy(float), found.std.to_numpy(float)
    places = found.mean.rank(ascending=False, method="min").to_numpy(float)
    got, wanted = found.succeeded.to_numpy(int), found.wanted.to_numpy(int)
    entries = [
        [
            _entry(mean[m, d], std[m, d], got[m, d], wanted[m, d], places[m, d], bold, second)
            for d in range(mean.shape[1])
        ]
        for m in range(mean.shape[0])
    ]
    text = pd.DataFrame(entries, index=found.mean.index, columns=list(found.mean.columns), dtype=object)
    text["Average"] = [f"{value:.3f}" if np.isfinite(value) else HOLE for value in found.average]
    text["Rank"] = [f"{value:.2f}" if np.isfinite(value) else HOLE for value in found.rank]
    text["Wins"] = found.wins.astype(str)
    text.index.name, text.columns.name = "Method", None
    return text


def failures(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells without a result, with the reason's last line; empty when all went well."""
    bad = frame[frame.status != "ok"]
    reason = bad.error.fillna("").str.strip().str.split("\n").str[-1]
    columns = ["dataset", "method", "seed", "scenario", "status"]
    return bad[columns].assign(reason=reason).sort_values(columns, kind="stable").reset_index(drop=True)


def cost(frame: pd.DataFrame) -> pd.DataFrame:
    """Median seconds to fit and score one cell (a group's time shared by its cells) and peak memory, by method."""
    good = frame[frame.status == "ok"]
    found = good.groupby("method_title").agg(
        cells=("cell", "size"),
        fit_seconds=("fit_seconds", "median"),
        score_seconds=("score_seconds", "median"),
        peak_memory_mb=("peak_memory_mb", "max"),
    )
    return found.sort_values("fit_seconds", kind="stable").round(
        {"fit_seconds": 3, "score_seconds": 4, "peak_memory_mb": 0}
    )


def write(folder: Path, frame: pd.DataFrame) -> list[Path]:
    """Write every table of a run; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for metric in METRIC_TITLES:
        found = [compare(part, metric, label) for label, part in scenarios(frame)]
        if len(found) > 1:
            pooled = frame.assign(seed=frame.seed.astype(str) + frame.scenario)
            found.insert(0, compare(pooled, metric, f"mean over {len(found)} scenarios"))
        written += _write_metric(folder / metric, found)
    for name, table in (("cost", cost(frame).reset_index()), ("failures", failures(frame))):
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        body = table.to_markdown(index=False) if len(table) else "none"
        written += [folder / f"{name}.csv", _text(folder / f"{name}.md", body + "\n")]
    return written


def _write_metric(stem: Path, found: list[Comparison]) -> list[Path]:
    markdown, latex, rows = [], [], []
    for one in found:
        notes = " ".join(one.notes)
        body = shown(one, "**{}**", "_{}_").to_markdown(disable_numparse=True)
        markdown.append(f"**{one.title}**\n\n{body}\n\n{notes}\n")
        latex.append(_latex(one))
        long = pd.DataFrame({"mean": one.mean.stack(), "std": one.std.stack(), "seeds": one.succeeded.stack()})
        rows.append(long.assign(table=one.title).reset_index(names=["method", "dataset"]))
    every = pd.concat(rows)[["table", "method", "dataset", "mean", "std", "seeds"]].round(6)
    every.to_csv(stem.with_suffix(".csv"), index=False, lineterminator="\n")
    return [
        stem.with_suffix(".csv"),
        _text(stem.with_suffix(".md"), "\n".join(markdown)),
        _text(stem.with_suffix(".tex"), "\n".join(latex)),
    ]


def _latex(found: Comparison) -> str:
    text = shown(found, r"\textbf{{{}}}", r"\underline{{{}}}")
    for old, new in (("±", r"$\pm$"), (HOLE, "--"), ("†", r"$^\dagger$"), ("§", r"$^\S$"), ("_", r"\_"), ("%", r"\%")):
        text = text.map(lambda entry, old=old, new=new: entry.replace(old, new))
        text.index = text.index.str.replace(old, new)
        text.columns = text.columns.str.replace(old, new)
    lines = [r"\begin{tabular}{l" + "r" * text.shape[1] + "}", r"\toprule"]
    lines.append("Method & " + " & ".join(text.columns) + r" \\")
    lines.append(r"\midrule")
    lines += [
        f"{method} & " + " & ".join(row) + r" \\" for method, row in zip(text.index, text.to_numpy(), strict=True)
    ]
    return "\n".join([f"% {found.title}", *lines, r"\bottomrule", r"\end{tabular}", ""])


def _entry(mean: float, std: float, got: int, wanted: int, place: float, bold: str, second: str) -> str:
    if wanted == 0:
        return HOLE
    if got == 0:
        return f"failed (0/{wanted})"
    entry = f"{mean:.3f}" + (f" ± {std:.3f}" if np.isfinite(std) else "")
    if got < wanted:
        return f"{entry} ({got}/{wanted})"
    return bold.format(entry) if place == 1 else second.format(entry) if place == 2 else entry


def _marked(frame: pd.DataFrame, column: str, flag: str, mark: str) -> pd.Series:
    marked = frame[flag].fillna(False).astype(bool)
    return frame[column].where(~marked, frame[column] + mark)


def _text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
