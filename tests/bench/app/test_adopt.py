"""Results are carried over to other code only when a sample of them, computed again, has the same bits."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bench import methods
from bench.app import verify
from bench.app.adopt import adopt
from bench.app.run import Choices, run_suite
from bench.errors import StoreError
from bench.execution import pool, supervisor
from bench.planning.plan import make_plan
from bench.store import FOLDER, Store, manifest, read, segments
from bench.suite.load import parse_suite
from bench.types import Task

pytestmark = pytest.mark.usefixtures("kept_child", "without_figures")
SUITE = """
name = "carried"
datasets = ["wine", "breast-cancer"]
methods = [{ name = "devnet", params = { epochs = 2 } }, "logistic-regression"]
seeds = [0, 1, 2]
[scenario]
label_budget = 2
"""


def older(folder: Path) -> dict[str, str]:
    """Give every row the key of code that is no more; returns today's key of each."""
    keys = {key: f"{number:064x}" for number, key in enumerate(read(folder)["cell"])}
    with Store(folder) as store:
        store.rewrite(
            lambda rows: rows.set_column(
                rows.column_names.index("cell"), "cell", pa.array([keys[key] for key in rows["cell"].to_pylist()])
            )
        )
    return {old: key for key, old in keys.items()}


def altered(folder: Path, method: str, column: str = "auc_roc") -> None:
    """Move one bit of every row of a method."""

    def change(rows: pa.Table) -> pa.Table:
        values = [
            np.nextafter(value, 2.0) if name == method else value
            for value, name in zip(rows[column].to_pylist(), rows["method"].to_pylist(), strict=True)
        ]
        return rows.set_column(rows.column_names.index(column), column, pa.array(values, pa.float64()))

    with Store(folder) as store:
        store.rewrite(change)


@pytest.fixture(scope="module")
def finished(kept_child: None, without_figures: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("carried") / "run"
    run_suite(parse_suite(SUITE, "test"), Choices(out=str(out), track=False))
    return out


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def test_what_is_of_todays_code_is_left_alone(folder: Path) -> None:
    before = (folder / "manifest.json").read_bytes()
    assert adopt(folder) == []
    assert (folder / "manifest.json").read_bytes() == before


def test_equal_bits_carry_every_row_over_and_the_manifest_says_how(folder: Path) -> None:
    whole = read(folder, scores=True)
    todays_key = older(folder)
    assert make_plan(parse_suite(SUITE, "test"), done=set(read(folder)["cell"])).done == 0
    verdicts = {verdict.method: verdict for verdict in adopt(folder, sample=2)}
    assert all(verdict.adopted and verdict.cells == 6 for verdict in verdicts.values())
    after = read(folder, scores=True)
    pd.testing.assert_frame_equal(after.drop(columns="adopted"), whole)
    assert make_plan(parse_suite(SUITE, "test"), done=set(after["cell"])).done == len(whole) == 12
    widths = [done.record.metadata["group_width"] for done in verdicts["devnet"].evidence]
    assert sorted(widths) == [1, 1, 3, 3, 3, 3, 3, 3]
    assert len({done.record.cell.dataset for done in verdicts["logistic-regression"].evidence}) == 2
    (record,) = manifest.read_adoptions(folder)
    assert set(after.adopted) == {record["id"]}
    entry = record["methods"]["devnet"]
    assert entry["cells"] == 6 and entry["to"] == methods.source_hash(methods.get("devnet"))
    assert entry["from"]["runs"] == [manifest.read_manifest(folder)[0]["id"]]
    assert len(entry["evidence"]) == 8
    assert {evidence["was"]: evidence["cell"] for evidence in entry["evidence"]}.items() <= todays_key.items()
    (again,) = verify.repeat(folder, [verify.find(folder, "wine:devnet:1")])
    assert again.same and not again.changes
    assert adopt(folder) == []
    older(folder)  # and once more: the earlier record stays, as the new one refers to it
    adopt(folder, sample=1)
    first, second = manifest.read_adoptions(folder)
    assert first == record and second["methods"]["devnet"]["from"]["adoptions"] == [record["id"]]


def test_all_methods_of_a_run_are_done_again_by_the_same_workers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older(folder)
    pools: list[set[str]] = []
    run = pool.run

    def counted(tasks: Sequence[Task], *rest: Any, **options: Any) -> None:
        pools.append({cell.method for task in tasks for cell in task.cells})
        run(tasks, *rest, **options)

    monkeypatch.setattr(pool, "run", counted)
    assert all(verdict.adopted for verdict in adopt(folder, sample=1))
    assert pools == [{"devnet", "logistic-regression"}]


def test_a_method_with_a_bit_that_differs_keeps_its_rows_and_others_go_over(folder: Path) -> None:
    older(folder)
    altered(folder, "devnet")
    before = read(folder)
    verdicts = {verdict.method: verdict for verdict in adopt(folder, sample=1)}
    assert verdicts["logistic-regression"].adopted and not verdicts["devnet"].adopted
    reason = verdicts["devnet"].reason
    assert (
        "devnet" in reason
        and "differs: auc_roc: " in reason
        and reason.split("(")[1][:12] in {key[:12] for key in before["cell"]}
    )
    after = read(folder)
    same = before.method == "devnet"
    assert list(after["cell"][same]) == list(before["cell"][same])
    assert not set(after["cell"][~same]) & set(before["cell"])
    assert list(manifest.read_adoptions(folder)[0]["methods"]) == ["logistic-regression"]


def test_without_scores_metrics_are_the_evidence(folder: Path) -> None:
    older(folder)
    with Store(folder) as store:
        store.rewrite(lambda rows: rows.drop_columns(["scores", "truth"]))
    verdicts = adopt(folder, sample=1)
    assert all(verdict.adopted and verdict.evidence[0].compared == "metrics" for verdict in verdicts)


def test_a_row_that_todays_code_has_computed_already_stays(folder: Path) -> None:
    todays_key = older(folder)
    run_suite(parse_suite(SUITE.replace("[0, 1, 2]", "[0]"), "test"), Choices(out=str(folder), track=False))
    older_rows = read(folder)
    assert len(older_rows) == 12  # the four of seed 0 replaced their namesakes
    with Store(folder) as store:
        store.rewrite(lambda rows: pa.concat_tables([_renamed(rows.slice(0, 1), "f" * 64), rows]))
    assert all(verdict.adopted for verdict in adopt(folder, sample=1))
    after = read(folder)
    assert len(after) == 12 and set(after["cell"]) == set(todays_key.values())


def _renamed(rows: pa.Table, key: str) -> pa.Table:
    return rows.set_column(rows.column_names.index("cell"), "cell", pa.array([key] * rows.num_rows))


def test_a_method_that_is_gone_is_named_and_others_go_over(folder: Path) -> None:
    older(folder)
    with Store(folder) as store:
        store.rewrite(
            lambda rows: rows.set_column(
                rows.column_names.index("method"),
                "method",
                pa.array(["gone" if name == "devnet" else name for name in rows["method"].to_pylist()]),
            )
        )
    verdicts = {verdict.method: verdict for verdict in adopt(folder, sample=1)}
    assert "unknown method 'gone'" in verdicts["gone"].reason and verdicts["logistic-regression"].adopted


KILLED = """
import os, signal, sys
from pathlib import Path
from bench.app.adopt import adopt
left = int(sys.argv[2])
def dying(real):
    def call(*words, **options):
        global left
        if str(words[0]).startswith(sys.argv[1]):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return real(*words, **options)
    return call
Path.replace, Path.unlink = dying(Path.replace), dying(Path.unlink)
adopt(sys.argv[1], sample=1)
"""


@pytest.mark.filterwarnings("ignore::bench.store.segments.StoreWarning")  # the unfinished file is set aside and told
@pytest.mark.parametrize(
    "steps", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow), 3]
)
def test_a_kill_leaves_the_old_store_or_the_new(folder: Path, steps: int) -> None:
    """Killed before the record, between record and rows, between the new rows and the end of the old."""
    with Store(folder) as store:  # two files, so that old ones are to be removed
        rows = [segments.read(part, scores=True) for part in segments.live(segments.listed(folder / FOLDER))]
        whole = pa.concat_tables(rows)
        for part in segments.listed(folder / FOLDER):
            part.path.unlink()
        segments.write(segments.named(folder / FOLDER, 1, 1), whole.slice(0, 5))
        segments.write(segments.named(folder / FOLDER, 2, 2), whole.slice(5))
        store._segments = segments.listed(folder / FOLDER)
    keys = {key: f"{number:064x}" for number, key in enumerate(read(folder)["cell"])}
    for part in segments.listed(folder / FOLDER):
        rows = segments.read(part, scores=True)
        names = pa.array([keys[key] for key in rows["cell"].to_pylist()])
        segments.write(part, rows.set_column(rows.column_names.index("cell"), "cell", names))
    old = read(folder, scores=True)
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(steps)], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    after = read(folder, scores=True)
    changed = steps >= 2
    assert set(after["cell"]) == (set(keys) if changed else set(keys.values()))
    pd.testing.assert_frame_equal(after.drop(columns=["cell", "adopted"], errors="ignore"), old.drop(columns="cell"))
    verdicts = adopt(folder, sample=1)
    assert [verdict.adopted for verdict in verdicts] == ([] if changed else [True, True])
    records = manifest.read_adoptions(folder)
    assert len(records) == 1 and set(read(folder).adopted) == {records[0]["id"]}


DETECTOR = """
import numpy as np
from .loss import weight

class Detector:
    def __init__(self, {name}=2.0, seed=0):
        self.scale = {name}

    def fit(self, X, y=None):
        return self

    def decision_function(self, X):
        return weight(np.abs(X - 0.5).sum(axis=1), self.scale)
"""
CARD = {
    "title": "Weak", "family": "weak", "year": 2026, "citation": "W (2026)", "deviations": "none",
    "factory": "carried_over.detector:Detector",
}  # fmt: skip
OWN = 'name = "own"\ndatasets = ["wine"]\nmethods = [{{ name = "carried", params = {{ {name} = 3.0 }} }}]\nseeds = [0, 1]\n[scenario]\nlabel_budget = 2\n'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An installed package with one method, whose code, parameter's name and card can be changed."""
    root = tmp_path / "site-packages" / "carried_over"
    info = root.parent / "carried_over-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: carried_over\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mnp_bench.methods]\ncarried = carried_over.cards:CARDS\n")
    root.mkdir()
    (root / "__init__.py").write_text("")

    def write(name: str = "scale", weight: str = "x * scale", renamed: dict[str, str] | None = None) -> None:
        (root / "detector.py").write_text(DETECTOR.format(name=name))
        (root / "loss.py").write_text(f"def weight(x, scale):\n    return {weight}\n")
        (root / "cards.py").write_text(f"CARDS = {{'carried': {CARD | {'renamed': renamed or {}}!r}}}\n")
        for module in [module for module in sys.modules if module.startswith("carried_over")]:
            del sys.modules[module]
        methods.specs.cache_clear()
        supervisor.release()  # a child that holds the code as it was

    monkeypatch.syspath_prepend(str(root.parent))
    monkeypatch.setenv("PYTHONPATH", str(root.parent))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    yield write
    for module in [module for module in sys.modules if module.startswith("carried_over")]:
        del sys.modules[module]
    methods.specs.cache_clear()
    supervisor.release()


def test_code_that_moved_is_carried_over_and_code_that_moved_a_bit_is_not(package: Any, tmp_path: Path) -> None:
    package()
    suite = parse_suite(OWN.format(name="scale"), "test")
    out = tmp_path / "own"
    run_suite(suite, Choices(out=str(out), track=False))
    first = set(read(out)["cell"])
    package(weight="scale * x")
    (verdict,) = adopt(out, sample=1)
    assert verdict.adopted and not set(read(out)["cell"]) & first
    assert make_plan(suite, done=set(read(out)["cell"])).done == 2
    kept = set(read(out)["cell"])
    package(weight="x + scale * x")
    (verdict,) = adopt(out, sample=1)
    assert not verdict.adopted and "scores: " in verdict.reason and "wine:carried:" in verdict.reason
    assert set(read(out)["cell"]) == kept


def test_a_renamed_parameter_is_carried_over_under_its_new_name(package: Any, tmp_path: Path) -> None:
    package()
    out = tmp_path / "own"
    run_suite(parse_suite(OWN.format(name="scale"), "test"), Choices(out=str(out), track=False))
    package(name="factor")  # nobody says what became of scale
    (verdict,) = adopt(out, sample=1)
    assert not verdict.adopted and "scale" in verdict.reason
    package(name="factor", renamed={"scale": "factor"})
    (done,) = verify.repeat(out, [verify.find(out, "wine:carried:0")])
    assert done.same  # also before it is carried over
    (verdict,) = adopt(out, sample=1)
    assert verdict.adopted
    rows = read(out)
    assert set(rows.params) == {json.dumps({"factor": 3.0}, separators=(",", ":"))}
    assert make_plan(parse_suite(OWN.format(name="factor"), "test"), done=set(rows["cell"])).done == 2
    (problem,) = make_plan(parse_suite(OWN.format(name="scale"), "test")).problems
    assert "'scale' is now called factor" in problem


def test_the_command_says_it_by_exit_code(folder: Path) -> None:
    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "bench", *words], capture_output=True, text=True)

    done = command("adopt", str(folder))
    assert done.returncode == 0 and "every result is of today's code" in done.stdout, done.stderr
    older(folder)
    altered(folder, "devnet")
    done = command("adopt", str(folder), "--sample", "1", "--jobs", "2")
    assert done.returncode == 1 and "6 of 12 results of other code are carried over" in done.stdout, done.stderr
    assert "devnet: " in done.stdout and "differs: auc_roc" in done.stdout
    assert command("adopt", str(folder / "nothing")).returncode == 2


def test_a_folder_that_is_being_written_is_refused(folder: Path) -> None:
    with Store(folder), pytest.raises(StoreError, match="in use"):
        adopt(folder)
