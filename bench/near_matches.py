"""Which known names an unknown one may be meant for: the one hint of every message."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

#: So many names are suggested.
MOST = 3


def near_matches(name: str, known: Iterable[str], most: int = MOST) -> list[str]:
    """Known names that are like this one, the likest first; upper and lower case are the same here.

    Parameters
    ----------
    name : str
        As it was given.
    known : iterable of str
        Of names that differ in case alone the first is suggested.
    most : int, default 3

    Returns
    -------
    list of str
        At most ``most``, as they are spelled in ``known``.
    """
    spelled: dict[str, str] = {}
    for own in known:
        spelled.setdefault(own.lower(), own)
    return [spelled[lower] for lower in get_close_matches(name.lower(), spelled, n=most)]
