"""The joint stage's written gradient is autograd's, for every setting."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
import torch

from mnp.gradient import joint_gradient
from mnp.losses import LossSettings, joint_loss
from mnp.network import Shape, layout, outputs
from replicas.parameters import Layout
from replicas.training import Context
from reproducibility.streams import generator

RUNS = 8
UNLABELLED = 40
SETTINGS = [
    LossSettings(
        margin=margin,
        beta=beta,
        temperature=temperature,
        contrast=contrast,
        likelihood=likelihood,
        unweighted_score=unweighted,
    )
    for margin, beta, temperature in [(0.02, 1.0, 2.0), (0.3, 2.5, 0.7)]
    for contrast, likelihood, unweighted in product([True, False], repeat=3)
]


def drawn(width: int, known: int, most: int = 10) -> tuple[Layout, torch.Tensor, torch.Tensor, Context]:
    """Layout, weights (8, P), raw rows (8, U + known, width) and context; runs with 1..4 of ``most`` prototypes.

    Weights in double precision, so that both gradients agree to far more digits than a wrong term would leave.
    """
    whole = layout(Shape(width, prototypes=most))
    values = whole.unpack(whole.start([generator("w", seed) for seed in range(RUNS)]))
    stream = generator("rows", width)
    values["prototypes"] = stream.normal(size=(RUNS, most, 8)).astype(np.float32)
    exists = (np.arange(most) < 1 + np.arange(RUNS)[:, None] % 4).astype(np.float32)
    context = {
        "low": stream.normal(size=(RUNS, 1, width)),
        "gain": stream.uniform(0.5, 3.0, size=(RUNS, 1, width)),
        "exists": exists,
        "previous": stream.uniform(0.1, 2.0, size=(RUNS, 3)),
        "lambda_kl": np.array([0.0, 0.01, 1.0, 1.0] * 2)[:, None],
        "moving": np.repeat([1.0, 0.0], RUNS // 2)[:, None],
    }
    rows = torch.from_numpy(stream.normal(size=(RUNS, UNLABELLED + known, width)))
    flat = torch.from_numpy(whole.pack(values)).double()
    return whole, flat, rows, {name: torch.from_numpy(value).double() for name, value in context.items()}


def assert_same(
    whole: Layout,
    flat: torch.Tensor,
    rows: torch.Tensor,
    context: Context,
    settings: LossSettings,
    shown: bool = True,
    rtol: float = 1e-9,
    atol: float = 1e-12,
    equal: Sequence[tuple[int, int]] = (),
) -> None:
    """Hold the gradient against autograd's; ``equal`` names (run, count): its first ``count`` prototypes are equal.

    Which of equal prototypes is a row's nearest is decided by the last bit of a product, which some processors round
    differently in a vector's tail; only the sum of their slopes is the same everywhere.
    """
    leaf = flat.clone().requires_grad_()
    expected, expected_terms = joint_loss(
        outputs(whole.views(leaf), rows, context, shown), UNLABELLED, context, settings
    )
    (slope,) = torch.autograd.grad(expected.sum(), leaf)
    total, terms, gradients = joint_gradient(whole.views(flat), rows.clone(), UNLABELLED, context, settings, shown)
    torch.testing.assert_close(total, expected.detach(), rtol=rtol, atol=atol)
    torch.testing.assert_close(terms, expected_terms.detach(), rtol=rtol, atol=atol)
    wanted = whole.views(slope)
    for slopes in (gradients, wanted):
        slopes["prototypes"] = slopes["prototypes"].clone()
        for run, count in equal:
            slopes["prototypes"][run, :count] = slopes["prototypes"][run, :count].sum(dim=0)
    torch.testing.assert_close(gradients, wanted, rtol=rtol, atol=atol)


@pytest.mark.parametrize("known", [0, 1, 8])
@pytest.mark.parametrize("width", [3, 6, 21, 36])
def test_gradient_is_autograds(width: int, known: int) -> None:
    whole, flat, rows, context = drawn(width, known)
    for settings in SETTINGS:
        for shown in (True, False):
            assert_same(whole, flat, rows, context, settings, shown)


def test_single_precision_gradient_is_autograds() -> None:
    whole, flat, rows, context = drawn(21, 8)
    single = {name: value.float() for name, value in context.items()}
    assert_same(whole, flat.float(), rows.float(), single, LossSettings(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("moving", [1.0, 0.0])
def test_degenerate_values_are_autograds(moving: float) -> None:
    """Equal prototypes share the nearest row's slope; zero embeddings, prototypes and earlier losses give no NaN."""
    whole, flat, rows, context = drawn(6, 8)
    views = whole.views(flat)
    context["exists"][0] = context["exists"][1] = 1.0
    views["prototypes"][0, :3] = views["prototypes"][0, 0].clone()
    views["prototypes"][1, 1] = 0.0
    for name in ("encoder2.weight", "encoder2.bias"):
        views[name][2] = 0.0
        views[name][3] *= 1e-20
    views["head2.bias"][4] = 1e4  # scores of exactly 1
    views["head2.bias"][5] = -1e4
    context["previous"][6, 1] = 0.0
    context["moving"][:] = moving
    context["lambda_kl"][:] = 1.0
    settings = LossSettings()
    context["exists"][7] = 1.0
    views["prototypes"][7] = 1.0
    every = views["prototypes"].shape[1]
    assert_same(whole, flat, rows, context, settings, rtol=1e-6, atol=1e-9, equal=[(0, 3), (7, every)])
    single = {name: value.float() for name, value in context.items()}
    _, _, gradients = joint_gradient(whole.views(flat.float()), rows.float(), UNLABELLED, single, settings)
    assert all(torch.isfinite(value).all() for value in gradients.values())


@pytest.mark.parametrize("width", [1, 3, 7, 36])
def test_bits_do_not_depend_on_companions(width: int) -> None:
    """Also with odd numbers of rows and prototypes, whose last elements fill no vector."""
    whole = layout(Shape(width, prototypes=7))
    stream = generator("bits", width)
    flat = whole.start([generator("w", seed) for seed in range(40)])
    whole.views(flat)["prototypes"].copy_(torch.from_numpy(stream.normal(size=(40, 7, 8))))
    rows = torch.from_numpy(stream.normal(size=(40, UNLABELLED + 5, width)).astype(np.float32))
    context = {
        "low": stream.normal(size=(40, 1, width)),
        "gain": stream.uniform(0.5, 3.0, size=(40, 1, width)),
        "exists": np.arange(7) < 1 + np.arange(40)[:, None] % 7,
        "previous": stream.uniform(0.1, 2.0, size=(40, 3)),
        "lambda_kl": np.ones((40, 1)),
        "moving": np.arange(40)[:, None] % 3 > 0,
    }
    tensors = {name: torch.from_numpy(value.astype(np.float32)) for name, value in context.items()}

    def steps(runs: list[int]) -> list[torch.Tensor]:
        part = {name: value[runs] for name, value in tensors.items()}
        settings = LossSettings()
        total, terms, gradients = joint_gradient(whole.views(flat[runs]), rows[runs], UNLABELLED - 3, part, settings)
        return [total, terms, *(gradients[parameter.name] for parameter in whole.parameters)]

    together = steps(list(range(40)))
    for runs in ([39] * 8, list(range(23, 7, -1)), [5, 2, 33, 17, 0, 38, 9, 9]):
        for value, expected in zip(steps(runs), together, strict=True):
            assert torch.equal(value, expected[runs])
