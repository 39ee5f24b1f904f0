"""A bar on a terminal while tests are computed and figures drawn."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.report.build import Progress


@contextmanager
def report_progress() -> Iterator[Progress]:
    """Give ``bench.report.build.build`` something to tell; elsewhere than on a terminal nothing is shown."""
    from tqdm import tqdm

    with tqdm(unit="piece", file=sys.stderr, disable=None, leave=False) as bar:
        shown = ("", 0)

        def tell(what: str, done: int, total: int) -> None:
            nonlocal shown
            if shown != (what, total):
                shown = (what, total)
                bar.reset(total)
                bar.set_description(what)
            bar.update(done - bar.n)

        yield tell
