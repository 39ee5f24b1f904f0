"""Losses and scores of the weak methods against plain torch modules written from the papers' equations."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import nn

from replicas.rows import Rows

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

    def __init__(self, stage, start, context) -> None:
        self.stage, self.start, self.context = stage, start, context
        self.values = {k: torch.from_numpy(v[0]) for k, v in stage.layout.unpack(start).items()}

    def batch(self) -> list[torch.Tensor]:
        return [torch.from_numpy(np.asarray(piece[0])) for piece in self.stage.draw(0, 1)]

    def loss(self, batch: list[torch.Tensor]) -> tuple[float, dict[str, torch.Tensor]]:
        """The method's loss of a batch and its gradient by parameter."""
        flat = self.start.clone().requires_grad_()
        total, _ = self.stage.loss(self.stage.layout.views(flat), tuple(b[None] for b in batch), dict(self.context))
        (gradient,) = torch.autograd.grad(total.sum(), flat)
        return float(total.detach().sum()), {k: torch.from_numpy(v[0]) for k, v in self.stage.layout.unpack(gradient).items()}


@pytest.fixture
def catch(monkeypatch):
    """catch("feawad", "FeaWAD", **params): its stages in order, and the fitted detector."""

    def run(module: str, name: str, **params):
        loaded = importlib.import_module(f"baselines.{module}")
        stages, engine = [], loaded.train

        def train(stage, start, context=None):
            stages.append(Caught(stage, start.clone(), {k: v.clone() for k, v in (context or {}).items()}))
            return engine(stage, start, context)

        monkeypatch.setattr(loaded, "train", train)
        detector = getattr(loaded, name)(**params).fit_replicas([rows()], [0])[0]
        return stages, detector

    return run


def layer(values: dict[str, torch.Tensor], name: str) -> nn.Linear:
    weight = values[f"{name}.weight"]
    made = nn.Linear(*weight.shape, bias=f"{name}.bias" in values)
    with torch.no_grad():
        made.weight.copy_(weight.T)
        if made.bias is not None:
            made.bias.copy_(values[f"{name}.bias"][0])
    return made


def agree(caught: Caught, batch: list[torch.Tensor], value: torch.Tensor, layers: dict[str, nn.Linear]) -> None:
    """The plain loss and its gradient equal the method's."""
    value.backward()
    found, gradient = caught.loss(batch)
    assert found == pytest.approx(float(value.detach()), rel=1e-4)
    assert len(layers) == len({name.partition(".")[0] for name in gradient})
    for name, made in layers.items():
        scale = float(made.weight.grad.abs().max()) + 1e-6
        torch.testing.assert_close(gradient[f"{name}.weight"].T, made.weight.grad, rtol=1e-3, atol=1e-4 * scale)
        if made.bias is not None:
            torch.testing.assert_close(gradient[f"{name}.bias"][0], made.bias.grad, rtol=1e-3, atol=1e-4 * scale)


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


@pytest.mark.parametrize("residual_in_loss", [False, True])
def test_feawad(catch, residual_in_loss: bool) -> None:
    (first, second), detector = catch(
        "feawad", "FeaWAD", epochs=1, pretraining_epochs=1, steps=2, batch=64, residual_in_loss=residual_in_loss
    )
    X = scaled()
    layers = {name: layer(first.values, name) for name in ("input", "encoder1", "encoder2", "decoder1", "decoder2")}
    batch = first.batch()
    assert (batch[0] >= 9).all() and len(batch[0]) == 64
    x = X[batch[0]]
    agree(
        first,
        batch,
        nn.functional.mse_loss(nn.Sequential(*[m for made in layers.values() for m in (made, nn.ReLU())])(x), x),
        layers,
    )

    layers = {name: layer(second.values, name) for name in [*layers, "head0", "head1", "score"]}
    batch = second.batch()
    score, norm = feawad_outputs(layers, X[batch[0]])
    y = (batch[0] < 9).float()
    assert y.sum() == 32
    size = norm if residual_in_loss else torch.ones_like(norm)
    zero = torch.zeros(())
    inlier = score.abs() + size
    outlier = torch.maximum(zero, 5.0 - score) + torch.maximum(zero, 5.0 - size)
    agree(second, batch, ((1 - y) * inlier + y * outlier).mean(), layers)

    final = {k: torch.from_numpy(v[0]) for k, v in second.stage.layout.unpack(detector.weights_[None]).items()}
    with torch.no_grad():
        expected = feawad_outputs({name: layer(final, name) for name in layers}, X)[0].numpy()
    np.testing.assert_allclose(detector.decision_function(rows().X), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("neighbours", [1, 2])
def test_repen(catch, neighbours: int) -> None:
    (stage,), detector = catch("repen", "REPEN", epochs=1, steps=2, batch=64, margin=0.5, neighbours=neighbours)
    layers = {"hidden": layer(stage.values, "hidden")}
    batch = stage.batch()
    example, positive, negative = batch[0].split(64)
    assert (example != positive).all() and (torch.cat([example, positive]) >= 9).all() and (negative < 9).all()
    e, p, n = (layers["hidden"](scaled()[part]).relu() for part in (example, positive, negative))
    hinge = torch.maximum(torch.zeros(()), 0.5 - (((e - n) ** 2).sum(1) - ((e - p) ** 2).sum(1)))
    agree(stage, batch, hinge.mean(), layers)

    references = detector.context_["references"].numpy().reshape(50, 8, 20)
    weights = stage.stage.layout.unpack(detector.weights_[None])
    codes = np.maximum(scaled().numpy() @ weights["hidden.weight"][0] + weights["hidden.bias"][0], 0)
    expected = np.mean(
        [NearestNeighbors(n_neighbors=neighbours).fit(r).kneighbors(codes)[0].mean(axis=1) for r in references], axis=0
    )
    np.testing.assert_allclose(detector.decision_function(rows().X), expected, rtol=1e-3, atol=1e-5)
