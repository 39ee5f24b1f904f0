"""The store: order of columns, resume, torn and foreign files, lock, full disk, compaction, speed."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from bench.errors import StoreError
from bench.lock import InUse, acquire
from bench.store import Store, StoreWarning, read, schema, store
from bench.store.scoreless import drop_scores
from tests.bench.records import record
from tests.present import present

ISSUE_COLUMNS = [
    "dataset", "method", "seed", "protocol", "label_budget", "contamination", "status", "average_precision",
    "auc_roc", "auc_pr_trapezoid", "fit_seconds", "score_seconds", "peak_memory_mb", "error", "cell",
]  # fmt: skip


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "store").glob("part-*"))


def test_rows_come_back_in_the_documented_order_and_types(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1, contamination=0.02, label_budget=0.5), record(2, "failed")])
    frame = read(tmp_path)
    assert list(frame.columns[:15]) == ISSUE_COLUMNS
    assert not {"scores", "truth"} & set(frame) and "best_f1" in frame
    assert frame["label_budget"].tolist() == [0.5, 5.0] and frame["label_budget_kind"].tolist() == ["ratio", "count"]
    assert frame["contamination"][0] == 0.02 and np.isnan(frame["contamination"][1])
    assert frame["status"].tolist() == ["ok", "failed"] and frame["error"].tolist() == ["", "it broke"]
    assert np.isnan(frame["average_precision"][1]) and frame["average_precision"][0] == 0.5
    assert frame["synthetic"].dtype == bool and frame["seed"].dtype == np.int64
    assert frame["params"][0] == '{"width":3}'
    assert frame["scenario"][0] == '{"contamination":0.02,"label_budget":0.5}'


def test_scores_and_truth_come_when_asked(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1, scores=7), record(2, "failed")])
    frame = read(tmp_path, scores=True)
    scores, truth = frame["scores"], frame["truth"]
    assert truth[0].dtype == np.int8 and truth[0].tolist() == [1, 0, 0, 1, 0, 0, 1] and truth[1] is None
    assert scores[0].dtype == np.float32 and np.array_equal(scores[0], np.linspace(0, 1, 7, dtype=np.float32) + 1)
    assert scores[1] is None


def test_scores_can_be_dropped_and_nothing_else(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1, scores=7), record(2, "failed")])
        out.append([record(3, scores=7)])
    before = read(tmp_path)
    assert drop_scores(tmp_path) == 2
    pd.testing.assert_frame_equal(read(tmp_path), before)
    assert read(tmp_path, scores=True)[["scores", "truth"]].isna().all().all()
    held = (files(tmp_path), (tmp_path / "store" / files(tmp_path)[0]).read_bytes())
    assert drop_scores(tmp_path) == 0  # nothing is written where there is nothing to drop
    assert held == (files(tmp_path), (tmp_path / "store" / files(tmp_path)[0]).read_bytes())
    with Store(tmp_path) as out:
        out.append([record(4, scores=7)])  # a run goes on in such a folder
    assert read(tmp_path, scores=True)["scores"].notna().tolist() == [False, False, False, True]


def test_an_empty_store_has_all_columns_and_a_missing_one_is_told(tmp_path: Path) -> None:
    Store(tmp_path / "a").close()
    assert list(read(tmp_path / "a").columns[:15]) == ISSUE_COLUMNS and len(read(tmp_path / "a")) == 0
    with pytest.raises(StoreError, match="there are no results"):
        read(tmp_path / "b")


def test_keys_survive_and_the_last_row_of_a_cell_wins(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1, "timeout"), record(2)])
    with Store(tmp_path) as out:
        assert out.keys() == {"key-00000001", "key-00000002"} and out.failed_keys() == {"key-00000001"}
        out.append([record(1, value=0.9)])
        assert out.failed_keys() == set()
    frame = read(tmp_path).set_index("cell")
    assert len(frame) == 2 and frame.loc["key-00000001", "average_precision"] == 0.9
    with Store(tmp_path) as out:
        assert out.failed_keys() == set()


def test_metrics_may_differ_between_appends(tmp_path: Path) -> None:
    made = record(2)
    more = replace(made, metrics={**made.metrics, "average_precision_unseen": 0.1})
    with Store(tmp_path) as out:
        out.append([record(1)])
        out.append([more])
        out.compact()
    frame = read(tmp_path)
    assert frame["average_precision_unseen"].isna().tolist() == [True, False]
    order = list(frame.columns)
    assert order.index("sees_validation") < order.index("average_precision_unseen") < order.index("n_train")


def test_a_fact_without_a_column_is_refused() -> None:
    odd = record(1)
    with pytest.raises(ValueError, match="colour"):
        schema.table([type(odd)(odd.cell, "ok", metadata={"colour": 3})])


def test_forget_removes_rows_for_good(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1), record(2)])
        out.append([record(3)])
        assert out.forget(["key-00000001", "key-00000003", "unknown"]) == 2
        assert out.keys() == {"key-00000002"}
    assert read(tmp_path)["cell"].tolist() == ["key-00000002"]
    with Store(tmp_path) as out:
        assert out.keys() == {"key-00000002"}
        out.append([record(1)])
    assert sorted(read(tmp_path)["cell"]) == ["key-00000001", "key-00000002"]


def test_parts_are_merged_and_nothing_changes(tmp_path: Path) -> None:
    count = store.FAN_IN * 2 + 5
    with Store(tmp_path) as out:
        for number in range(count):
            out.append([record(number, value=number / count)])
    assert len(files(tmp_path)) == 2 + 5
    before = read(tmp_path, scores=True)
    assert before["seed"].tolist() == list(range(count))
    with Store(tmp_path) as out:
        out.compact()
    assert len(files(tmp_path)) == 1
    pd.testing.assert_frame_equal(read(tmp_path, scores=True), before)


def test_a_later_row_wins_through_merges(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1, value=0.1)])
        for number in range(2, store.FAN_IN):
            out.append([record(number)])
        out.append([record(1, value=0.2)])  # completes the merge
        assert len(files(tmp_path)) == 1
        assert len(out.keys()) == store.FAN_IN - 1
    frame = read(tmp_path).set_index("cell")
    assert len(frame) == store.FAN_IN - 1 and frame.loc["key-00000001", "average_precision"] == 0.2


def test_a_crash_between_merging_and_tidying_doubles_nothing(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1, value=0.1)])
        out.append([record(2)])
    shutil.copytree(tmp_path / "store", tmp_path / "copies")
    with Store(tmp_path) as out:
        out.compact()
    for source in (tmp_path / "copies").glob("part-*"):
        shutil.copy(source, tmp_path / "store" / source.name)
    assert len(files(tmp_path)) == 3
    assert len(read(tmp_path)) == 2
    with Store(tmp_path) as out:
        assert len(out.keys()) == 2
        assert files(tmp_path) == ["part-00000001-00000002.parquet"]
        out.append([record(3)])
    assert files(tmp_path)[-1] == "part-00000003-00000003.parquet"


@pytest.mark.parametrize("tear", ["truncate", "flip", "empty"])
def test_a_torn_part_is_named_and_set_aside(tmp_path: Path, tear: str) -> None:
    with Store(tmp_path) as out:
        out.append([record(number) for number in range(50)])
        out.append([record(99)])
    torn = tmp_path / "store" / files(tmp_path)[0]
    content = bytearray(torn.read_bytes())
    if tear == "truncate":
        content = content[: len(content) // 2]
    elif tear == "flip":
        chunk = pq.read_metadata(torn).row_group(0).column(2)
        content[chunk.dictionary_page_offset + chunk.total_compressed_size - 3] ^= 0xFF
    else:
        content = bytearray()
    torn.write_bytes(content)
    with pytest.warns(StoreWarning, match=f"{torn.name} is torn"):
        assert read(tmp_path)["seed"].tolist() == [99]
    with (
        pytest.warns(StoreWarning, match=rf"{torn.name} was set aside as .*set-aside.*cannot be read"),
        Store(tmp_path) as out,
    ):
        assert out.keys() == {"key-00000099"}
        out.append([record(1)])
    assert (tmp_path / "store" / "set-aside" / torn.name).read_bytes() == content
    assert sorted(read(tmp_path)["seed"]) == [1, 99]


def test_foreign_files_are_named_and_set_aside(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1)])
    inside = tmp_path / "store"
    (inside / "notes.txt").write_text("mine")
    (inside / "folder").mkdir()
    (inside / ".unfinished-77-part-00000009-00000009.parquet").write_bytes(b"PAR1")
    pd.DataFrame({"a": [1]}).to_parquet(inside / "part-00000007-00000007.parquet")
    with pytest.warns(StoreWarning) as told, Store(tmp_path) as out:
        assert out.keys() == {"key-00000001"}
    text = "\n".join(str(warning.message) for warning in told)
    assert "notes.txt was set aside" in text and "folder was set aside" in text
    assert "a run ended while it was being written" in text and "no column 'auc_pr_trapezoid'" in text
    assert len(list((inside / "set-aside").iterdir())) == 4
    assert (inside / "set-aside" / "notes.txt").read_text() == "mine"


def test_a_second_run_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1)])
        with pytest.raises(StoreError, match=f"in use by process {os.getpid()} on"):
            Store(tmp_path)
        code = f"from bench.store import Store; Store({str(tmp_path)!r})"
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert f"StoreError: {tmp_path} is in use by process {os.getpid()}" in other.stderr
        out.append([record(2)])
        assert len(read(tmp_path)) == 2  # readers need no lock
    Store(tmp_path).close()


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    code = f"from bench.store import Store; import time; s = Store({str(tmp_path)!r}); print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert present(holder.stdout).readline() == "held\n"
        with pytest.raises(StoreError, match=f"process {holder.pid}"):
            Store(tmp_path)
        holder.kill()
    Store(tmp_path).close()


def test_a_full_disk_is_one_sentence_and_resume_works(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        out.append([record(1)])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with pytest.raises(StoreError, match=r"the disk is full: .* free some space"):
                out.append([record(2, scores=20_000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert out.keys() == {"key-00000001"}
        assert not list((tmp_path / "store").glob(".unfinished*"))
        out.append([record(2, scores=20_000)])
    assert len(read(tmp_path)) == 2


def test_a_closed_store_refuses(tmp_path: Path) -> None:
    out = Store(tmp_path)
    out.close()
    with pytest.raises(StoreError, match="closed"):
        out.append([record(1)])


def test_reading_while_another_process_appends_and_merges(tmp_path: Path) -> None:
    here = Path(__file__).parents[1]
    code = (
        f"import sys; sys.path.insert(0, {str(here)!r})\nfrom records import record\nfrom bench.store import Store\n"
        f"with Store({str(tmp_path)!r}) as out:\n    for n in range(150): out.append([record(n)])"
    )
    Store(tmp_path).close()
    seen = []
    with subprocess.Popen([sys.executable, "-c", code]) as writer:
        while writer.poll() is None:
            seeds = read(tmp_path)["seed"].tolist()
            assert seeds == list(range(len(seeds)))
            seen.append(len(seeds))
    assert writer.returncode == 0 and len(read(tmp_path)) == 150
    assert seen == sorted(seen)


def test_a_hundred_thousand_rows_are_read_in_two_seconds_of_processor_time(tmp_path: Path) -> None:
    with Store(tmp_path) as out:
        for start in range(0, 100_000, 10_000):
            out.append([record(number) for number in range(start, start + 10_000)])
        for number in range(100_000, 100_050):
            out.append([record(number)])
    begun = time.process_time()
    assert len(read(tmp_path)) == 100_050
    read_seconds = time.process_time() - begun
    begun = time.process_time()
    with Store(tmp_path) as out:
        open_seconds = time.process_time() - begun
        assert len(out.keys()) == 100_050
    print(f"read {read_seconds:.2f} s, open {open_seconds:.2f} s")
    assert read_seconds < 2 and open_seconds < 2


def test_the_lock_names_its_holder_to_everyone_who_asks(tmp_path: Path) -> None:
    lock = acquire(tmp_path / "lock")
    for _ in range(2):  # asking must not wipe out the name
        with pytest.raises(InUse, match=f"process {os.getpid()} on "):
            acquire(tmp_path / "lock")
    lock.release()
    acquire(tmp_path / "lock").release()
