"""One metric in one scenario as numbers, methods by datasets: what tables, text and figures are made from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class Comparison:
    """One metric in one scenario: methods x datasets.

    Attributes
    ----------
    title : str
    mean, std : DataFrame (methods x datasets)
        Over the seeds that succeeded; methods by average rank. NaN where there are none.
    succeeded : DataFrame of int
        Runs with a result; ``asked`` says which entries have a row in the store at all.
    asked : DataFrame of bool
    runs : int
        How many each entry should have.
    average, rank, wins : Series by method
        Over the complete datasets, of the compared methods; NaN for the others.
    daggers, synthetic : frozenset of str
        Methods that saw validation labels, datasets that are made up.
    notes : tuple of str
    """

    title: str
    mean: pd.DataFrame
    std: pd.DataFrame
    succeeded: pd.DataFrame
    asked: pd.DataFrame
    runs: int
    average: pd.Series
    rank: pd.Series
    wins: pd.Series
    daggers: frozenset[str]
    synthetic: frozenset[str]
    notes: tuple[str, ...]
