"""The registry as a whole: every card filled, names found, nothing loaded by listing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.app.output import show_datasets
from bench.datasets import registry
from bench.datasets.arrays import digest, identical_rows, make_dataset
from bench.errors import ConfigError, DataError, UnknownName
from bench.scenarios import noise
from bench.types import DatasetCard
from tests.present import present

CARDS = registry.cards()


@pytest.mark.parametrize("name", CARDS)
def test_every_card_is_filled(name: Any) -> None:
    card = CARDS[name]
    assert card.name == name
    for field in ("title", "source", "family", "licence", "citation", "url"):
        assert getattr(card, field).strip(), field
    assert card.url.startswith(("https://", "http://"))
    assert card.synthetic == (card.source == "synthetic")
    if card.superseded_by:
        assert CARDS[card.superseded_by].family == card.family
    if card.source != "adbench" or card.name.count("/") == 1:
        assert card.rows and card.features and card.anomalies and card.anomalies < card.rows


def test_near_duplicates_share_a_family() -> None:
    families = [
        ("adbench/30_satellite", "adbench/31_satimage-2", "adbench/19_landsat"),
        ("adbench/6_cardio", "adbench/7_Cardiotocography"),
        ("adbench/42_WBC", "adbench/4_breastw", "adbench/43_WDBC", "breast-cancer"),
        ("adbench/38_thyroid", "adbench/2_annthyroid"),
        ("adbench/16_http", "adbench/34_smtp", "nslkdd"),
        ("adbench/26_optdigits", "digits-low"),
        ("adbench/45_wine", "wine"),
        ("adbench/33_skin", "oddbench/SkinAnomaly"),
        ("adbench/30_satellite", "oddbench/SatelliteAnomaly"),
        ("adbench/5_campaign", "oddbench/SalesPerformance"),
    ]
    for names in families:
        assert len({CARDS[name].family for name in names}) == 1, names


def test_unknown_name_lists_near_ones() -> None:
    with pytest.raises(UnknownName, match="adbench/38_thyroid"):
        registry.load("adbench/thyroid")


def test_data_folder_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="--data-dir names"):
        registry.load("wine", tmp_path / "nowhere")
    monkeypatch.setenv("MNP_BENCH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="MNP_BENCH_DATA names"):
        registry.load("wine")


def test_missing_file_is_one_sentence_with_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNP_BENCH_DATA", raising=False)
    for name in ("adbench/38_thyroid", "adbench/NLP_by_BERT/imdb"):
        told = present(registry.why_absent(registry.card(name)))
        assert f"mnp-bench fetch {name}" in told and "--data-dir" in told and "MNP_BENCH_DATA" in told
        with pytest.raises(DataError, match="not on this machine"):
            registry.load(name)
    assert "--data-dir" in present(registry.why_absent(registry.card("nslkdd")))
    assert registry.why_absent(registry.card("digits-low")) is None


def test_a_dataset_is_loaded_once_per_process() -> None:
    assert registry.load("digits-low") is registry.load("digits-low")


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys; from bench.datasets import registry; registry.cards();"
        "print([m for m in ('torch', 'mlflow', 'pandas', 'sklearn', 'pyarrow', 'pooch') if m in sys.modules])"
    )
    env = os.environ | {"PYTHONPATH": os.getcwd()}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("value", [0.1, 1e9 + 1, 16777217.0])
def test_features_lose_nothing_unless_published_in_single_precision(value: Any) -> None:
    X = np.array([[1.0, 2.5], [value, 0.5], [3.0, -1.0]])
    y = np.array([0, 1, 0])
    card = DatasetCard("a/b", "t", "a", "f", "l", "c", "https://example.org")
    whole = make_dataset(X, y, None, card)
    assert whole.X.dtype == np.float64 and np.array_equal(whole.X, X)
    rounded = make_dataset(X, y, None, card, single_precision=True)
    assert rounded.X.dtype == np.float32 and float(rounded.X[1, 0]) != value
    exact = make_dataset(rounded.X.astype(np.float64), y, None, card)
    assert exact.X.dtype == np.float32 and exact.sha256 == rounded.sha256
    assert whole.sha256 != rounded.sha256


def test_precision_is_part_of_the_identity() -> None:
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    y = np.array([0, 1], dtype=np.int8)
    assert digest(X, y, None) != digest(X.astype(np.float32), y, None)
    # the hash of sets in single precision is what it was before others came
    assert digest(X.astype(np.float32), y, None) == "f747919bf48a4506e62752637f1231af5b0106154feee48bf9c79c6312d0027d"


@pytest.mark.parametrize(("dtype", "values"), [(np.int64, [2**24 + 1, 0]), (np.uint8, [255, 0]), (bool, [True, False])])
def test_whole_numbers_of_any_type_keep_their_values(dtype: Any, values: Any) -> None:
    card = DatasetCard("a/b", "t", "a", "f", "l", "c", "https://example.org")
    X = np.array([values, values[::-1]], dtype=dtype)
    dataset = make_dataset(X, np.array([0, 1]), None, card)
    assert np.array_equal(dataset.X, X) and dataset.X.dtype == (np.float64 if dtype == np.int64 else np.float32)


def test_the_collections_are_listed_and_a_collection_has_pages(capsys: pytest.CaptureFixture[str]) -> None:
    show_datasets()
    text = capsys.readouterr().out
    assert len(text.splitlines()) < 40 and "oddbench:eligible" in text and "oddbench/WineFraud" not in text
    show_datasets("oddbench:given", page=3)
    text = capsys.readouterr().out
    assert "oddbench/WineFraud" in text and "115 sets; page 3 of 3" in text and len(text.splitlines()) < 25
    show_datasets("oddbench:given", page=0)
    assert capsys.readouterr().out.count("oddbench/") == 115
    with pytest.raises(ConfigError, match="--page 4: oddbench:given has 3 pages"):
        show_datasets("oddbench:given", page=4)
    show_datasets(as_json=True)
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == list(CARDS)


def test_noise_of_double_precision_features_stays_double() -> None:
    X = 1e9 + np.random.default_rng(0).random((40, 3))
    wide = noise.irrelevant(X, 0.5, np.random.default_rng(1))
    assert wide.dtype == np.float64 and np.array_equal(wide[:, :3], X)
    assert ((wide >= X.min()) & (wide <= X.max())).all() and len(np.unique(wide[:, 3])) == 40
    assert noise.perturbed(X[:5], 3, np.random.default_rng(2)).dtype == np.float64
    assert len(np.unique(identical_rows(X))) == 40


def test_sets_of_the_committed_results_are_what_they_were() -> None:
    """Cells are filed under these hashes; single precision, order and types must not drift."""
    folder = Path(__file__).parents[3] / "results" / "reference"
    runs = [run for path in folder.glob("*/manifest.json") for run in json.loads(path.read_text())["runs"]]
    stored = {name: sha256 for run in runs for name, sha256 in run["datasets"].items()}
    checked = [name for name in stored if name in CARDS and CARDS[name].source in ("bundled", "synthetic")]
    assert len(checked) >= 5
    for name in checked:
        assert registry.load(name).sha256 == stored[name], name
