"""The halves that MNP+ was developed and reported on: fixed by a rule on names, families whole."""

from bench.datasets import registry
from tests.parity.mnp_plus_halves import FAMILIES, in_development

DEVELOPMENT = (
    "ALOI annthyroid backdoor breastw campaign cardio Cardiotocography cover donors Hepatitis http Lymphography "
    "mammography mnist optdigits PageBlocks pendigits shuttle skin smtp SpamBase thyroid vertebral WBC WDBC Wilt wine WPBC"
)
REPORT = "celeba fault glass Ionosphere landsat letter magic.gamma musk Pima satellite satimage-2 Stamps vowels Waveform yeast"


def test_adbenchs_halves_are_these() -> None:
    bare = {name: name.partition("_")[2] for name in registry.cards() if name.count("/") == 1 and "adbench/" in name}
    halves = {text: in_development(name) for name, text in bare.items()}
    assert {name for name in DEVELOPMENT.split() if not halves[name]} == set()
    assert {name for name in REPORT.split() if halves[name]} == set()
    assert set(halves) - set(DEVELOPMENT.split()) - set(REPORT.split()) == {"census", "fraud", "speech", "InternetAds"}


def test_families_are_whole_and_agree_with_the_registrys() -> None:
    for names in FAMILIES:
        assert len({in_development(f"adbench/0_{name}") for name in names}) == 1
    cards = {
        name.partition("_")[2]: card.family
        for name, card in registry.cards().items()
        if "adbench/" in name and name.count("/") == 1
    }
    together = {name: names for names in FAMILIES for name in names}
    for name, family in cards.items():
        kin = {other for other, theirs in cards.items() if theirs == family}
        assert kin <= set(together.get(name, (name,))), name


def test_an_oddbench_set_is_a_family_of_its_own() -> None:
    # sha256("AustinCrime") is even, that of "FloodRisk" is odd
    assert in_development("oddbench/AustinCrime")
    assert not in_development("oddbench/FloodRisk")
