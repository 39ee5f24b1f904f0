"""Merging: what is the same counts once, what cannot be compared is left out and named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.app.bundle import bundle_folder
from bench.app.leaderboard import build
from bench.errors import StoreError
from bench.leaderboard.merge import Merged, merge
from bench.leaderboard.payload import payload
from bench.leaderboard.sources import read_sources
from bench.methods import get, source_hash
from bench.planning import identity
from tests.bench.leaderboard.made_up import edited, folder, frame


def merged(*paths: str) -> Merged:
    return merge(read_sources(paths))


def reasons(merge: Merged) -> str:
    return "\n".join(map(str, merge.left_out))


def test_a_run_of_ones_own_stands_beside_the_reference(tmp_path: Path) -> None:
    reference = folder(tmp_path / "reference", frame())
    own = folder(tmp_path / "own", frame(methods=("my-method",)))
    merge = merged(reference, own)
    assert not merge.left_out and len(merge.rows) == 12 * 3 * 6
    assert [entry["method"] for entry in payload(merge)["entries"]].count("my-method") == 1


def test_a_folder_of_results_folders_stands_for_them(tmp_path: Path) -> None:
    folder(tmp_path / "all" / "b", frame())
    folder(tmp_path / "all" / "a", frame(methods=("my-method",)))
    (tmp_path / "all" / "README.md").write_text("What these are.")  # as in results/reference
    (tmp_path / "all" / "tables").mkdir()
    assert [source.path for source in read_sources([f"{tmp_path}/all/"])] == [f"{tmp_path}/all/a", f"{tmp_path}/all/b"]
    assert [source.path for source in read_sources([f"{tmp_path}/all/b", f"{tmp_path}/all"])] == [
        f"{tmp_path}/all/b", f"{tmp_path}/all/a",
    ]  # fmt: skip


def test_a_folder_and_its_bundle_are_one(tmp_path: Path) -> None:
    path = folder(tmp_path / "reference", frame())
    bundle_folder(path, str(tmp_path / "b.zip"))
    merge = merged(path, str(tmp_path / "b.zip"))
    assert len(merge.rows) == 180
    assert reasons(merge) == (
        f"{tmp_path}/b.zip: 180 cells left out: a source before it holds the same cells with the same bits"
    )


def test_equal_keys_with_other_bits_are_named(tmp_path: Path) -> None:
    rows = frame()
    other = rows.copy()
    other["average_precision"] += np.where(other.index == 0, 1e-9, 0.0)
    merge = merged(folder(tmp_path / "a", rows), folder(tmp_path / "b", other))
    assert "b: 1 cell left out: a source before it holds the same cells with other bits" in reasons(merge)
    assert "b: 179 cells left out: a source before it holds the same cells with the same bits" in reasons(merge)
    assert merge.rows.average_precision[merge.rows["cell"] == rows["cell"][0]].item() == rows.average_precision[0]


def test_other_data_under_one_name_are_left_out(tmp_path: Path) -> None:
    other = frame(methods=("my-method",))
    other.loc[other.dataset == "made/003", "dataset_sha256"] = "ab" * 32
    merge = merged(folder(tmp_path / "a", frame()), folder(tmp_path / "b", other))
    assert "3 cells left out: other data under the same name" in reasons(merge) and "made/003" in reasons(merge)
    assert not (merge.rows.dataset_sha256 == "ab" * 32).any()


def test_other_splits_of_one_dataset_are_other_tasks(tmp_path: Path) -> None:
    other = frame(methods=("my-method",), scenarios=({"label_budget": 10, "max_rows": 100},))
    told = payload(merged(folder(tmp_path / "a", frame()), folder(tmp_path / "b", other)))
    assert sorted({scenario["split"] for scenario in told["scenarios"]}) == [
        "weak protocol",
        "weak protocol, max rows 100",
    ]
    assert len(told["tasks"]["dataset"]) == 24 and len(told["datasets"]) == 12


def test_rows_of_other_code_of_a_method_are_another_entry(tmp_path: Path) -> None:
    older = frame(methods=("mnp",), code="older")
    merge = merged(folder(tmp_path / "a", frame()), folder(tmp_path / "b", older, commit="d" * 40))
    versions = merge.rows[merge.rows.method == "mnp"].groupby("version").size()
    assert versions.to_dict() == {"commit " + "c" * 40: 36, "commit " + "d" * 40: 36}
    assert [entry["code"] for entry in payload(merge)["entries"] if entry["method"] == "mnp"] == [
        "commit ccccccc",
        "commit ddddddd",
    ]


def test_two_commits_that_share_a_key_are_one_code(tmp_path: Path) -> None:
    first, second = frame(seeds=2), frame(seeds=3)
    merge = merged(folder(tmp_path / "a", first), folder(tmp_path / "b", second, commit="d" * 40))
    assert len(merge.rows) == len(second)
    assert set(merge.rows.version) == {"commit " + "c" * 40}


def test_a_fingerprint_in_the_manifest_is_the_code(tmp_path: Path) -> None:
    told = {"mnp": "f" * 64}
    first = folder(tmp_path / "a", frame(methods=("mnp",), seeds=1), methods=told)
    later = frame(methods=("mnp",), seeds=2)
    two = folder(tmp_path / "b", later[later.seed == 1], commit="d" * 40, methods=told)
    assert set(merged(first, two).rows.version) == {"fingerprint " + "f" * 64}


def test_a_key_of_todays_code_is_known_as_such(tmp_path: Path) -> None:
    rows = frame(methods=("mnp",), datasets=1)
    spec = get("mnp")
    for at, row in rows.iterrows():
        told = identity.content(
            row.dataset_sha256, identity.scenario_of(row.scenario), spec, {}, source_hash(spec), row.seed, row.dataset
        )
        rows.loc[at, "cell"] = identity.cell_key(told)
    merge = merged(folder(tmp_path / "a", rows))
    assert set(merge.rows.version) == {"fingerprint " + source_hash(spec)}
    assert payload(merge)["entries"][0]["today"] is True


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("average_precision", 1.2, "outside 0 to 1"),
        ("average_precision", float("nan"), "outside 0 to 1"),
        ("scenario", '{"no_such_field":1}', "none that this version knows"),
        ("scenario", '{"label_budget": 10}', "none that this version knows"),
        ("scenario", "not JSON", "none that this version knows"),
        ("params", "[1]", "none that this version knows"),
        ("status", "splendid", "none that this version knows"),
        ("method_family", "magic", "none that this version knows"),
    ],
)
def test_rows_that_cannot_be_right_are_left_out(tmp_path: Path, column: str, value: str | float, says: str) -> None:
    rows = frame()
    rows[column] = rows[column].where(rows.index != 7, value)
    merge = merged(folder(tmp_path / "a", rows))
    assert len(merge.rows) == 179 and says in reasons(merge) and "1 cell left out" in reasons(merge)


def test_a_manifest_that_was_changed_is_noticed(tmp_path: Path) -> None:
    path = folder(tmp_path / "a", frame())
    edited(path, packages={"torch": "9.9"})
    other = folder(tmp_path / "b", frame(methods=("my-method",)))
    merge = merged(path, other)
    assert "180 cells left out: the manifest's entry of their run was changed afterwards" in reasons(merge)
    assert set(merge.rows.method) == {"my-method"}


def test_when_a_run_ended_is_no_change_of_it(tmp_path: Path) -> None:
    path = folder(tmp_path / "a", frame())
    edited(path, finished="2026-01-02T00:00:00+00:00", wall_seconds=8.5)
    assert len(merged(path).rows) == 180


def test_a_dataset_hash_that_its_run_did_not_name_is_noticed(tmp_path: Path) -> None:
    rows = frame()
    path = folder(tmp_path / "a", rows)
    changed = rows.copy()
    changed.loc[changed.dataset == "made/001", "dataset_sha256"] = "cd" * 32
    store = next((tmp_path / "a" / "store").iterdir())
    table = pd.read_parquet(store)
    table.loc[table.dataset == "made/001", "dataset_sha256"] = "cd" * 32
    table.to_parquet(store)
    assert "15 cells left out: their dataset's hash is not that of their run (made/001)" in reasons(merged(path))


def test_nothing_and_nonsense_are_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="name results folders or bundles"):
        build([], "x.html")
    with pytest.raises(StoreError, match="there are no results"):
        build(["nowhere"], "x.html")
    (tmp_path / "a.zip").write_bytes(b"x")
    with pytest.raises(StoreError, match="is no bundle"):
        build(["a.zip"], "x.html")


def test_what_was_left_out_is_printed_and_on_the_page(tmp_path: Path) -> None:
    rows = frame()
    rows.loc[3, "average_precision"] = -1
    lines = build([folder(tmp_path / "a", rows)], str(tmp_path / "deep" / "x.html"))
    assert "1 cell left out" in lines[0] and "179 cells of 1 source," in lines[-1]
    assert "1 cell left out" in (tmp_path / "deep" / "x.html").read_text()


def test_where_nothing_is_left_the_reasons_are_told(tmp_path: Path) -> None:
    path = folder(tmp_path / "a", frame())
    edited(path, packages={"torch": "9.9"})
    with pytest.raises(StoreError, match=r"no cell can be shown:\n.*180 cells left out: the manifest's entry"):
        merged(path)


def test_the_committed_reference_is_whole() -> None:
    root = Path(__file__).parents[3] / "results" / "reference"
    merge = merged(*sorted(str(path.parent) for path in root.glob("*/store")))
    assert all("the same bits" in reason.reason for reason in merge.left_out), reasons(merge)
