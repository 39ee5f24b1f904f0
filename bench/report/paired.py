"""One method held against each other one: mean difference over dataset families, its interval, a corrected test."""

from __future__ import annotations

import pandas as pd

from bench.report.bootstrap import mean_interval
from bench.report.pairwise import holm_corrected, signed_rank

ASSUMES = (
    "Differences are over dataset families, intervals are 95% bootstrap intervals that take the families for a sample; "
    "p-values are of Wilcoxon signed-rank tests with Holm's correction over the rows of this table."
)


def differences(matrix: pd.DataFrame, subject: str) -> pd.DataFrame:
    """The subject minus each other method, largest mean difference first.

    Parameters
    ----------
    matrix : DataFrame (families x methods)
        As ``bench.report.statistics.unit_matrix`` gives it; at least three families.
    subject : str
        A column.

    Returns
    -------
    DataFrame by method
        difference, low, high (95% bootstrap over families), higher, lower (families on which the subject is),
        p, p_holm.
    """
    rows = {}
    for other in matrix.columns.drop(subject):
        moved = matrix[subject] - matrix[other]
        interval = mean_interval([moved.to_numpy()], "paired difference", subject, str(other))
        rows[other] = {
            "difference": interval.value,
            "low": interval.low,
            "high": interval.high,
            "higher": int((moved > 0).sum()),
            "lower": int((moved < 0).sum()),
            "p": signed_rank(moved.to_numpy()),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table["p_holm"] = holm_corrected(table.p.to_numpy())
    return table.sort_values("difference", ascending=False, kind="stable")
