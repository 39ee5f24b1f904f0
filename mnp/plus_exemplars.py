"""MNP+'s exemplars: unlabelled rows that stand for what is normal at a fine scale.

A few prototypes know the modes, not their outlines. The distance to the nearest of some hundred rows follows them
(Sugiyama & Borgwardt 2013 for the sample in the place of all rows). The rows come in groups and the distances to the
nearest of each are averaged: an anomaly that nobody has labelled is in one group, and its likes are far from the rest.
"""

from __future__ import annotations

import numpy as np
import torch

from replicas.training import Context
from reproducibility.streams import generator

GROUPS = 8
#: Values of all exemplars at the most.
MOST_VALUES = 2**20


def draw_exemplars(v: np.ndarray, rows: np.ndarray, wanted: int, seed: int) -> np.ndarray:
    """Draw rows of v without replacement: (groups, rows of each, D) float32; every group has at least one.

    Parameters
    ----------
    v : (n, D) float32
    rows : the unlabelled rows to draw from, at least one
    wanted : exemplars of all groups; fewer where there are fewer rows, or v is wide
    seed : int
    """
    count = min(wanted, len(rows), max(GROUPS, MOST_VALUES // v.shape[1]))
    groups = min(GROUPS, count)
    each = count // groups
    chosen = generator("mnp-plus", "exemplars", seed).permutation(rows)[: groups * each]
    return np.ascontiguousarray(v[chosen].reshape(groups, each, v.shape[1]))


def nearness(v: torch.Tensor, context: Context) -> torch.Tensor:
    """Mean over groups of the distance of rows v (R, B, D) to the nearest exemplar: (R, B).

    Both sides are taken relative to ``mean``, or their squares would drown small distances.
    """
    x = v - context["mean"]
    own = x.square().sum(dim=2)
    total = torch.zeros_like(own)
    groups = context["exemplars"].unbind(dim=1)
    for group in groups:
        e = group - context["mean"]
        squares = torch.baddbmm(e.square().sum(dim=2).unsqueeze(1), x, e.transpose(1, 2), alpha=-2.0)
        total += squares.amin(dim=2).add_(own).clamp_min_(0.0).sqrt_()
    return total / len(groups)
