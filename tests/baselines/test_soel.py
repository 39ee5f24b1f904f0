"""SOEL's loss, gradient and score against a plain torch module written from the paper's equations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import baselines.soel as soel
from replicas.rows import Rows
from replicas.training import train as engine
from tests.present import present

WIDTH, ROWS, LABELLED = 6, 200, 4


def rows(width: int = WIDTH) -> Rows:
    generator = np.random.default_rng(11)
    X = generator.normal(size=(ROWS, width)).astype(np.float32)
    X[:LABELLED] += 3.0
    return Rows.from_arrays(X, (np.arange(ROWS) < LABELLED).astype(np.int8))


def matrix(weight: torch.Tensor) -> nn.Linear:
    made = nn.Linear(weight.shape[0], weight.shape[1], bias=False)
    with torch.no_grad():
        made.weight.copy_(weight.T)
    return made


class Plain(nn.Module):
    """One network, one loop per transformation and per row pair: nothing batched over them."""

    def __init__(self, values: dict[str, np.ndarray], temperature: float) -> None:
        super().__init__()
        w = {name: torch.from_numpy(value[0]) for name, value in values.items()}
        self.temperature = temperature
        self.changes = nn.ModuleList(
            nn.Sequential(
                matrix(w["transform0.weight"][k]),
                nn.BatchNorm1d(w["transform0.weight"].shape[2], affine=False),
                nn.ReLU(),
                matrix(w["transform1.weight"][k]),
                nn.BatchNorm1d(w["transform1.weight"].shape[2], affine=False),
                nn.ReLU(),
                matrix(w["transform2.weight"][k]),
            )
            for k in range(len(w["transform0.weight"]))
        )
        first, second, third = (matrix(w[f"encoder{i}.weight"]) for i in range(3))
        self.encoder = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third)

    @property
    def transformations(self) -> list[nn.Sequential]:
        return [change for change in self.changes if isinstance(change, nn.Sequential)]

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        views = [x, *(x + change(x) for change in self.changes)]
        codes = [self.encoder(view) for view in views]
        normal, anomalous = [], []
        for k in range(1, len(codes)):
            similar = [torch.exp(nn.functional.cosine_similarity(codes[k], c) / self.temperature) for c in codes]
            share = similar[0] / sum(s for view, s in enumerate(similar) if view != k)
            normal.append(-share.log())
            anomalous.append(-(1.0 - share).log())
        scale = math.log(len(self.changes))
        return torch.stack(normal).mean(dim=0) / scale, torch.stack(anomalous).mean(dim=0) / scale


Fit = Callable[..., tuple[Any, torch.Tensor, dict[str, torch.Tensor], Any]]


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> Fit:
    """Fit with these parameters: (stage, start, context) as the engine got them, and the detector."""

    def run(width: int = WIDTH, **params: Any) -> tuple[Any, torch.Tensor, dict[str, torch.Tensor], Any]:
        stages: list[tuple[Any, torch.Tensor, dict[str, torch.Tensor]]] = []

        def train(stage: Any, start: torch.Tensor, context: dict[str, torch.Tensor]) -> Any:
            stages.append((stage, start.clone(), {name: value.clone() for name, value in context.items()}))
            return engine(stage, start, context)

        monkeypatch.setattr(soel, "train", train)
        detector = soel.SOEL(epochs=2, **params).fit_replicas([rows(width)], [0])[0]
        return *stages[0], detector

    return run


def scaled(X: np.ndarray) -> torch.Tensor:
    return torch.from_numpy((X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0)))


@pytest.mark.parametrize(
    "params", [{}, {"n_transformations": 4, "ratio": 0.3}, {"n_transformations": 2, "temperature": 1.0}]
)
def test_loss_and_gradient(caught: Fit, params: dict[str, Any]) -> None:
    stage, start, context, detector = caught(**params)
    (index,) = (torch.from_numpy(piece[0, 0]) for piece in stage.draw([0], 1))
    size = (ROWS - LABELLED) // 5
    assert len(index) == size + LABELLED and (index[:size] >= LABELLED).all()
    assert sorted(index[size:].tolist()) == list(range(LABELLED))

    plain = Plain(stage.layout.unpack(start), detector.temperature)
    normal, anomalous = plain(scaled(rows().X)[index])
    order = torch.argsort(normal[:size] - anomalous[:size], descending=True)
    likely, rest = order[: int(size * detector.ratio)], order[int(size * detector.ratio) :]
    exposed = 0.5 * normal[likely] + 0.5 * anomalous[likely]
    value = torch.cat([normal[rest], exposed]).mean() + anomalous[size:].mean()
    torch.autograd.backward(value)

    total, _, gradient = stage.gradient(stage.layout.views(start), (index[None],), context)
    assert float(total.sum()) == pytest.approx(float(value.detach()), rel=1e-4)
    for depth, module in enumerate((0, 3, 6)):
        expected = torch.stack([slope(change[module]).T for change in plain.transformations])
        close(gradient[f"transform{depth}.weight"][0], expected)
        close(gradient[f"encoder{depth}.weight"][0], slope(plain.encoder[2 * depth]).T)
    mean = torch.stack([moments(change[1])[0] for change in plain.transformations])
    close(context["transform0.mean"][0, :, 0].numpy(), mean)
    variance = torch.stack([moments(change[4])[1] for change in plain.transformations])
    close(context["transform1.var"][0, :, 0].numpy(), variance)


def slope(module: nn.Module) -> torch.Tensor:
    """The gradient of a linear layer's weights."""
    assert isinstance(module, nn.Linear)
    return present(module.weight.grad)


def moments(module: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """The running mean and variance of a batch normalization."""
    assert isinstance(module, nn.BatchNorm1d)
    return present(module.running_mean), present(module.running_var)


def close(actual: np.ndarray, expected: torch.Tensor) -> None:
    np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def test_score_is_the_normal_loss_with_the_running_statistics(caught: Fit) -> None:
    stage, _, _, detector = caught()
    plain = Plain(stage.layout.unpack(detector.weights_[None]), detector.temperature).eval()
    for k, change in enumerate(plain.transformations):
        for depth, layer in enumerate((change[1], change[4])):
            mean, variance = moments(layer)
            mean.copy_(detector.context_[f"transform{depth}.mean"][k, 0])
            variance.copy_(detector.context_[f"transform{depth}.var"][k, 0])
    with torch.no_grad():
        expected = plain(scaled(rows().X))[0].numpy()
    np.testing.assert_allclose(detector.decision_function(rows().X), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("width", "hidden", "last"), [(6, 12, 12), (32, 64, 32), (300, 64, 32), (301, 256, 64)])
def test_widths_follow_the_number_of_features(width: int, hidden: int, last: int) -> None:
    shapes = {parameter.name: parameter.shape for parameter in soel.SOEL()._layout(width).parameters}
    assert shapes["encoder0.weight"] == (width, hidden) and shapes["encoder2.weight"] == (hidden, last)
    assert shapes["transform0.weight"] == (9, width, min(width, 256))


def test_a_row_of_zeros_has_a_finite_loss_and_gradient() -> None:
    code = torch.zeros(1, 4, 3, 5, requires_grad=True)
    normal, anomalous = soel.contrast(code, 0.1)
    (gradient,) = torch.autograd.grad((normal + anomalous).sum(), code)
    assert torch.isfinite(gradient).all()
