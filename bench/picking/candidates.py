"""Which methods are compared, and in which order: strong and cheap ones, the cheapest first."""

from __future__ import annotations

from collections.abc import Sequence

from bench.errors import ConfigError
from bench.methods import get, missing
from bench.planning.grouping import cell_seconds

#: Three that learn from few labels, two classifiers, one that knows no labels, and MNP+: the strongest of each kind in
#: the reference that take seconds on ten thousand rows and can be saved. Extremely random trees were left out because
#: they were never within 0.02 of the best on the development tables of results/reference/pick.
DEFAULT = ("mnp-plus", "pu-bagging", "prenet", "devnet", "logistic-regression", "xgboost", "iforest")


def candidates(asked: Sequence[str], rows: int, features: int) -> tuple[tuple[str, ...], dict[str, str]]:
    """Methods to compare, the cheapest first by their cards, and those left out with the reason.

    Parameters
    ----------
    asked : sequence of str
        Methods; () = ``DEFAULT``.
    rows, features : int
        Of the table that they are judged on.

    Returns
    -------
    (methods, left out)

    Raises
    ------
    UnknownName
        A method that is not registered.
    ConfigError
        A method named twice, or one that needs true labels.
    """
    left_out: dict[str, str] = {}
    costs: dict[str, float] = {}
    for name in asked or DEFAULT:
        if name in costs or name in left_out:
            raise ConfigError(f"--methods names {name!r} twice; leave one out")
        spec = get(name)
        if "weak" not in spec.protocols:
            raise ConfigError(
                f"method {name!r} needs true labels for its validation, which few labels are not; leave it out"
            )
        lacking = missing(spec)
        if lacking:
            left_out[name] = lacking
        else:
            costs[name] = cell_seconds(spec, (rows, features), {})
    if not costs:
        raise ConfigError(f"none of the methods can run here: {'; '.join(left_out.values())}")
    return tuple(sorted(costs, key=lambda name: (costs[name], name))), left_out
