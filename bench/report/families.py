"""Families of the stored datasets by today's cards: which sets are near duplicates is seen later than they are run.

A row keeps the family that its set's card named when the cell was run. What counts as one family is no result, and no
part of a cell's key, so reports group by the cards of today, and old folders need no rewriting.
"""

from __future__ import annotations

import pandas as pd

from bench.datasets import registry

#: What a row says of its set beside the name, by the card's attribute: a table of the user's own may be named alike.
SIZES = {"rows": "dataset_rows", "features": "dataset_features", "anomalies": "dataset_anomalies"}


def by_todays_cards(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with each registered set's family of today.

    Parameters
    ----------
    rows : DataFrame
        As ``bench.store.read`` gives it.

    Returns
    -------
    DataFrame
        A row keeps its stored family if no set of its name is registered, or one of other sizes:
        then the set was a table of the user's own.
    """
    if rows.empty:
        return rows
    every = registry.cards()
    cards = {name: every[name] for name in rows.dataset.unique() if name in every}
    today = rows.dataset.map({name: card.family for name, card in cards.items()})
    changed = today.notna() & (today != rows.dataset_family)
    for attribute, column in SIZES.items():
        size = rows.dataset.map({name: getattr(card, attribute) for name, card in cards.items()})
        changed &= size.isna() | rows[column].isna() | (size == rows[column])
    return rows.assign(dataset_family=rows.dataset_family.mask(changed, today)) if changed.any() else rows
