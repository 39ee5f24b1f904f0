"""The registry as a whole: every card filled, names found, nothing loaded by listing."""

import os
import subprocess
import sys

import pytest

from bench.datasets import registry
from bench.errors import DataError, UnknownName

CARDS = registry.cards()


@pytest.mark.parametrize("name", CARDS)
def test_every_card_is_filled(name):
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


def test_near_duplicates_share_a_family():
    families = [
        ("adbench/30_satellite", "adbench/31_satimage-2", "adbench/19_landsat"),
        ("adbench/6_cardio", "adbench/7_Cardiotocography"),
        ("adbench/42_WBC", "adbench/4_breastw", "adbench/43_WDBC", "breast-cancer"),
        ("adbench/38_thyroid", "adbench/2_annthyroid"),
        ("adbench/16_http", "adbench/34_smtp", "nslkdd"),
        ("adbench/26_optdigits", "digits-low"),
        ("adbench/45_wine", "wine"),
    ]
    for names in families:
        assert len({CARDS[name].family for name in names}) == 1, names


def test_unknown_name_lists_near_ones():
    with pytest.raises(UnknownName, match="adbench/38_thyroid"):
        registry.load("adbench/thyroid")


def test_data_folder_that_is_none(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="--data-dir names"):
        registry.load("wine", tmp_path / "nowhere")
    monkeypatch.setenv("MNP_BENCH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="MNP_BENCH_DATA names"):
        registry.load("wine")


def test_missing_file_is_one_sentence_with_both_ways(monkeypatch):
    monkeypatch.delenv("MNP_BENCH_DATA", raising=False)
    for name in ("adbench/38_thyroid", "adbench/NLP_by_BERT/imdb"):
        told = registry.available(registry.card(name))
        assert f"mnp-bench fetch {name}" in told and "--data-dir" in told and "MNP_BENCH_DATA" in told
        with pytest.raises(DataError, match="not on this machine"):
            registry.load(name)
    assert "--data-dir" in registry.available(registry.card("nslkdd"))
    assert registry.available(registry.card("digits-low")) == ""


def test_a_dataset_is_loaded_once_per_process():
    assert registry.load("digits-low") is registry.load("digits-low")


def test_listing_imports_nothing_heavy():
    code = (
        "import sys; from bench.datasets import registry; registry.cards();"
        "print([m for m in ('torch', 'mlflow', 'pandas', 'sklearn', 'pyarrow', 'pooch') if m in sys.modules])"
    )
    env = os.environ | {"PYTHONPATH": os.getcwd()}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert out.stdout.strip() == "[]"
