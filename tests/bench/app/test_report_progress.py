"""The bar of a report: shown on a terminal, silent elsewhere, in step with what is told."""

from __future__ import annotations

import io
import sys

import pytest

from bench.app.report_progress import report_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_the_bar_follows_what_is_told(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with report_progress() as tell:
        for what, total in (("tests", 2), ("figures", 5)):
            for done in range(1, total + 1):
                tell(what, done, total)
    shown = stream.getvalue()
    assert ("figures" in shown) == stream.isatty()
