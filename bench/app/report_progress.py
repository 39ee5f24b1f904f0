"""A bar on a terminal while tests are computed and figures drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.report.build import Progress


@contextmanager
def report_progress() -> Iterator[Progress]:
    """Give ``bench.report.build.build`` something to tell; elsewhere than on a terminal nothing is shown."""
    from bench.app.bars import bar

    with bar(unit="piece", leave=False) as line:
        shown = ("", 0)

        def tell(what: str, done: int, total: int) -> None:
            nonlocal shown
            if shown != (what, total):
                shown = (what, total)
                line.reset(total)
                line.set_description(what)
            line.update(done - line.n)

        yield tell
