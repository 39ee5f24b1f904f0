"""Every registered method: the same contract, the same robustness, a filled card."""

import dataclasses
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

from bench.errors import ConfigError, MissingExtra
from bench.methods import create, get, missing, source_hash, specs

FAST: dict[str, dict[str, Any]] = {
    "mnp-plus": {"n_estimators": 20, "steps": 20, "n_init": 1},
    "pu-bagging": {"n_estimators": 20},
    "mnp": {"epochs": 2, "steps_per_epoch": 3, "pretraining_epochs": 2},
    "devnet": {"epochs": 2, "steps_per_epoch": 3},
    "prenet": {"epochs": 2, "steps_per_epoch": 3},
    "feawad": {"epochs": 2, "pretraining_epochs": 2, "steps_per_epoch": 3},
    "repen": {"epochs": 2, "steps_per_epoch": 3},
    "rosas": {"epochs": 2, "steps_per_epoch": 3},
    "overlap": {"epochs": 2},
    "soel": {"epochs": 2},
    "deep-sad": {"epochs": 2, "pretraining_epochs": 2},
    "random-forest": {"n_estimators": 20},
    "extra-trees": {"n_estimators": 20},
    "mlp": {"max_iter": 5},
    "xgboost": {"n_estimators": 10},
    "lightgbm": {"n_estimators": 10},
    "catboost": {"n_estimators": 10},
    "xgbod": {"n_estimators": 10},
    "iforest": {"n_estimators": 20},
    "deep-svdd": {"epochs": 2},
    "autoencoder": {"epoch_num": 2},
    "lunar": {"n_epochs": 3},
    "wsad-dt": {"epochs": 2},
    "tabm": {"steps": 5},
    "nng-mix-mlp": {"options": {"max_iter": 5}},
    "nng-mix-xgboost": {"options": {"n_estimators": 10}},
}
#: Methods that have a meaning without any label.
WITHOUT_LABELS = ["mnp", "mnp-plus", *(name for name, spec in specs().items() if spec.family == "unsupervised")]
METHODS = [name for name, spec in specs().items() if "weak" in spec.protocols and not missing(spec)]


@pytest.fixture(autouse=True, scope="module")
def small_pool() -> Iterator[None]:
    """XGBOD without its larger isolation forests, where nearly all of its time goes on so few rows."""
    if missing(get("xgbod")):
        yield
        return
    from pyod.models.xgbod import XGBOD

    whole = XGBOD._init_detectors

    def small(self: XGBOD, X: np.ndarray) -> tuple[list[Any], list[Any]]:
        pairs = [
            (detector, standardized)
            for detector, standardized in zip(*whole(self, X), strict=True)
            if getattr(detector, "n_estimators", 0) <= 10
        ]
        return [detector for detector, _ in pairs], [standardized for _, standardized in pairs]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(XGBOD, "_init_detectors", small)
        yield


def table(rows: int = 50, width: int = 4, labelled: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(rows + width)
    X = generator.normal(size=(rows, width)).astype(np.float32)
    X[:labelled] += 6.0
    y = np.zeros(rows, dtype=int)
    y[:labelled] = 1
    return X, y


def make(name: str, seed: int = 0) -> Any:
    return create(name, seed=seed, **FAST.get(name, {}))


def check(name: str, X: np.ndarray, y: np.ndarray | None) -> np.ndarray:
    detector = make(name).fit(X, y)
    scores = np.asarray(detector.decision_function(X))
    assert scores.shape == (len(X),)
    assert np.isfinite(scores).all()
    assert detector.decision_scores_.shape == (len(X),)
    assert set(np.unique(detector.labels_)) <= {0, 1}
    return scores


def test_unsupervised_methods_say_that_they_ignore_labels() -> None:
    ours = {name for name, spec in specs().items() if spec.family == "unsupervised"}
    assert {name for name, spec in specs().items() if spec.ignores_labels} == ours


@pytest.mark.parametrize("name", [name for name in METHODS if get(name).ignores_labels])
def test_a_method_that_ignores_labels_gives_the_same_scores_whoever_is_labelled(name: str) -> None:
    X, y = table(labelled=3)
    other = np.roll(y, 10)
    assert np.array_equal(check(name, X, y), check(name, X, other))


@pytest.mark.parametrize("name", [name for name in METHODS if get(name).shares_rows])
def test_fits_of_one_table_by_other_labels_are_those_of_each_alone(name: str) -> None:
    X, y = table(labelled=3)
    labellings = [y, np.roll(y, 10), np.roll(y, 1)]
    together = make(name).fit_labellings(X, labellings)
    scores = together[0].decision_function_labellings(together, X)
    assert len({values.tobytes() for values in scores}) > 1
    for labels, detector, values in zip(labellings, together, scores, strict=True):
        assert np.array_equal(check(name, X, labels), values)
        assert np.array_equal(detector.decision_function(X), values)
        assert np.array_equal(detector.decision_scores_, make(name).fit(X, labels).decision_scores_)
        assert np.array_equal(detector.labels_, make(name).fit(X, labels).labels_)


CASES = {
    "one labelled anomaly, 50 rows": table(),
    "one feature": table(width=1, labelled=3),
    "duplicate rows": (np.repeat(table(labelled=2)[0], 3, axis=0), np.repeat(table(labelled=2)[1], 3)),
    "constant columns": (np.hstack([table(labelled=3)[0], np.full((50, 2), 7.0, np.float32)]), table(labelled=3)[1]),
    "float64": (table(labelled=3)[0].astype(np.float64), table(labelled=3)[1]),
    "integers": ((table(labelled=3)[0] * 10).astype(int), table(labelled=3)[1]),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", METHODS)
def test_every_method_takes(name: str, case: str) -> None:
    check(name, *CASES[case])


@pytest.mark.parametrize("name", METHODS)
def test_same_seed_same_bits_and_clone(name: str) -> None:
    X, y = table(labelled=4)
    first = make(name, seed=3)
    scores = first.fit(X, y).decision_function(X)
    assert np.array_equal(scores, clone(first).fit(X, y).decision_function(X))


@pytest.mark.parametrize("name", METHODS)
def test_dtype_does_not_change_scores(name: str) -> None:
    X, y = table(labelled=4)
    assert np.array_equal(check(name, X, y), check(name, X.astype(np.float64), y))


@pytest.mark.parametrize("name", METHODS)
def test_read_only_memory_map(name: str, tmp_path: Path) -> None:
    X, y = table(labelled=4)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.array_equal(check(name, mapped, y), check(name, X, y))


@pytest.mark.parametrize("name", METHODS)
def test_bad_input_is_one_clear_sentence(name: str) -> None:
    X, y = table(labelled=4)
    broken = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    broken.loc[7, "c"] = np.nan
    with pytest.raises(ValueError, match="NaN or infinite value in column 'c'"):
        make(name).fit(broken, y)
    with pytest.raises(ValueError, match="column 'b' holds text"):
        make(name).fit(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), [0, 1])
    with pytest.raises(ValueError, match="5 features, but this detector was fitted on 4"):
        make(name).fit(X, y).decision_function(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="y has 3 values for 50 rows"):
        make(name).fit(X, [0, 0, 1])
    with pytest.raises(ValueError, match="got values"):
        make(name).fit(X, np.where(y == 1, 2, 0))


def shared_state() -> list[Any]:
    numpys = np.random.get_state(legacy=False)
    drawn = [numpys["state"]["key"].tolist(), numpys["state"]["pos"], numpys["has_gauss"], numpys["gauss"]]
    threads, hash_seed = torch.get_num_threads(), os.environ.get("PYTHONHASHSEED")
    return [random.getstate(), drawn, torch.get_rng_state().tolist(), threads, hash_seed]


def score_from(shared_seed: int, name: str, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Scores of a run that begins while the process-wide streams stand somewhere; they must stay there."""
    random.seed(shared_seed)
    np.random.seed(shared_seed)
    torch.manual_seed(shared_seed)
    before = shared_state()
    detector = make(name, seed=5).fit(X, y)
    random.random(), np.random.random(), torch.rand(1)
    between = shared_state()
    scores = np.asarray(detector.decision_function(X))
    assert shared_state() == between
    random.seed(shared_seed)
    np.random.seed(shared_seed)
    torch.manual_seed(shared_seed)
    assert shared_state() == before
    return scores


@pytest.mark.parametrize("name", METHODS)
def test_process_wide_streams_neither_matter_nor_move(name: str) -> None:
    X, y = table(labelled=4)
    assert np.array_equal(score_from(1, name, X, y), score_from(2, name, X, y))


def seeds_matter(name: str) -> bool:
    X, y = table(labelled=4)
    other = X[::-1] * 0.9  # fully grown trees give training rows their label whatever the seed
    first, second = (make(name, seed=seed).fit(X, y).decision_function(other) for seed in (1, 2))
    return not np.array_equal(first, second)


@pytest.mark.parametrize(
    "name", ["mlp", "extra-trees", "loda", "deep-svdd", "autoencoder", "lunar", "nng-mix-logistic", "tabm"]
)
def test_the_seed_reaches_the_learner(name: str) -> None:
    if missing(get(name)):
        pytest.skip(missing(get(name)))
    assert seeds_matter(name)


@pytest.mark.filterwarnings("ignore:no labelled anomaly")
@pytest.mark.parametrize("name", METHODS)
def test_no_labelled_anomaly(name: str) -> None:
    X, y = table()[0], np.zeros(50, dtype=int)
    if name in WITHOUT_LABELS:
        check(name, X, y)
        check(name, X, None)
    else:
        with pytest.raises(ValueError, match="labelled anomal"):
            make(name).fit(X, y)


@pytest.mark.parametrize("name", [n for n in METHODS if n not in WITHOUT_LABELS])
def test_nothing_but_labelled_anomalies(name: str) -> None:
    with pytest.raises(ValueError, match="unlabelled rows"):
        make(name).fit(table()[0], np.ones(50, dtype=int))


def test_a_missing_library_is_one_line_with_its_pip_command() -> None:
    spec = dataclasses.replace(get("xgboost"), requires=("no_such_library",))
    assert missing(spec) == "xgboost needs no_such_library: pip install 'mnp-bench[boost]'"


def test_create_refuses_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.methods.registry.missing", lambda spec: f"{spec.name} needs a library")
    with pytest.raises(MissingExtra, match="catboost needs a library"):
        create("catboost")


@pytest.mark.parametrize("name", specs())
def test_every_card_is_filled(name: str) -> None:
    spec = get(name)
    for field in ("title", "family", "citation", "factory", "deviations"):
        assert str(getattr(spec, field)).strip(), field
    assert 1950 < spec.year < 2030
    assert str(spec.year) in spec.citation
    assert spec.protocols and spec.seconds > 0
    assert bool(spec.extra) == bool(spec.requires)
    assert (spec.max_group > 0) == spec.replicated
    assert len(source_hash(spec)) == 64


def test_titles_are_unique() -> None:
    titles = [spec.title for spec in specs().values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", [name for name, spec in specs().items() if not missing(spec)])
def test_every_factory_says_what_it_computes(name: str) -> None:
    assert "Parameters" in (type(create(name)).__doc__ or "")


def test_a_source_hash_follows_its_own_method_only() -> None:
    assert source_hash(get("devnet")) != source_hash(get("prenet"))
    renamed = dataclasses.replace(get("devnet"), title="other words")
    assert source_hash(renamed) == source_hash(get("devnet"))


def test_deep_sad_ends_an_epoch_where_its_steps_are_bounded() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(640, 3)).astype(np.float32)
    y = (np.arange(640) < 8).astype(np.int8)
    short = {"batch_size": 64, "epochs": 6, "pretraining_epochs": 2}
    whole, same, bounded = (create("deep-sad", max_steps_per_epoch=bound, **short).fit(X, y) for bound in (None, 10, 3))
    assert np.array_equal(whole.decision_scores_, same.decision_scores_)  # ten batches make a pass
    assert bounded.history_.shape == whole.history_.shape  # as many epochs, shorter ones
    assert not np.array_equal(whole.decision_scores_, bounded.decision_scores_)
    # what counts is the number of steps: passes go on from one epoch to the next
    twice = create("deep-sad", batch_size=64, epochs=9, pretraining_epochs=3, max_steps_per_epoch=2).fit(X, y)
    assert np.array_equal(twice.decision_scores_, bounded.decision_scores_)
    with pytest.raises(ConfigError, match=r"max_steps_per_epoch.*must be an int in the range"):
        create("deep-sad", max_steps_per_epoch=0).fit(X, y)
