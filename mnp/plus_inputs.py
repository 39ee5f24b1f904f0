"""MNP+'s inputs: every feature twice, min-max scaled and as its quantile among the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

#: Values of a feature that are kept to tell quantiles by; more distinct ones are thinned out evenly.
KNOTS = 8192
#: Scaled values of rows outside the training range are cut off here.
LEAST, GREATEST = -1.0, 2.0


@dataclass(frozen=True, eq=False)
class Inputs:
    """The map from d features to v = [min-max, quantile], fitted on a run's training rows.

    Attributes
    ----------
    low, gain : (d,) float64, least value and 1 / range of each feature
    knots : (m,) float32, the distinct training values, feature after feature
    at : (m,) float32, the quantile of each of them: mean of the shares of rows below it and not above it
    below : (m + d,) float32, the quantile of values before each knot of a feature, and after its last
    first : (d + 1,) int64, where each feature's knots start
    """

    low: np.ndarray
    gain: np.ndarray
    knots: np.ndarray
    at: np.ndarray
    below: np.ndarray
    first: np.ndarray

    @classmethod
    def fit(cls, X: np.ndarray) -> Self:
        """From the training rows (n, d) float32."""
        low, high = X.min(axis=0).astype(np.float64), X.max(axis=0).astype(np.float64)
        columns = [_quantiles(column) for column in X.T]
        knots, at, below = (np.concatenate([column[i] for column in columns]) for i in range(3))
        first = np.cumsum([0, *(len(column[0]) for column in columns)]).astype(np.int64)
        return cls(low, 1.0 / np.where(high > low, high - low, 1.0), knots, at, below, first)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """v (n, 2 d) float32 of rows X (n, d) float32; a row's v does not depend on the other rows."""
        rows, width = X.shape
        found = np.empty((rows, 2 * width), dtype=np.float32)
        found[:, :width] = np.clip((X.astype(np.float64) - self.low) * self.gain, LEAST, GREATEST)
        for feature, (begin, end) in enumerate(zip(self.first[:-1].tolist(), self.first[1:].tolist(), strict=True)):
            values = np.ascontiguousarray(X[:, feature])
            order = np.argsort(values)  # sorted questions are answered several times as fast
            values, knots = values[order], self.knots[begin:end]
            next_knot = np.searchsorted(knots, values)
            exact = knots[np.minimum(next_knot, end - begin - 1)] == values
            at = self.at[begin:end][np.minimum(next_knot, end - begin - 1)]
            below = self.below[begin + feature : end + feature + 1][next_knot]
            found[order, width + feature] = np.where(exact, at, below)
        return found

    def values(self, v: np.ndarray) -> np.ndarray:
        """The inverse: of each feature the training value (a knot) whose two inputs are nearest to those in v, (n, d).

        Both count: where the quantile hardly tells values apart, in the tails, the scaled value does, and where many
        values share a small part of the range the quantile does.
        """
        from scipy.spatial import KDTree

        rows, width = len(v), len(self.low)
        nearest = np.empty((rows, width), dtype=np.float32)
        for feature, (begin, end) in enumerate(zip(self.first[:-1].tolist(), self.first[1:].tolist(), strict=True)):
            knots = self.knots[begin:end]
            scaled = (knots.astype(np.float64) - self.low[feature]) * self.gain[feature]
            tree = KDTree(np.stack([scaled, self.at[begin:end]], axis=1))
            nearest[:, feature] = knots[tree.query(v[:, [feature, width + feature]])[1]]
        return nearest

    def as_arrays(self) -> dict[str, np.ndarray]:
        """The fields by name, as a detector's file keeps them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Inputs from what ``as_arrays`` gave."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def _quantiles(column: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values, counts = np.unique(column, return_counts=True)
    upto = np.cumsum(counts) / len(column)
    before = upto - counts / len(column)
    at, below = (before + upto) / 2.0, np.append(before, 1.0)
    if len(values) > KNOTS:
        kept = np.linspace(0, len(values) - 1, KNOTS).round().astype(np.int64)
        # a value between two kept ones lies half way between their quantiles
        between = (at[kept][1:] + at[kept][:-1]) / 2.0
        values, at, below = values[kept], at[kept], np.concatenate([[0.0], between, [1.0]])
    return values.astype(np.float32), at.astype(np.float32), below.astype(np.float32)
