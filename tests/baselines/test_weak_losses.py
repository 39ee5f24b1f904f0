"""Losses and scores of the weak methods against plain torch modules written from the papers' equations."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import nn

from replicas.rows import Rows
from reproducibility.streams import generator
from tests.present import present

WIDTH = 6


def rows() -> Rows:
    generator = np.random.default_rng(5)
    X = generator.normal(size=(300, WIDTH)).astype(np.float32)
    X[:9] += 3.0
    return Rows.from_arrays(X, (np.arange(300) < 9).astype(np.int8))


def scaled() -> torch.Tensor:
    X = rows().X
    return torch.from_numpy((X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0)))


class Caught:
    """A training stage as a method handed it to the engine, with one batch of its own."""

    def __init__(self, stage: Any, start: torch.Tensor, context: dict[str, torch.Tensor]) -> None:
        self.stage, self.start, self.context = stage, start, context
        self.values = {k: torch.from_numpy(v[0]) for k, v in stage.layout.unpack(start).items()}

    def batch(self) -> list[torch.Tensor]:
        return [torch.from_numpy(np.asarray(piece[0, 0])) for piece in self.stage.draw([0], 1)]

    def loss(self, batch: list[torch.Tensor]) -> tuple[float, dict[str, torch.Tensor]]:
        """The method's loss of a batch and its gradient by parameter."""
        views, batch = self.stage.layout.views(self.start), [piece[None] for piece in batch]
        total, _, gradient = self.stage.gradient(views, tuple(batch), dict(self.context))
        return float(total.sum()), {k: v[0] for k, v in gradient.items()}


Catch = Callable[..., tuple[list[Caught], Any]]


@pytest.fixture
def catch(monkeypatch: pytest.MonkeyPatch) -> Catch:
    """catch("feawad", "FeaWAD", **params): its stages in order, and the fitted detector."""

    def run(module: str, name: str, **params: Any) -> tuple[list[Caught], Any]:
        loaded = importlib.import_module(f"baselines.{module}")
        stages: list[Caught] = []
        engine = loaded.train

        def train(stage: Any, start: torch.Tensor, context: dict[str, torch.Tensor] | None = None) -> Any:
            stages.append(Caught(stage, start.clone(), {k: v.clone() for k, v in (context or {}).items()}))
            return engine(stage, start, context)

        monkeypatch.setattr(loaded, "train", train)
        detector = getattr(loaded, name)(**params).fit_replicas([rows()], [0])[0]
        return stages, detector

    return run


def layer(values: dict[str, torch.Tensor], name: str) -> nn.Linear:
    weight = values[f"{name}.weight"]
    made = nn.Linear(weight.shape[0], weight.shape[1], bias=f"{name}.bias" in values)
    with torch.no_grad():
        made.weight.copy_(weight.T)
        if made.bias is not None:
            made.bias.copy_(values[f"{name}.bias"][0])
    return made


def slope(made: nn.Linear | nn.BatchNorm1d) -> torch.Tensor:
    """The gradient of a layer's weights."""
    return present(made.weight.grad)


def agree(caught: Caught, batch: list[torch.Tensor], value: torch.Tensor, layers: dict[str, nn.Linear]) -> None:
    """The plain loss and its gradient equal the method's."""
    torch.autograd.backward(value)
    loss, gradient = caught.loss(batch)
    assert loss == pytest.approx(float(value.detach()), rel=1e-4)
    assert len(layers) == len({name.partition(".")[0] for name in gradient})
    for name, made in layers.items():
        scale = float(slope(made).abs().max()) + 1e-6
        torch.testing.assert_close(gradient[f"{name}.weight"].T, slope(made), rtol=1e-3, atol=1e-4 * scale)
        if made.bias is not None:
            torch.testing.assert_close(gradient[f"{name}.bias"][0], made.bias.grad, rtol=1e-3, atol=1e-4 * scale)


@pytest.mark.parametrize("half", [32, 64])
def test_devnet(catch: Catch, half: int) -> None:
    (stage,), _ = catch("devnet", "DevNet", epochs=1, steps_per_epoch=2, batch_size=2 * half, margin=0.7)
    layers = {name: layer(stage.values, name) for name in ("hidden", "score")}
    index, times = batch = stage.batch()
    # of 64 labelled draws each of the 9 rows passes once, filled up to 32
    assert len(index) == half + 32 and times.sum() == half
    index = torch.cat([index[:half], index[half:].repeat_interleave(times.long())])
    y = (index < 9).float()
    assert y.sum() == half
    score = layers["score"](layers["hidden"](scaled()[index]).relu())[:, 0]
    deviation = (score - stage.context["prior_mean"][0, 0]) / stage.context["prior_std"][0, 0]
    zero = torch.zeros(())
    fit = ((1 - y) * deviation.abs() + y * torch.maximum(zero, 0.7 - deviation)).mean()
    assert ((0.7 - deviation[y == 1]) > 0).sum() > 0
    agree(stage, batch, fit + 0.01 * (layers["hidden"].weight ** 2).sum(), layers)


@pytest.mark.parametrize("quarter", [8, 16])
def test_prenet(catch: Catch, quarter: int) -> None:
    (stage,), _ = catch("prenet", "PReNet", epochs=1, steps_per_epoch=2, batch_size=4 * quarter)
    layers = {name: layer(stage.values, name) for name in ("hidden", "pair")}
    index, chosen = batch = stage.batch()
    # labelled rows stand in 3 quarters of 8, or once each where they would fill 3 quarters of 16
    assert len(index) == 5 * quarter + (24 if quarter == 8 else 32)
    known = index[5 * quarter :]
    partner, other, alone = torch.split(known[chosen], quarter)
    first = torch.cat([index[: 3 * quarter], alone])
    second = torch.cat([index[3 * quarter : 5 * quarter], partner, other])
    counts = (first < 9).int() + (second < 9).int()
    assert counts.tolist() == [0] * 2 * quarter + [1] * quarter + [2] * quarter
    assert (first[-quarter:] != second[-quarter:]).all()
    code = layers["hidden"](scaled()[torch.cat([first, second])]).relu()
    score = layers["pair"](torch.cat(torch.split(code, 4 * quarter), dim=1))[:, 0]
    fit = (score - 4.0 * counts).abs().mean()
    agree(stage, batch, fit + 0.01 * (layers["hidden"].weight ** 2).sum(), layers)


def test_deep_sad(catch: Catch) -> None:
    (first, second), _ = catch(
        "deep_sad",
        "DeepSAD",
        epochs=1,
        pretraining_epochs=1,
        batch_size=64,
        hidden_dims=(5, 4),
        representation_dim=3,
        eta=2.0,
    )
    X = scaled()

    def network(values: dict[str, torch.Tensor], names: list[str]) -> tuple[dict[str, nn.Linear], nn.Sequential]:
        layers = {name: layer(values, name) for name in names}
        modules: list[nn.Module] = []
        for name, made in layers.items():
            modules.append(made)
            if name not in ("encoder2", "decoder2"):
                modules += [nn.BatchNorm1d(made.out_features, eps=1e-4, affine=False), nn.LeakyReLU(0.01)]
        return layers, nn.Sequential(*modules)

    names = ["encoder0", "encoder1", "encoder2"]
    layers, autoencoder = network(first.values, [*names, "decoder0", "decoder1", "decoder2"])
    batch = first.batch()
    x = X[batch[0]]
    agree(first, batch, nn.functional.mse_loss(autoencoder(x).sigmoid(), x), layers)

    layers, encoder = network(second.values, names)
    batch = second.batch()
    assert torch.equal(batch[1], batch[0] < 9) and batch[1].any()
    distance = (encoder(X[batch[0]]) - second.context["centre"][0]).square().sum(1)
    agree(second, batch, torch.where(batch[1], 2.0 / (distance + 1e-6), distance).mean(), layers)


def feawad_outputs(layers: dict[str, nn.Linear], x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    z = x
    for name in ("input", "encoder1", "encoder2"):
        z = layers[name](z).relu()
    residual = x - layers["decoder2"](layers["decoder1"](z).relu()).relu()
    norm = torch.linalg.vector_norm(residual, dim=1, keepdim=True)
    value = torch.cat([residual / norm, z, norm], dim=1)
    for name in ("head0", "head1"):
        value = torch.cat([layers[name](value).relu(), norm], dim=1)
    return layers["score"](value)[:, 0], norm[:, 0]


@pytest.mark.parametrize(("residual_in_loss", "margin"), [(False, 5.0), (True, 5.0), (True, 0.05)])
@pytest.mark.parametrize("size", [64, 128])
def test_feawad(catch: Catch, residual_in_loss: bool, margin: float, size: int) -> None:
    (first, second), detector = catch(
        "feawad",
        "FeaWAD",
        epochs=1,
        pretraining_epochs=1,
        steps_per_epoch=2,
        batch_size=size,
        margin=margin,
        residual_in_loss=residual_in_loss,
    )
    X = scaled()
    layers = {name: layer(first.values, name) for name in ("input", "encoder1", "encoder2", "decoder1", "decoder2")}
    batch = first.batch()
    assert (batch[0] >= 9).all() and len(batch[0]) == size
    x = X[batch[0]]
    agree(
        first,
        batch,
        nn.functional.mse_loss(nn.Sequential(*[m for made in layers.values() for m in (made, nn.ReLU())])(x), x),
        layers,
    )

    layers = {name: layer(second.values, name) for name in [*layers, "head0", "head1", "score"]}
    # a batch of 128 passes each of the 9 labelled rows once, with the times it was drawn, filled up to 32 rows
    index, times = batch = second.batch()
    assert len(index) == size // 2 + 32 and times.sum() == size // 2
    assert size == 64 or (times[9:] == 0).all()
    assert (index[: size // 2] >= 9).all() and (index[size // 2 :] < 9).all()
    drawn = torch.cat([index[: size // 2], index[size // 2 :].repeat_interleave(times.long())])
    score, norm = feawad_outputs(layers, X[drawn])
    y = (drawn < 9).float()
    assert y.sum() == size // 2 == len(y) // 2
    q = norm if residual_in_loss else torch.ones_like(norm)
    zero = torch.zeros(())
    inlier = score.abs() + q
    outlier = torch.maximum(zero, margin - score) + torch.maximum(zero, margin - q)
    agree(second, batch, ((1 - y) * inlier + y * outlier).mean(), layers)

    final = {k: torch.from_numpy(v[0]) for k, v in second.stage.layout.unpack(detector.weights_[None]).items()}
    with torch.no_grad():
        expected = feawad_outputs({name: layer(final, name) for name in layers}, X)[0].numpy()
    np.testing.assert_allclose(detector.decision_function(rows().X), expected, rtol=1e-3, atol=1e-4)


def test_feawad_without_a_residual_has_a_finite_gradient(catch: Catch) -> None:
    (_, second), _ = catch("feawad", "FeaWAD", epochs=1, pretraining_epochs=1, steps_per_epoch=2, batch_size=64)
    batch = second.batch()
    views = second.stage.layout.views(second.start)
    # rows of zeros, which an autoencoder of zeros finds exactly
    for name, value in views.items():
        if not name.startswith(("head", "score")):
            value.zero_()
    context = {**second.context, "gain": torch.zeros_like(second.context["gain"])}
    total, _, gradient = second.stage.gradient(views, tuple(piece[None] for piece in batch), context)
    assert total.isfinite().all() and all(value.isfinite().all() for value in gradient.values())
    assert not gradient["decoder2.bias"].any() and gradient["score.bias"].any()


@pytest.mark.parametrize(("neighbours", "margin"), [(1, 0.5), (2, 1000.0)])
def test_repen(catch: Catch, neighbours: int, margin: float) -> None:
    (stage,), detector = catch(
        "repen", "REPEN", epochs=1, steps_per_epoch=2, batch_size=64, margin=margin, n_neighbors=neighbours
    )
    layers = {"hidden": layer(stage.values, "hidden")}
    batch = stage.batch()
    example, positive, once = torch.split(batch[0], [64, 64, 32])
    negative = once[batch[1]]
    assert set(negative.tolist()) == set(range(9))  # all nine, each once in ``once``
    assert (example != positive).all() and (torch.cat([example, positive]) >= 9).all() and (negative < 9).all()
    e, p, n = (layers["hidden"](scaled()[part]).relu() for part in (example, positive, negative))
    hinge = torch.maximum(torch.zeros(()), margin - (((e - n) ** 2).sum(1) - ((e - p) ** 2).sum(1)))
    assert bool((hinge > 0).all()) == (margin > 1.0)
    agree(stage, batch, hinge.mean(), layers)

    references = detector.context_["references"].numpy().reshape(50, 8, 20)
    weights = stage.stage.layout.unpack(detector.weights_[None])
    codes = np.maximum(scaled().numpy() @ weights["hidden.weight"][0] + weights["hidden.bias"][0], 0)
    expected = np.mean(
        [NearestNeighbors(n_neighbors=neighbours).fit(r).kneighbors(codes)[0].mean(axis=1) for r in references], axis=0
    )
    np.testing.assert_allclose(detector.decision_function(rows().X), expected, rtol=1e-3, atol=1e-5)


def rosas_outputs(layers: dict[str, nn.Linear], x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    code = layers["embedding"](nn.functional.leaky_relu(layers["hidden"](x)))
    return code, layers["score"](nn.functional.leaky_relu(layers["head"](code))).tanh()[:, 0]


@pytest.mark.parametrize("previous", [(1.0, 1.0), (0.3, 0.02), (0.0, 0.5)])
def test_rosas(catch: Catch, previous: tuple[float, float]) -> None:
    (stage,), detector = catch("rosas", "RoSAS", epochs=1, steps_per_epoch=2, batch_size=16)
    names = ("hidden", "embedding", "head", "score")
    layers = {name: layer(stage.values, name) for name in names}
    assert [made.out_features for made in layers.values()] == [67, 128, 64, 1]
    stage.context["previous"] = torch.tensor([previous])
    index, partner, share = batch = stage.batch()
    x = scaled()[index]
    code, score = rosas_outputs(layers, x)
    u, p, a = torch.split(code, 16)
    apart = nn.TripletMarginLoss(margin=1.0)(u, p, a)
    target = torch.cat([-torch.ones(32), torch.ones(16)])
    assert (index[32:] < 9).all() and (index[:32] >= 9).all() and sorted(partner.tolist()) == list(range(48))
    mixed = rosas_outputs(layers, x * share[:, None] + x[partner] * (1 - share[:, None]))[1]
    smooth = nn.SmoothL1Loss()
    fit = smooth(mixed, target * share + target[partner] * (1 - share))
    fit = fit + smooth(mixed, score * share + score[partner] * (1 - share))
    first = (apart / previous[0] / 2).exp() if previous[0] else 0.0
    second = (fit / previous[1] / 2).exp()
    value = (first * apart + second * fit) / (first + second) + 0.01 * torch.norm(u + p + a)
    agree(stage, batch, value, layers)

    final = {k: torch.from_numpy(v[0]) for k, v in stage.stage.layout.unpack(detector.weights_[None]).items()}
    with torch.no_grad():
        expected = rosas_outputs({name: layer(final, name) for name in names}, scaled())[1]
    np.testing.assert_allclose(detector.decision_function(rows().X), expected, rtol=1e-3, atol=1e-4)


def test_rosas_with_nothing_to_pull_has_a_finite_gradient(catch: Catch) -> None:
    (stage,), _ = catch("rosas", "RoSAS", epochs=1, steps_per_epoch=2, batch_size=16)
    batch = tuple(piece[None] for piece in stage.batch())
    # embeddings of zero: all lengths but those of NEAR_ZERO vanish; neither loss weighs anything
    views = {name: value.clone() for name, value in stage.stage.layout.views(stage.start).items()}
    views["embedding.weight"].zero_()
    context = {**stage.context, "previous": torch.zeros(1, 2)}
    total, _, gradient = stage.stage.gradient(views, batch, context)
    assert total.item() == 0.0
    assert all(not value.any() for value in gradient.values())


def test_rosas_triplets_and_their_gradient_are_torchs() -> None:
    from baselines.rosas_loss import Triplets

    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(3, 24, 7, generator=generator).requires_grad_()
    weight = torch.randn(3, 7, 5, generator=generator).requires_grad_()
    pull = torch.tensor([[0.5], [2.0], [-1.0]])
    u, p, a = (hidden @ weight).chunk(3, dim=1)
    hinge = torch.stack([nn.TripletMarginLoss(1.0, reduction="none")(*rows) for rows in zip(u, p, a, strict=True)])
    assert 0 < (hinge > 0).sum() < hinge.numel()
    length = (u + p + a).flatten(1).norm(dim=1)
    expected = torch.autograd.grad((pull[:, 0] * hinge.mean(dim=1) + 0.3 * length).sum(), [weight, hidden])
    with torch.no_grad():
        triplets = Triplets.of(weight, hidden.transpose(1, 2).contiguous().transpose(1, 2))
        torch.testing.assert_close(triplets.hinge(1.0), hinge.detach())
        torch.testing.assert_close(triplets.length[:, 0], length.detach())
        for ours, theirs in zip(triplets.backward(weight, hinge, pull, 0.3), expected, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_rosas_holds_out_what_it_is_judged_by(catch: Catch) -> None:
    (stage,), _ = catch("rosas", "RoSAS", epochs=2, steps_per_epoch=16, batch_size=64)
    from baselines.rosas import _hold_out, ranking_loss

    division = _hold_out(np.arange(9, 300), np.arange(9), generator("rosas", "held-out", 0))
    assert division.anomalies == 1 and len(division.judged) == 30 and len(division.labelled) == 8
    assert not set(division.judged) & {*division.unlabelled, *division.labelled}
    assert {*division.judged, *division.unlabelled, *division.labelled} == set(range(300))
    seen = {int(i) for _ in range(20) for i in stage.batch()[0]}
    assert seen <= {*division.unlabelled.tolist(), *division.labelled.tolist()}
    alone = _hold_out(np.arange(1, 6), np.arange(1), generator("rosas", "held-out", 0))
    assert alone.labelled.tolist() == [0] and sorted(alone.judged) == [0, 1, 2, 3, 4, 5]

    from sklearn.metrics import average_precision_score, roc_auc_score

    for seed in range(20):
        scores = np.random.default_rng(seed).integers(0, 8, 40).astype(np.float32)  # many ties
        y = np.repeat([0, 1], [35, 5])
        expected = 2 - average_precision_score(y, scores) - roc_auc_score(y, scores)
        assert ranking_loss(scores, 5) == pytest.approx(expected)
    assert np.isnan(ranking_loss(np.array([0.0, np.nan, 1.0]), 1))


def overlap_on_a_grid(u: torch.Tensor, a: torch.Tensor, choice: float) -> torch.Tensor:
    """The loss by the trapezoid rule, with torch's own normal distribution."""
    low, high = (float(end) for end in torch.cat([u, a]).detach().aminmax())
    points = torch.linspace(low - 0.2 * (high - low), high + 0.2 * (high - low), 1000)
    normal = torch.distributions.Normal
    p_u, p_a = (normal(s[:, None], 1.0).log_prob(points).exp().mean(0) for s in (u, a))  # type: ignore[no-untyped-call]
    crossings = torch.nonzero(torch.diff(torch.sign(p_a - p_u)))[:, 0]
    if len(crossings) == 0:
        return (torch.trapezoid(p_u, points) + torch.trapezoid(p_a, points)) / 2
    c = points[crossings[int(choice * len(crossings))]]
    above, below = points >= c, points <= c
    return torch.trapezoid(p_u[above], points[above]) + torch.trapezoid(p_a[below], points[below])


def test_overlap_integral_is_the_grids() -> None:
    from baselines.overlap_loss import overlap

    generator = torch.Generator().manual_seed(0)
    cases = [(0.0, 3.0, 1.0, 1.0), (0.0, 0.5, 1.0, 3.0), (1.0, -1.0, 0.5, 0.5), (0.0, 0.0, 1.0, 4.0)]
    for mean_u, mean_a, spread_u, spread_a in cases:
        u = (mean_u + spread_u * torch.randn(64, generator=generator)).requires_grad_()
        a = (mean_a + spread_a * torch.randn(64, generator=generator)).requires_grad_()
        for choice in (0.0, 0.6, 0.99):
            scores = torch.cat([u, a]).detach()[None]
            integral, gradient = overlap(scores, torch.ones(1, 128), 64, torch.tensor([[choice]]), 1.0, 1000)
            expected = overlap_on_a_grid(u, a, choice)
            assert integral.item() == pytest.approx(expected.item(), abs=1e-3)
            expected_gradient = torch.cat(torch.autograd.grad(expected, [u, a]))
            torch.testing.assert_close(gradient[0], expected_gradient, rtol=1e-2, atol=1e-5)
    assert float(overlap_on_a_grid(torch.zeros(8), torch.full((8,), 9.0), 0.0)) < 1e-4
    same = torch.linspace(-1, 1, 32)
    without, _ = overlap(torch.cat([same, same])[None], torch.ones(1, 64), 32, torch.zeros(1, 1), 1.0, 1000)
    assert float(without) == pytest.approx(float(overlap_on_a_grid(same, same, 0.0)), abs=1e-3)


def test_overlap_weights_are_rows_drawn_again() -> None:
    from baselines.overlap_loss import overlap

    generator = torch.Generator().manual_seed(3)
    u, a = torch.randn(32, generator=generator), 1.0 + torch.randn(4, generator=generator)
    times = torch.tensor([9.0, 0.0, 20.0, 3.0])
    once = torch.cat([u, a])[None], torch.cat([torch.ones(32), times])[None]
    value, gradient = overlap(*once, 32, torch.full((1, 1), 0.5), 1.0, 1000)
    again = torch.cat([u, a.repeat_interleave(times.long())])[None]
    expected, repeated = overlap(again, torch.ones(1, 64), 32, torch.full((1, 1), 0.5), 1.0, 1000)
    torch.testing.assert_close(value, expected)
    sums = [draws.sum() for draws in torch.split(repeated[0, 32:], times.long().tolist())]
    torch.testing.assert_close(gradient[0], torch.cat([repeated[0, :32], torch.stack(sums)]))


def test_overlap_finds_the_crossings_of_the_whole_grid() -> None:
    from baselines.overlap_loss import _crossing

    generator = torch.Generator().manual_seed(4)
    spread = 0.3 + 3.0 * torch.rand(300, 1, generator=generator)
    scores = spread * torch.randn(300, 96, generator=generator)
    scores[:, 64:] += 2.0 * torch.randn(300, 1, generator=generator)
    weights = torch.cat([torch.ones(300, 64), torch.full((300, 32), 2.0)], dim=1)
    choice = torch.rand(300, 1, generator=generator)
    low, high = scores.amin(dim=1, keepdim=True), scores.amax(dim=1, keepdim=True)
    crossings, crosses = _crossing(scores, weights, 64, choice, 1.0, low, high, 1000)
    points = low + (high - low) * torch.linspace(0, 1, 1000)
    kernel = torch.exp(-0.5 * (points[:, :, None] - scores[:, None]).double() ** 2)
    side = torch.sign(kernel[..., 64:].mean(dim=2) - kernel[..., :64].mean(dim=2))
    counts = []
    for run in range(300):
        changes = torch.nonzero(side[run, 1:] != side[run, :-1])[:, 0]
        counts.append(len(changes))
        assert bool(crosses[run, 0]) == (len(changes) > 0)
        if len(changes):
            expected = points[run, changes[int(choice[run, 0] * len(changes))]]
            # to one point of the grid: single precision may see the change of sign a point beside
            assert abs(float(crossings[run, 0] - expected)) < 1.5 * float(high[run, 0] - low[run, 0]) / 999
    assert {0, 1, 2} <= set(counts)


@pytest.mark.parametrize("half", [32, 64])
def test_overlap(catch: Catch, half: int) -> None:
    (stage,), detector = catch("overlap", "Overlap", epochs=3, batch_size=2 * half)
    names = ("hidden0", "hidden1", "score")
    layers = {name: layer(stage.values, name) for name in names}
    assert [made.out_features for made in layers.values()] == [100, 20, 1]
    assert stage.stage.steps == 291 // half - 1
    index, times, choice = batch = stage.batch()
    # of 64 labelled draws each of the 9 rows passes once, filled up to 32
    assert len(index) == half + 32 and times[half:].sum() == half and (times[:half] == 1).all()
    index = index.repeat_interleave(times.long())
    assert (index[:half] >= 9).all() and (index[half:] < 9).all() and len(set(index[:half].tolist())) == half
    network = nn.Sequential(layers["hidden0"], nn.ReLU(), layers["hidden1"], nn.ReLU(), layers["score"])
    norm = nn.BatchNorm1d(1)
    score = norm(network(scaled()[index]))[:, 0]
    value = overlap_on_a_grid(score[:half], score[half:], float(choice))
    torch.autograd.backward(value)
    loss, gradient = stage.loss(batch)
    assert loss == pytest.approx(float(value.detach()), abs=1e-3)
    for name, made in layers.items():
        scale = float(slope(made).abs().max())
        torch.testing.assert_close(gradient[f"{name}.weight"].T, slope(made), rtol=2e-2, atol=2e-2 * scale)
    torch.testing.assert_close(gradient["norm.weight"][0], slope(norm), rtol=2e-2, atol=1e-4)
    torch.testing.assert_close(stage.context["norm.mean"].flatten(), norm.running_mean)
    torch.testing.assert_close(stage.context["norm.var"].flatten(), norm.running_var)

    final = {k: torch.from_numpy(v[0]) for k, v in stage.stage.layout.unpack(detector.weights_[None]).items()}
    with torch.no_grad():
        x = scaled()
        for name in names[:-1]:
            x = layer(final, name)(x).relu()
        x = layer(final, "score")(x)[:, 0]
        mean, var = (detector.context_[f"norm.{moment}"].item() for moment in ("mean", "var"))
        expected = (x - mean) / (var + 1e-5) ** 0.5 * final["norm.weight"].item() + final["norm.bias"].item()
    np.testing.assert_allclose(detector.decision_function(rows().X), expected, rtol=1e-3, atol=1e-4)


def prenet_pair(values: dict[str, torch.Tensor], first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    hidden, head = layer(values, "hidden"), layer(values, "pair")
    output: torch.Tensor = head(torch.cat([hidden(first).relu(), hidden(second).relu()], dim=1))
    return output[:, 0]


def test_prenet_exact_score_is_the_mean_over_all_pairs(catch: Catch) -> None:
    (stage,), detector = catch("prenet", "PReNet", epochs=3, steps_per_epoch=4, batch_size=64)
    values = {k: torch.from_numpy(v[0]) for k, v in stage.stage.layout.unpack(detector.weights_[None]).items()}
    X = scaled()
    expected = []
    with torch.no_grad():
        for x in X[:40]:
            unlabelled = prenet_pair(values, X[9:], x.expand(291, WIDTH)).mean()
            labelled = prenet_pair(values, x.expand(9, WIDTH), X[:9]).mean()
            expected.append(float(unlabelled + labelled) / 2)
    np.testing.assert_allclose(detector.decision_function(rows().X[:40]), expected, rtol=1e-4)


def test_prenet_sampled_score_converges_to_the_exact_one() -> None:
    from baselines.prenet import PReNet

    exact = PReNet(epochs=3, steps_per_epoch=4, batch_size=64).fit_replicas([rows()], [0])[0]
    X = rows().X
    wanted, errors = exact.decision_function(X), {}
    for pairs in (30, 300, 3000):
        sampled = PReNet(epochs=3, steps_per_epoch=4, batch_size=64, n_pairs=pairs).fit_replicas([rows()], [0])[0]
        assert torch.equal(sampled.weights_, exact.weights_)
        scores = sampled.decision_function(X)
        assert np.array_equal(scores, sampled.decision_function(X))
        errors[pairs] = scores - wanted
    spread = {pairs: np.sqrt(np.mean(error**2)) for pairs, error in errors.items()}
    terms = (exact.unlabelled_terms_, exact.labelled_terms_)
    for pairs, deviation in spread.items():
        assert deviation == pytest.approx(np.sqrt(sum(t.var() for t in terms) / pairs) / 2, rel=0.15)
        assert abs(errors[pairs].mean()) < 4 * deviation / np.sqrt(len(X))
    assert spread[3000] < spread[30] / 8
