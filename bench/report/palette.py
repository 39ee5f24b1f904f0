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
    "nng-mix-logistic": ("weak", 5, "*"),
    "nng-mix-mlp": ("weak", 1, "D"),
    "nng-mix-xgboost": ("weak", 3, "s"),
    "wsad-dt": ("weak", 0, "P"),
    "tabm": ("supervised", 4, "^"),
}
#: Places from here on are for methods and parameters that are not known.
FREE = len(KNOWN)
DEFAULTS = "{}"


def style_numbers(methods: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """A style number per (method, parameters as JSON); call it once for a whole run.

    A known method keeps its own with default parameters, or with any if it comes with one choice only;
    everything else takes the free numbers in the order given.
    """
    names = [name for name, _ in methods]
    order = list(KNOWN)
    own = {
        method: order.index(method[0])
        for method in methods
        if method[0] in KNOWN and (method[1] == DEFAULTS or names.count(method[0]) == 1)
    }
    rest = [method for method in methods if method not in own]
    return own | {method: FREE + number for number, method in enumerate(rest)}


def style_family(method: str, family: str) -> str:
    """The family whose hues a method wears that is not known: its family, or "highlight" if its card says so.

    Raises
    ------
    KeyError
        A family that has no hues.
    """
    chosen = "highlight" if method in highlighted() else family
    if chosen not in HUES:
        raise KeyError(f"no colours for the family {chosen!r} of {method}; known are {', '.join(HUES)}")
    return chosen


def drawing_style(number: int, family: str) -> dict[str, Any]:
    """Colour, marker and line of a style number, as keyword arguments of ``Axes.plot``; never twice within a family.

    ``family`` says whose hues a method that is not known wears; the known have their own.

    Raises
    ------
    ValueError
        More methods than there are styles: a figure must not show two alike.
    """
    if number < FREE:
        known = list(KNOWN.values())
        own, hue, marker = known[number]
        # whoever wears a colour second has another line too: RoSAS and Overlap cross in many figures
        worn = sum(entry[:2] == (own, hue) for entry in known[:number])
        return _keywords(own, hue, marker, hue + worn)
    free = _free(family)
    if number - FREE >= len(free):
        raise ValueError(
            f"there are {len(free)} styles for {family} methods beside the known ones; compare fewer at once"
        )
    return _keywords(family, *free[number - FREE])


@cache
def _free(family: str) -> tuple[tuple[int, str, int], ...]:
    """(hue, marker, line) of every style that no known method of the family wears, those differing most first."""
    hues = len(HUES[family])
    once = hues * len(MARKERS)
    taken = {entry[1:] for entry in KNOWN.values() if entry[0] == family}
    every = ((n % hues, MARKERS[n % len(MARKERS)], n % hues + n // once) for n in range(once * len(LINES)))
    return tuple(entry for entry in every if entry[:2] not in taken)


def _keywords(family: str, hue: int, marker: str, line: int) -> dict[str, Any]:
    return {"color": HUES[family][hue], "marker": marker, "linestyle": LINES[line % len(LINES)]}
