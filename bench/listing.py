"""What ``list``, ``plan`` and ``status`` print: plain rows, as a table or as JSON."""

from __future__ import annotations

import json
from typing import Any

from bench.plan import Plan

Rows = list[dict[str, Any]]


def datasets() -> Rows:
    """Every registered dataset with sizes, source and whether it can be loaded now."""
    from bench.datasets.registry import available, cards

    return [
        {
            "name": card.name,
            "rows": card.rows,
            "features": card.features,
            "anomaly_ratio": round(card.anomalies / card.rows, 4) if card.anomalies and card.rows else None,
            "modes": card.modes,
            "types": len(card.types) or None,
            "source": card.source,
            "available": not available(card),
        }
        for card in cards().values()
    ]


def methods() -> Rows:
    """Every registered method's card."""
    from bench.methods import missing, specs

    return [
        {
            "name": spec.name,
            "title": spec.title,
            "family": spec.family,
            "year": spec.year,
            "replicated": spec.replicated,
            "extra": spec.extra,
            "missing": missing(spec),
            "citation": spec.citation,
        }
        for spec in specs().values()
    ]


def suites() -> Rows:
    """The suites that come with the package."""
    from bench.config import suites as known

    return [{"name": name, "title": title} for name, title in known().items()]


def show(rows: Rows, as_json: bool) -> None:
    """Print rows as a table (citations only in JSON) or as JSON."""
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    names = [name for name in rows[0] if name != "citation"]
    table = Table(*names)
    for row in rows:
        table.add_row(
            *("" if row[name] in (None, False) else "yes" if row[name] is True else str(row[name]) for name in names)
        )
    Console().print(table)


def plan_summary(plan: Plan, jobs: int) -> str:
    """Cells, tasks, time and memory of a plan, and its problems."""
    lines = [f"left out: {line}" for line in plan.skipped] + [f"problem: {line}" for line in plan.problems]
    cost = sum(task.cost_seconds for task in plan.tasks)
    memory = max((task.memory_mb for task in plan.tasks), default=0.0)
    lines += [
        f"cells: {len(plan.cells)}, tasks: {len(plan.tasks)}",
        f"estimated time: {cost / jobs / 60:.1f} minutes on {jobs} workers",
        f"estimated memory: {memory:.0f} MB per worker at most",
    ]
    return "\n".join(lines)


def status_summary(folder: str) -> str:
    """How far a results folder is."""
    from bench.progress import read_status
    from bench.store import read

    frame = read(folder)
    counts = frame.status.value_counts().to_dict()
    lines = [f"stored: {len(frame)} cells" + "".join(f", {n} {name}" for name, n in sorted(counts.items()))]
    now = read_status(folder)
    if now is not None:
        left = "" if now.eta_seconds is None else f", about {now.eta_seconds:.0f} s left"
        lines.append(f"last run: {now.state}, {now.done} of {now.total} done, {now.failed} failed{left}")
        lines += [f"  running: {what}" for what in now.running]
    return "\n".join(lines)
