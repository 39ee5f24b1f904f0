"""Several sources as one table: what is the same counts once, what cannot be compared is left out and named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.errors import StoreError
from bench.leaderboard.checks import checked
from bench.leaderboard.left_out import LeftOut
from bench.report.code import with_code
from bench.report.source import Source
from bench.report.words import count, listed
from bench.store.schema import metric_names

FEW = 3


@dataclass(frozen=True, eq=False)
class Merged:
    """The cells of a leaderboard.

    Attributes
    ----------
    rows : DataFrame
        The store's columns, with ``source`` (number of the source) and ``version`` (its method's code).
    sources : tuple of Source
    left_out : tuple of LeftOut
    """

    rows: pd.DataFrame
    sources: tuple[Source, ...]
    left_out: tuple[LeftOut, ...]


def merge(sources: Sequence[Source]) -> Merged:
    """Merge sources; where two disagree the one that is named first is shown.

    Raises
    ------
    StoreError
        No cell is left.
    """
    dropped: list[LeftOut] = []
    sound: list[Source] = []
    for given in sources:
        source, wrong = checked(given)
        sound.append(source)
        dropped += wrong
    pieces = [rows.assign(source=number) for number, rows in enumerate(with_code(*sound))]
    rows = pd.concat([piece for piece in pieces if len(piece)] or pieces[:1], ignore_index=True)
    for choose in (_one_data, _one_of_a_cell, _one_of_a_name):
        rows, more = choose(rows, sources)
        dropped += more
    if rows.empty:
        raise StoreError("no cell can be shown:\n  " + "\n  ".join(map(str, dropped)))
    return Merged(rows.reset_index(drop=True), tuple(sources), tuple(dropped))


def _one_data(rows: pd.DataFrame, sources: Sequence[Source]) -> tuple[pd.DataFrame, list[LeftOut]]:
    """Of datasets of one name and different content the content of the first source."""
    other = rows.dataset_sha256 != rows.groupby("dataset").dataset_sha256.transform("first")
    return rows[~other], _told(
        rows[other],
        sources,
        lambda part: f"other data under the same name as in a source before it ({_names(part)})",
    )


def _one_of_a_cell(rows: pd.DataFrame, sources: Sequence[Source]) -> tuple[pd.DataFrame, list[LeftOut]]:
    """Of a cell that several sources hold the first; whether the bits are the same is said."""
    again = rows.duplicated("cell")
    if not again.any():
        return rows, []
    metrics = metric_names(rows.columns.drop(["source", "version"]))
    first = rows[~again].set_index("cell")
    twice = rows[again]
    kept = first.loc[twice["cell"], [*metrics, "status"]].reset_index(drop=True)
    mine = twice[[*metrics, "status"]].reset_index(drop=True)
    apart = (~((kept == mine) | kept.isna() | mine.isna())).any(axis=1).to_numpy()
    same = _told(twice[~apart], sources, lambda _: "a source before it holds the same cells with the same bits")
    return rows[~again], [
        *same,
        *_told(
            twice[apart],
            sources,
            lambda part: (
                f"a source before it holds the same cells with other bits ({_names(part)}); the first is shown"
            ),
        ),
    ]


def _one_of_a_name(rows: pd.DataFrame, sources: Sequence[Source]) -> tuple[pd.DataFrame, list[LeftOut]]:
    """One row of each method, code, parameters, dataset, scenario and seed."""
    again = rows.duplicated(["method", "version", "params", "dataset", "scenario", "seed"])
    return rows[~again], _told(
        rows[again], sources, lambda _: "a source before it holds cells of the same name whose keys differ"
    )


def _told(rows: pd.DataFrame, sources: Sequence[Source], reason: Callable[[pd.DataFrame], str]) -> list[LeftOut]:
    numbers = sorted(set(rows.source.tolist()))
    conflicting = [(sources[number].path, rows[rows.source == number]) for number in numbers]
    return [LeftOut(path, len(part), reason(part)) for path, part in conflicting]


def _names(part: pd.DataFrame) -> str:
    return f"{count(part.dataset.nunique(), 'dataset')}: {listed(sorted(set(part.dataset)), FEW)}"
