"""What verify and adopt print while cells are computed again, and of what became of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench.app.output import show

if TYPE_CHECKING:
    from bench.app.adopt import Verdict
    from bench.app.verify import Repeated


def show_verified(work: Callable[[Callable[[Repeated], None]], list[Repeated]], count: int) -> list[Repeated]:
    """Do the work with a bar, then print a line per cell, what differs, and what changed since they were stored."""
    from bench.app.bars import bar

    with bar(total=count, unit="cell") as shown:
        done = work(lambda _: _advance(shown))
    show(
        [
            {
                "cell": repeated.cell[:12],
                "name": repeated.name,
                "status": repeated.record.status,
                "compared": repeated.compared,
                "verdict": "bit-identical" if repeated.same else "DIFFERENT",
            }
            for repeated in sorted(done, key=lambda repeated: (repeated.same, repeated.name))
        ]
    )
    for repeated in done:
        for difference in repeated.differences:
            print(f"{repeated.name}: {difference}")
    print(f"{sum(repeated.same for repeated in done)} of {len(done)} cells are bit-identical")
    since = dict.fromkeys(change for repeated in done for change in repeated.changes)
    if since:
        print("changed since they were stored:", *since, sep="\n  ")
    return done


def show_adopted(work: Callable[[Callable[[Repeated], None]], list[Verdict]]) -> list[Verdict]:
    """Do the work with a bar, then print a line per method and why a method's results stay as they are."""
    from bench.app.bars import bar

    with bar(unit="cell") as shown:
        verdicts = work(lambda _: _advance(shown))
    if not verdicts:
        print("every result is of today's code; there is nothing to carry over")
        return verdicts
    show(
        [
            {
                "method": verdict.method,
                "cells": verdict.cells,
                "done again": len(verdict.evidence),
                "in a group": sum(done.record.metadata.get("group_width", 1) > 1 for done in verdict.evidence),
                "verdict": "bit-identical, carried over" if verdict.adopted else "left as it is",
            }
            for verdict in verdicts
        ]
    )
    for verdict in verdicts:
        if not verdict.adopted:
            print(f"{verdict.method}: {verdict.reason}")
    carried = sum(verdict.cells for verdict in verdicts if verdict.adopted)
    print(
        f"{carried} of {sum(verdict.cells for verdict in verdicts)} results of other code are carried over to today's"
    )
    return verdicts


def _advance(bar: Any) -> None:
    bar.update()
