"""On data whose modes are known, the automatic K and the prototypes find them, and hidden anomalies look unlikely.

The clustering target is held fixed where clusters are strong, as they are here, or with ``moving_target=False``; the
published moving target would draw the prototypes together.
"""

import numpy as np
import pytest

from mnp import MNP
from replicas.rows import Rows

SEEDS = (0, 1, 2)
Modes = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Fitted = tuple[int, list[Modes], list[MNP]]


def known_modes(count: int, seed: int) -> Modes:
    """``count`` well-separated normal modes and 10% scattered anomalies, eight of them labelled.

    Returns
    -------
    X, y, truth, mode : (600, 8), (600,) labels, (600,) 1 = anomaly, (600,) mode of normal rows or -1
    """
    stream = np.random.default_rng([count, seed])
    centres = np.eye(8)[stream.permutation(8)[:count]] * 12
    mode = stream.integers(0, count, 600)
    X = centres[mode] + stream.normal(size=(600, 8)) * 0.5
    truth = np.zeros(600, dtype=int)
    truth[:60] = 1
    X[:60] = stream.uniform(-6, 14, size=(60, 8))
    y = np.zeros(600, dtype=int)
    y[:8] = 1
    return X.astype(np.float32), y, truth, np.where(truth == 1, -1, mode)


@pytest.fixture(scope="module", params=[(count, moving) for count in (2, 3, 5) for moving in (None, False)])
def fitted(request: pytest.FixtureRequest) -> Fitted:
    count, moving = request.param
    data = [known_modes(count, seed) for seed in SEEDS]
    splits = [Rows.from_arrays(X, y.astype(np.int8)) for X, y, _, _ in data]
    return count, data, MNP(moving_target=moving).fit_replicas(splits, SEEDS)


def test_k_is_the_number_of_modes(fitted: Fitted) -> None:
    count, _, models = fitted
    assert [model.n_prototypes_ for model in models] == [count] * len(SEEDS)


def test_each_mode_has_a_prototype_of_its_own(fitted: Fitted) -> None:
    count, data, models = fitted
    own = []
    for (X, _, _, mode), model in zip(data, models, strict=True):
        nearest = model.prototype_similarity(X).argmax(axis=1)
        shares = [np.bincount(nearest[mode == m], minlength=10) / (mode == m).sum() for m in range(count)]
        favourites = [int(share.argmax()) for share in shares]
        pure = min(float(share.max()) for share in shares)
        own.append(len(set(favourites)) == count and pure > 0.9)
    assert all(own), own


def test_hidden_anomalies_are_clearly_less_likely_normal(fitted: Fitted) -> None:
    _, data, models = fitted
    for (X, y, truth, _), model in zip(data, models, strict=True):
        likelihood = model.normal_likelihood(X)
        hidden = likelihood[(truth == 1) & (y == 0)]
        normal = likelihood[truth == 0]
        # far beyond the chance spread of the two means
        spread = np.sqrt(hidden.var() / len(hidden) + normal.var() / len(normal))
        assert normal.mean() - hidden.mean() > 3 * spread
