"""The words a person reads first in MLflow: on the experiment, on a folder's run, on a group's run (Markdown)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.tracking.sources import command_text

if TYPE_CHECKING:
    import pandas as pd

EXPERIMENT = """\
**MNP-Bench: weakly supervised anomaly detection.** Mirrored from the store of a results folder, which stays the \
source of truth: `mnp-bench track FOLDER` completes or repeats this mirror at any time.

- The **parent run** is a results folder: one suite with its report (tables, figures, `index.html`) under Artifacts.
- Each **child run** is one dataset, one scenario (label budget, contamination, ...) and one method with its \
parameters. Its metrics are over the seeds: `average_precision_mean` and `average_precision_std` (n - 1), and so on \
for each metric. The values of every seed are in the run's description. A child is *Failed* when any of its seeds \
failed; its means are then over the others, and its description says why.
- Scores are higher for what is more anomalous; `average_precision` and `auc_roc` are over test rows, 1 is best.

Filter by parameters, for example `params.dataset = 'digits-low' and params.method = 'mnp'`. For a chart over \
contamination tick runs, press *Compare*, and choose *Scatter Plot* with the parameter `contamination` (or \
`label_budget`, `label_noise`, `dataset_rows`, ...) as the x axis and `average_precision_mean` as the y axis.
"""
#: Metrics of a seed's line, in this order, as far as they were measured.
SHOWN = ("average_precision", "auc_roc", "auc_pr_trapezoid", "best_f1", "fit_seconds", "score_seconds")
#: Room kept for the sentence on what was left out.
RESERVE = 120


def group_description(name: str, rows: pd.DataFrame, metrics: list[str], limit: int) -> str:
    """A line for each seed: its metrics, or why it failed; no longer than ``limit`` characters.

    Parameters
    ----------
    name : str
        The run's name.
    rows : DataFrame
        The group's rows, by seed.
    metrics : list of str
        What the store measures.
    limit : int
        What does not fit is left out, and said.
    """
    good, bad = rows[rows.status == "ok"], rows[rows.status != "ok"]
    lines = [f"{name}: {len(good)} of {len(rows)} seeds succeeded; metrics are over these."]
    if len(bad):
        lines.append("")
    for seed, status, why in zip(bad.seed, bad.status, bad.error, strict=True):
        lines += [f"seed {seed}: {status}: {why}", ""]
    shown = [metric for metric in SHOWN if metric in metrics and good[metric].notna().any()]
    if shown:
        lines += ["", f"| seed | {' | '.join(shown)} |", f"|---|{'---:|' * len(shown)}"]
        for seed, *values in good[["seed", *shown]].itertuples(index=False):
            lines.append(f"| {seed} | {' | '.join(f'{value:.4f}' for value in values)} |")
    return "\n".join(_within(lines, limit))


def folder_description(folder: str, frame: pd.DataFrame, run: Mapping[str, Any] | None) -> str:
    """What the parent run holds, and the command that made it."""
    failed = int((frame.status != "ok").sum())
    counts = ", ".join(f"{frame[column].nunique()} {column}s" for column in ("dataset", "scenario", "method", "seed"))
    text = f"Results folder `{folder}`: {len(frame)} cells ({counts}), {failed} failed. Report under Artifacts."
    return text if run is None else f"{text}\n\nLast made by\n\n    {command_text(run.get('command', ''))}\n"


def number_text(value: float) -> str:
    """Whole numbers without a point."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)


def _within(lines: list[str], limit: int) -> Iterator[str]:
    left = limit - RESERVE
    for number, line in enumerate(lines):
        left -= len(line) + 1
        if left < 0:
            yield f"\n{len(lines) - number} more lines do not fit here; the store has them all."
            return
        yield line
