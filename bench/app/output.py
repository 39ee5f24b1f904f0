"""What the commands print: lists, plans, status and the main table, as text or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bench.errors import ConfigError

if TYPE_CHECKING:
    from bench.planning.plan import Plan

Rows = list[dict[str, Any]]


#: Sets on one page of a list, and the columns shown; JSON has all of both.
PAGE = 50
SHORT = ("name", "rows", "features", "anomaly_ratio", "modes", "types", "origin", "difficulty", "available")


def show_datasets(collection: str | None = None, page: int = 1, as_json: bool = False) -> None:
    """Print the collections, or the sets of one, a page of them at a time (0 = all); JSON holds every set.

    Raises
    ------
    UnknownName, ConfigError
        The collection, its filter, or a page that does not exist.
    """
    from bench.datasets.overview import groups, sets

    if as_json:
        show(sets(collection), True)
        return
    if collection is None:
        show(groups())
        print("\nThe sets of one: mnp-bench list datasets --collection oddbench:given")
        print("Filtered:        mnp-bench list datasets --collection 'oddbench:eligible[rows<=10000,features<50]'")
        return
    rows = sets(collection)
    pages = -(-len(rows) // PAGE)
    if page > pages:
        raise ConfigError(f"--page {page}: {collection} has {pages} pages of {PAGE} sets")
    part = rows if page == 0 else rows[(page - 1) * PAGE : page * PAGE]
    kept = [name for name in SHORT if any(row[name] not in (None, "") for row in part)]
    show([{name: row[name] for name in kept} for row in part])
    print(f"\n{len(rows)} sets" + (f"; page {page} of {pages}, --page 0 shows all" if len(part) < len(rows) else ""))


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
            "protocols": ", ".join(spec.protocols),
            "missing": missing(spec),
            "citation": spec.citation,
            "deviations": spec.deviations,
        }
        for spec in specs().values()
    ]


def suites() -> Rows:
    """The suites that come with the package."""
    from bench.suite.load import suites as known

    return [{"name": name, "title": title} for name, title in known().items()]


#: Long columns, in JSON only.
LONG = ("citation", "deviations")


def show(rows: Rows, as_json: bool = False) -> None:
    """Print rows as JSON or as a table; lines are not folded where no terminal limits them."""
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    names = [name for name in rows[0] if name not in LONG and (len(rows[0]) < 10 or name != "title")]
    text = [[_word(row[name]) for name in names] for row in rows]
    numeric = [all(isinstance(row[name], int | float | None) for row in rows) for name in names]
    _print_table(names, text, numeric)


def show_first_table(markdown: str) -> None:
    """Print the heading and first table of a Markdown text and the notes below it."""
    lines = markdown.strip().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("|"))
    last = next((i for i in range(first, len(lines)) if not lines[i].startswith("|")), len(lines))
    end = next((i for i in range(last, len(lines)) if lines[i].startswith(("**", "#", "|"))), len(lines))
    cells = [[_unmarked(word.strip()) for word in line.strip("| ").split("|")] for line in lines[first:last]]
    print("\n".join(_unmarked(line) for line in lines[:first]))
    _print_table(cells[0], cells[2:], [False] + [True] * (len(cells[0]) - 1))
    print("\n".join(lines[last:end]).rstrip())


def _unmarked(text: str) -> str:
    """Markdown's text as a terminal shows it."""
    for mark in ("**", "<ins>", "</ins>", "\\"):
        text = text.replace(mark, "")
    return text.lstrip("# ")


def show_plan(plan: Plan, workers: int, as_json: bool = False) -> None:
    """Print cells, tasks, estimated time and memory by method, how tables were read, and every problem."""
    from bench.datasets import reading
    from bench.execution.progress import duration

    cost = sum(task.cost_seconds for task in plan.tasks)
    longest = max((task.cost_seconds for task in plan.tasks), default=0.0)
    memory = max((task.memory_mb for task in plan.tasks), default=0.0)
    summary = {
        "cells": len(plan.cells),
        "done": plan.done,
        "tasks": len(plan.tasks),
        "workers": workers,
        "estimated_seconds": round(max(cost / workers, longest), 1),
        "estimated_memory_mb": round(memory * min(workers, max(1, len(plan.tasks)))),
        "problems": list(plan.problems),
        "left_out": list(plan.skipped),
        "notices": list(plan.notices),
        "tables": {name: reading.to_json(table) for name, table in plan.readings.items()},
        "methods": _by_method(plan),
    }
    if as_json:
        print(json.dumps(summary, indent=2))
        return
    if plan.tasks:
        show(_by_method(plan))
    print(f"cells: {len(plan.cells)}, done: {plan.done}, tasks: {len(plan.tasks)}")
    print(f"estimated time: {duration(float(str(summary['estimated_seconds'])))} on {workers} workers")
    print(
        f"estimated memory: {memory:.0f} MB for the largest task, {summary['estimated_memory_mb']} MB for all workers"
    )
    for name, table in plan.readings.items():
        print("\n".join(reading.lines(name, table)))
    for line in plan.notices:
        print(f"note: {line}")
    for line in plan.skipped:
        print(f"left out: {line}")
    for line in plan.problems:
        print(f"problem: {line}")


def _by_method(plan: Plan) -> Rows:
    by_method: dict[str, dict[str, Any]] = {}
    for task in plan.tasks:
        first = task.cells[0]
        name = first.label or first.method
        row = by_method.setdefault(
            name, {"method": name, "cells": 0, "tasks": 0, "widest": 0, "core_minutes": 0.0, "largest_mb": 0.0}
        )
        row["cells"] += len(task.cells)
        row["tasks"] += 1
        row["widest"] = max(row["widest"], len(task.cells))
        row["core_minutes"] += task.cost_seconds / 60
        row["largest_mb"] = max(row["largest_mb"], task.memory_mb)
    rounded = [
        row | {"core_minutes": round(row["core_minutes"], 1), "largest_mb": round(row["largest_mb"])}
        for row in by_method.values()
    ]
    return sorted(rounded, key=lambda row: -row["core_minutes"])


def status_summary(folder: str) -> str:
    """How far a results folder is."""
    from bench.execution.progress import duration, read_status
    from bench.store import read

    frame = read(folder)
    counts = sorted(frame.status.value_counts().items())
    lines = [f"stored: {len(frame)} cells" + "".join(f", {n} {name}" for name, n in counts)]
    now = read_status(folder)
    if now is not None:
        left = "" if now.eta_seconds is None else f", about {duration(now.eta_seconds)} left"
        lines.append(f"last run: {now.state}, {now.done} of {now.total} cells done, {now.failed} failed{left}")
        lines += [f"  running: {what}" for what in now.running]
    return "\n".join(lines)


@contextmanager
def download_progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar per file on a terminal; elsewhere nothing, as the files are listed at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        known: dict[str, Any] = {}

        def progress(name: str, done: int, total: int | None) -> None:
            if name not in known:
                known[name] = bars.add_task(name, total=total)
            bars.update(known[name], completed=done, total=total, visible=done != total)  # a done one is a line later

        yield progress


def _print_table(names: list[str], rows: list[list[str]], numeric: list[bool]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, number in zip(names, numeric, strict=True):
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False, highlight=False, soft_wrap=False)
    wide = console.measure(table, options=console.options.update(max_width=10_000)).maximum
    if not console.is_terminal:
        console.width = max(console.width, wide)
    with console.capture() as text:  # printed by us: rich ends the program when nobody reads on
        console.print(table)
    print(text.get(), end="")


def _word(value: Any) -> str:
    return {None: "", False: "", True: "yes"}[value] if value is None or isinstance(value, bool) else str(value)
