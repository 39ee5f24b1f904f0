"""MNP's training from rows to weights: pre-training, prototypes, joint stage, for a whole group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch

from mnp.gradient import joint_gradient
from mnp.material import DividedRows, divided_rows
from mnp.network import Shape, encode, layout, outputs
from mnp.pretraining import Material, pretrain, random_start
from mnp.prototypes import (
    TRIMMED,
    likely_prototypes,
    padded_prototypes,
    separated_prototypes,
    start_prototypes,
    strong,
)
from mnp.settings import FIXED_KL, MOVING_KL, Settings
from mnp.validation import ranking_loss
from replicas.group import Group
from replicas.optimiser import Adam
from replicas.parameters import Layout
from replicas.rows import Table
from replicas.sampling import with_replacement, without_replacement
from replicas.scaling import scaled
from replicas.scoring import evaluate
from replicas.stopping import StoppingRule
from replicas.training import Context, Stage, Step, Trained, each, train
from reproducibility.streams import generator

Views = Mapping[str, torch.Tensor]


@dataclass(frozen=True, eq=False)
class FittedGroup:
    """Weights (n, P) with their layout, the score's context, joint-stage histories, silhouettes."""

    flat: torch.Tensor
    layout: Layout
    context: Context
    history: list[np.ndarray]
    silhouettes: list[dict[int, float]]


def fit_group(shape: Shape, group: Group, settings: Settings) -> FittedGroup:
    """Train every run of a group whose runs share their shapes.

    Parameters
    ----------
    shape : Shape
    group : Group
    settings : Settings
    """
    table, seeds = group.table, group.seeds
    used = [
        divided_rows(run, offset, seed, settings.quirks, settings.stopping)
        for run, offset, seed in zip(group.runs, table.offsets, seeds, strict=True)
    ]
    context = dict(group.scaling)
    auto, below = _autoencoder(shape, table, used, seeds, context, settings)
    start, exists, silhouettes = _start(shape, table, used, seeds, context, settings, auto, below)
    context["exists"] = exists
    context |= _clustering(settings, silhouettes)
    trained = _joint(shape, table, used, seeds, context, settings, start)
    final = {name: context[name] for name in ("low", "gain", "exists")}
    if len(used[0].labelled) == 0:
        final |= _units(shape, table, used, final, settings, trained.flat)
    return FittedGroup(trained.flat, layout(shape), final, trained.history, silhouettes)


def _autoencoder(
    shape: Shape,
    table: Table,
    used: Sequence[DividedRows],
    seeds: Sequence[int],
    context: Context,
    settings: Settings,
) -> tuple[torch.Tensor, Layout]:
    if settings.pretraining is None:
        return random_start(shape, seeds)
    watched = [table.x[torch.from_numpy(p.watched)].numpy() for p in used]
    material = Material(table, [p.unlabelled for p in used], watched, dict(context), seeds)
    return pretrain(shape, material, settings.pretraining, settings.quirks)


def _start(
    shape: Shape,
    table: Table,
    used: Sequence[DividedRows],
    seeds: Sequence[int],
    context: Context,
    settings: Settings,
    auto: torch.Tensor,
    below: Layout,
) -> tuple[torch.Tensor, torch.Tensor, list[dict[int, float]]]:
    """Weights before the joint stage: the autoencoder, k-means prototypes, a fresh scoring head."""

    def embed(p: Views, x: torch.Tensor, members: Context) -> torch.Tensor:
        return encode(p, scaled(x, members))

    rows = [table.x[torch.from_numpy(p.clustered)].numpy() for p in used]
    embedded = evaluate(below, auto, embed, rows, context)
    ways: dict[str, Callable[..., tuple[np.ndarray, dict[int, float]]]] = {
        "separated": separated_prototypes,
        "silhouette": start_prototypes,
        "trimmed": partial(start_prototypes, trimmed=TRIMMED),
        "likelihood": partial(likely_prototypes, beta=settings.loss.beta),
    }
    choose = ways[settings.choosing]
    chosen = [choose(points, seed, settings.n_prototypes) for points, seed in zip(embedded, seeds, strict=True)]
    filled = [padded_prototypes(centres, shape.prototypes) for centres, _ in chosen]
    whole = layout(shape)
    values = whole.unpack(whole.start([generator("mnp", "head", seed) for seed in seeds]))
    values |= below.unpack(auto)
    values["prototypes"] = np.stack([prototypes for prototypes, _ in filled])
    exists = torch.from_numpy(np.stack([there for _, there in filled]))
    return torch.from_numpy(whole.pack(values)), exists, [silhouettes for _, silhouettes in chosen]


def _clustering(settings: Settings, silhouettes: Sequence[dict[int, float]]) -> Context:
    """Which runs' clustering target moves, and the weight of their clustering term, each (n, 1).

    Strong clusters are worth a prototype each, which only a fixed target keeps; elsewhere the moving one ranks better.
    """
    moving = [not strong(own) if settings.moving_target is None else settings.moving_target for own in silhouettes]
    usual = [MOVING_KL if own else FIXED_KL for own in moving]
    weights = usual if settings.lambda_kl is None else [settings.lambda_kl] * len(usual)
    return {
        "moving": torch.tensor(moving, dtype=torch.float32)[:, None],
        "lambda_kl": torch.tensor(weights, dtype=torch.float32)[:, None],
    }


def _joint(
    shape: Shape,
    table: Table,
    used: Sequence[DividedRows],
    seeds: Sequence[int],
    context: Context,
    settings: Settings,
    start: torch.Tensor,
) -> Trained:
    whole = layout(shape)
    streams = [generator("mnp", "joint", seed) for seed in seeds]
    batch = min(settings.batch_size, len(used[0].unlabelled))
    judged = [table.x[torch.from_numpy(p.judged)].numpy() for p in used]

    def draw(run: int, steps: int) -> tuple[np.ndarray, ...]:
        rows, anomalies = used[run].unlabelled, used[run].labelled
        drawn = [rows[without_replacement(streams[run], len(rows), steps, batch)]]
        if len(anomalies):
            drawn.append(anomalies[with_replacement(streams[run], len(anomalies), steps, settings.labelled_batch_size)])
        return (np.concatenate(drawn, axis=1),)

    def gradient(p: Views, drawn: tuple[torch.Tensor, ...], members: Context) -> Step:
        rows = table.gather(drawn[0])
        return joint_gradient(p, rows, batch, members, settings.loss, settings.reconstruction_input)

    def remember(members: Context, means: torch.Tensor) -> None:
        members["previous"].copy_(means[:, :3])

    def score(p: Views, x: torch.Tensor, members: Context) -> torch.Tensor:
        return outputs(p, x, members, settings.reconstruction_input).score

    def monitor(flat: torch.Tensor, members: np.ndarray, inside: Context) -> np.ndarray:
        scores = evaluate(whole, flat, score, [judged[run] for run in members], inside)
        trapezoid = settings.quirks.trapezoid_pr
        return np.array(
            [ranking_loss(used[run].judged_y, s, trapezoid) for run, s in zip(members, scores, strict=True)]
        )

    watches = len(used[0].judged) > 0
    restore: Literal["best", "best-if-stopped"] = (
        "best-if-stopped" if settings.quirks.last_weights_without_stop else "best"
    )
    stage = Stage(
        layout=whole,
        gradient=gradient,
        draw=each(draw),
        optimiser=Adam(settings.lr, settings.weight_decay),
        epochs=settings.epochs,
        steps=settings.steps_per_epoch,
        stopping=StoppingRule(settings.patience, 1e-4, restore) if watches else None,
        monitor=monitor if watches else None,
        after_epoch=remember,
    )
    return train(stage, start, {**context, "previous": torch.ones(len(seeds), 3)})


def _units(
    shape: Shape,
    table: Table,
    used: Sequence[DividedRows],
    context: Context,
    settings: Settings,
    flat: torch.Tensor,
) -> Context:
    """Training means of error and of 1 - similarity, the units of the score without labels."""

    def both(p: Views, x: torch.Tensor, members: Context) -> torch.Tensor:
        output = outputs(p, x, members, settings.reconstruction_input)
        return torch.stack([output.error, 1.0 - output.nearest], dim=2)

    rows = [table.x[torch.from_numpy(p.clustered)].numpy() for p in used]
    means = [
        np.maximum(v.mean(axis=0, dtype=np.float64), 1e-12) for v in evaluate(layout(shape), flat, both, rows, context)
    ]
    return {
        "error_unit": torch.tensor([[m[0]] for m in means], dtype=torch.float32),
        "distance_unit": torch.tensor([[m[1]] for m in means], dtype=torch.float32),
    }
