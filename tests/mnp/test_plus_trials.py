"""The trial harness pairs its variants with the method itself."""

import numpy as np
import pytest

from mnp import MNPPlus
from replicas.rows import Rows
from tests.parity.mnp_plus_trials import _keep, load, paired, scored
from tests.parity.mnp_plus_variants import VARIANTS


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    from bench.types import Split

    stream = np.random.default_rng(0)
    X = stream.normal(size=(500, 5)).astype(np.float32)
    truth = (np.arange(500) % 10 == 0).astype(np.int8)
    X[truth == 1] += 1.5
    train, test = np.arange(300), np.arange(300, 500)
    y = np.where(train < 60, truth[:300], 0).astype(np.int8)
    run = Split(X, train, y, test, truth[test], truth[:300])
    folder = tmp_path_factory.mktemp("cells")
    rows = Rows.from_arrays(run.X_train, y)
    fitted = MNPPlus(n_estimators=30, steps=60, n_init=1).fit_replicas([rows], [0])[0]
    _keep(folder / "adbench+1_set+5+0.npz", run, rows, fitted)
    return folder, fitted, run


def test_the_default_is_the_methods_own_score(cache) -> None:
    folder, fitted, run = cache
    cell, truth, known = load(folder / "adbench+1_set+5+0.npz")
    np.testing.assert_allclose(VARIANTS["default"](cell), fitted.decision_function(run.X_test), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(truth, run.y_test)
    assert not known.any()


def test_every_variant_has_a_score_a_row_and_a_line(cache) -> None:
    folder = cache[0]
    table = scored([name for name in VARIANTS if name != "default"], folder, ["adbench"])
    assert set(table.variant) == set(VARIANTS)
    lines = paired(table).set_index("variant")
    assert lines.loc["default", "adbench_gain"] == 0.0
    assert lines.loc["without trees", "adbench_gain"] == pytest.approx(
        table.set_index("variant").ap["without trees"] - table.set_index("variant").ap["default"]
    )
