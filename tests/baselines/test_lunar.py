"""LUNAR without scoring the training rows once an epoch: PyOD's bits, fewer passes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from pyod.models.lunar import LUNAR as PyODLUNAR

from baselines.lunar import LUNAR, LUNARDetector
from bench import methods

X = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)
EPOCHS = 4


def passes(model: PyODLUNAR) -> Counter[int]:
    """Rows of each pass through the network while it fits."""
    rows: Counter[int] = Counter()
    handle = model.network.network.register_forward_hook(lambda _, given, __: rows.update([len(given[0])]))
    model.fit(X)
    handle.remove()
    return rows


@pytest.mark.parametrize("model_type", ["WEIGHT", "SCORE"])
def test_scores_are_pyods_bit_for_bit(model_type: str) -> None:
    theirs, ours = (kind(model_type=model_type, n_epochs=EPOCHS, random_state=3) for kind in (PyODLUNAR, LUNAR))
    more, fewer = passes(theirs), passes(ours)
    np.testing.assert_array_equal(ours.decision_scores_, theirs.decision_scores_)
    np.testing.assert_array_equal(ours.decision_function(X + 1), theirs.decision_function(X + 1))
    training = 2 * 108  # nine tenths of the rows, and as many made-up anomalies
    assert more[training] == 2 * EPOCHS
    assert fewer == more - Counter({training: EPOCHS})


def test_the_registry_has_it_and_a_second_fit_is_the_first_again() -> None:
    detector = methods.create("lunar", n_epochs=EPOCHS)
    assert isinstance(detector, LUNARDetector)
    first = detector.fit(X).decision_scores_
    assert isinstance(detector.detector_, LUNAR)
    np.testing.assert_array_equal(detector.fit(X).decision_scores_, first)
