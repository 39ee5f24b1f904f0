"""TabPFN and TabICL: disabled in one line without their packages, one sentence without their weights, bounded context.

The packages are heavy and their weights come from the network, so a stand-in takes their place here.
"""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from baselines.tabular import TabICL, TabPFN, context_rows
from bench.methods import get, missing

BOTH = [("tabpfn", "TabPFNClassifier", TabPFN), ("tabicl", "TabICLClassifier", TabICL)]


class LocalEntryNotFoundError(OSError):
    """As the library that fetches weights raises it."""


class StandIn(LogisticRegression):
    """A classifier with the constructor of either."""

    error: Exception | None = None

    def __init__(
        self,
        n_estimators: int = 1,
        device: str = "",
        random_state: int | None = None,
        ignore_pretraining_limits: bool = False,
    ) -> None:
        super().__init__()
        self.n_estimators, self.device, self.random_state = n_estimators, device, random_state
        self.ignore_pretraining_limits = ignore_pretraining_limits

    def fit(self, X: np.ndarray, y: np.ndarray) -> Any:
        if StandIn.error is not None:
            raise StandIn.error
        self.rows_ = len(X)
        return super().fit(X, y)


@pytest.fixture(params=BOTH, ids=lambda method: method[0])
def model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    package, name, factory = request.param
    monkeypatch.setitem(sys.modules, package, types.SimpleNamespace(**{name: StandIn}))
    monkeypatch.setattr(StandIn, "error", None)
    return factory(max_samples=100, random_state=1)


def rows() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
    X[:20] += 4
    return X, (np.arange(300) < 6).astype(int)


@pytest.mark.parametrize("name", ["tabpfn", "tabicl"])
def test_without_its_package_a_method_names_the_command(name: str) -> None:
    spec = get(name)
    if not missing(spec):
        pytest.skip(f"{name} is installed here")
    assert missing(spec) == f"{name} needs {name}: pip install 'mnp-bench[tabular]'"


def test_anomalies_rank_first_and_the_context_is_bounded(model: TabPFN | TabICL) -> None:
    X, y = rows()
    model.fit(X, y)
    assert model.model_.rows_ == 100
    scores = model.decision_function(X)
    assert scores.shape == (300,) and scores[:20].mean() > scores[20:].mean()


def test_every_labelled_anomaly_is_in_the_context_and_the_draw_is_seeded() -> None:
    _, y = rows()
    chosen = context_rows(y, 50, 3)
    assert len(chosen) == 50 and y[chosen].sum() == 6
    assert np.array_equal(chosen, context_rows(y, 50, 3))
    assert not np.array_equal(chosen, context_rows(y, 50, 4))
    assert len(context_rows(y, 1000, 3)) == 300


def test_weights_that_cannot_be_had_are_one_sentence(model: TabPFN | TabICL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StandIn, "error", LocalEntryNotFoundError("Cannot find the requested files in the cache"))
    with pytest.raises(RuntimeError, match=r"the weights of Tab\w+ are not on this machine and cannot be fetched"):
        model.fit(*rows())
    monkeypatch.setattr(StandIn, "error", ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        model.fit(*rows())
