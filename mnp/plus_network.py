"""MNP+'s score network: one hidden layer, pulled to 0 for unlabelled rows and to 4 for labelled anomalies.

f = W2 relu(W1 v + b1) + b2 with loss mean(w |f_U|) + mean|f_A - 4| + l2 ||W1||^2. After the first part of training
the unlabelled rows of a batch that score highest get w = 0: they are likely anomalies nobody has labelled. Some
initialisations are trained side by side, and their mean is again one network with as many times the hidden width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mnp.plus_settings import Settings
from replicas.backpropagation import Dense, backward, forward
from replicas.layers import chain, dense, relu
from replicas.optimiser import Adam, State
from replicas.parameters import Layout
from replicas.rows import Table
from replicas.sampling import with_replacement
from replicas.training import Context, Stage, Step, each, train
from reproducibility.streams import generator

NETWORK = (Dense("hidden", 0.0), Dense("score"))
TARGET = 4.0
#: Training goes in so many epochs; trimming starts, and the learning rate falls to a share, after some of them.
EPOCHS = 20
TRIMMED_FROM = 0.3
FALLING = ((0.85, 0.1), (0.6, 0.3))


@dataclass(frozen=True, eq=False)
class NetworkRows:
    """A run's inputs to its network: v (n, D), and which rows of it are unlabelled and labelled."""

    v: np.ndarray
    unlabelled: np.ndarray
    labelled: np.ndarray
    seed: int


@dataclass(frozen=True)
class FallingAdam:
    """Adam whose rate is multiplied by ``FALLING``'s shares once that part of ``total`` steps is done."""

    lr: float
    total: int

    def state(self, flat: torch.Tensor) -> State:
        return Adam(self.lr).state(flat)

    def step(self, flat: torch.Tensor, gradient: torch.Tensor, state: State, count: int) -> None:
        share = next((share for part, share in FALLING if count > part * self.total), 1.0)
        Adam(self.lr * share).step(flat, gradient, state, count)


def layout(width: int, hidden: int) -> Layout:
    """Parameters of a network on ``width`` inputs."""
    return Layout([*dense("hidden", width, hidden), *dense("score", hidden, 1)])


def output(p: Mapping[str, torch.Tensor], v: torch.Tensor) -> torch.Tensor:
    """f (R, B) of inputs v (R, B, D)."""
    return chain(p, ["hidden", "score"], v, relu, None)[..., 0]


def train_networks(runs: Sequence[NetworkRows], settings: Settings) -> tuple[torch.Tensor, list[np.ndarray]]:
    """Train every run's initialisations in one program.

    Parameters
    ----------
    runs : sequence of NetworkRows of one width
    settings : Settings

    Returns
    -------
    flat : (runs, P) float32, the mean network of each run, of ``layout(width, hidden * n_init)``
    history : list of (epochs, 3) arrays, the terms of the loss: unlabelled, labelled, penalty; means over n_init
    """
    starts = np.cumsum([0, *(len(run.v) for run in runs)])
    table = Table(torch.from_numpy(np.concatenate([run.v for run in runs])), tuple(starts[:-1].tolist()))
    members = [(run, init) for run in range(len(runs)) for init in range(settings.n_init)]
    streams = [generator("mnp-plus", "batches", runs[run].seed, init) for run, init in members]
    pools = [(runs[run].unlabelled + starts[run], runs[run].labelled + starts[run]) for run, _ in members]
    batch, few = settings.batch_size, settings.labelled_batch_size
    cut = int(settings.trimmed * batch)

    def draw(member: int, steps: int) -> tuple[np.ndarray, ...]:
        unlabelled, labelled = pools[member]
        first = unlabelled[with_replacement(streams[member], len(unlabelled), steps, batch)]
        second = labelled[with_replacement(streams[member], len(labelled), steps, few)]
        return (np.concatenate([first, second], axis=1),)

    def gradient(p: Mapping[str, torch.Tensor], drawn: tuple[torch.Tensor, ...], context: Context) -> Step:
        trace = forward(p, NETWORK, table.gather(drawn[0]))
        values = trace.output[..., 0]
        near, far = values[:, :batch], values[:, batch:] - TARGET
        weights = _kept(near, cut, context["progress"])
        penalty = settings.l2 * p["hidden.weight"].square().flatten(1).sum(dim=1)
        losses = (near.abs() * weights).sum(dim=1) / batch, far.abs().sum(dim=1) / few
        slope = torch.cat([near.sign().mul_(weights).div_(batch), far.sign().div_(few)], dim=1)
        found = backward(p, NETWORK, trace, slope[..., None])
        found["hidden.weight"].add_(p["hidden.weight"], alpha=2.0 * settings.l2)
        return losses[0] + losses[1] + penalty, torch.stack([*losses, penalty], dim=1), found

    def after_epoch(context: Context, parts: torch.Tensor) -> None:
        context["progress"] += 1.0 / epochs

    epochs = min(EPOCHS, settings.steps)
    steps = max(1, round(settings.steps / epochs))
    width = table.x.shape[1]
    stage = Stage(
        layout=layout(width, settings.hidden_dim),
        gradient=gradient,
        draw=each(draw),
        optimiser=FallingAdam(settings.lr, epochs * steps),
        epochs=epochs,
        steps=steps,
        after_epoch=after_epoch,
    )
    start = stage.layout.start([generator("mnp-plus", "weights", runs[run].seed, init) for run, init in members])
    trained = train(stage, start, {"progress": torch.zeros(len(members), 1)})
    together = np.array(trained.history).reshape(len(runs), settings.n_init, epochs, 3).mean(axis=1)
    return _mean_networks(stage.layout, trained.flat, width, settings), list(together)


def _kept(values: torch.Tensor, cut: int, progress: torch.Tensor) -> torch.Tensor:
    """1.0 for every unlabelled row of a batch, later 0.0 for the ``cut`` that score highest."""
    if cut == 0:
        return torch.ones_like(values)
    least = torch.topk(values, cut, dim=1).values[:, -1:]
    # half a step below the boundary, so that rounding of the progress cannot move it
    return ((values < least) | (progress < TRIMMED_FROM - 0.5 / EPOCHS)).to(values.dtype)


def _mean_networks(one: Layout, flat: torch.Tensor, width: int, settings: Settings) -> torch.Tensor:
    """The mean of each run's n_init networks as one network: hidden units side by side, their outputs shared out."""
    times, hidden = settings.n_init, settings.hidden_dim
    p = {name: value.reshape(-1, times, *value.shape[1:]) for name, value in one.unpack(flat).items()}
    runs = len(p["hidden.weight"])
    values = {
        "hidden.weight": p["hidden.weight"].transpose(0, 2, 1, 3).reshape(runs, width, times * hidden),
        "hidden.bias": p["hidden.bias"].transpose(0, 2, 1, 3).reshape(runs, 1, times * hidden),
        "score.weight": p["score.weight"].reshape(runs, times * hidden, 1) / times,
        "score.bias": p["score.bias"].mean(axis=1),
    }
    return torch.from_numpy(layout(width, times * hidden).pack(values))
