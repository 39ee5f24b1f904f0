"""Bags for positive-unlabelled learning: all labelled rows against small fresh draws of unlabelled ones."""

from __future__ import annotations

import numpy as np

from replicas.sampling import without_replacement
from replicas.trees import Trees, grow

#: Unlabelled rows of a bag: this many, or this many times the labelled ones where that is more.
LEAST, TIMES = 16, 2


def bag_size(labelled: int, unlabelled: int, wanted: int | None = None) -> int:
    """Unlabelled rows of each bag: ``wanted``, or max(16, 2 x labelled); never more than there are."""
    size = max(LEAST, TIMES * labelled) if wanted is None else wanted
    return min(size, unlabelled)


def bagged_trees(
    X: np.ndarray,
    labelled: np.ndarray,
    unlabelled: np.ndarray,
    trees: int,
    generator: np.random.Generator,
    size: int | None = None,
) -> Trees:
    """Extremely random trees, each on all labelled rows and its own draw of unlabelled ones without replacement.

    Parameters
    ----------
    X : (n, d) float32, C order
    labelled, unlabelled : rows of X, at least one each
    trees : int
    generator : numpy.random.Generator, the run's stream for its trees
    size : int or None
        Unlabelled rows of a bag; None = max(16, 2 x labelled).
    """
    each = bag_size(len(labelled), len(unlabelled), size)
    bags = unlabelled[without_replacement(generator, len(unlabelled), trees, each)]
    return grow(X, labelled, bags, generator)
