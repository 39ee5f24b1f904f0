"""Independent pieces of a report on all cores: the same results in the same order as one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pandas as pd

from bench.store.schema import PER_ROW

Result = TypeVar("Result")
#: Called with how many pieces are done, and of how many.
Tell = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """Tell nobody."""


def spread(work: Callable[..., Result], pieces: Sequence[tuple[Any, ...]], heavy: bool, tell: Tell) -> list[Result]:
    """``work(*piece)`` of each piece.

    Parameters
    ----------
    work : function of a module, so that another process finds it
    pieces : its arguments
    heavy : bool
        Whether the work is worth the seconds that other processes take to start.
    tell : function of (done, total)

    Returns
    -------
    list
        In the order of the pieces.
    """
    import joblib

    cores = min(int(joblib.cpu_count()), len(pieces)) if heavy else 1
    if cores > 1:
        results = joblib.Parallel(n_jobs=cores, return_as="generator")(joblib.delayed(work)(*piece) for piece in pieces)
    else:
        results = (work(*piece) for piece in pieces)
    done: list[Result] = []
    for result in results:
        done.append(result)
        tell(len(done), len(pieces))
    return done


def lean(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without what is per test row, which other processes need not be handed."""
    return rows.drop(columns=[name for name in PER_ROW if name in rows])
