"""ADBench's register and its files: pinned, never unpickled, memory-mapped."""

import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.datasets import adbench, registry
from bench.errors import DataError
from tests.present import present

needs_data = pytest.mark.skipif(
    not os.environ.get("MNP_BENCH_DATA"), reason="MNP_BENCH_DATA is not set: no ADBench files to read"
)
CLASSICAL = [name for name in adbench.cards() if name.count("/") == 1]


def tiny(path: Path, **arrays: Any) -> Any:
    """A small npz file and a card that fits it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    content = {"X": rng.random((30, 3)), "y": np.repeat([0, 1], [25, 5])} | arrays
    np.savez(path, **content)
    digest = sha256(path.read_bytes()).hexdigest()
    return replace(adbench.cards()["adbench/38_thyroid"], rows=30, features=3, anomalies=5, sha256=digest)


def test_all_forty_seven_are_registered_and_forty_three_pinned() -> None:
    cards = [adbench.cards()[name] for name in CLASSICAL]
    assert len(cards) == 47
    unpinned = {card.name for card in cards if card.sha256 is None}
    assert unpinned == {"adbench/3_backdoor", "adbench/9_census", "adbench/13_fraud", "adbench/36_speech"}
    assert len({card.sha256 for card in cards if card.sha256}) == 43
    for name in unpinned:
        assert any("hash is not known" in text for text in adbench.cards()[name].oddities)


def test_image_and_text_features_are_registered_by_the_same_mechanism() -> None:
    folders: dict[str, list[Any]] = {}
    for name in adbench.cards():
        if name.count("/") == 2:
            folders.setdefault(name.split("/")[1], []).append(name)
    assert {folder: len(names) for folder, names in folders.items()} == {
        "CV_by_ResNet18": 61,
        "CV_by_ViT": 61,
        "NLP_by_BERT": 13,
        "NLP_by_RoBERTa": 13,
    }
    card = adbench.cards()["adbench/CV_by_ViT/MVTec-AD_bottle"]
    assert adbench.file_of(card) == "CV_by_ViT/MVTec-AD_bottle.npz"


def test_addresses_are_https_and_distinct() -> None:
    every = [url for card in adbench.cards().values() for url in adbench.urls(card)]
    assert len(set(every)) == len(every) == 2 * len(adbench.cards())
    assert all(url.startswith("https://") for url in every)


def test_files_of_an_upstream_copy_are_found_too(tmp_path: Path) -> None:
    for file in ("adbench/38_thyroid.npz", "Classical/38_thyroid.npz", "38_thyroid.npz"):
        folder = tmp_path / file.replace("/", "-")
        card = tiny(folder / file)
        assert adbench.why_absent(card, folder) is None
        assert adbench.load(card, folder).X.shape == (30, 3)


def test_a_loaded_set_is_float32_read_only_and_mapped_from_the_cache(tmp_path: Path, cache: Any) -> None:
    card = tiny(tmp_path / "adbench/38_thyroid.npz")
    dataset = adbench.load(card, tmp_path)
    assert isinstance(dataset.X, np.memmap) and dataset.X.dtype == np.float32 and dataset.X.flags.c_contiguous
    assert Path(present(dataset.X.filename)).is_relative_to(cache)
    with pytest.raises(ValueError, match="read-only"):
        dataset.X[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        dataset.y[0] = 1
    again = adbench.load(card, tmp_path)
    assert again == dataset and len(list((cache / "arrays").iterdir())) == 1


def test_another_file_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    card = tiny(tmp_path / "adbench/38_thyroid.npz")
    tiny(tmp_path / "adbench/38_thyroid.npz", X=np.ones((30, 3)))
    with pytest.raises(DataError, match=r"is pinned to .*mnp-bench fetch adbench/38_thyroid"):
        adbench.load(card, tmp_path)


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (os.mkdir, (str(tmp_path / "exploded"),))

    card = tiny(tmp_path / "adbench/38_thyroid.npz", X=np.array([[Bomb()]], dtype=object))
    with pytest.raises(DataError, match="pickled objects, which are never loaded"):
        adbench.load(card, tmp_path)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"X": np.full((30, 3), np.nan)}, "row 0, column 0 is NaN"),
        ({"X": np.full((30, 3), 1e300)}, "holds 1e\\+300, which is too large for single precision"),
        ({"X": np.full((30, 3), "a")}, "not numbers"),
        ({"y": np.zeros(30)}, "both classes"),
        ({"y": np.arange(30)}, "labels must be 0"),
        ({"y": np.repeat([0, 1], [20, 10])}, "its card says 5"),
        ({"X": np.ones((29, 3))}, r"\(29, 3\) and \(30,\)"),
    ],
)
def test_unfit_content_is_named(tmp_path: Path, arrays: Any, says: str) -> None:
    card = tiny(tmp_path / "adbench/38_thyroid.npz", **arrays)
    with pytest.raises(DataError, match=says):
        adbench.load(card, tmp_path)


def test_a_file_that_is_no_npz(tmp_path: Path) -> None:
    path = tmp_path / "adbench/38_thyroid.npz"
    path.parent.mkdir()
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1")
    card = replace(adbench.cards()["adbench/38_thyroid"], sha256=sha256(path.read_bytes()).hexdigest())
    with pytest.raises(DataError, match="no readable npz file"):
        adbench.load(card, tmp_path)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = tiny(tmp_path / "adbench/38_thyroid.npz")
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("MNP_BENCH_CACHE", str(blocked))
    with pytest.raises(DataError, match="MNP_BENCH_CACHE"):
        adbench.load(card, tmp_path)


@needs_data
@pytest.mark.parametrize("name", ["38_thyroid", "4_breastw", "26_optdigits", "45_wine"])
def test_real_files_fit_their_cards(name: str) -> None:
    card = registry.card(f"adbench/{name}")
    dataset = registry.load(card.name)
    assert dataset.X.shape == (card.rows, card.features) and dataset.y.sum() == card.anomalies


@needs_data
def test_the_rebuilt_backdoor_is_accepted_and_named() -> None:
    source = Path(os.environ["MNP_BENCH_DATA"]) / "adbench" / "3_backdoor.npz"
    if not source.is_file():
        pytest.skip("the rebuilt backdoor is not in MNP_BENCH_DATA")
    card = adbench.accept(adbench.cards()["adbench/3_backdoor"], source, adbench.BACKDOOR_REBUILD)
    assert "(rebuild)" in card.title and any("not upstream's file" in text for text in card.oddities)
    dataset = registry.load("adbench/3_backdoor")
    assert dataset.card == card and dataset.X.shape == (95329, 196)
