"""One colour and marker per method, the same in every figure.

The hue tells the kind: blue is what the cards highlight, warm colours learn from few labels, greens are supervised,
greys see no labels.
Within a kind lightness, marker and line differ, so that figures can be read in grey and by the colour-blind (colours
after Okabe & Ito, 2008, without yellow, which is too pale in print).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from bench.methods import highlighted

HUES = {
    "highlight": ("#0072B2", "#56B4E9", "#00355C", "#8DA9C4", "#2A9DC7"),
    "weak": ("#D55E00", "#CC79A7", "#E69F00", "#882255", "#8C510A", "#F4A582"),
    "supervised": ("#009E73", "#00543C", "#999933", "#7BC8A4", "#44803F"),
    "unsupervised": ("#000000", "#808080", "#4D4D4D", "#A9A9A9"),
}
#: Their number shares no factor with the number of any kind's hues, so pairs repeat late.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h", "d", "p")
LINES = ("-", "--", "-.", ":")
#: Known methods keep their look for ever: (kind, number of the hue, marker). Append only: the order gives the place.
KNOWN = {
    "mnp": ("highlight", 0, "o"),
    "devnet": ("weak", 0, "s"),
    "deep-sad": ("weak", 1, "^"),
    "prenet": ("weak", 2, "D"),
    "logistic-regression": ("supervised", 0, "v"),
    "random-forest": ("supervised", 1, "P"),
    "iforest": ("unsupervised", 0, "*"),
    "ecod": ("unsupervised", 1, "<"),
    "mnp-published": ("highlight", 1, "p"),
    "feawad": ("weak", 3, "X"),
    "rosas": ("weak", 4, "h"),
    "repen": ("weak", 5, ">"),
    "xgbod": ("weak", 3, "<"),
    "xgboost": ("supervised", 2, "X"),
    "lightgbm": ("supervised", 3, ">"),
    "catboost": ("supervised", 4, "d"),
    "mlp": ("supervised", 0, "h"),
    "knn": ("unsupervised", 2, ">"),
    "lof": ("unsupervised", 3, "h"),
    "ocsvm": ("unsupervised", 0, "d"),
    "hbos": ("unsupervised", 1, "p"),
    "copod": ("unsupervised", 2, "X"),
    "cblof": ("unsupervised", 3, "v"),
    "deep-svdd": ("unsupervised", 0, "^"),
    "extra-trees": ("supervised", 1, "s"),
    "overlap": ("weak", 4, "d"),
    "autoencoder": ("unsupervised", 1, "s"),
    "loda": ("unsupervised", 2, "P"),
    "lunar": ("unsupervised", 3, "D"),
    "pca": ("unsupervised", 0, "o"),
    "soel": ("weak", 1, "v"),
    "adbench-devnet": ("weak", 0, "o"),
    "adbench-prenet": ("weak", 2, "o"),
    "adbench-feawad": ("weak", 3, "o"),
    "adbench-repen": ("weak", 5, "o"),
    "tabpfn": ("supervised", 2, "*"),
    "tabicl": ("supervised", 3, "o"),
    "mnp-plus": ("highlight", 2, "s"),
    "pu-bagging": ("weak", 2, "^"),
    "max-z": ("unsupervised", 1, "P"),
    "nng-mix-logistic": ("supervised", 0, "D"),
    "nng-mix-mlp": ("supervised", 1, "v"),
    "nng-mix-xgboost": ("supervised", 2, "s"),
    "wsad-dt": ("weak", 0, "P"),
    "tabm": ("supervised", 4, "^"),
}
#: Places from here on are for methods and parameters that are not known.
FREE = len(KNOWN)
DEFAULTS = "{}"


def places(methods: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """A place per (method, parameters as JSON); call it once for a whole run.

    A known method keeps its own with default parameters, or with any if it comes with one choice only;
    everything else takes the free places in the order given.
    """
    names = [name for name, _ in methods]
    order = list(KNOWN)
    own = {
        one: order.index(one[0])
        for one in methods
        if one[0] in KNOWN and (one[1] == DEFAULTS or names.count(one[0]) == 1)
    }
    rest = [one for one in methods if one not in own]
    return own | {one: FREE + number for number, one in enumerate(rest)}


def kind(method: str, family: str) -> str:
    """The kind whose hues a method wears that is not known: its family, or "highlight" if its card says so.

    Raises
    ------
    KeyError
        A family that has no hues.
    """
    found = "highlight" if method in highlighted() else family
    if found not in HUES:
        raise KeyError(f"no colours for the family {found!r} of {method}; known are {', '.join(HUES)}")
    return found


def look(place: int, kind: str) -> dict[str, Any]:
    """Colour, marker and line of a place, as keyword arguments of ``Axes.plot``; never twice within a kind.

    ``kind`` says whose hues a method that is not known wears; the known have their own.

    Raises
    ------
    ValueError
        More methods than there are looks: a figure must not show two alike.
    """
    if place < FREE:
        known = list(KNOWN.values())
        own, hue, marker = known[place]
        # whoever wears a colour second has another line too: RoSAS and Overlap cross in many figures
        worn = sum(one[:2] == (own, hue) for one in known[:place])
        return _keywords(own, hue, marker, hue + worn)
    free = _free(kind)
    if place - FREE >= len(free):
        raise ValueError(f"there are {len(free)} looks for {kind} methods beside the known ones; compare fewer at once")
    return _keywords(kind, *free[place - FREE])


@cache
def _free(kind: str) -> tuple[tuple[int, str, int], ...]:
    """(hue, marker, line) of every look that no known method of the kind wears, those differing most first."""
    hues = len(HUES[kind])
    once = hues * len(MARKERS)
    taken = {one[1:] for one in KNOWN.values() if one[0] == kind}
    every = ((n % hues, MARKERS[n % len(MARKERS)], n % hues + n // once) for n in range(once * len(LINES)))
    return tuple(one for one in every if one[:2] not in taken)


def _keywords(kind: str, hue: int, marker: str, line: int) -> dict[str, Any]:
    return {"color": HUES[kind][hue], "marker": marker, "linestyle": LINES[line % len(LINES)]}
