"""Collections by name and filter: the same words in suites, in --datasets, in fetch and in lists."""

from pathlib import Path
from typing import Any

import pytest

from bench.app.cli import main
from bench.datasets import adbench, registry, select
from bench.errors import ConfigError, UnknownName
from bench.suite.load import parse_suite
from bench.suite.narrow import narrowed

SUITE = 'name = "s"\nmethods = ["iforest"]\ndatasets = {}\n'


def parsed(datasets: Any) -> Any:
    return parse_suite(SUITE.format(datasets), "s.toml")


def test_every_collection_holds_registered_sets_once() -> None:
    cards = registry.cards()
    for name, group in select.collections().items():
        assert group.title and group.members and len(set(group.members)) == len(group.members), name
        assert set(group.members) <= set(cards), name
    assert {"adbench:classical", "adbench:given", "oddbench:eligible", "bundled"} <= set(select.collections())


def test_adbench_halves_are_those_of_the_development_trials() -> None:
    groups = adbench.collections()
    assert [len(groups[name].members) for name in ("classical", "given", "development", "report")] == [47, 44, 28, 15]
    assert [name.removeprefix("adbench/") for name in groups["report"].members] == [
        "8_celeba", "12_fault", "14_glass", "18_Ionosphere", "19_landsat", "20_letter", "22_magic.gamma", "25_musk",
        "29_Pima", "30_satellite", "31_satimage-2", "37_Stamps", "40_vowels", "41_Waveform", "47_yeast",
    ]  # fmt: skip
    development = set(groups["development"].members)
    for family in adbench.KIN:
        assert len({name in development for name in groups["given"].members if adbench.bare(name) in family}) == 1
    assert development | set(groups["report"].members) == set(groups["given"].members) - {"adbench/3_backdoor"}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("rows<=2000", lambda card: card.rows <= 2000),
        ("rows > 2e3 , features!=3", lambda card: card.rows > 2000 and card.features != 3),
        ("anomalies>=500,anomaly_ratio<0.1", lambda card: card.anomalies >= 500 and card.anomalies < card.rows * 0.1),
        ("modes>=2", lambda card: card.modes >= 2),
        ("origin=science|Human", lambda card: card.origin in ("Science", "Human")),
        ("origin!=Science", lambda card: card.origin != "Science"),
        ("difficulty=hard", lambda card: card.forest_auc < 0.8),
        ("difficulty=medium", lambda card: 0.8 <= card.forest_auc < 0.95),
        ("forest_auc>=0.95,iforest_auc<0.6", lambda card: card.forest_auc >= 0.95 and card.iforest_auc < 0.6),
        ("name=*fraud*", lambda card: "fraud" in card.name.lower()),
        ("family=skin segmentation", lambda card: card.name == "oddbench/SkinAnomaly"),
        ("family=FurnitureOrderPriority", lambda card: card.name == "oddbench/FurnitureOrderPriority"),
    ],
)
def test_filters_keep_what_their_words_say(text: str, fits: Any) -> None:
    cards = [registry.card(name) for name in select.members("oddbench:given")]
    expected = [card.name for card in cards if fits(card)]
    assert 0 < len(expected) < 115
    assert list(select.members(f"oddbench:given[{text}]")) == expected


def test_text_filters_know_families_and_parts_of_an_origin() -> None:
    assert select.members("adbench:classical[family=thyroid disease]") == ("adbench/2_annthyroid", "adbench/38_thyroid")
    assert "adbench/38_thyroid" in select.members("adbench:classical[origin=UCI]")
    assert "adbench/9_census" not in select.members("adbench:classical[name!=9_census]")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("oddbench:eligble", "unknown collection 'oddbench:eligble'; did you mean oddbench:eligible"),
        ("oddbench:given[row<5]", "unknown filter 'row'; did you mean rows"),
        ("oddbench:given[rows<x]", "'rows<x' needs a number"),
        ("oddbench:given[rows]", "'rows' is no comparison; write e.g."),
        ("oddbench:given[origin<Science]", "compares words; use = or !="),
        ("oddbench:given[rows<5", "must end with the one ]"),
        ("oddbench:given[rows<5]", "names none of the 115 sets of oddbench:given; loosen the filter"),
        ("adbench[modes>1]", "modes is not known of adbench/1_ALOI, .* and 44 more"),
        ("adbench:CV_by_ViT[rows<5]", "rows is not known of"),
        ("digits-low[rows<5]", "unknown collection 'digits-low'"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(text: str, says: str) -> None:
    with pytest.raises((ConfigError, UnknownName), match=says) as caught:
        select.members(text)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match=says):
        parsed(f'["{text}"]')


def test_a_suite_names_collections_beside_sets() -> None:
    experiment = parsed('["wine", "adbench:classical[family=thyroid disease]", "adbench/38_thyroid"]')
    assert experiment.datasets == ("wine", "adbench/2_annthyroid", "adbench/38_thyroid")
    with pytest.raises(ConfigError, match="'wine' is given twice"):
        parsed('["wine", "wine"]')


def test_a_table_may_be_called_as_a_source_is(tmp_path: Path) -> None:
    text = SUITE.format("[]") + '[[dataset]]\npath = "oddbench.csv"\n'
    assert parse_suite(text, "s.toml").parts[0].datasets == ("oddbench",)


def test_the_command_line_names_collections_too() -> None:
    names = select.split_names(" oddbench:given[modes>=2,rows<3000], wine ,,adbench")
    assert names == ["oddbench:given[modes>=2,rows<3000]", "wine", "adbench"]
    chosen = narrowed(parsed('["oddbench:given"]'), datasets=names[:2])
    assert chosen.datasets == ("oddbench/EarthquakeDamage", "oddbench/FinanceJobCategories", "wine")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list", "methods", "--collection", "oddbench"], "--collection belongs to list datasets"),
        (["list", "datasets", "--collection", "oddbench:givn"], "did you mean oddbench:given"),
        (["fetch", "oddbench:given", "--only", "WineFrod"], "unknown dataset 'WineFrod'; did you mean WineFraud"),
        (["plan", "quick", "--datasets", "oddbench:given[rows<9,features<9],wine"], "names none of the 115 sets"),
    ],
)
def test_the_commands_take_them_and_refuse_in_one_sentence(
    words: Any, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mnp-bench", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    told = capsys.readouterr().err
    assert caught.value.code == 2 and says in told and told.count("\n") == 1
