"""Figures of very many and very few datasets and methods stay on their page; no two methods look alike."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from bench.methods import specs
from bench.report import palette
from bench.report.figures import KINDS, Kind
from bench.report.figures.canvas import (
    CROWD,
    HEIGHT,
    WIDTH,
    Unsuited,
    crowds,
    drawing_styles,
    ordered,
    short,
    shortened,
)
from bench.report.rows import prepare
from tests.bench.report.made_up import rows

FITTED = [figure for figure in KINDS if figure.per_scenario or figure.name == "cost"]


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    names = [f"adbench/{n}_Cardiotocography" for n in range(44)]
    base = rows(names, ("mnp", "devnet", "logistic-regression", "iforest"), 1, scores=True)
    others = base[base.method != "mnp"]
    copies = [
        others.assign(method=others.method + f"-{n}", method_title=others.method_title + f" with a very long name {n}")
        for n in range(9)
    ]
    large = pd.concat([base, *copies], ignore_index=True)
    large = large[large.method != "iforest"]
    assert large.method.nunique() == 30
    return {"44 x 30": prepare(large), "2 x 2": prepare(rows(("wine", "glass"), ("mnp", "iforest"), 2, scores=True))}


@pytest.mark.parametrize("wanted", FITTED, ids=lambda wanted: wanted.name)
@pytest.mark.parametrize("size", ["44 x 30", "2 x 2"])
def test_nothing_is_drawn_outside_the_page(wanted: Kind, size: str, frames: dict[str, pd.DataFrame]) -> None:
    if wanted.name == "strips" and size == "44 x 30":
        with pytest.raises(Unsuited, match="44 datasets would need 6 pages, which nobody reads"):
            wanted.draw(frames[size])
        return
    figure, _ = wanted.draw(frames[size])
    figure.draw_without_rendering()
    width, height = figure.get_size_inches()
    assert width <= WIDTH and height <= HEIGHT + 0.2
    drawn = figure.get_tightbbox()
    assert drawn.x0 >= -0.03 and drawn.y0 >= -0.03 and drawn.x1 <= width + 0.03 and drawn.y1 <= height + 0.03


def test_many_methods_are_drawn_apart_by_family_with_mnp_in_each(frames: dict[str, pd.DataFrame]) -> None:
    many = frames["44 x 30"]
    order = ordered(many, "average_precision")
    groups = crowds(many, order)
    assert [title for title, _ in groups] == ["weakly supervised", "supervised", "unsupervised"]
    assert all(len(names) <= CROWD + 1 and "MNP" in names for _, names in groups)
    assert {name for _, names in groups for name in names} == set(order)
    assert crowds(many, order[:CROWD]) == [("", order[:CROWD])]


def test_no_two_methods_of_a_figure_look_alike(frames: dict[str, pd.DataFrame]) -> None:
    style = drawing_styles(frames["44 x 30"])
    assert len({(drawn["color"], drawn["marker"], drawn["linestyle"]) for drawn in style.values()}) == 30


def test_known_methods_of_one_colour_differ_in_line_and_marker() -> None:
    style_of = {name: palette.drawing_style(number, "weak") for number, name in enumerate(palette.KNOWN)}
    for method, other in itertools.combinations(
        ("devnet", "deep-sad", "prenet", "feawad", "rosas", "repen", "overlap"), 2
    ):
        a, b = style_of[method], style_of[other]
        assert a["color"] != b["color"] or (a["linestyle"] != b["linestyle"] and a["marker"] != b["marker"])


@pytest.mark.parametrize("family", palette.HUES)
def test_many_unknown_methods_of_a_family_never_share_a_look(family: str) -> None:
    free = [tuple(palette.drawing_style(palette.FREE + n, family).values()) for n in range(120)]
    known = [tuple(palette.drawing_style(n, family).values()) for n in range(palette.FREE)]
    assert len(set(free) | set(known)) == 120 + palette.FREE
    with pytest.raises(ValueError, match="compare fewer at once"):
        palette.drawing_style(palette.FREE + 5000, family)


def test_every_method_of_the_registry_has_a_look_of_its_own_in_its_familys_hues() -> None:
    cards = specs()
    assert set(cards) <= set(palette.KNOWN)
    worn = {name: palette.KNOWN[name][0] for name in cards}
    assert worn == {name: palette.style_family(name, card.family) for name, card in cards.items()}


def test_a_method_keeps_its_look_whatever_it_is_compared_with() -> None:
    alone = drawing_styles(prepare(rows(methods=("mnp", "devnet"))))
    among = drawing_styles(prepare(rows(methods=("mnp", "devnet", "ecod", "iforest", "prenet"))))
    assert {name: among[name] for name in alone} == alone
    choices = {"devnet": [{}, {"epochs": 3}]}
    varied = drawing_styles(prepare(rows(methods=("mnp", "devnet"), params=choices)))
    assert varied["DevNet (defaults)"] == alone["DevNet"]


def test_the_methods_compared_most_have_markers_of_their_own_for_grey_print() -> None:
    names = ("mnp", "devnet", "deep-sad", "prenet", "logistic-regression", "random-forest", "iforest", "ecod")
    assert len({palette.KNOWN[name][2] for name in names}) == len(names)


def test_long_names_keep_both_ends() -> None:
    assert short("MNP (reconstruction_input=False)", 20) == "MNP (reco\N{HORIZONTAL ELLIPSIS}ut=False)"
    assert short("MNP", 20) == "MNP"


def test_names_that_would_look_alike_are_cut_less() -> None:
    names = ["iot23 [C&C, DDoS, C&C-Torii]", "iot23 [C&C, Port scan, C&C-Torii]", "wine"]
    cut = shortened(names, 20)
    assert short(names[0], 20) == short(names[1], 20)
    assert (
        len(set(cut)) == 3
        and cut[2] == "wine"
        and all(len(text) <= len(name) for text, name in zip(cut, names, strict=True))
    )
    assert shortened(["a" * 40, "a" * 40], 20) == ["a" * 40] * 2
