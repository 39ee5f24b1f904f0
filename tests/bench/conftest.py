"""The program as it is typed, without a process of its own, and the faulty methods of a third party's package."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import methods

#: Runs ``mnp-bench`` with these words in a folder.
Typed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """``mnp-bench`` as it is typed, up to its exit code, in this process: nothing is imported a second time."""

    def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        from bench.app.cli import main

        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["mnp-bench", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        shown = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return subprocess.CompletedProcess(words, end.value.code, shown.out, shown.err)

    return run


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The faulty methods, known by an entry point."""
    package = tmp_path / "faulty-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[mnp_bench.methods]\nfaulty = faulty_methods:CARDS\n")
    monkeypatch.syspath_prepend(tmp_path)
    methods.specs.cache_clear()
    yield
    methods.specs.cache_clear()
