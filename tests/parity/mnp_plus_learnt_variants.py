"""Changes to MNP+ whose prototypes lie in a space learnt without labels, and what to compare them with."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.parity.mnp_plus_learnt import Learning, Space, evidence
from tests.parity.mnp_plus_variants import WEIGHT, Variant, normality, summed, trusted


def in_place(space: Space, weight: float) -> Variant:
    """With the learnt term in the place of the distance to exemplars."""
    return weighted(space, {"learnt": weight, "own": WEIGHT})


def beside(space: Space, near: float = WEIGHT / 2, weight: float = WEIGHT / 2) -> Variant:
    """With the distance to exemplars at half its weight, or another, and the learnt term."""
    return weighted(space, {"learnt": weight, "near": near, "own": WEIGHT})


def weighted(space: Space, weights: dict[str, float]) -> Variant:
    """With these weights of learnt, near and own; the trust follows them."""

    def variant(cell: Any) -> np.ndarray:
        train, test = normality(cell)
        train["learnt"], test["learnt"] = evidence(cell, space)
        return summed(cell, rest=trusted(cell, weights, terms=(train, test)))

    return variant


def exemplars_weight(weight: float) -> Variant:
    """With another weight of the distance to exemplars in the inputs, reconstruction's as it is."""
    return lambda cell: summed(cell, rest=trusted(cell, {"near": weight, "own": WEIGHT}))


def prototypes(weight: float, near: float) -> Variant:
    """With the distance to the eight prototypes in the inputs, and another weight of the distance to exemplars."""
    return lambda cell: summed(cell, rest=trusted(cell, {"distance": weight, "near": near, "own": WEIGHT}))


#: What a learnt space is compared with.
RAW: dict[str, Variant] = {
    "without exemplars": lambda cell: summed(cell, rest=trusted(cell, {"own": WEIGHT})),
    **{f"exemplars weight {weight}": exemplars_weight(weight) for weight in (0.3, 0.5, 0.75, 1.0)},
    "eight prototypes, in place": prototypes(WEIGHT, 0.0),
    "eight prototypes, beside": prototypes(WEIGHT / 2, WEIGHT / 2),
    "eight prototypes, weights 0.45 and 0.3": prototypes(0.3, 0.45),
    **{f"eight prototypes, added, weight {weight}": prototypes(weight, WEIGHT) for weight in (0.3, 0.6)},
}
NAMES = {
    "exemplars": Space("exemplars"),
    "1 replica, exemplars": Space("exemplars", replicas=1),
    "4 replicas, exemplars": Space("exemplars", replicas=4),
    "8 centres": Space(8),
    "32 centres": Space(32),
    "a stable number of centres": Space("stable"),
    "similarity, exemplars": Space("exemplars", "similarity"),
    "similarity, 8 centres": Space(8, "similarity"),
    "similarity, own prototypes": Space("prototypes", "similarity"),
    "1 replica, similarity, own prototypes": Space("prototypes", "similarity", replicas=1),
    "4 replicas, similarity, own prototypes": Space("prototypes", "similarity", replicas=4),
}
#: Spaces whose weight is varied.
MAIN = ("exemplars", "8 centres", "similarity, exemplars", "similarity, own prototypes")
FULL, QUANTILES = Learning(epochs=200, patience=15), Learning(quantiles_only=True)
#: Spaces that are trained for themselves.
OTHERWISE = {
    "published length, exemplars": Space("exemplars", learning=FULL),
    "published length, 8 centres": Space(8, learning=FULL),
    "published length, similarity, own prototypes": Space("prototypes", "similarity", learning=FULL),
    "quantiles only, exemplars": Space("exemplars", learning=QUANTILES),
    "quantiles only, 8 centres": Space(8, learning=QUANTILES),
}
LEARNT: dict[str, Variant] = {
    **RAW,
    **{f"learnt: {name}, in place": in_place(space, WEIGHT) for name, space in (NAMES | OTHERWISE).items()},
    **{f"learnt: {name}, beside": beside(space) for name, space in NAMES.items()},
    **{
        f"learnt: {name}, in place, weight {weight}": in_place(NAMES[name], weight)
        for name in MAIN
        for weight in (0.5, 0.75, 1.0)
    },
    **{
        f"learnt: {name}, added, weight {weight}": beside(NAMES[name], WEIGHT, weight)
        for name in (*MAIN, "32 centres")
        for weight in (0.3, 0.6)
    },
    **{
        f"learnt: {name}, weights {near} and {weight}": beside(NAMES[name], near, weight)
        for name, near, weight in (
            ("similarity, exemplars", 0.45, 0.45),
            ("similarity, exemplars", 0.3, 0.6),
            ("similarity, own prototypes", 0.45, 0.3),
            ("1 replica, similarity, own prototypes", 0.45, 0.3),
            ("4 replicas, similarity, own prototypes", 0.45, 0.3),
            ("similarity, own prototypes", 0.45, 0.45),
        )
    },
}
