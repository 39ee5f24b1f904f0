"""Metrics that count (areas under a ROC, F1, precision at k) as fractions of small whole numbers, exact to the bit.

Such a value is a quotient of counts, computed with rounding errors in its last bits. The fraction and how many steps of
double precision the value lies beside it take three bytes, where the value's own bits take more than six.
"""

from __future__ import annotations

import numpy as np

#: Denominators are this large at most, values this many steps of double precision beside their fraction.
LARGEST, BESIDE = 2**22, 4
#: The terms of a continued fraction with such a denominator are fewer.
TERMS = 32


def fractions(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(numerators, denominators, steps beside) of (n,) float64 values; the denominator is 0 where there is no fraction.

    The convergents of the continued fraction are tried, small denominators first; the first near one is taken.
    """
    numerators, denominators = np.zeros(len(values)), np.zeros(len(values))
    open_ = (values >= 0) & (values <= 1) & ~np.signbit(values)  # not NaN, not -0.0
    rest = np.where(open_, values, 0.0)
    above, below = (np.zeros(len(values)), np.ones(len(values))), (np.ones(len(values)), np.zeros(len(values)))
    for _ in range(TERMS):
        term = np.floor(rest)
        above, below = (above[1], term * above[1] + above[0]), (below[1], term * below[1] + below[0])
        open_ &= below[1] <= LARGEST
        near = open_ & (np.abs(_steps(values, above[1] / np.maximum(below[1], 1))) <= BESIDE)
        numerators[near], denominators[near] = above[1][near], below[1][near]
        left = rest - term
        open_ = open_ & ~near & (left > 0)
        if not open_.any():
            break
        rest = 1 / np.where(open_, left, 1.0)
        above = (np.where(open_, above[0], 1.0), np.where(open_, above[1], 1.0))
        below = (np.where(open_, below[0], 1.0), np.where(open_, below[1], 1.0))
    beside = np.where(denominators > 0, _steps(values, numerators / np.maximum(denominators, 1)), 0)
    return numerators.astype(np.int32), denominators.astype(np.int32), beside.astype(np.int8)


def values_of(numerators: np.ndarray, denominators: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """The values that ``fractions`` was given where it found one, to the bit; 0 elsewhere."""
    quotient = numerators.astype(np.float64) / np.maximum(denominators, 1)
    values: np.ndarray = (quotient.view(np.int64) + beside).view(np.float64)
    return np.where(denominators > 0, values, 0.0)


def _steps(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How many steps of double precision lie between numbers of one sign."""
    return values.view(np.int64) - np.ascontiguousarray(others).view(np.int64)
