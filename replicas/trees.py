"""Many small extremely random trees grown as one program, level by level over all trees at once.

A tree of a positive-unlabelled bag has tens of rows: a learner's call costs more than its arithmetic. Here the open
nodes of all trees of a run are split together, as arrays; the draws come from the run's own generator in an order that
depends on the run alone, so the trees do not depend on companions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

#: Values (rows of all trees x features) that are held at once: a constant, since it shapes the streams.
AT_ONCE = 2**23


@dataclass(frozen=True, eq=False)
class Trees:
    """Grown trees as arrays of nodes, tree after tree, each tree's root first.

    Attributes
    ----------
    feature : (m,) int32, the column that a node asks for; -1 in a leaf
    threshold : (m,) float32, rows with at most this value go left
    left, right : (m,) int32, children's numbers within the tree; -1 in a leaf
    value : (m,) float32, the share of the labelled class among a node's rows, both classes weighing alike in the bag
    first : (trees + 1,) int64, where each tree starts
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    first: np.ndarray

    def as_arrays(self) -> dict[str, np.ndarray]:
        """The fields by name, as a detector's file keeps them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Trees from what ``as_arrays`` gave."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def grow(X: np.ndarray, labelled: np.ndarray, bags: np.ndarray, generator: np.random.Generator) -> Trees:
    """Grow one full tree per bag, each of all labelled rows against the bag's unlabelled rows.

    A node draws sqrt(d) features, for each that varies among its rows one threshold uniformly between their least and
    greatest value, and takes the pair with the least weighted Gini impurity; where none of them varies it goes on to
    the first that does (Geurts, Ernst, Wehenkel 2006, with K = sqrt(d); scikit-learn's ``ExtraTreeClassifier``). Nodes
    of one class, or of equal rows, are leaves. Labelled and unlabelled rows of a bag have the same total weight.

    Parameters
    ----------
    X : (n, d) float32, C order
    labelled : (L,) rows of X, L >= 1
    bags : (trees, m) rows of X, m >= 1
    generator : numpy.random.Generator, the run's stream for this purpose

    Returns
    -------
    Trees
    """
    width = bags.shape[1] + labelled.shape[-1]
    together = max(1, AT_ONCE // (width * X.shape[1]))
    chunks = [_grow(X, labelled, bags[i : i + together], generator) for i in range(0, len(bags), together)]
    ends = np.cumsum([0, *(chunk.first[-1] for chunk in chunks)])
    first = np.concatenate([chunk.first[:-1] + end for chunk, end in zip(chunks, ends, strict=False)] + [ends[-1:]])
    names = [field.name for field in fields(Trees) if field.name != "first"]
    return Trees(**{name: np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in names}, first=first)


@dataclass(frozen=True, eq=False)
class _Open:
    """Rows of the nodes still to be split, node after node.

    Attributes
    ----------
    rows : (e,) rows of X
    positive : (e,) bool, labelled
    starts : (nodes,) where each node's rows begin
    """

    rows: np.ndarray
    positive: np.ndarray
    starts: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        return np.diff(self.starts, append=len(self.rows))


def _grow(X: np.ndarray, labelled: np.ndarray, bags: np.ndarray, generator: np.random.Generator) -> Trees:
    trees, unlabelled = bags.shape
    some = labelled.shape[-1]
    width = unlabelled + some
    rows = np.concatenate([np.broadcast_to(labelled, (trees, some)), bags], axis=1).reshape(-1)
    positive = np.tile(np.arange(width) < some, trees)
    level = _Open(rows, positive, np.arange(0, trees * width, width))
    weights = 1.0 / some, 1.0 / unlabelled
    tree = np.arange(trees)
    count = trees  # nodes numbered so far
    levels: list[tuple[np.ndarray, ...]] = []
    while len(tree):
        positives = np.add.reduceat(level.positive, level.starts, dtype=np.int64)
        inside, outside = positives * weights[0], (level.sizes - positives) * weights[1]
        feature = np.full(len(tree), -1, dtype=np.int32)
        threshold = np.zeros(len(tree), dtype=np.float32)
        child = np.full(len(tree), -1, dtype=np.int64)
        mixed = np.flatnonzero((inside > 0) & (outside > 0))
        following: _Open | None = None
        if len(mixed):
            chosen = _of(level, mixed)
            feature[mixed], threshold[mixed] = _splits(X, chosen, weights, generator)
            cut = mixed[feature[mixed] >= 0]
            if len(cut):
                child[cut] = count + 2 * np.arange(len(cut))
                count += 2 * len(cut)
                following = _divided(X, _of(level, cut), feature[cut], threshold[cut])
        levels.append((tree, feature, threshold, child, inside / (inside + outside)))
        if following is None:
            break
        tree, level = np.repeat(tree[child >= 0], 2), following
    return _in_order_of_trees(levels, trees)


def _of(level: _Open, nodes: np.ndarray) -> _Open:
    """The rows of some nodes."""
    if len(nodes) == len(level.starts):
        return level
    kept = np.zeros(len(level.starts), dtype=bool)
    kept[nodes] = True
    sizes = level.sizes
    inside = np.repeat(kept, sizes)
    return _Open(level.rows[inside], level.positive[inside], np.cumsum(sizes[nodes]) - sizes[nodes])


def _splits(
    X: np.ndarray, level: _Open, weights: tuple[float, float], generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Feature (-1 where all rows of a node are equal) and threshold of every node."""
    nodes, width = len(level.starts), X.shape[1]
    drawn = _drawn(width)
    order = generator.random((nodes, width), dtype=np.float32)
    candidates = np.argpartition(order, drawn - 1, axis=1)[:, :drawn]
    # in the order of the draw: of two splits that are as good, neither column comes first by its number
    by_draw = np.argsort(np.take_along_axis(order, candidates, axis=1), axis=1)
    candidates = np.take_along_axis(candidates, by_draw, axis=1)
    position = generator.random((nodes, drawn))
    node = np.repeat(np.arange(nodes), level.sizes)
    flat = X.reshape(-1)
    values = flat[(level.rows * width)[:, None] + candidates[node]]
    low, high = (f.reduceat(values, level.starts, axis=0) for f in (np.minimum, np.maximum))
    unvaried = np.flatnonzero(~(low < high).any(axis=1))
    if len(unvaried):
        last = _of(level, unvaried)
        whole = X[last.rows]
        least, most = (f.reduceat(whole, last.starts, axis=0) for f in (np.minimum, np.maximum))
        varied = np.where(least < most, order[unvaried], np.inf).argmin(axis=1)
        each = np.arange(len(unvaried))
        candidates[unvaried, 0] = varied
        low[unvaried, 0], high[unvaried, 0] = least[each, varied], most[each, varied]
        inside = np.isin(node, unvaried)
        values[inside, 0] = flat[level.rows[inside] * width + candidates[node[inside], 0]]
    threshold = _between(low, high, position)
    below = values <= threshold[node]
    gain = _purity(below, level, weights)
    gain[low >= high] = -np.inf
    best = gain.argmax(axis=1)
    each = np.arange(nodes)
    feature = np.where(low[each, best] < high[each, best], candidates[each, best], -1)
    return feature.astype(np.int32), threshold[each, best]


def _drawn(width: int) -> int:
    """Features that a node draws."""
    return max(1, int(np.sqrt(width)))


def _between(low: np.ndarray, high: np.ndarray, position: np.ndarray) -> np.ndarray:
    """low + position (high - low), rounded to float32 and kept below high so that both sides have rows."""
    wide = low.astype(np.float64)
    threshold = (wide + position * (high.astype(np.float64) - wide)).astype(np.float32)
    return np.where(threshold < high, threshold, low)


def _purity(below: np.ndarray, level: _Open, weights: tuple[float, float]) -> np.ndarray:
    """Sum over both sides of (a^2 + b^2) / (a + b), which is greatest where the weighted Gini impurity is least."""
    starts = level.starts
    left = np.add.reduceat(below, starts, axis=0, dtype=np.int32)
    left_positive = np.add.reduceat(below & level.positive[:, None], starts, axis=0, dtype=np.int32)
    positive = np.add.reduceat(level.positive, starts, dtype=np.int32)[:, None]
    purity = np.zeros(below.shape[:0] + left.shape)
    for inside, size in ((left_positive, left), (positive - left_positive, level.sizes[:, None] - left)):
        a, b = inside * weights[0], (size - inside) * weights[1]
        purity += (a * a + b * b) / np.where(size > 0, a + b, 1.0)
    return purity


def _divided(X: np.ndarray, level: _Open, feature: np.ndarray, threshold: np.ndarray) -> _Open:
    """Each node's rows, those of its left child before those of its right one."""
    sizes = level.sizes
    node = np.repeat(np.arange(len(sizes)), sizes)
    right = X[level.rows, feature[node]] > threshold[node]
    order = np.argsort(2 * node + right, kind="stable")
    over = np.add.reduceat(right, level.starts, dtype=np.int64)
    starts = np.stack([level.starts, level.starts + sizes - over], axis=1).reshape(-1)
    return _Open(level.rows[order], level.positive[order], starts)


def _in_order_of_trees(levels: list[tuple[np.ndarray, ...]], trees: int) -> Trees:
    """Nodes numbered level by level over all trees, put tree after tree and numbered within each."""
    tree, feature, threshold, child, value = (np.concatenate(column) for column in zip(*levels, strict=True))
    order = np.argsort(tree, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(tree, minlength=trees))]).astype(np.int64)
    within = np.empty(len(order), dtype=np.int64)
    within[order] = np.arange(len(order)) - first[tree[order]]
    leaf = child < 0
    left = np.where(leaf, -1, within[np.where(leaf, 0, child)])
    right = np.where(leaf, -1, within[np.where(leaf, 0, child + 1)])
    return Trees(
        feature[order], threshold[order], left[order].astype(np.int32), right[order].astype(np.int32),
        value[order].astype(np.float32), first,
    )  # fmt: skip
