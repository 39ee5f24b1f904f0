"""Trees walked by scikit-learn's compiled routine, block after block of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.tree import _tree

from replicas.trees import Trees

#: Rows that pass through all trees before the next: few enough that they stay in the processor's cache.
ROWS = 4096
LEAF, UNDEFINED = -1, -2  # scikit-learn's marks


def mean_value(trees: Trees, X: np.ndarray) -> np.ndarray:
    """Mean over the trees of the value of the leaf that each row falls into, (n,) float64.

    A row's value does not depend on the other rows.

    Parameters
    ----------
    trees : Trees
    X : (n, d) float32
    """
    total = np.zeros(len(X))
    walkers = list(_walkers(trees, X.shape[1]))
    for begin in range(0, len(X), ROWS):
        rows = np.ascontiguousarray(X[begin : begin + ROWS], dtype=np.float32)
        part = total[begin : begin + ROWS]
        for walker, value in walkers:
            part += value[walker.apply(rows)]
    return total / len(walkers)


def _walkers(trees: Trees, width: int) -> Iterator[tuple[Any, np.ndarray]]:
    """Each tree as scikit-learn's compiled object, and its nodes' values."""
    nodes = np.zeros(len(trees.feature), dtype=_tree.NODE_DTYPE)
    leaf = trees.feature < 0
    nodes["left_child"] = np.where(leaf, LEAF, trees.left)
    nodes["right_child"] = np.where(leaf, LEAF, trees.right)
    nodes["feature"] = np.where(leaf, UNDEFINED, trees.feature)
    nodes["threshold"] = trees.threshold
    values = trees.value.astype(np.float64)
    for begin, end in zip(trees.first[:-1].tolist(), trees.first[1:].tolist(), strict=True):
        tree = _tree.Tree(width, np.array([1], dtype=np.intp), 1)
        state = {"max_depth": end - begin, "node_count": end - begin, "nodes": nodes[begin:end],
                 "values": np.zeros((end - begin, 1, 1))}  # fmt: skip
        tree.__setstate__(state)
        yield tree, values[begin:end]
