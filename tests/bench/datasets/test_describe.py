"""The card as text and the picture."""

from pathlib import Path

import numpy as np
import pytest

from bench.datasets import registry
from bench.datasets.describe import card_lines, describe, describe_loaded, picture
from bench.datasets.overview import sets
from bench.datasets.table import TableSource, load_table
from bench.errors import UnknownName
from tests.present import present


def test_a_card_says_what_the_data_are_and_what_is_odd() -> None:
    text = describe("digits-not35")
    for part in (
        "1532 rows x 64 features, 100 anomalies (6.53%)",
        "normal modes 8",
        "type         3: 50 anomalies",
        "CC BY 4.0",
        "constant     3 of 64 columns",
        "adbench/26_optdigits",
        "available    yes",
    ):
        assert part in text, part


def test_a_fact_is_called_as_in_lists_and_filters() -> None:
    """Lists, their filters and JSON call the field or repository ``origin``, the address ``url``."""
    for name, collection in (("oddbench/AmusementParkSafety", "oddbench"), ("adbench/42_WBC", "adbench")):
        (told,) = (row for row in sets(collection) if row["name"] == name)
        lines = [line.split(maxsplit=1) for line in card_lines(registry.card(name))]
        assert told["origin"] and told["url"].startswith("https://")
        for fact in ("source", "origin", "url"):
            assert [told[fact]] == [rest for word, rest in lines if word == fact], (name, fact)
    assert not any(line.startswith("origin") for line in card_lines(registry.card("synthetic-local")))


def test_without_the_file_the_card_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNP_BENCH_DATA", raising=False)
    text = describe("adbench/42_WBC")
    assert "prefer       adbench/4_breastw" in text and "mnp-bench fetch adbench/42_WBC" in text
    assert "file sha256  not pinned" in describe("adbench/13_fraud")
    assert "not known until loaded" in describe("adbench/CV_by_ViT/SVHN_0")
    assert "no evidence for real data" in describe("synthetic-local")
    with pytest.raises(UnknownName):
        describe("nothing")


def test_duplicates_of_a_users_table_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n1,2,0\n1,2,0\n1,2,1\n3,4,0\n5,4,1\n")
    text = describe_loaded(load_table(TableSource(str(path))))
    assert "2 rows repeat another one (40.0%)" in text and "3 rows have an identical row with the other label" in text


@pytest.mark.parametrize("name", ["iris", "digits-even", "synthetic-mixed"])
def test_a_picture_shows_every_mode_and_type(name: str, tmp_path: Path) -> None:
    dataset = registry.load(name)
    figure = picture(dataset)
    figure.savefig(tmp_path / "picture.png")
    shown = {text.get_text() for text in present(figure.axes[0].get_legend()).get_texts()}
    assert shown == set(present(dataset.anomaly_type))
    drawn = sum(len(np.asarray(points.get_offsets())) for points in figure.axes[0].collections)
    assert drawn == min(3000, len(dataset.y))


def test_a_picture_of_one_feature(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n1,0\n2,0\n3,1\n")
    picture(load_table(TableSource(str(path)))).savefig(tmp_path / "p.png")
