"""The trial harness pairs its variants with the method itself."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import softplus

from baselines.wsad_dt import WSADDT
from bench.types import Split
from mnp import MNPPlus
from mnp.plus_evidence import _odds
from replicas.rows import Rows
from tests.parity import mnp_plus_cells as cells
from tests.parity import mnp_plus_dual as dual
from tests.parity import mnp_plus_halves as halves
from tests.parity import mnp_plus_held_out as weighed
from tests.parity import mnp_plus_networks as networks
from tests.parity import mnp_plus_normality as normal
from tests.parity import mnp_plus_trials as trials
from tests.parity.mnp_plus_cells import _keep, load, save
from tests.parity.mnp_plus_trials import paired, scored
from tests.parity.mnp_plus_variants import VARIANTS, WEIGHTED

Cache = tuple[Path, MNPPlus, Split]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
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


def test_the_default_is_the_methods_own_score(cache: Cache) -> None:
    folder, fitted, run = cache
    cell, truth, known = load(folder / "adbench+1_set+5+0.npz")
    np.testing.assert_allclose(VARIANTS["default"](cell), fitted.decision_function(run.X_test), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(truth, run.y_test)
    assert not known.any()


def test_every_variant_has_a_score_a_row_and_a_line(cache: Cache) -> None:
    folder = cache[0]
    names = [*WEIGHTED, "linear autoencoders of 2 modes", "hidden layer of a quarter, beside"]
    table = scored([name for name in names if name != "default"], sorted(folder.glob("*.npz")))
    assert set(table.variant) == set(names)
    lines = paired(table).set_index("variant")
    assert lines.loc["default", "adbench_gain"] == 0.0
    assert lines.loc["without trees", "adbench_gain"] == pytest.approx(
        table.set_index("variant").ap["without trees"] - table.set_index("variant").ap["default"]
    )
    turned = paired(table, "without trees").set_index("variant")
    np.testing.assert_allclose(turned.adbench_gain["default"] + lines.adbench_gain["without trees"], 0, atol=1e-12)
    assert turned.loc["without trees", "adbench_gain"] == 0.0


def test_a_trial_network_with_the_methods_own_settings_is_the_methods_network(cache: Cache) -> None:
    cell, _, _ = load(cache[0] / "adbench+1_set+5+0.npz")
    before, after = networks.scores(cell, networks.Network(networks.absolute, members=1, steps=60))
    np.testing.assert_allclose(before, cell.train.score, rtol=0, atol=1e-5)
    np.testing.assert_allclose(after, cell.test.score, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("slopes", "loss"),
    [
        (networks.absolute, lambda near, far: near.abs().mean() + (far - 4).abs().mean()),
        (networks.deviation, lambda near, far: near.abs().mean() + (4 - far).clamp_min(0).mean()),
        (networks.logistic, lambda near, far: softplus(near).mean() + softplus(-far).mean()),
        (networks.pairwise, lambda near, far: softplus(near[:, :, None] - far[:, None]).mean()),
        (
            networks.non_negative(0.05),
            lambda near, far: softplus(-far).mean() + softplus(near).mean() / 0.05 - softplus(far).mean(),
        ),
    ],
)
def test_slopes_are_those_of_the_loss(
    slopes: networks.Slopes, loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
) -> None:
    stream = torch.Generator().manual_seed(0)
    near, far = (torch.randn(1, rows, generator=stream, dtype=torch.float64).requires_grad_() for rows in (7, 3))
    wanted = torch.autograd.grad(loss(near, far), (near, far))
    near, far = near.detach(), far.detach()
    for slope, gradient, rows in zip(slopes(near, far), wanted, (7, 3), strict=True):
        torch.testing.assert_close(slope / rows, gradient)


def test_log_odds_of_one_dual_tailed_network_are_those_of_its_score(cache: Cache) -> None:
    cell, _, _ = load(cache[0] / "adbench+1_set+5+0.npz")
    model = WSADDT(n_estimators=1, epochs=2).fit(cell.X_train, cell.y_train)
    odds = dual.log_odds(model, cell.X_test.astype(np.float64))
    np.testing.assert_allclose(1.0 / (1.0 + np.exp(-odds)), model.decision_function(cell.X_test), rtol=0, atol=1e-4)


def test_dual_tailed_networks_with_no_weight_leave_the_method_without_its_network(cache: Cache) -> None:
    cell, _, _ = load(cache[0] / "adbench+1_set+5+0.npz")
    cell.trained["dual-tailed"] = np.zeros(len(cell.X_train)), np.arange(len(cell.X_test), dtype=np.float64)
    for variant in (dual.softened(0.0, 0.0), dual.as_they_are(0.0, 0.0)):
        np.testing.assert_array_equal(variant(cell), VARIANTS["without network"](cell))
    added = dual.as_they_are(0.75, 0.25)(cell) - VARIANTS["default"](cell)
    np.testing.assert_allclose(added, 0.25 * np.arange(len(cell.X_test)), rtol=0, atol=1e-9)


def test_a_term_that_tells_held_out_anomalies_counts_for_more_and_noise_for_less() -> None:
    stream = np.random.default_rng(0)
    labelled = {name: stream.normal(mean, 1.0, 40) for name, mean in (("trees", 3.0), ("network", 1.0), ("rest", 0.0))}
    terms = weighed.HeldOut(labelled, {name: stream.normal(0.0, 1.0, 2000) for name in labelled})
    trees, network, rest = weighed.factors(terms, np.ones(3), deviation=1.0)
    assert trees > 1.5 * network > 2.0 * rest
    np.testing.assert_allclose(weighed.factors(terms, np.ones(3), deviation=1e-4), 1.0, atol=1e-3)
    assert weighed.quantile("trees", terms, 0.9) > weighed.quantile("network", terms, 0.9) > 0.7


def test_held_out_terms_are_of_fits_that_did_not_see_the_row_as_an_anomaly(cache: Cache) -> None:
    cell, _, _ = load(cache[0] / "adbench+1_set+5+0.npz")
    terms = weighed.held_out(cell)
    assert {name: len(values) for name, values in terms.labelled.items()} == dict.fromkeys(
        ("trees", "network", "without labels"), len(cell.labelled)
    )
    # a row that the fit saw as an anomaly looks surer
    assert terms.labelled["trees"].mean() < 1.5 * _odds(cell.train.probability[cell.labelled]).mean()
    own = weighed.by_quantile(0.0)(cell)
    np.testing.assert_array_equal(own, VARIANTS["default"](cell))


def test_midway_between_two_prototypes_is_one_and_at_a_prototype_zero(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, _, _ = load(cache[0] / "adbench+1_set+5+0.npz")
    ends = np.zeros((2, cell.inputs[0].shape[1]))
    ends[1] = 1.0
    monkeypatch.setattr(normal, "_modes", lambda *_: (ends, np.zeros(0)))
    cell.inputs[1][:2] = [ends.mean(axis=0), ends[0]]
    np.testing.assert_allclose(normal.between(cell, 2)[1][:2], [1.0, 0.0], atol=1e-6)


def test_as_many_modes_as_the_method_has_leave_what_the_method_leaves(cache: Cache) -> None:
    cell, _, _ = load(cache[0] / "adbench+1_set+5+0.npz")
    before, after = normal.modes(cell, 8)
    np.testing.assert_allclose(before, cell.train.own, rtol=0, atol=1e-4)
    np.testing.assert_allclose(after, cell.test.own, rtol=0, atol=1e-4)


def test_as_many_exemplars_as_the_method_has_are_as_near(cache: Cache) -> None:
    cell, _, _ = load(cache[0] / "adbench+1_set+5+0.npz")
    before, after = normal.exemplars(cell, 1024)
    np.testing.assert_allclose(before, cell.train.near, rtol=0, atol=1e-4)
    np.testing.assert_allclose(after, cell.test.near, rtol=0, atol=1e-4)


def test_a_stable_number_of_modes_is_that_of_clusters_far_apart() -> None:
    stream = np.random.default_rng(0)
    v = np.repeat(np.eye(4, 10), 75, axis=0) + stream.normal(0, 0.01, (300, 10))
    assert normal.stable_number(v.astype(np.float32), 0) == 4


def test_a_trial_that_was_stopped_goes_on_where_it_was(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, kept = sorted(cache[0].glob("*.npz")), tmp_path / "rows.csv"
    whole = scored(["without trees", "without network"], paths)
    scored(["without trees"], paths, kept)
    for name in ("default", "without trees"):
        monkeypatch.delitem(trials.TRIED, name)  # known, so that nobody asks for it
    table = scored(["without trees", "without network"], paths, kept)
    assert sorted(table.variant) == ["default", "without network", "without trees"]
    pd.testing.assert_frame_equal(
        table.sort_values("variant", ignore_index=True).drop(columns="seconds"),
        whole.sort_values("variant", ignore_index=True).drop(columns="seconds"),
    )
    monkeypatch.delitem(trials.TRIED, "without network")
    assert sorted(scored(["without network"], paths, kept).variant) == ["default", "without network"]


def test_unseen_types_have_rows_of_their_own_that_are_kept_too(cache: Cache, tmp_path: Path) -> None:
    with np.load(cache[0] / "adbench+1_set+5+0.npz", allow_pickle=False) as kept:
        arrays = dict(kept)
    known = np.flatnonzero(arrays["y_test"])[:10]
    arrays["known"] = np.isin(np.arange(len(arrays["y_test"])), known)
    path = tmp_path / "unseen+digits+known+5+0.npz"
    save(path, **arrays)
    first, again = (scored(["without network"], [path], tmp_path / "rows.csv") for _ in range(2))
    assert sorted(zip(first.source, first.variant, strict=True)) == [
        (source, name) for source in ("types", "unseen") for name in ("default", "without network")
    ]
    pd.testing.assert_frame_equal(again, first)
    ap = first.set_index(["source", "variant"]).ap
    assert ap["types", "default"] != ap["unseen", "default"]


def test_a_file_of_a_cell_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    class Broken:
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        save(tmp_path / "cell.npz", X=np.ones(3), broken=Broken())
    assert not list(tmp_path.glob("*.npz"))
    save(tmp_path / "cell.npz", X=np.ones(3))
    with np.load(tmp_path / "cell.npz", allow_pickle=False) as kept:
        np.testing.assert_array_equal(kept["X"], np.ones(3))
    assert [path.name for path in tmp_path.iterdir()] == ["cell.npz"]


def test_few_are_every_second_set_quick_are_their_counted_budgets_and_fresh_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ["adbench+1_a+0.1+0", "adbench+1_a+5+0", "oddbench+B+5+0", "unseen+d+known+10+1"]
    fresh = ["oddbench+C+0.1+0", "oddbench+C+5+0", "unseen+d+known+10+2"]
    for name in [*few, *fresh]:
        (tmp_path / f"{name}.npz").touch()
    members = ["adbench/1_a", "oddbench/B", "oddbench/C"]
    monkeypatch.setattr(halves, "members", lambda folder, half: members)

    def chosen(only: cells.Only) -> list[str]:
        return [path.stem for path in cells.cells_of(tmp_path, tmp_path, ["adbench", "oddbench", "unseen"], only)]

    assert chosen("all") == sorted([*few, *fresh[:2]])
    assert chosen("few") == few
    assert chosen("quick") == few[1:]
    assert chosen("fresh") == fresh
