"""How people name a stored cell: by its key, or by dataset, method and seed and by what else tells it apart.

``digits-low:mnp:0@contamination=0.02`` is one cell; what follows ``@`` are fields of the scenario and parameters.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from bench.errors import StoreError
from bench.planning import identity
from bench.store import read

#: So many candidates are named when a cell's name fits several.
NAMED = 20
#: What a scenario's contamination is called when nothing is added or taken away.
NATURAL = "natural"


def find(folder: str | os.PathLike[str], cell: str) -> pd.Series:
    """The stored row of a cell.

    Parameters
    ----------
    cell : str
        The beginning of its key, or ``dataset:method:seed`` (the method by name or label), with
        ``@field=value,field=value`` where several cells have these.

    Raises
    ------
    StoreError
        No cell, or several, are meant.
    """
    frame = read(folder, scores=True)
    if frame.empty:
        raise StoreError(f"{folder} holds no results yet; run its suite first")
    base, _, more = cell.partition("@")
    short = _bases(frame, frame.method), _bases(frame, frame.method_title)
    fitting = frame[
        (short[0] == base) | (short[1] == base) | (frame["cell"].str.startswith(base) if not more else False)
    ]
    if fitting.empty:
        example = names(frame.head(1)).iloc[0]
        raise StoreError(
            f"{folder} holds no cell {cell!r}; give the beginning of a key (column cell of its store) or "
            f"dataset:method:seed, e.g. {example}"
        )
    chosen = fitting[[_fits(row, more) for row in fitting.itertuples()]] if more else fitting
    if len(chosen) == 1:
        return chosen.iloc[0]
    if chosen.empty:
        raise StoreError(f"no cell of {folder} is {cell!r}; {_listed(fitting, names(fitting))}")
    raise StoreError(f"{cell!r} is {len(chosen)} cells of {folder}; {_listed(chosen, names(chosen))}")


def names(frame: pd.DataFrame) -> pd.Series:
    """A name for each row: dataset:method:seed, and what tells it from the other rows here that share these."""
    bases = _bases(frame, frame.method)
    named = bases.copy()
    for base, rows in frame.groupby(bases, sort=False):
        if len(rows) == 1:
            continue
        traits = [_traits(row) for row in rows.itertuples()]
        fields = dict.fromkeys(field for words in traits for field in words)
        apart = [field for field in fields if len({words.get(field, "") for words in traits}) > 1]
        named.loc[rows.index] = [
            f"{base}@{','.join(f'{field}={words[field]}' for field in apart if field in words)}" if apart else base
            for words in traits
        ]
    return named


def _bases(frame: pd.DataFrame, method: pd.Series) -> pd.Series:
    return frame.dataset + ":" + method + ":" + frame.seed.astype(str)


def _traits(row: Any) -> Mapping[str, str]:
    """Every field of a row's scenario, defaults too, and its parameters, as words."""
    scenario = asdict(identity.scenario_of(row.scenario))
    words = {name: _word(value) for name, value in scenario.items()}
    if scenario["contamination"] is None:
        words["contamination"] = NATURAL
    return words | {name: _word(value) for name, value in json.loads(row.params).items()}


def _fits(row: Any, more: str) -> bool:
    traits = _traits(row)
    pairs = [pair.partition("=") for pair in more.split(",")]
    return all(name.strip() in traits and _equal(traits[name.strip()], value.strip()) for name, _, value in pairs)


def _equal(value: str, other: str) -> bool:
    try:
        return float(value) == float(other)
    except ValueError:
        return value == other


def _word(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "+".join(map(str, value)) or "all"
    return str(value)


def _listed(rows: pd.DataFrame, called: pd.Series) -> str:
    more = f" ... and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    some = (f"{name} ({key[:12]})" for name, key in zip(called.head(NAMED), rows["cell"].head(NAMED), strict=True))
    return f"give one of these, or its key: {'; '.join(some)}{more}"
