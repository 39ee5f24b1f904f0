"""One colour and marker per method, the same in every figure; colour-blind safe and told apart in grey."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: Okabe and Ito's palette without yellow, which is too pale in print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#7F7F7F")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h")
LINES = ("-", "--", "-.", ":")
#: Known methods keep their place; others take the free places in order of name.
PLACES = {
    "mnp": 0,
    "mnp-published": 9,
    "devnet": 1,
    "deep-sad": 2,
    "prenet": 3,
    "logistic-regression": 4,
    "random-forest": 5,
    "iforest": 6,
    "ecod": 7,
}


def styles(methods: Iterable[str]) -> dict[str, dict[str, str]]:
    """Line style of each method, as keyword arguments of ``Axes.plot``."""
    names = sorted(set(methods))
    taken = {PLACES[name] for name in names if name in PLACES}
    free = iter([place for place in range(len(names) + len(PLACES) + 2) if place not in taken])
    places = {name: PLACES[name] if name in PLACES else next(free) for name in names}
    return {
        name: {
            "color": COLOURS[place % len(COLOURS)],
            "marker": MARKERS[place % len(MARKERS)],
            "linestyle": LINES[place // len(COLOURS) % len(LINES)],
        }
        for name, place in places.items()
    }


def places(methods: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """A place per (method, parameters as JSON); call it once for a whole run.

    A known method keeps its own with default parameters, or with any if it comes with one choice only;
    everything else takes the free places in the order given.
    """
    names = [name for name, _ in methods]
    own = {one: PLACES[one[0]] for one in methods if one[0] in PLACES and (one[1] == "{}" or names.count(one[0]) == 1)}
    rest = [one for one in methods if one not in own]
    return own | {one: max(PLACES.values()) + 1 + number for number, one in enumerate(rest)}
