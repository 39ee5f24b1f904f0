"""The training loop: R runs, one program, each run exactly as if it were alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from replicas.exact import GROUP_MULTIPLE, padded
from replicas.optimiser import Optimiser
from replicas.parameters import Layout
from replicas.stopping import Stopping, StoppingRule

Batch = tuple[torch.Tensor, ...]
Context = dict[str, torch.Tensor]
Draw = Callable[[Sequence[int], int], tuple[np.ndarray, ...]]
DrawOne = Callable[[int, int], tuple[np.ndarray, ...]]
Loss = Callable[[Mapping[str, torch.Tensor], Batch, Context], tuple[torch.Tensor, torch.Tensor]]
Step = tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]
Gradient = Callable[[Mapping[str, torch.Tensor], Batch, Context], Step]
Monitor = Callable[[torch.Tensor, np.ndarray, Context], np.ndarray]
DRAWN_STEPS = 64  # steps drawn at once: a constant, since it shapes the streams


@dataclass(frozen=True)
class Stage:
    """One training stage of a method.

    Attributes
    ----------
    layout : Layout
    gradient : callable (views, batch, context) -> (total (R,), terms (R, m), {parameter: gradient (R, *shape)})
        Reduced per replica; terms are recorded as epoch means. Written out, or ``differentiated(loss)``.
    draw : callable (runs, steps) -> tuple of (steps, len(runs), ...) arrays
        Must use each run's own stream for this stage and nothing else; see ``each``.
    optimiser : Optimiser
    epochs, steps : int
    stopping : StoppingRule or None
    monitor : callable (flat (k, P), runs (k,), context of these) -> (k,) values, or None
        None with a stopping rule monitors the epoch's mean training loss.
    after_epoch : callable (context, terms' epoch means (R, m)) -> None, or None
        May update the context in place for the next epoch.
    tracked : tuple of str
        Context entries that the loss updates in place (running statistics) and the caller needs.
    """

    layout: Layout
    gradient: Gradient
    draw: Draw
    optimiser: Optimiser
    epochs: int
    steps: int
    stopping: StoppingRule | None = None
    monitor: Monitor | None = None
    after_epoch: Callable[[Context, torch.Tensor], None] | None = None
    tracked: tuple[str, ...] = ()


def differentiated(loss: Loss) -> Gradient:
    """A stage's gradient by autograd from ``loss(views, batch, context) -> (total (R,), terms (R, m))``."""

    def gradient(p: Mapping[str, torch.Tensor], batch: Batch, context: Context) -> Step:
        with torch.inference_mode(False), torch.enable_grad():
            leaves = {name: value.detach().requires_grad_() for name, value in p.items()}
            total, terms = loss(leaves, batch, context)
            slopes = torch.autograd.grad(total.sum(), list(leaves.values()))
        return total.detach(), terms.detach(), dict(zip(leaves, slopes, strict=True))

    return gradient


def each(draw: DrawOne) -> Draw:
    """Draw for one run after the other: ``draw(run, steps)`` gives a tuple of (steps, ...) arrays."""

    def together(runs: Sequence[int], steps: int) -> tuple[np.ndarray, ...]:
        columns = zip(*(draw(run, steps) for run in runs), strict=True)
        return tuple(np.stack(column, axis=1) for column in columns)

    return together


@dataclass(frozen=True, eq=False)
class Trained:
    """What a stage leaves: weights (n, P), epochs run (n,), epoch means of the terms, tracked context (n, ...)."""

    flat: torch.Tensor
    epochs: np.ndarray
    history: list[np.ndarray]
    monitored: list[np.ndarray] = field(default_factory=list)
    tracked: Context = field(default_factory=dict)


def train(stage: Stage, start: torch.Tensor, context: Context | None = None) -> Trained:
    """Train all runs of ``start`` (n, P); ``context`` holds tensors of shape (n, ...) for the loss.

    A layout that is grouped trains all runs together: the group is padded to a multiple of eight with copies of its
    last run and shrinks as runs stop; neither changes a bit of any run's result. Any other trains run by run.

    Returns
    -------
    Trained
    """
    runs = start.shape[0]
    progress = _Progress(stage, start, context or {})
    for members in [np.arange(runs)] if stage.layout.grouped else np.arange(runs)[:, None]:
        _train_together(stage, _Group(members, start, context or {}, stage), progress)
    return progress.trained()


class _Progress:
    """What is known of every run of a stage so far, by the run's number."""

    def __init__(self, stage: Stage, start: torch.Tensor, context: Context) -> None:
        runs = start.shape[0]
        self._stage = stage
        self.stopping = Stopping(stage.stopping or StoppingRule(patience=None), runs, stage.layout.size)
        self._final = start.clone()
        self._tracked = {name: context[name].clone() for name in stage.tracked}
        self._epochs = np.zeros(runs, dtype=int)
        self._history: list[list[np.ndarray]] = [[] for _ in range(runs)]
        self._monitored: list[list[float]] = [[] for _ in range(runs)]

    def take(self, group: _Group, means: torch.Tensor, totals: torch.Tensor) -> None:
        """Take an epoch of a group, whose live runs may stop with it."""
        stage, active = self._stage, group.first
        slots = active[~self.stopping.stopped[group.ids[active]]]
        members = group.ids[slots]
        picked, numbers = torch.from_numpy(slots), torch.from_numpy(members)
        weights = group.flat.detach()[picked]
        if stage.stopping is not None:
            values = _values(stage, group, picked, members, weights, totals)
            self.stopping.update(members, values, weights)
            for run, value in zip(members, values, strict=True):
                self._monitored[run].append(float(value))
        self._final[numbers] = weights
        for name, value in self._tracked.items():
            value[numbers] = group.context[name][picked]
        self._epochs[members] += 1
        for run, row in zip(members, means[picked].numpy(), strict=True):
            self._history[run].append(row)

    def trained(self) -> Trained:
        """All runs' results, with the weights that the stopping rule keeps."""
        runs = np.arange(len(self._epochs))
        best = np.flatnonzero(self.stopping.keeps_best(runs)) if self._stage.stopping else np.empty(0, dtype=int)
        self._final[torch.from_numpy(best)] = self.stopping.weights[torch.from_numpy(best)]
        histories = [np.array(rows, dtype=np.float32) for rows in self._history]
        return Trained(self._final, self._epochs, histories, [np.array(v) for v in self._monitored], self._tracked)


def _train_together(stage: Stage, group: _Group, progress: _Progress) -> None:
    count, members = 0, np.unique(group.ids)
    for _ in range(stage.epochs):
        means, totals = _epoch(stage, group, count)
        count += stage.steps
        if stage.after_epoch is not None:
            stage.after_epoch(group.context, means)
        progress.take(group, means, totals)
        if progress.stopping.stopped[members].all():
            break
        group.shrink(~progress.stopping.stopped)


class _Group:
    """The padded group: which run sits where, and every tensor that goes with it.

    Parameters by name are views of ``flat``, which steps change in place; a gradient is copied into views
    of ``slope``. Both sets of views are cut once, not at every step.
    """

    def __init__(self, runs: np.ndarray, start: torch.Tensor, context: Context, stage: Stage) -> None:
        width = padded(len(runs)) if stage.layout.grouped else len(runs)
        slots = np.concatenate([runs, np.repeat(runs[-1:], width - len(runs))])
        index = torch.from_numpy(slots)
        self.ids = slots
        self.layout = stage.layout
        self.flat = start[index].contiguous()
        self.context = {name: value[index].contiguous() for name, value in context.items()}
        self.state = stage.optimiser.state(self.flat)
        self._cut()

    def _cut(self) -> None:
        self.slope = torch.zeros_like(self.flat)
        self.views = self.layout.views(self.flat)
        self.slopes = self.layout.views(self.slope)

    @property
    def first(self) -> np.ndarray:
        """The first place of each run, in order of the runs."""
        return np.unique(self.ids, return_index=True)[1]

    def shrink(self, live: np.ndarray) -> None:
        """Drop finished runs once at least eight places come free."""
        slots = self.first[live[self.ids[self.first]]]
        width = padded(len(slots))
        if width > len(self.ids) - GROUP_MULTIPLE:
            return
        slots = np.concatenate([slots, np.repeat(slots[-1:], width - len(slots))])
        index = torch.from_numpy(slots)
        self.ids = self.ids[slots]
        self.flat = self.flat[index]
        self.context = {name: value[index] for name, value in self.context.items()}
        self.state = [value[index] for value in self.state]
        self._cut()


@torch.inference_mode()
def _epoch(stage: Stage, group: _Group, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Run one epoch; return the epoch means of the terms (R, m) and, where it stops the stage, of the total (R,)."""
    terms_sum: torch.Tensor | None = None
    total_sum = torch.zeros(len(group.ids))
    watched = stage.stopping is not None and stage.monitor is None
    for begin in range(0, stage.steps, DRAWN_STEPS):
        steps = min(DRAWN_STEPS, stage.steps - begin)
        batches = _draw(stage, group, steps)
        for step in range(steps):
            batch = tuple(piece[step] for piece in batches)
            total, terms, gradients = stage.gradient(group.views, batch, group.context)
            for name, slope in group.slopes.items():
                slope.copy_(gradients[name])
            count += 1
            stage.optimiser.step(group.flat, group.slope, group.state, count)
            if watched:
                total_sum += total
            terms_sum = terms.clone() if terms_sum is None else terms_sum.add_(terms)
    assert terms_sum is not None
    return terms_sum / stage.steps, total_sum / stage.steps


def _draw(stage: Stage, group: _Group, steps: int) -> Batch:
    """Draw every run's next steps from its own stream; padding shares its original's."""
    runs, slots = np.unique(group.ids, return_inverse=True)
    drawn = stage.draw(runs.tolist(), steps)
    if len(runs) < len(group.ids):
        drawn = tuple(column[:, slots] for column in drawn)
    return tuple(torch.from_numpy(np.ascontiguousarray(column)) for column in drawn)


def _values(
    stage: Stage,
    group: _Group,
    picked: torch.Tensor,
    members: np.ndarray,
    weights: torch.Tensor,
    totals: torch.Tensor,
) -> np.ndarray:
    if stage.monitor is None:
        return totals[picked].numpy().astype(float)
    context = {name: value[picked] for name, value in group.context.items()}
    return stage.monitor(weights, members, context)
