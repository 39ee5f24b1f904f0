"""What tests of whole runs share, so that libraries are imported and figures drawn where that is what is tested."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.execution import pool, supervisor


@pytest.fixture(scope="module")
def kept_child() -> Iterator[None]:
    """One child process does the work of all runs with one worker: it imports the libraries once.

    It is the process that runs use, which they else end when they are done. ``supervisor.release()`` ends it early,
    for a test that changes what a new child would see.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "release", lambda: None)
        yield
    supervisor.release()


@pytest.fixture(scope="module")
def without_figures() -> Iterator[None]:
    """Reports that this process makes from here to the end of the file have no figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.report.figures.write.KINDS", ())
        yield
