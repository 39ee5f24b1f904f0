"""A saved detector gives the same bits after loading; anything else is refused in one sentence."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file
from sklearn.exceptions import NotFittedError

from bench import methods
from mnp import MNP
from tests.brief import BRIEF


def table(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    stream = np.random.default_rng(seed)
    X = pd.DataFrame(stream.normal(size=(150, 4)), columns=["heat", "flow", "load", "hum"])
    X.iloc[:12] += 3
    return X, (np.arange(150) < 5).astype(int)


@pytest.mark.parametrize("name", sorted(BRIEF))
def test_scores_are_the_same_bits_after_loading(name: Any, tmp_path: Path) -> None:
    X, y = table()
    fitted = methods.create(name, seed=3, **BRIEF[name]).fit(X, y)
    loaded = type(fitted).load(fitted.save(tmp_path / "detector.safetensors"))
    assert loaded.get_params() == fitted.get_params()
    np.testing.assert_array_equal(loaded.decision_function(X), fitted.decision_function(X))
    np.testing.assert_array_equal(loaded.decision_scores_, fitted.decision_scores_)
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    np.testing.assert_array_equal(loaded.predict_confidence(X), fitted.predict_confidence(X))
    assert loaded.threshold_ == fitted.threshold_
    assert list(loaded.feature_names_in_) == list(X.columns)


def test_what_a_model_tells_of_rows_survives(tmp_path: Path) -> None:
    X, y = table()
    fitted = MNP(random_state=1, **BRIEF["mnp"]).fit(X, y)
    loaded = MNP.load(fitted.save(tmp_path / "m"))
    np.testing.assert_array_equal(loaded.prototypes_, fitted.prototypes_)
    np.testing.assert_array_equal(loaded.normal_likelihood(X), fitted.normal_likelihood(X))
    assert loaded.silhouettes_ == fitted.silhouettes_
    assert loaded.history_.keys() == fitted.history_.keys()
    assert all(np.array_equal(loaded.history_[name], fitted.history_[name]) for name in fitted.history_)


def test_nothing_is_saved_before_fitting(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        MNP().save(tmp_path / "m")


def test_other_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    X, y = table()
    fitted = methods.create("devnet", seed=0, **BRIEF["devnet"]).fit(X, y)
    file = fitted.save(tmp_path / "d")
    with pytest.raises(ValueError, match="holds a DevNet, not a MNP"):
        MNP.load(file)
    with pytest.raises(ValueError, match="there is no file"):
        MNP.load(tmp_path / "nowhere")
    (tmp_path / "torn").write_bytes(file.read_bytes()[:-50])
    with pytest.raises(ValueError, match="not a whole detector file"):
        type(fitted).load(tmp_path / "torn")
    save_file({"a": torch.zeros(1)}, tmp_path / "foreign", metadata={"detector": json.dumps({"format": "other"})})
    with pytest.raises(ValueError, match="not written by this program"):
        MNP.load(tmp_path / "foreign")
    earlier = {"format": "mnp-bench detector 1", "class": "MNP", "params": {"seed": 0}, "fitted": {}}
    save_file({"a": torch.zeros(1)}, tmp_path / "earlier", metadata={"detector": json.dumps(earlier)})
    with pytest.raises(ValueError, match=r"of another version \(mnp-bench detector 1; .*fit and save it again"):
        MNP.load(tmp_path / "earlier")
