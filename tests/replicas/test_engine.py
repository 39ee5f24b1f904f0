"""The engine's pieces against well-known implementations."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import stats

from replicas import sampling
from replicas.backpropagation import Dense, backward, backward_through, forward, squared_error, squared_error_gradient
from replicas.layers import SLOPE, chain, dense, leaky, linear
from replicas.normalisation import fresh_statistics, normalised, normalised_backward
from replicas.optimiser import SGD, Adadelta, Adam, RMSprop
from replicas.parameters import Layout
from replicas.sampling import counted, counted_width, passes, passing_once, with_replacement, without_replacement
from replicas.scaling import scaled_
from replicas.stopping import Stopping, StoppingRule
from reproducibility.streams import generator
from tests.present import present


def test_adam_is_torchs() -> None:
    start = torch.randn(8, 32, generator=torch.Generator().manual_seed(0))
    ours, theirs = start.clone(), start.clone().requires_grad_()
    rule, reference = Adam(5e-3, 5e-4), torch.optim.Adam([theirs], lr=5e-3, weight_decay=5e-4)
    state = rule.state(ours)
    for count in range(1, 30):
        gradient = torch.sin(ours * count)
        theirs.grad = torch.sin(theirs.detach() * count)
        rule.step(ours, gradient, state, count)
        reference.step()
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("rule", "reference"),
    [
        (Adadelta(0.5), lambda p: torch.optim.Adadelta([p], lr=0.5, rho=0.95, eps=1e-7)),
        (SGD(1e-2, 0.7, 0.1), lambda p: torch.optim.SGD([p], lr=1e-2, momentum=0.7, weight_decay=0.1)),
    ],
)
def test_the_other_optimisers_are_torchs(rule: Any, reference: Any) -> None:
    start = torch.randn(8, 32, generator=torch.Generator().manual_seed(0))
    ours, theirs = start.clone(), start.clone().requires_grad_()
    state, optimiser = rule.state(ours), reference(theirs)
    for count in range(1, 30):
        theirs.grad = torch.sin(theirs.detach() * count)
        rule.step(ours, torch.sin(ours * count), state, count)
        optimiser.step()
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rows_last", [True, False])
@pytest.mark.parametrize("widths", [(6, 7), (6, 7, 8, 7, 6), (37, 22, 1)])
def test_written_gradients_are_those_of_autograd(widths: tuple[int, ...], rows_last: bool) -> None:
    layers = [Dense(f"layer{depth}", 0.01 if depth % 2 else 0.0) for depth in range(len(widths) - 2)]
    layers.append(Dense("last", None if rows_last else 0.01))
    layout = Layout(
        [
            parameter
            for layer, *sizes in zip(layers, widths, widths[1:], strict=False)
            for parameter in dense(layer.name, *sizes, bias=layer.name != "layer1")
        ]
    )
    flat = layout.start([generator("test", run) for run in range(3)])
    random = torch.Generator().manual_seed(0)
    x, slope = (torch.randn(3, 16, width, generator=random) for width in (widths[0], widths[-1]))
    leaf = flat.clone().requires_grad_()
    p, expected = layout.views(leaf), x.clone().requires_grad_()
    first = expected
    for layer in layers:
        expected = linear(p, layer.name, expected)
        expected = expected if layer.slope is None else F.leaky_relu(expected, layer.slope)
    torch.autograd.backward((expected * slope).sum())
    p = layout.views(flat)
    trace = forward(p, layers, x, rows_last=rows_last)
    gradients = backward(p, layers, trace, torch.empty_like(trace.output).copy_(slope))
    torch.testing.assert_close(trace.output, expected.detach(), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gradients, layout.views(present(leaf.grad)), rtol=1e-4, atol=1e-5)
    again, inner = backward_through(p, layers, trace, torch.empty_like(trace.output).copy_(slope))
    torch.testing.assert_close(again, gradients, rtol=0, atol=0)
    torch.testing.assert_close(inner, first.grad, rtol=1e-4, atol=1e-5)
    assert present(leaf.grad).abs().sum() > 0


def test_squared_error_and_its_gradient_are_those_of_the_plain_chain() -> None:
    names = ["encode", "decode"]
    layout = Layout([*dense("encode", 9, 5), *dense("decode", 5, 9)])
    flat = layout.start([generator("test", run) for run in range(3)])
    random = torch.Generator().manual_seed(0)
    x, target = (torch.randn(3, 16, 9, generator=random) for _ in range(2))
    leaf = flat.clone().requires_grad_()
    expected = (chain(layout.views(leaf), names, x, leaky, leaky) - target).square().flatten(1).mean(dim=1)
    torch.autograd.backward(expected.sum())
    layers = [Dense(name, SLOPE) for name in names]
    alone = squared_error_gradient(layout.views(flat), layers, x, target.clone())
    error, gradients = squared_error(layout.views(flat), layers, x, target)
    torch.testing.assert_close(error, expected.detach())
    torch.testing.assert_close(gradients, layout.views(present(leaf.grad)))
    torch.testing.assert_close(alone, gradients, rtol=0, atol=0)


def test_rmsprop_clips_each_replica_by_its_own_norm() -> None:
    flat = torch.zeros(2, 32)
    gradient = torch.stack([torch.full((32,), 10.0), torch.full((32,), 0.01)])
    rule = RMSprop(lr=1e-3, clipnorm=1.0)
    rule.step(flat, gradient, rule.state(flat), 1)
    clipped = 10.0 / np.linalg.norm(np.full(32, 10.0))
    for row, value in ((0, clipped), (1, 0.01)):
        expected = -1e-3 * value / (np.sqrt(0.1 * value**2) + 1e-7)
        np.testing.assert_allclose(flat[row].numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize(("pool", "batch"), [(500, 128), (130, 128), (10_000, 128), (8, 8)])
def test_without_replacement_is_distinct_and_uniform(pool: int, batch: int) -> None:
    drawn = without_replacement(generator("test", pool), pool, 400, batch)
    assert all(len(np.unique(row)) == batch for row in drawn)
    assert drawn.min() >= 0 and drawn.max() < pool
    counts = np.bincount(drawn.ravel(), minlength=pool)
    if batch < pool:
        assert stats.chisquare(counts).pvalue > 1e-4
    with pytest.raises(ValueError, match="distinct rows"):
        without_replacement(generator("test"), batch - 1, 1, batch)


def test_passes_cover_the_pool_once() -> None:
    drawn = passes(generator("pass"), 300, 128)
    assert drawn.shape == (2, 128)
    assert len(np.unique(drawn)) == 256
    assert with_replacement(generator("r"), 3, 4, 5).shape == (4, 5)


def test_layout_keeps_every_parameter_on_its_own_line() -> None:
    layout = Layout([*dense("a", 7, 5), *dense("b", 5, 1)])
    assert layout.size % 32 == 0
    flat = layout.start([generator("w", seed) for seed in range(3)]).clone()  # numpy aligns less than torch
    for view in layout.views(flat).values():
        assert view.data_ptr() % 64 == 0
    values = layout.unpack(flat)
    assert np.array_equal(layout.pack(values), flat.numpy())
    assert np.abs(values["a.weight"]).max() <= 7**-0.5


def test_streams_are_named_not_ordered() -> None:
    assert generator("a", 1).random() == generator("a", 1).random()
    assert generator("a", 1).random() != generator("a", 2).random()
    with pytest.raises(TypeError, match="int64"):
        generator("a", np.int64(1))  # type: ignore[arg-type]


def test_stopping_keeps_the_best_of_each_run() -> None:
    stopping = Stopping(StoppingRule(patience=2, delta=0.0), 2, 1)
    for step, values in enumerate([[3.0, 3.0], [2.0, 4.0], [2.5, 5.0], [2.4, 6.0]]):
        live = np.flatnonzero(~stopping.stopped)
        stopping.update(live, np.array(values)[live], torch.full((len(live), 1), float(step)))
    assert stopping.best.tolist() == [2.0, 3.0]
    assert stopping.stopped.tolist() == [True, True]
    assert stopping.weights[:, 0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(("pool", "width"), [(1, 32), (9, 32), (32, 32), (33, 64), (128, 128), (129, 256), (4000, 256)])
def test_counted_rows_are_the_draws_with_replacement(pool: int, width: int) -> None:
    assert counted_width(pool, 256) == width
    positions, weights = counted(generator("test", pool), pool, 5, 256, width)
    assert positions.shape == weights.shape == (5, width) and weights.dtype == np.float32
    assert positions.min() >= 0 and positions.max() < pool
    drawn = with_replacement(generator("test", pool), pool, 5, 256)
    for row, times, expected in zip(positions, weights, drawn, strict=True):
        counts = np.bincount(row, times, minlength=pool)
        assert np.array_equal(counts, np.bincount(expected, minlength=pool))


def test_few_draws_are_not_counted() -> None:
    assert counted_width(5, 32) == 32 == counted_width(200, 32)
    assert counted_width(40, 48) == 48


@pytest.mark.parametrize(("pool", "width"), [(1, 32), (20, 32), (100, 128), (300, 256)])
def test_every_draw_is_found_among_the_rows_that_pass_once(pool: int, width: int) -> None:
    drawn = with_replacement(generator("test", pool), pool, 4, 256)
    positions, indices = passing_once(drawn, pool, counted_width(pool, 256))
    assert positions.shape == (4, width)
    assert np.array_equal(np.take_along_axis(positions, indices, axis=1), drawn)


def test_too_few_distinct_draws_are_filled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    plenty = without_replacement(generator("test", 1), 60, 200, 12)
    monkeypatch.setattr(sampling, "_spare", lambda pool, batch: 0)  # as drawn, most rows have a repeat
    drawn = without_replacement(generator("test", 1), 60, 200, 12)
    assert all(len(set(row)) == 12 for row in [*plenty.tolist(), *drawn.tolist()])
    assert drawn.min() == 0 and drawn.max() == 59
    counts = np.bincount(drawn.reshape(-1), minlength=60)
    assert counts.min() > 15 and counts.max() < 75  # 40 each in the mean


@pytest.mark.parametrize("shape", [(3, 16, 5), (3, 12, 5), (1, 8, 1), (24, 7)])
def test_rows_side_by_side_scale_to_the_same_bits(shape: tuple[int, ...]) -> None:
    random = torch.Generator().manual_seed(4)
    x = torch.randn(shape, generator=random)
    scale = (*shape[:-2], 1, shape[-1])
    context = {"low": torch.randn(scale, generator=random), "gain": torch.rand(scale, generator=random)}
    expected = (x - context["low"]) * context["gain"]
    assert torch.equal(scaled_(x, context), expected) and torch.equal(x, expected)


def test_weighted_normalisation_is_that_of_rows_drawn_again() -> None:
    random = torch.Generator().manual_seed(2)
    x, slope = (torch.randn(3, 12, 4, generator=random, dtype=torch.float64) for _ in range(2))
    times = torch.randint(0, 4, (3, 12, 1), generator=random).double()
    times[:, 0] += 2
    once = {name: value.double() for name, value in fresh_statistics(3, "norm", 4).items()}
    normal, inverse = normalised(x.clone(), once, "norm", weights=times)
    gradient = normalised_backward(slope * times, normal, inverse, weights=times)
    for run in range(3):
        reference = torch.nn.BatchNorm1d(4, eps=1e-4, affine=False, dtype=torch.float64)
        leaf = x[run].clone().requires_grad_()
        counts = times[run, :, 0].long()
        expected = reference(leaf.repeat_interleave(counts, dim=0))
        (expected * slope[run].repeat_interleave(counts, dim=0)).sum().backward()
        torch.testing.assert_close(normal[run].repeat_interleave(counts, dim=0), expected.detach())
        torch.testing.assert_close(gradient[run], leaf.grad)
        torch.testing.assert_close(once["norm.mean"][run, 0], reference.running_mean)
        torch.testing.assert_close(once["norm.var"][run, 0], reference.running_var)
