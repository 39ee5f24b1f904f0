"""OddBench's register and its files: pooled, nothing lost before scaling, never unpickled."""

import errno
import os
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

from bench.datasets import fetch, oddbench, oddbench_kin, registry, select
from bench.datasets.halves import in_development
from bench.datasets.npz import SkippedField
from bench.errors import DataError, UnknownName
from tests.present import present

needs_data = pytest.mark.skipif(
    not os.environ.get("MNP_BENCH_DATA"), reason="MNP_BENCH_DATA is not set: no OddBench files to read"
)
COLLECTIONS = oddbench.collections()
#: Sets that left the report half because their family had been tuned on: a copy of adbench/33_skin, and relatives of
#: oddbench/SoftwareQualityMetrics and oddbench/IndiaAttackAnalysis.
MOVED = {
    "oddbench/SkinAnomaly",
    "oddbench/CodeQualityMetrics",
    "oddbench/GlobalTerrorismAttack",
    "oddbench/SecurityIncidentCategorization",
}


class Bomb:
    def __init__(self, target: Any) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.target),))


def tiny(folder: Path, **arrays: Any) -> Any:
    """A small file of upstream's form and a card that fits it."""
    path = folder / "oddbench" / "AustinCrime.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    content = {
        "train": 1e9 + rng.random((20, 3)),
        "train_labels": np.zeros(20, dtype=int),
        "test": 1e9 + rng.random((10, 3)),
        "test_labels": np.repeat([0, 1], [5, 5]),
        "feature_names": np.array(["id", "two  words", "x"]),
    }
    np.savez(path, **{name: array for name, array in (content | arrays).items() if array is not None})
    digest = sha256(path.read_bytes()).hexdigest()
    return replace(
        oddbench.cards()["oddbench/AustinCrime"], rows=30, features=3, anomalies=5, modes=None, sha256=digest
    )


def test_all_sets_are_registered_pinned_and_families_of_their_own_but_for_copies() -> None:
    cards = oddbench.cards().values()
    assert len(cards) == len({card.sha256 for card in cards}) == 759
    shared: dict[str, list[str]] = {}
    for card in cards:
        if card.family != card.name:
            shared.setdefault(card.family, []).append(card.name.removeprefix("oddbench/"))
    assert shared == {
        "skin segmentation": ["SkinAnomaly"],
        "statlog landsat": ["SatelliteAnomaly"],
        "statlog shuttle": ["ShuttleAnomaly", "ShuttleOutlier"],
        "thyroid disease": ["ThyroidDisease"],
        "wine quality": ["WineFraud", "WineQuality"],
        "bank marketing": [
            *("CampaignOutcome", "CustomerContactOutcomes", "DoctorVisits"),
            *("SalesPerformance", "SystemFailure", "TelecomMarketing"),
        ],
        "KDD Cup 99": ["NetworkMetrics"],
        "SMS Spam Collection": ["SMSClassification", "TextMessageSpam"],
        "AEEEM bug prediction": ["CodeQualityMetrics", "SoftwareQualityMetrics"],
        "Global Terrorism Database": [
            *("GlobalTerrorismAttack", "IndiaAttackAnalysis", "SecurityIncidentCategorization"),
        ],
        "adult census income": ["AdultDemographics", "WorkOvertimePatterns"],
        "Global Superstore": ["CustomerOrderPriority", "SalesOrderPriority", "SuperStoreOrderPriority"],
        "DataCo supply chain": ["OrderFraudDetection", "SalesFraudDetection"],
        "LSAC bar passage": ["BarExamPrediction", "LegalEducation"],
        "MLCQ code smells": ["CodeSmell", "CodeSmellSeverity"],
        "card transactions": ["CardFraudDetection", "CreditCardFraud"],
        "diabetes in 130 US hospitals": ["DiabetesSpecialty", "HospitalReadmissions", "PatientReadmission"],
        "length of hospital stay": ["HealthMetricsAnomalies", "HospitalSeverity", "HospitalStaySeverity"],
        "Pittsburgh trees": ["TreeCondition", "TreesInPittsburgh", "UrbanPlantBenefits"],
        "COVID-19 cases of Argentina": ["CovidEpidemiology", "EpidemiologyCases"],
        "nflsavant plays": ["FootballPlayAnomalies", "SystemProcessingState"],
        "Kickstarter projects": ["KickstarterCampaigns", "KickstarterProjects"],
    }
    assert all(len(present(card.sha256)) == 64 for card in cards)
    assert {card.licence for card in cards} == {"not stated by the collection; see the source"}
    assert {card.origin for card in cards} == {"Engineering", "Human", "Logistics", "Other", "Science"}
    assert len({card.url.removeprefix("https://github.com/").split("/blob/")[0] for card in cards}) == 759


def test_collections_are_those_of_the_catalogue() -> None:
    sizes = {name: len(group.members) for name, group in COLLECTIONS.items()}
    assert sizes == {"": 759, "eligible": 312, "given": 115, "development": 55, "report": 60, "further": 192}
    families = {
        group: {registry.card(name).family for name in select.members(group)}
        for group in ("adbench", "oddbench:given", "oddbench:further")
    }
    assert not families["oddbench:further"] & (families["adbench"] | families["oddbench:given"])
    assert not {"oddbench/SystemFailure", "oddbench/OrderFraudDetection"} & set(COLLECTIONS["further"].members)
    assert set(COLLECTIONS["given"].members) <= set(COLLECTIONS["eligible"].members)
    for name in COLLECTIONS["eligible"].members:
        card = oddbench.cards()[name]
        anomalies = present(card.anomalies)
        assert anomalies >= 50 and present(card.rows) - anomalies >= 500
        assert 0.65 <= present(card.forest_auc) <= 0.9995


def test_halves_part_the_given_sets_by_the_stated_rule() -> None:
    halves = {half: COLLECTIONS[half].members for half in ("development", "report")}
    assert sorted(halves["development"] + halves["report"]) == sorted(COLLECTIONS["given"].members)
    for half, names in halves.items():
        for name in set(names) - MOVED:
            even = int(sha256(name.removeprefix("oddbench/").encode()).hexdigest(), 16) % 2 == 0
            assert even == (half == "development")
    assert set(halves["development"]) >= MOVED
    # the sets that had been tuned on when copies were first looked for
    before = sha256("\n".join(sorted(set(halves["development"]) - MOVED)).encode()).hexdigest()
    assert before == "1394fe5e1a236dc11f99a408d38ef8a39f55495b84868dd6a73012e07fbf4d00"
    pinned = sha256("\n".join(sorted(halves["development"])).encode()).hexdigest()
    assert pinned == "e0513016ce01ea467e46162a82c25cb0eac2c970f20bbf015e6950870a748a0a"


def test_no_family_is_in_both_halves_of_all_collections() -> None:
    halves = {
        half: [
            registry.card(name).family
            for source in ("adbench", "oddbench")
            for name in select.members(f"{source}:{half}")
        ]
        for half in ("development", "report")
    }
    assert {half: len(families) for half, families in halves.items()} == {"development": 83, "report": 75}
    assert not set(halves["development"]) & set(halves["report"])
    # what shares an origin with a set of ADBench is in its half too, as ADBench's own sets are
    assert "oddbench/SatelliteAnomaly" in COLLECTIONS["report"].members
    assert "oddbench/SalesPerformance" in COLLECTIONS["development"].members


def test_a_copys_card_says_of_what_and_names_a_set_that_is_here() -> None:
    for name, kinship in oddbench_kin.kinships().items():
        card = oddbench.cards()[f"oddbench/{name}"]
        assert kinship.shares in card.oddities
        for other in re.findall(r"(?:adbench|oddbench)/[\w-]+", kinship.shares):
            assert registry.card(other).family == card.family, (name, other)
        if counted := re.search(r"of (\d+) rows", kinship.shares):
            assert int(counted[1]) == card.rows
    with_names = set(oddbench_kin.column_names())
    assert {f"oddbench/{name}" for name in with_names} <= set(oddbench.cards())
    assert any("diff.score" in text for text in oddbench.cards()["oddbench/SkinAnomaly"].oddities)


def test_a_family_goes_by_its_first_name() -> None:
    assert in_development(["thyroid", "annthyroid"]) == in_development(["annthyroid"])


def test_cards_name_columns() -> None:
    kickstarter = " ".join(oddbench.cards()["oddbench/KickstarterCampaigns"].oddities)
    assert "times (by name and values): created_at; deadline; launched_at" in kickstarter
    assert "identifiers (by name and values): id" in kickstarter
    assert "large offsets" in kickstarter


def test_both_parts_are_pooled_and_nothing_is_lost(tmp_path: Path) -> None:
    dataset = oddbench.load(tiny(tmp_path), tmp_path)
    with np.load(tmp_path / "oddbench" / "AustinCrime.npz") as file:
        assert dataset.X.dtype == np.float64
        assert np.array_equal(dataset.X, np.concatenate([file["train"], file["test"]]))
    assert dataset.y.sum() == 5 and dataset.anomaly_type is None
    assert isinstance(dataset.X, np.memmap) and dataset.feature_names == ("id", "two words", "x")
    assert oddbench.load(tiny(tmp_path), tmp_path).sha256 == dataset.sha256


def test_small_sets_hold_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = tiny(tmp_path)
    mapped = oddbench.load(card, tmp_path)
    monkeypatch.undo()
    monkeypatch.setenv("MNP_BENCH_CACHE", str(tmp_path / "cache"))
    small = oddbench.load(card, tmp_path)
    assert isinstance(mapped.X, np.memmap) and not isinstance(small.X, np.memmap)
    assert np.array_equal(mapped.X, small.X) and small.sha256 == mapped.sha256
    assert not small.X.flags.writeable


def test_too_many_open_files_are_not_called_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = tiny(tmp_path)
    oddbench.load(card, tmp_path)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(np, "load", full)
    with pytest.raises(DataError, match="too many files are open; raise the limit"):
        oddbench.load(card, tmp_path)


def test_whole_numbers_stay_single(tmp_path: Path) -> None:
    card = tiny(tmp_path, train=np.arange(60).reshape(20, 3), test=np.arange(30).reshape(10, 3))
    assert oddbench.load(card, tmp_path).X.dtype == np.float32


def test_whole_numbers_beyond_double_precision_are_rounded_where_the_card_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = 349845067948765185 + 128 * np.arange(60).reshape(20, 3)
    card = tiny(tmp_path, train=long, test=long[:10])
    with pytest.raises(DataError, match="holds 349845067948765185, a whole number that double precision would"):
        oddbench.load(card, tmp_path)
    monkeypatch.setattr(oddbench, "rounded_columns", lambda: {"AustinCrime": "id"})
    X = oddbench.load(card, tmp_path).X
    assert X.dtype == np.float64 and np.abs(X[:20].astype(np.int64) - long).max() <= 64
    for name, columns in oddbench_kin.rounded_columns().items():
        assert any(
            text.endswith(f"none to the value of another: {columns}")
            for text in registry.card(f"oddbench/{name}").oddities
        )


def test_groups_of_normal_rows_are_modes(tmp_path: Path) -> None:
    card = tiny(
        tmp_path,
        train_groups=np.repeat([0.0, 1.0], 10),
        test_groups=np.repeat([1.0, -1.0], 5),
        normal_feature_values=np.array(["a\n", "b c"]),
    )
    anomaly_type = present(oddbench.load(card, tmp_path).anomaly_type)
    assert np.unique(anomaly_type, return_counts=True)[1].tolist() == [10, 5, 15]
    assert set(anomaly_type) == {"a", "anomaly", "b c"}


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    pickled = np.array([Bomb(tmp_path / "exploded")], dtype=object)
    card = tiny(tmp_path, feature_names=pickled, source=pickled)
    with pytest.warns(SkippedField, match="feature_names holds pickled objects"):
        assert oddbench.load(card, tmp_path).feature_names == ()
    card = tiny(tmp_path, train=pickled)
    with pytest.raises(DataError, match="pickled objects, which are never loaded"):
        oddbench.load(card, tmp_path)
    assert not (tmp_path / "exploded").exists()


def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no array 'test_labels'"):
        oddbench.load(tiny(tmp_path, test_labels=None), tmp_path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    card = tiny(tmp_path)
    tiny(tmp_path, train=np.ones((20, 3)))
    with pytest.raises(DataError, match=r"is pinned to .*mnp-bench fetch oddbench/AustinCrime"):
        oddbench.load(card, tmp_path)


def test_addresses_lead_to_the_pinned_commit() -> None:
    (url,) = oddbench.urls(oddbench.cards()["oddbench/AustinCrime"])
    assert url == (
        "https://raw.githubusercontent.com/psorus/Outformer/99aebce03692d1a21a4e9ccaac097fe2cc73eceb/"
        "benchmarks/oddbench/AustinCrime.npz"
    )


def test_fetch_takes_collections_and_single_sets() -> None:
    assert len(fetch.members(["oddbench"])) == 759
    assert len(fetch.members(["oddbench:given"])) == 115
    chosen = fetch.members(["oddbench"], only=["WineFraud", "oddbench/AustinCrime"])
    assert [card.name for card in chosen] == ["oddbench/WineFraud", "oddbench/AustinCrime"]
    with pytest.raises(UnknownName, match="WineFraud"):
        fetch.members(["oddbench"], only=["WineFrod"])


def test_many_absent_sets_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNP_BENCH_DATA", raising=False)
    cards = [registry.card(name) for name in select.members("oddbench:given")]
    (sentence,) = registry.lacking(cards)
    assert sentence.startswith("115 datasets of oddbench are not on this machine (oddbench/AmusementParkSafety,")
    assert list(registry.lacking(cards[:2]).values()) == [[card.name] for card in cards[:2]]


@needs_data
@pytest.mark.parametrize(
    ("copy", "of", "columns", "rows"),
    [
        ("oddbench/SatelliteAnomaly", "adbench/30_satellite", (range(36), range(36)), 5100),
        ("oddbench/SatelliteAnomaly", "adbench/31_satimage-2", (range(36), range(36)), 5063),
        ("oddbench/SkinAnomaly", "adbench/33_skin", (range(1, 4), range(3)), 6000),
        ("oddbench/SalesPerformance", "adbench/5_campaign", (range(7), (0, 50, 51, 58, 59, 60, 61)), 3002),
    ],
)
def test_copies_hold_the_rows_that_are_told(copy: str, of: str, columns: Any, rows: int) -> None:
    X, original = (
        np.asarray(registry.load(name).X[:, list(chosen)], dtype=np.float64)
        for name, chosen in zip((copy, of), columns, strict=True)
    )
    if of == "adbench/5_campaign":  # scaled by the least and greatest values of UCI's bank-additional-full
        low = np.array([17, 0, 1, 92.201, -50.8, 0.634, 4963.6])
        X = (X - low) / (np.array([98, 4918, 56, 94.767, -26.9, 5.045, 5228.1]) - low)
    distance, _ = cKDTree(np.unique(original, axis=0)).query(X)
    assert int((distance < 1e-4).sum()) == rows


@needs_data
def test_given_files_fit_their_cards_and_the_named_offsets() -> None:
    precisions = []
    for name in COLLECTIONS["given"].members:
        dataset = registry.load(name)
        assert dataset.anomaly_type is None or len(set(dataset.anomaly_type[dataset.y == 0])) == dataset.card.modes
        precisions.append(dataset.X.dtype)
        told = " ".join(dataset.card.oddities)
        for column, values in zip(dataset.feature_names, np.asarray(dataset.X, dtype=np.float64).T, strict=True):
            spread = values.max() - values.min()
            merged = len(np.unique(values.astype(np.float32))) < len(np.unique(values))
            if spread > 0 and (merged or np.abs([values.min(), values.max()]).min() >= 100 * spread):
                assert "large offsets" in told and (column in told or " more" in told), (name, column)
    assert precisions.count(np.dtype(np.float64)) == 81 and precisions.count(np.dtype(np.float32)) == 34
