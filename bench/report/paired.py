"""One method held against each other one: mean difference over dataset families, its interval, a corrected test."""

from __future__ import annotations

import pandas as pd

from bench.report.bootstrap import mean_interval
from bench.report.statistics import wilcoxon

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
    from statsmodels.stats.multitest import multipletests

    p_values = wilcoxon(matrix)[subject]
    rows = {}
    for other in matrix.columns.drop(subject):
        moved = matrix[subject] - matrix[other]
        found = mean_interval([moved.to_numpy()], "paired difference", subject, str(other))
        rows[other] = {
            "difference": found.value,
            "low": found.low,
            "high": found.high,
            "higher": int((moved > 0).sum()),
            "lower": int((moved < 0).sum()),
            "p": float(p_values[other]),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table["p_holm"] = multipletests(table.p, method="holm")[1]
    return table.sort_values("difference", ascending=False, kind="stable")
