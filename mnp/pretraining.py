"""Pre-training: two denoising layers, then the whole autoencoder, on unlabelled rows (MSE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from mnp.network import DECODER, ENCODER, Shape, autoencoder_parameters
from mnp.quirks import Quirks
from replicas.layers import chain, dense, leaky, linear
from replicas.optimiser import Adam
from replicas.parameters import Layout
from replicas.reconstruction import squared_error
from replicas.rows import Table
from replicas.sampling import without_replacement
from replicas.scaling import scaled
from replicas.scoring import evaluate
from replicas.stopping import StoppingRule
from replicas.streams import generator
from replicas.training import Context, Stage, train

Views = Mapping[str, torch.Tensor]
NOISE = 0.05


@dataclass(frozen=True)
class PretrainingSettings:
    """Budget of each of the three stages (authors: 64 batches of 128, at most 200 epochs, Adam 5e-3)."""

    epochs: int = 200
    steps: int = 64
    batch: int = 128
    lr: float = 5e-3
    weight_decay: float = 5e-4
    patience: int = 15
    delta: float = 1e-4


@dataclass(frozen=True, eq=False)
class Material:
    """What pre-training needs of each run.

    Attributes
    ----------
    table : Table
    unlabelled : per run, table rows to train on
    watched : per run, raw rows whose error stops training (validation normals, or held-out unlabelled)
    context : ``low`` and ``gain`` of every run
    seeds : per run
    """

    table: Table
    unlabelled: Sequence[np.ndarray]
    watched: Sequence[np.ndarray]
    context: Context
    seeds: Sequence[int]


def pretrain(
    shape: Shape, material: Material, settings: PretrainingSettings, quirks: Quirks
) -> tuple[torch.Tensor, Layout, list[np.ndarray]]:
    """Train encoder1/decoder2 on rows, encoder2/decoder1 on their codes, then all four together.

    Returns
    -------
    flat : (n, P) autoencoder weights
    layout : of ``flat``
    history : per run, the epoch means of the fine-tuning MSE (epochs, 1)
    """
    outer = Layout([*dense("encode", shape.features, shape.hidden), *dense("decode", shape.hidden, shape.features)])
    inner = Layout([*dense("encode", shape.hidden, shape.embedding), *dense("decode", shape.embedding, shape.hidden)])
    first = _denoise("layer1", outer, shape.features, None, material, settings, quirks)
    second = _denoise("layer2", inner, shape.hidden, (outer, first), material, settings, quirks)
    layout = Layout(autoencoder_parameters(shape))
    start = torch.from_numpy(layout.pack(_stacked(outer.unpack(first), inner.unpack(second))))
    trained = _train("fine-tuning", layout, start, material, settings, quirks, (*ENCODER, *DECODER), material.context)
    return trained[0], layout, trained[1]


def random_start(shape: Shape, seeds: Sequence[int]) -> tuple[torch.Tensor, Layout]:
    """The ablation without pre-training: torch's default initialisation."""
    layout = Layout(autoencoder_parameters(shape))
    return layout.start([generator("mnp", "autoencoder", seed) for seed in seeds]), layout


def _stacked(outer: Mapping[str, np.ndarray], inner: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    places = {"encoder1": (outer, "encode"), "encoder2": (inner, "encode"),
              "decoder1": (inner, "decode"), "decoder2": (outer, "decode")}  # fmt: skip
    return {
        f"{name}.{kind}": source[f"{old}.{kind}"]
        for name, (source, old) in places.items()
        for kind in ("weight", "bias")
    }


def _denoise(
    name: str,
    layout: Layout,
    width: int,
    below: tuple[Layout, torch.Tensor] | None,
    material: Material,
    settings: PretrainingSettings,
    quirks: Quirks,
) -> torch.Tensor:
    """One denoising layer: input + 0.05 N(0, 1), target the clean input (codes of the layer below).

    As in the authors' code the noise is drawn once per training row, which is also much cheaper than per step.
    """
    offsets = np.cumsum([0, *(len(rows) for rows in material.unlabelled)])
    noise = np.empty((offsets[-1], width), dtype=np.float32)
    for seed, begin, end in zip(material.seeds, offsets, offsets[1:], strict=False):
        generator("mnp", name, "noise", seed).standard_normal(dtype=np.float32, out=noise[begin:end])
    noise *= NOISE
    context = dict(material.context)
    if below is not None:
        context["below"] = below[1]
    start = layout.start([generator("mnp", name, "weights", seed) for seed in material.seeds])
    table = Table(torch.from_numpy(noise), tuple(offsets[:-1].tolist()))
    return _train(name, layout, start, material, settings, quirks, ("encode", "decode"), context, below, table)[0]


def _train(
    name: str,
    layout: Layout,
    start: torch.Tensor,
    material: Material,
    settings: PretrainingSettings,
    quirks: Quirks,
    layers: Sequence[str],
    context: Context,
    below: tuple[Layout, torch.Tensor] | None = None,
    noise: Table | None = None,
) -> tuple[torch.Tensor, list[np.ndarray]]:
    streams = [generator("mnp", name, "batches", seed) for seed in material.seeds]
    batch = quirks.pretraining_batch or settings.batch

    def draw(run: int, steps: int) -> tuple[np.ndarray, ...]:
        rows = material.unlabelled[run]
        positions = without_replacement(streams[run], len(rows), steps, min(batch, len(rows)))
        drawn = (rows[positions],)
        return drawn if noise is None else (*drawn, positions + noise.offsets[run])

    def clean(x: torch.Tensor, members: Context) -> torch.Tensor:
        x = scaled(x, members)
        if below is None:
            return x
        return leaky(linear(below[0].views(members["below"]), "encode", x))

    def loss(p: Views, drawn: tuple[torch.Tensor, ...], members: Context) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            target = clean(material.table.gather(drawn[0]), members)
            x = target if noise is None else target + noise.gather(drawn[1])
        value = squared_error(p, layers, x, target)
        return value, value[:, None]

    def forward(p: Views, x: torch.Tensor, members: Context) -> torch.Tensor:
        target = clean(x, members)
        return (chain(p, layers, target, leaky, leaky) - target).square().mean(dim=2)

    def monitor(flat: torch.Tensor, runs: np.ndarray, members: Context) -> np.ndarray:
        errors = evaluate(layout, flat, forward, [material.watched[run] for run in runs], members)
        return np.array([error.mean(dtype=np.float64) for error in errors])

    restore: Literal["best", "best-if-stopped"] = "best-if-stopped" if quirks.last_weights_without_stop else "best"
    stage = Stage(
        layout=layout,
        loss=loss,
        draw=draw,
        optimiser=Adam(settings.lr, settings.weight_decay),
        epochs=settings.epochs,
        steps=settings.steps,
        stopping=StoppingRule(settings.patience, settings.delta, restore),
        monitor=monitor,
    )
    trained = train(stage, start, context)
    return trained.flat, trained.history
