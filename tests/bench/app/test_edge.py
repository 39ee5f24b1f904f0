"""The edge: bad files, rights and encodings are one sentence and exit code 2; a lost terminal costs nothing."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench import methods
from bench.app import edge
from bench.app.failed import failed_text
from bench.app.run import Choices, run_suite
from bench.errors import ConfigError
from bench.store import Store, read
from bench.suite.load import read_suite
from bench.suite.narrow import read_seeds
from tests.bench.app.test_main_job import own_suite
from tests.bench.records import record

pytestmark = pytest.mark.usefixtures("kept_child")
PROGRAM = [sys.executable, "-c", "from bench.app.cli import main; main()"]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder of three cells, two of them failed."""
    folder = tmp_path_factory.mktemp("edge") / "out"
    with Store(folder) as store:
        store.append([record(1), record(2, "failed"), record(3, "timeout")])
    return folder


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "a/b"), ["a/b: Permission denied", "right"]),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "a"), ["a: Is a directory", "a file is needed"]),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "a/b"), ["a/b: Not a directory", "a folder is needed"]),
        (FileExistsError(errno.EEXIST, "File exists", "a"), ["a: File exists", "a folder is needed"]),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a"), ["a: No such file", "check the path"]),
        (OSError(errno.ENOSPC, "No space left on device"), ["No space left", "free some space", "is kept"]),
        (OSError(errno.EROFS, "Read-only file system", "a"), ["a: Read-only", "written to"]),
        (OSError(errno.ENAMETOOLONG, "File name too long", "a"), ["a: File name too long", "shorter"]),
        (OSError(errno.EIO, "Input/output error", b"a"), ["a: Input/output error", "correct that"]),
        (OSError("a word of a library"), ["a word of a library; correct that"]),
        (MemoryError("Unable to allocate 8 EiB"), ["not enough memory (Unable to allocate 8 EiB)"]),
        (UnicodeDecodeError("utf-8", b"ab\xff", 2, 3, "invalid start byte"), ["not UTF-8 (byte 0xff at 2)"]),
        (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"), ["letters that cannot be written"]),
    ],
)
def test_every_error_of_the_system_is_one_sentence(error: Any, words: Any) -> None:
    told = edge.sentence(error)
    assert all(word in told for word in words), told
    assert "\n" not in told and "Errno" not in told


def without_rights(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The program as somebody whom rights bind, also where the tests run as root."""
    bound = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root is bound by no rights here, and setpriv is not installed")
        names = "-dac_override,-dac_read_search"
        bound = ["setpriv", f"--bounding-set={names}", f"--inh-caps={names}"]
    return subprocess.run(
        [*bound, *PROGRAM, *words], cwd=folder, capture_output=True, text=True, timeout=200, check=False
    )


def is_one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("mnp-bench: ") == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


@pytest.mark.parametrize(
    "words", [["report", "out"], ["track", "out"], ["run", "mine.toml", "--out", "out"], ["inspect", "wine", "--out", "out"]],
    ids=lambda words: words[0],
)  # fmt: skip
def test_a_folder_that_cannot_be_written_is_one_sentence(words: Any, results: Any, tmp_path: Path) -> None:
    own_suite(tmp_path)
    shutil.copytree(results, tmp_path / "out")
    folders = [tmp_path / "out", *(path for path in (tmp_path / "out").rglob("*"))]
    for path in folders:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        is_one_sentence(without_rights(tmp_path, *words), "Permission denied")
    finally:
        for path in folders:
            path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.mark.parametrize(
    "words", [["plan", "mine.toml"], ["list", "datasets"], ["status", "shut"], ["compare", "shut", "shut"], ["verify", "shut"]],
    ids=lambda words: words[0],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence(words: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_suite(tmp_path)
    (tmp_path / "d.csv").chmod(0)
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut").chmod(0)
    if words[0] == "list":
        monkeypatch.setenv("MNP_BENCH_DATA", str(tmp_path / "shut"))
    try:
        is_one_sentence(without_rights(tmp_path, *words), "Permission denied")
    finally:
        (tmp_path / "shut").chmod(0o755)


@pytest.mark.parametrize("name", ["status", "report", "track", "verify", "compare", "rerun"])
@pytest.mark.parametrize("out", ["a-file", "a-file/below", "x" * 300, "store-is-a-file"])
def test_what_is_no_results_folder_is_one_sentence(
    name: str, out: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bench.app.cli import app

    (tmp_path / "a-file").write_text("not a folder")
    (tmp_path / "store-is-a-file").mkdir()
    (tmp_path / "store-is-a-file" / "store").write_text("not a folder")
    monkeypatch.chdir(tmp_path)
    more = {"compare": [out], "rerun": ["wine:mnp:0"]}
    with pytest.raises(SystemExit) as end:
        app([name, out, *more.get(name, [])])
    told = capsys.readouterr().err
    assert end.value.code == 2
    assert told.startswith("mnp-bench: ") and told.count("\n") == 1


@pytest.mark.parametrize("broken", ["status.json", "manifest.json"])
def test_broken_files_of_a_results_folder_are_one_sentence(
    broken: str, results: Any, tmp_path: Path, typed: Any
) -> None:
    shutil.copytree(results, tmp_path / "out")
    (tmp_path / "out" / broken).write_bytes(b'{"runs": [\xff')
    words = {"status.json": "status", "manifest.json": "report"}
    is_one_sentence(typed(words[broken], "out", folder=tmp_path), broken)


def test_a_disk_that_fills_while_figures_are_drawn_is_one_sentence(
    results: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from matplotlib.figure import Figure

    from bench.app.cli import app

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    shutil.copytree(results, tmp_path / "out")
    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(SystemExit) as end:
        app(["report", str(tmp_path / "out")])
    told = capsys.readouterr().err
    assert end.value.code == 2 and "No space left on device; free some space" in told and "Traceback" not in told


def broken_report(*_: object) -> list[Path]:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_report_that_fails_costs_neither_mlflow_nor_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bench.report import build
    from bench.tracking import mlflow_mirror

    tracked = []
    monkeypatch.setattr(build, "build", broken_report)
    monkeypatch.setattr(mlflow_mirror, "track", lambda folder, uri, rows: tracked.append(folder) or "all")  # type: ignore[func-returns-value]
    out = tmp_path / "my results"
    ended = run_suite(read_suite(str(own_suite(tmp_path))), Choices(out=str(out)))
    told = capsys.readouterr().err
    assert (ended.failed, ended.complete) == (0, False) and tracked == [out]
    assert "no report: No space left on device" in told and f"mnp-bench report '{out}'" in told
    assert read(out).status.tolist() == ["ok"]


def test_a_mirror_that_fails_in_an_unforeseen_way_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bench.tracking import mlflow_mirror

    def broken(*_: object, **__: object) -> None:
        raise KeyError("a tag")

    monkeypatch.setattr(mlflow_mirror, "track", broken)
    monkeypatch.setattr("bench.report.figures.write.KINDS", ())
    monkeypatch.setattr(Store, "compact", broken_report)
    ended = run_suite(read_suite(str(own_suite(tmp_path))), Choices(out=str(tmp_path / "out")))
    told = capsys.readouterr().err
    assert (ended.failed, ended.complete) == (0, False)
    assert "not tracked: KeyError: 'a tag' (" in told and f"mnp-bench track {tmp_path / 'out'}" in told
    assert "the store's files could not be merged: No space left on device" in told


def test_the_last_words_name_the_failing_methods_and_why(results: Any) -> None:
    frame = read(results)
    told = failed_text(frame)
    assert told.startswith("2 of 3 cells failed:\n")
    for title in set(frame.method_title[frame.status != "ok"]):
        assert title in told
    assert failed_text(frame, set(frame["cell"][frame.status == "ok"])) == ""
    alone = failed_text(frame, set(frame["cell"][frame.status == "timeout"]))
    assert alone.startswith("no cell succeeded") and "1 cell, timeout" in alone and "\n" not in alone


#: What a stream has nothing to do with takes most of a run's time.
WITHOUT_FIGURES = "import bench.report.figures.write as drawing; drawing.KINDS = (); "


def shell(words: str, folder: Path, before: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    program = f"{sys.executable} -c '{before}from bench.app.cli import main; main()'"
    return subprocess.run(
        ["bash", "-c", words.replace("mnp-bench", program)],
        cwd=folder, capture_output=True, text=True, errors="replace", timeout=250, check=False,
        env={**os.environ, **more},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("mnp-bench run mine.toml --jobs 1 --out out > /dev/full", "standard output cannot be written: No space left"),
        ("(mnp-bench run mine.toml --jobs 1 --out out --no-track; echo ended with $? >&2) | true", "ended with 0"),
        ("mnp-bench run mine.toml --jobs 1 --out out --no-track > /dev/full 2> /dev/full", ""),
        ("mnp-bench run mine.toml --jobs 1 --out out >&- 2>&-", ""),
    ],
)
def test_a_stream_that_cannot_be_written_to_ends_no_run(words: str, told: str, tmp_path: Path) -> None:
    own_suite(tmp_path)
    done = shell(words, tmp_path, WITHOUT_FIGURES)
    assert done.returncode == 0, done.stderr
    assert told in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "out" / "index.html").exists()
    assert (tmp_path / "out" / "mlflow.db").exists() == ("--no-track" not in words)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_poor_encoding_gets_plain_letters(encoding: str, results: Any, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "out ± §")
    done = shell("mnp-bench report 'out ± §'", tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    done = shell("mnp-bench list methods", tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and "Deep SAD" in done.stdout


def test_what_only_prints_fails_where_nothing_can_be_printed_and_not_where_nobody_reads(tmp_path: Path) -> None:
    done = shell("mnp-bench list methods --json > /dev/full", tmp_path)
    assert done.returncode == 2 and "standard output cannot be written" in done.stderr
    done = shell("mnp-bench list methods | head -1; echo ${PIPESTATUS[0]}", tmp_path)
    assert done.stdout.splitlines()[-1] == "0" and done.stderr == ""


@pytest.mark.parametrize("text", ["0-999999999", "0-9999,10000", "1" * 5000, "0-" + "9" * 30])
def test_too_many_seeds_are_refused_before_they_are_listed(text: Any) -> None:
    with pytest.raises(ConfigError, match=r"more than (10,000 seeds|18 digits)"):
        read_seeds(text)


def test_a_label_budget_is_a_share_or_a_count(tmp_path: Path, typed: Any) -> None:
    done = typed("inspect", "wine", "--label-budget", "2.7", folder=tmp_path)
    assert done.returncode == 2 and "--label-budget 2.7 is neither a share below 1 nor a whole number" in done.stderr


def test_a_place_that_cannot_be_had_is_told_before_anything_is_fitted(
    tmp_path: Path, typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a-file").write_text("")
    monkeypatch.setattr(methods, "create", lambda *_, **__: pytest.fail("a method was made"))
    is_one_sentence(typed("inspect", "wine", "--out", "a-file", folder=tmp_path), "a-file", "folder is needed")


@pytest.mark.parametrize("name", ["describe", "inspect", "plan", "run"])
def test_a_table_where_a_name_is_needed_is_told_of_suite_files(name: str, tmp_path: Path, typed: Any) -> None:
    pd.DataFrame(np.eye(3)).to_csv(tmp_path / "my.csv", index=False)
    done = typed(name, "my.csv", folder=tmp_path)
    assert done.returncode == 2 and "my.csv is a file" in done.stderr and "init my.csv" in done.stderr


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        ("a.xyz", "end the name in one of"),
        ("nowhere/a.png", "nowhere/a.png: No such file"),
        (".", "end the name in one"),
    ],
)
def test_a_picture_that_cannot_be_made_is_one_sentence(
    picture: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bench.app.cli import app

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        app(["describe", "wine", "--picture", picture])
    assert end.value.code == 2 and told in capsys.readouterr().err


def test_a_cache_that_is_a_file_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``fetch`` without a network too: the folder is needed first."""
    from bench.app.cli import app

    (tmp_path / "cache").write_text("")
    monkeypatch.setenv("MNP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MNP_BENCH_DATA", raising=False)
    with pytest.raises(SystemExit) as end:
        app(["fetch", "adbench/6_cardio"])
    told = capsys.readouterr().err
    assert end.value.code == 2 and str(tmp_path / "cache") in told and told.count("mnp-bench: ") == 1


def test_a_run_plans_groups_hashes_and_reads_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What costs the same for a large suite is done once a run; report and MLflow get the rows that were read."""
    from bench.app import run as run_module
    from bench.planning import grouping
    from bench.report import build
    from bench.store import reading
    from bench.tracking import mlflow_mirror

    monkeypatch.setattr("bench.report.figures.write.KINDS", ())
    counts: dict[str, int] = {}

    def counted(module: Any, name: str) -> Any:
        real = getattr(module, name)

        def call(*words: Any, **options: Any) -> Any:
            key = f"{module.__name__}.{name}"
            counts[key] = counts.get(key, 0) + 1
            return real(*words, **options)

        monkeypatch.setattr(module, name, call)

    for module, name in [
        (run_module, "expand"), (run_module, "read"), (grouping, "tasks"), (methods, "source_hash"), (reading, "read"),
        (build, "read"),
    ]:  # fmt: skip
        counted(module, name)
    given = []
    monkeypatch.setattr(mlflow_mirror, "track", lambda folder, uri, rows: given.append(len(rows)))
    experiment = read_suite(str(own_suite(tmp_path)))
    run_suite(experiment, Choices(out=str(tmp_path / "out")))
    once = ("bench.app.run.expand", "bench.app.run.read", "bench.planning.grouping.tasks", "bench.methods.source_hash")
    assert counts == dict.fromkeys(once, 1) and given == [1]
