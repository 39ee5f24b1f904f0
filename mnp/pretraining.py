"""Pre-training: two denoising layers, then the whole autoencoder, on unlabelled rows (MSE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import torch

from mnp.network import DECODER, ENCODER, Shape, autoencoder_parameters
from mnp.quirks import Quirks
from replicas.backpropagation import Dense, squared_error_gradient
from replicas.layers import SLOPE, chain, dense, leaky, linear
from replicas.optimiser import Adam
from replicas.parameters import Layout
from replicas.rows import Table
from replicas.sampling import without_replacement_each
from replicas.scaling import scaled, scaled_
from replicas.scoring import evaluate
from replicas.stopping import StoppingRule
from replicas.training import Context, Stage, Step, train
from reproducibility.streams import generator

Views = Mapping[str, torch.Tensor]
NOISE = 0.05


@dataclass(frozen=True)
class PretrainingSettings:
    """Budget of each of the three stages (authors: 64 batches of 128, at most 200 epochs, Adam 5e-3)."""

    epochs: int = 200
    steps_per_epoch: int = 64
    batch_size: int = 128
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


@dataclass(frozen=True, eq=False)
class _Inputs:
    """What a stage gives back: clean rows in a table, each run's rows there, rows to watch, their scale or nothing."""

    table: Table
    trained: Sequence[np.ndarray]
    watched: Sequence[np.ndarray]
    scale: Context

    def rows(self, run: int) -> np.ndarray:
        """All clean rows of a run, (n, width)."""
        x = self.table.x[torch.from_numpy(self.trained[run])]
        members = {name: value[run] for name, value in self.scale.items()}
        return (scaled_(x, members) if members else x).numpy()

    def gather(self, index: torch.Tensor, members: Context) -> torch.Tensor:
        """Clean rows (R, B, width) by their rows in the table (R, B)."""
        x = self.table.gather(index)
        return scaled_(x, members) if members else x


def pretrain(
    shape: Shape, material: Material, settings: PretrainingSettings, quirks: Quirks
) -> tuple[torch.Tensor, Layout]:
    """Train encoder1/decoder2 on rows, encoder2/decoder1 on their codes, then all four together.

    Returns
    -------
    flat : (n, P) autoencoder weights
    layout : of ``flat``
    """
    outer = Layout([*dense("encode", shape.features, shape.hidden), *dense("decode", shape.hidden, shape.features)])
    inner = Layout([*dense("encode", shape.hidden, shape.embedding), *dense("decode", shape.embedding, shape.hidden)])
    rows = _Inputs(material.table, material.unlabelled, material.watched, material.context)
    first = _denoise("layer1", outer, rows, material.seeds, settings, quirks)
    second = _denoise("layer2", inner, _codes(outer, first, material), material.seeds, settings, quirks)
    layout = Layout(autoencoder_parameters(shape))
    start = torch.from_numpy(layout.pack(_stacked(outer.unpack(first), inner.unpack(second))))
    names = (*ENCODER, *DECODER)
    return _train("fine-tuning", layout, start, rows, None, material.seeds, settings, quirks, names), layout


def random_start(shape: Shape, seeds: Sequence[int]) -> tuple[torch.Tensor, Layout]:
    """The ablation without pre-training: torch's default initialisation."""
    layout = Layout(autoencoder_parameters(shape))
    return layout.start([generator("mnp", "autoencoder", seed) for seed in seeds]), layout


def _stacked(outer: Mapping[str, np.ndarray], inner: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    sources = {"encoder1": (outer, "encode"), "encoder2": (inner, "encode"),
              "decoder1": (inner, "decode"), "decoder2": (outer, "decode")}  # fmt: skip
    return {
        f"{name}.{suffix}": source[f"{old}.{suffix}"]
        for name, (source, old) in sources.items()
        for suffix in ("weight", "bias")
    }


def _codes(layout: Layout, flat: torch.Tensor, material: Material) -> _Inputs:
    """The codes of a trained layer, which the next one reads: frozen, so they are worked out once."""

    def code(p: Views, x: torch.Tensor, members: Context) -> torch.Tensor:
        return leaky(linear(p, "encode", scaled(x, members)))

    x = material.table.x.numpy()
    trained = evaluate(layout, flat, code, [x[rows] for rows in material.unlabelled], material.context)
    ends = np.cumsum([0, *map(len, trained)])
    table = Table(torch.from_numpy(np.concatenate(trained)), tuple(ends[:-1].tolist()))
    places = [np.arange(begin, end) for begin, end in pairwise(ends.tolist())]
    return _Inputs(table, places, evaluate(layout, flat, code, material.watched, material.context), {})


def _denoise(
    name: str,
    layout: Layout,
    clean: _Inputs,
    seeds: Sequence[int],
    settings: PretrainingSettings,
    quirks: Quirks,
) -> torch.Tensor:
    """One denoising layer: input + 0.05 N(0, 1), target the clean input.

    As in the authors' code the noise is drawn once per training row, which is also much cheaper than per step.
    """
    ends = np.cumsum([0, *map(len, clean.trained)])
    noisy = np.empty((ends[-1], clean.table.x.shape[1]), dtype=np.float32)
    for run, (seed, begin, end) in enumerate(zip(seeds, ends, ends[1:], strict=False)):
        generator("mnp", name, "noise", seed).standard_normal(dtype=np.float32, out=noisy[begin:end])
        noisy[begin:end] *= NOISE
        noisy[begin:end] += clean.rows(run)
    start = layout.start([generator("mnp", name, "weights", seed) for seed in seeds])
    table = Table(torch.from_numpy(noisy), tuple(ends[:-1].tolist()))
    return _train(name, layout, start, clean, table, seeds, settings, quirks, ("encode", "decode"))


def _train(
    name: str,
    layout: Layout,
    start: torch.Tensor,
    clean: _Inputs,
    noisy: Table | None,
    seeds: Sequence[int],
    settings: PretrainingSettings,
    quirks: Quirks,
    layers: Sequence[str],
) -> torch.Tensor:
    """Train a chain to give back clean rows, from noisy ones if there are any."""
    streams = [generator("mnp", name, "batches", seed) for seed in seeds]
    sizes = [len(rows) for rows in clean.trained]
    batch = min(quirks.pretraining_batch or settings.batch_size, min(sizes))
    chained = [Dense(layer, SLOPE) for layer in layers]

    def draw(runs: Sequence[int], steps: int) -> tuple[np.ndarray, ...]:
        positions = without_replacement_each([streams[run] for run in runs], [sizes[run] for run in runs], steps, batch)
        drawn = (np.stack([clean.trained[run][positions[:, i]] for i, run in enumerate(runs)], axis=1),)
        return drawn if noisy is None else (*drawn, positions + np.array(noisy.offsets)[runs, None])

    def gradient(p: Views, drawn: tuple[torch.Tensor, ...], members: Context) -> Step:
        target = clean.gather(drawn[0], members)
        x = target if noisy is None else noisy.gather(drawn[1])
        # the watched rows' error stops the stage; the training rows' is not worth its time
        unread = torch.zeros(len(x), 1)
        return unread[:, 0], unread, squared_error_gradient(p, chained, x, target)

    def error(p: Views, x: torch.Tensor, members: Context) -> torch.Tensor:
        x = scaled(x, members) if members else x
        return (chain(p, layers, x, leaky, leaky) - x).square().mean(dim=2)

    def monitor(flat: torch.Tensor, runs: np.ndarray, members: Context) -> np.ndarray:
        errors = evaluate(layout, flat, error, [clean.watched[run] for run in runs], members)
        return np.array([values.mean(dtype=np.float64) for values in errors])

    restore: Literal["best", "best-if-stopped"] = "best-if-stopped" if quirks.last_weights_without_stop else "best"
    stage = Stage(
        layout=layout,
        gradient=gradient,
        draw=draw,
        optimiser=Adam(settings.lr, settings.weight_decay),
        epochs=settings.epochs,
        steps=settings.steps_per_epoch,
        stopping=StoppingRule(settings.patience, settings.delta, restore),
        monitor=monitor,
    )
    return train(stage, start, clean.scale).flat
