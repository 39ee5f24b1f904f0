"""What MNP+'s terms without labels could be: autoencoders with a hidden layer, other numbers of modes, K by stability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from mnp import MNPPlus
from mnp.plus_exemplars import draw_exemplars, nearness
from mnp.plus_network import EPOCHS, FallingAdam
from mnp.plus_prototypes import _modes, _residual, _subspaces
from mnp.plus_settings import Settings
from replicas.backpropagation import Dense, backward, forward
from replicas.layers import dense
from replicas.parameters import Layout
from replicas.rows import Table
from replicas.sampling import with_replacement
from replicas.training import Context, Stage, Step, each, train
from reproducibility.streams import generator

CHAIN = (Dense("hidden", 0.0), Dense("out"))
MEMBERS, STEPS, BATCH, LR = 8, 600, 192, 3e-3
#: Share of a row's inputs that denoising autoencoders see exchanged with another row's, and where K counts as stable.
EXCHANGED, STABLE = 0.2, 0.8
NUMBERS = (2, 4, 8, 16)


def reconstructed(cell: Any, hidden: float, denoising: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Mean error norms of autoencoders with a hidden layer of ReLU, on training and test rows.

    Parameters
    ----------
    hidden : width of the layer as a share of the inputs'
    denoising : whether a fifth of the inputs comes from another row, and the row itself is asked for
    """
    v, asked = cell.inputs
    width = v.shape[1]
    layer = max(1, min(round(hidden * width), 256))
    table = Table(torch.from_numpy(v), (0,))
    streams = [generator("mnp-plus", "trial autoencoders", cell.seed, member) for member in range(MEMBERS)]

    def draw(member: int, steps: int) -> tuple[np.ndarray, ...]:
        stream, rows = streams[member], cell.unlabelled
        first, second = (rows[with_replacement(stream, len(rows), steps, BATCH)] for _ in range(2))
        kept = stream.random((steps, BATCH, width), dtype=np.float32) >= EXCHANGED if denoising else np.ones((steps, 1))
        return first, second, kept.astype(np.float32)

    def gradient(p: Mapping[str, torch.Tensor], drawn: tuple[torch.Tensor, ...], context: Context) -> Step:
        wanted = shown = table.gather(drawn[0])
        if denoising:
            shown = torch.where(drawn[2] > 0, wanted, table.gather(drawn[1]))
        trace = forward(p, CHAIN, shown)
        slope = (trace.output - wanted) * (2.0 / (BATCH * width))
        gradients = backward(p, CHAIN, trace, slope)
        return torch.zeros(len(wanted)), torch.zeros(len(wanted), 1), gradients

    stage = Stage(
        layout=Layout([*dense("hidden", width, layer), *dense("out", layer, width)]), gradient=gradient,
        draw=each(draw), optimiser=FallingAdam(LR, STEPS), epochs=EPOCHS, steps=STEPS // EPOCHS,
    )  # fmt: skip
    starts = [generator("mnp-plus", "trial autoencoder weights", cell.seed, member) for member in range(MEMBERS)]
    with torch.inference_mode():
        trained = stage.layout.unpack(train(stage, stage.layout.start(starts)).flat)
        p = {name: torch.from_numpy(np.asarray(value)) for name, value in trained.items()}
        return _errors(p, v), _errors(p, asked)


def _errors(p: Mapping[str, torch.Tensor], v: np.ndarray) -> np.ndarray:
    x = torch.from_numpy(v)
    total = torch.zeros(len(v))
    for member in range(MEMBERS):
        hidden = torch.relu(x @ p["hidden.weight"][member] + p["hidden.bias"][member])
        total += (hidden @ p["out.weight"][member] + p["out.bias"][member] - x).norm(dim=1)
    return (total / MEMBERS).double().numpy()


def modes(cell: Any, number: int, width: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Least residual norms of so many modes' linear autoencoders, on training and test rows; ``width`` in inputs' share."""
    v, asked = cell.inputs
    rows = cell.usual
    centres, members = _centres(cell, number)
    settings = replace(_settings(), n_components=width)
    subspaces = _subspaces(v[rows], centres, members, settings, generator("mnp-plus", "components", cell.seed))
    norms = []
    for values in (v, asked):
        x = torch.from_numpy(values)[None]
        residuals = [
            _residual(x - torch.from_numpy(centre).float(), torch.from_numpy(subspace)[None])
            for centre, subspace in zip(centres, subspaces, strict=True)
        ]
        norms.append(torch.stack(residuals).amin(dim=0)[0].sqrt().double().numpy())
    return norms[0], norms[1]


def _centres(cell: Any, number: int) -> tuple[np.ndarray, np.ndarray]:
    """The method's k-means with so many centres, and the mode of each usual row."""
    rows = cell.inputs[0][cell.usual]
    return _modes(rows, number, int(generator("mnp-plus", "modes", cell.seed).integers(2**31)))


def exemplars(cell: Any, number: int) -> tuple[np.ndarray, np.ndarray]:
    """``nearness`` to so many exemplars, on training and test rows."""
    v, asked = cell.inputs
    context = {
        "exemplars": torch.from_numpy(draw_exemplars(v, cell.usual, number, cell.seed))[None],
        "mean": torch.from_numpy(v[cell.usual]).double().mean(dim=0).float()[None, None],
    }
    near = [nearness(torch.from_numpy(values)[None], context)[0].double().numpy() for values in (v, asked)]
    return near[0], near[1]


def between(cell: Any, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the nearest of so many prototypes as a share of that to the second, on training and test rows.

    1 is midway between two modes.
    """
    v, asked = cell.inputs
    centres, _ = _centres(cell, number)
    if len(centres) < 2:
        return np.ones(len(v)), np.ones(len(asked))
    shares = []
    for values in (v, asked):
        away = torch.cdist(torch.from_numpy(values).double(), torch.from_numpy(centres).double())
        first, second = away.topk(2, dim=1, largest=False).values.T
        shares.append((first / second.clamp(min=torch.finfo(second.dtype).tiny)).numpy())
    return shares[0], shares[1]


def stable_number(points: np.ndarray, seed: int) -> int:
    """The greatest K whose k-means of two halves agree on all points (adjusted Rand index at least .8), else 1."""
    points = points[:2000]
    stream = generator("mnp-plus", "trial stability", seed)
    stable = 1
    for number in NUMBERS:
        halves = np.array_split(stream.permutation(len(points)), 2)
        if min(map(len, halves)) < number:
            break
        answers = [KMeans(number, random_state=seed, n_init=1).fit(points[half]).predict(points) for half in halves]
        if adjusted_rand_score(*answers) >= STABLE:
            stable = number
    return stable


@cache
def _settings() -> Settings:
    return Settings.of(MNPPlus())
