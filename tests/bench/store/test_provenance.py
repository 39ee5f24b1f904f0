"""Provenance: what ran is told without importing it; the manifest is a list of runs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bench.errors import StoreError
from bench.store import StoreWarning, manifest
from bench.store.manifest import collect, git_state, provenance_id, read_manifest, recorded, write_manifest
from tests.present import present


@pytest.fixture(scope="module")
def run() -> Any:
    return collect("name = 'toy'", ["mnp-bench", "run", "toy"], {"wine": "ab" * 32, "iris": "cd" * 32})


def test_everything_that_can_move_a_number_is_there(run: Any) -> None:
    assert run["packages"]["torch"] == version("torch") and run["packages"]["numpy"] == version("numpy")
    assert {"scikit-learn", "pyod", "scipy", "pandas", "joblib", "mlflow"} <= set(run["packages"])
    assert run["suite"] == "name = 'toy'" and run["command"] == ["mnp-bench", "run", "toy"]
    assert list(run["datasets"]) == ["iris", "wine"]
    assert run["worker_environment"]["MKL_CBWR"] == "AVX2,STRICT"
    assert run["worker_environment"]["OMP_NUM_THREADS"] == "1"
    assert run["cpu"]["model"] and run["cpu"]["threads"] >= 1
    if Path("/proc/cpuinfo").exists():
        assert run["cpu"]["instructions"]
    assert json.loads(json.dumps(run)) == run


def test_settings_of_the_environment_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    assert collect("", "")["worker_environment"]["ATEN_CPU_CAPABILITY"] == "avx2"


def test_the_id_is_of_what_ran_not_of_the_occasion(run: Any) -> None:
    again = {**run, "started": "2030-01-01", "finished": "2030-01-02", "wall_seconds": 9.5, "command": "python -c ..."}
    other = {**run, "packages": {**run["packages"], "numpy": "0.1"}}
    assert provenance_id(again) == provenance_id(run) != provenance_id(other)
    assert len(provenance_id(run)) == 16


@pytest.mark.parametrize("ends_by", [None, ValueError, KeyboardInterrupt])
def test_a_run_says_when_it_ended_however_it_ended(
    tmp_path: Path, run: Any, ends_by: type[BaseException] | None
) -> None:
    write_manifest(tmp_path, run)  # an earlier one, which was killed
    manifest.write_adoptions(tmp_path, [{"id": "adopted"}])
    begun = time.perf_counter()

    def go() -> None:
        with recorded(tmp_path, run) as run_id:
            assert run_id == provenance_id(run)
            assert "finished" not in read_manifest(tmp_path)[1]
            time.sleep(0.02)
            if ends_by is not None:
                raise ends_by

    if ends_by is None:
        go()
    else:
        with pytest.raises(ends_by):
            go()
    killed, ended = read_manifest(tmp_path)
    assert not {"finished", "wall_seconds"} & set(killed)
    assert 0.02 <= ended["wall_seconds"] <= time.perf_counter() - begun + 0.001  # as it is rounded
    assert datetime.fromisoformat(ended["finished"]) >= datetime.fromisoformat(ended["started"])
    assert ended["finished"].endswith("+00:00") and len(ended["finished"]) == len(ended["started"])
    assert ended["id"] == killed["id"] == provenance_id({k: v for k, v in ended.items() if k != "id"})
    assert manifest.read_adoptions(tmp_path) == [{"id": "adopted"}]


def test_an_end_that_cannot_be_written_ends_no_run(tmp_path: Path, run: Any) -> None:
    path = tmp_path / manifest.MANIFEST
    for broken in ("{", '{"runs": []}'):
        path.unlink(missing_ok=True)
        told = "does not say when this run ended, which is all that is lost: "
        with pytest.warns(StoreWarning, match=told), recorded(tmp_path, run):
            path.write_text(broken)
        assert path.read_text() == broken


def test_the_manifest_is_a_list_of_runs(tmp_path: Path, run: Any) -> None:
    assert read_manifest(tmp_path) == []
    path = write_manifest(tmp_path / "new", run)
    write_manifest(tmp_path / "new", {**run, "suite": "other"})
    runs = json.loads(path.read_text())["runs"]
    assert [run["suite"] for run in runs] == ["name = 'toy'", "other"]
    assert runs[0]["id"] == provenance_id(run) and runs == read_manifest(tmp_path / "new")
    for broken in ("{", "[]", '{"a": 1}'):
        path.write_text(broken)
        with pytest.raises(StoreError, match="is no manifest of runs"):
            write_manifest(tmp_path / "new", run)
        assert path.read_text() == broken


def test_git_tells_commit_and_changes(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *words],
            check=True,
            capture_output=True,
        )

    assert git_state(tmp_path) is None
    git("init")
    (tmp_path / "a.py").write_text("1")
    git("add", ".")
    git("commit", "-m", "one")
    clean = present(git_state(tmp_path))
    assert len(clean["commit"]) == 40 and not clean["dirty"] and clean["diff_sha256"] == ""
    (tmp_path / "a.py").write_text("2")
    first = present(git_state(tmp_path))
    assert first["dirty"] and first["changed"] == [" M a.py"] and first["commit"] == clean["commit"]
    (tmp_path / "a.py").write_text("3")
    assert present(git_state(tmp_path))["diff_sha256"] != first["diff_sha256"]


def test_no_library_is_imported_to_learn_its_version() -> None:
    code = (
        "import sys; from bench.store.manifest import collect; collect('', '')\n"
        "print([name for name in ('torch', 'mlflow', 'sklearn', 'pandas', 'pyod') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_machine_without_git_is_no_trouble(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(Path(manifest.__file__).parent) is None
