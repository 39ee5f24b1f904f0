"""Paired tests of two methods, and their correction. SciPy, which makes them, may be missing."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from bench.report.optional import installed

#: With so many families at most the signs are enumerated, as SciPy does it.
MOST_ENUMERATED = 13
#: Said in the place of tests.
UNTESTED = "No test was made, because SciPy is not installed here: pip install scipy."


def testable() -> bool:
    """Whether SciPy is there."""
    return installed("scipy")


def signed_rank(differences: np.ndarray) -> float:
    """The p-value of Wilcoxon's signed-rank test; zeros are split between both signs (``zsplit``), all zeros are 1.

    Parameters
    ----------
    differences : (n_families,) array
    """
    from scipy import stats

    if not differences.any():
        return 1.0
    size = np.abs(differences)
    if len(size) <= MOST_ENUMERATED and (len(np.unique(size)) < len(size) or not size.all()):
        return _enumerated(differences)
    return float(stats.wilcoxon(differences, zero_method="zsplit").pvalue)


def _enumerated(differences: np.ndarray) -> float:
    """The same p-value over all 2^n signs at once, where ties or zeros rule out the tabled distribution.

    SciPy walks through them one after another, seconds for each pair of methods with 13 families.
    """
    from scipy import stats

    ranks = stats.rankdata(np.abs(differences))
    zero = differences == 0
    halves = float(ranks[zero].sum()) / 2
    signs = (np.arange(2 ** len(ranks))[:, None] >> np.arange(len(ranks))) & 1
    sums = signs[:, ~zero] @ ranks[~zero] + halves
    reached = float(ranks[differences > 0].sum()) + halves
    tolerance = 1e-9 * reached  # sums of halves are exact, so this tells no two of them apart that differ
    tails = (np.mean(sums <= reached + tolerance), np.mean(sums >= reached - tolerance))
    return float(min(1.0, 2.0 * min(tails)))


def wilcoxon(matrix: pd.DataFrame) -> pd.DataFrame:
    """``signed_rank`` of each two columns of families x methods, as methods x methods with 1 on the diagonal."""
    names, values = matrix.columns, matrix.to_numpy()
    p_values = np.ones((len(names), len(names)))
    for a, b in combinations(range(len(names)), 2):
        p_values[a, b] = p_values[b, a] = signed_rank(values[:, a] - values[:, b])
    return pd.DataFrame(p_values, names, names)


def holm_corrected(p_values: np.ndarray) -> np.ndarray:
    """Holm's correction of (n,) p-values: each times the number of those not smaller, rising with them, 1 at most.

    After Holm (1979), Scandinavian Journal of Statistics 6.
    """
    order = np.argsort(p_values)
    raised = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(raised, 1.0)
    return corrected


def holm_pairs(p_values: pd.DataFrame) -> pd.DataFrame:
    """``holm_corrected`` over the pairs of a symmetric methods x methods table."""
    upper = np.triu_indices(len(p_values), 1)
    corrected = np.ones(p_values.shape)
    corrected[upper] = holm_corrected(p_values.to_numpy()[upper])
    corrected.T[upper] = corrected[upper]
    return pd.DataFrame(corrected, p_values.index, p_values.columns)
