"""Small trees walked without branches: every node asks all rows of a block at once, and the answers are kept as bits.

A row that walks down a tree waits for a comparison at every step and mispredicts half of them. Comparing a column with
a threshold costs a fraction of a nanosecond a row, and what follows is bit operations on 64 rows at a time. So asking
all nodes is faster than walking, as long as a tree has no more than some two hundred of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from replicas.trees import Trees

#: Rows that are asked together, values of them that are held at once, and answers (nodes x rows) of a group of trees.
ROWS, MOST_VALUES, MOST_ANSWERS = 16_384, 2**22, 2**24
WORD = 64


@dataclass(frozen=True, eq=False)
class Level:
    """The nodes of one depth that ask, over the trees of a group.

    Attributes
    ----------
    asks : (m,) where the nodes' answers lie
    inner : their children that ask, of the m left ones followed by the m right ones
    whole : children that are leaves of value 1
    shared : children that are leaves of a value between 0 and 1, and these values
    """

    asks: np.ndarray
    inner: np.ndarray
    whole: np.ndarray
    shared: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Group:
    """Neighbouring trees whose nodes are asked together.

    Attributes
    ----------
    columns : (column, begin, end) of the answers to questions about each column
    threshold : (answers, 1) float32
    levels : the nodes by depth
    order, starts : which leaves of value 1, in the order of ``levels``, belong to which tree
    constant : sum of the values of trees that are one leaf
    """

    columns: tuple[tuple[int, int, int], ...]
    threshold: np.ndarray
    levels: tuple[Level, ...]
    order: np.ndarray
    starts: np.ndarray
    constant: float


def add_values(trees: Trees, X: np.ndarray, total: np.ndarray) -> None:
    """Add to ``total`` (n,) float64 the value of the leaf that each row of X falls into, tree by tree.

    Parameters
    ----------
    trees : Trees
    X : (n, d) float32
    total : (n,) float64, changed in place
    """
    groups = list(_groups(trees))
    height = max(1, min(ROWS, MOST_VALUES // X.shape[1]) // WORD) * WORD
    for begin in range(0, len(X), height):
        rows = X[begin : begin + height]
        columns = np.zeros((X.shape[1], -(-len(rows) // WORD) * WORD), dtype=np.float32)
        columns[:, : len(rows)] = rows.T
        for group in groups:
            _add(group, columns, total[begin : begin + height])


def _groups(trees: Trees) -> Iterator[Group]:
    most = MOST_ANSWERS // ROWS
    begin, last = 0, len(trees.first) - 1
    for end in range(1, last + 1):
        if end == last or trees.first[end + 1] - trees.first[begin] > 2 * most:  # half of a tree's nodes ask
            yield _group(trees, begin, end)
            begin = end


def _group(trees: Trees, begin: int, end: int) -> Group:
    first, last = trees.first[begin], trees.first[end]
    feature, value = trees.feature[first:last], trees.value[first:last].astype(np.float64)
    tree = np.repeat(np.arange(end - begin), np.diff(trees.first[begin : end + 1]))
    roots = trees.first[begin:end] - first
    left, right = (child[first:last] + roots[tree] for child in (trees.left, trees.right))
    asking = feature >= 0
    by_column = np.argsort(feature, kind="stable")[np.count_nonzero(~asking) :]
    names, counts = np.unique(feature[by_column], return_counts=True)
    ends = np.cumsum(counts)
    position = np.zeros(len(feature), dtype=np.int64)
    position[by_column] = np.arange(len(by_column))
    levels: list[Level] = []
    whole: list[np.ndarray] = [np.zeros(0, dtype=np.int64)]
    nodes = roots[asking[roots]]
    while len(nodes):
        children = np.concatenate([left[nodes], right[nodes]])
        asks, values = asking[children], value[children]
        ones, others = np.flatnonzero(~asks & (values == 1.0)), np.flatnonzero(~asks & (values > 0.0) & (values < 1.0))
        levels.append(Level(position[nodes], np.flatnonzero(asks), ones, (others, values[others])))
        whole.append(tree[children[ones]])
        nodes = children[asks]
    owner = np.concatenate(whole)
    order = np.argsort(owner, kind="stable")
    return Group(
        columns=tuple(zip(names.tolist(), (ends - counts).tolist(), ends.tolist(), strict=True)),
        threshold=trees.threshold[first:last][by_column][:, None],
        levels=tuple(levels),
        order=order,
        starts=np.unique(owner[order], return_index=True)[1],
        constant=float(value[roots[~asking[roots]]].sum()),
    )


def _add(group: Group, columns: np.ndarray, total: np.ndarray) -> None:
    """Add the values of a group's trees for the rows ``columns`` (d, B), B a multiple of 64, to total (at most B,)."""
    total += group.constant
    answers = np.empty((len(group.threshold), columns.shape[1] // WORD), dtype=np.uint64)
    for column, begin, end in group.columns:
        below = columns[column] <= group.threshold[begin:end]
        answers[begin:end] = np.packbits(below, axis=1, bitorder="little").view(np.uint64)
    reached: np.ndarray | None = None
    whole = []
    for level in group.levels:
        asked = len(level.asks)
        children = np.empty((2 * asked, answers.shape[1]), dtype=np.uint64)
        left, right = children[:asked], children[asked:]
        np.take(answers, level.asks, axis=0, out=left, mode="clip")
        if reached is None:
            np.invert(left, out=right)
        else:
            np.bitwise_and(left, reached, out=left)
            np.bitwise_xor(left, reached, out=right)
        whole.append(children.take(level.whole, axis=0))
        for leaf, value in zip(*level.shared, strict=True):
            total += _bits(children[leaf : leaf + 1], len(total))[0] * value
        reached = children.take(level.inner, axis=0)
    if len(group.order):
        leaves = np.concatenate(whole)[group.order]
        by_tree = np.bitwise_or.reduceat(leaves, group.starts, axis=0)
        total += _bits(by_tree, len(total)).sum(axis=0, dtype=np.uint32)


def _bits(words: np.ndarray, rows: int) -> np.ndarray:
    """(k, rows) uint8 of 0 and 1 from words (k, B / 64)."""
    return np.unpackbits(words.view(np.uint8), axis=1, count=rows, bitorder="little")
