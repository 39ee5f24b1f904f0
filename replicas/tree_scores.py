"""The mean value of trees: small ones by ``tree_masks``, large ones by scikit-learn's compiled walk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.tree import _tree

from replicas.tree_masks import add_values
from replicas.trees import Trees

#: Rows that pass through all trees before the next: few enough that they stay in the processor's cache.
ROWS = 4096
#: Mean number of a tree's nodes above which walking is the faster way.
MOST_NODES = 384
LEAF, UNDEFINED = -1, -2  # scikit-learn's marks


def mean_value(trees: Trees, X: np.ndarray) -> np.ndarray:
    """Mean over the trees of the value of the leaf that each row falls into, (n,) float64.

    A row's value does not depend on the other rows. Both ways give the same bits: the values of leaves are float32 and
    at least 1 / (labelled rows + 1), so that their float64 sum is exact in any order.

    Parameters
    ----------
    trees : Trees
    X : (n, d) float32
    """
    total = np.zeros(len(X))
    if len(trees.feature) <= MOST_NODES * (len(trees.first) - 1):
        add_values(trees, X, total)
    else:
        _walk(trees, X, total)
    return total / (len(trees.first) - 1)


def _walk(trees: Trees, X: np.ndarray, total: np.ndarray) -> None:
    """Add each tree's values to ``total``."""
    walkers = list(_walkers(trees, X.shape[1]))
    for begin in range(0, len(X), ROWS):
        rows = np.ascontiguousarray(X[begin : begin + ROWS], dtype=np.float32)
        part = total[begin : begin + ROWS]
        for walker, value in walkers:
            part += value[walker.apply(rows)]


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
