"""What is said of cells that failed: which methods, on which data, and why."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: So many reasons are told; the rest is counted.
MOST_REASONS = 5
#: A reason is cut here; it stands whole in the store.
MOST_LETTERS = 300


def failed_text(frame: pd.DataFrame, keys: AbstractSet[str] | None = None) -> str:
    """The failed cells of a results folder in words.

    Parameters
    ----------
    frame : DataFrame
        The store's rows.
    keys : set of str, optional
        Only these cells; default all.

    Returns
    -------
    str
        Empty if none failed; one line for one reason, else a line per method and reason, the most frequent first.
    """
    from bench.report.outcomes import reasons
    from bench.report.rows import prepare

    rows = prepare(frame)
    rows = rows if keys is None else rows[rows["cell"].isin(keys)]
    failed = int((rows.status != "ok").sum())
    if not failed:
        return ""
    told = reasons(rows).sort_values(["cells", "method"], ascending=[False, True], kind="stable")
    lines = [
        f"{method} on {datasets} ({_count(cells)}{'' if status == 'failed' else ', ' + status}): {_cut(reason)}"
        for method, status, cells, datasets, reason in told.head(MOST_REASONS).itertuples(index=False)
    ]
    more = len(told) - len(lines)
    if more:
        lines.append(f"... and {more} more reason{'s' if more > 1 else ''}")
    if failed == len(rows):
        head = "no cell succeeded, so there is nothing to compare"
    else:
        head = f"{failed} of {len(rows)} cells failed"
    return f"{head}: {lines[0]}" if len(lines) == 1 else "\n  ".join([f"{head}:", *lines])


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _cut(reason: str) -> str:
    return reason if len(reason) <= MOST_LETTERS else reason[:MOST_LETTERS] + " ..."
