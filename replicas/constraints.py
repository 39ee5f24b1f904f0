"""Types and ranges of detectors' parameters, in scikit-learn's form, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from sklearn.utils._param_validation import HasMethods, StrOptions, validate_parameter_constraints
from sklearn.utils._param_validation import Interval as Interval

Constraints = dict[str, list[Any]]


class EachIn(Interval):
    """A list or tuple, each value of which lies in the interval."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether ``val`` is such a list."""
        inside = super().is_satisfied_by
        return isinstance(val, list | tuple) and len(val) > 0 and all(inside(value) for value in val)

    def __str__(self) -> str:
        return f"a list, each value of it {super().__str__()}"


def at_least(least: int) -> list[Any]:
    """A whole number from ``least`` on."""
    return [Interval(Integral, least, None, closed="left")]


def one_of(*words: str) -> list[Any]:
    """One of these words."""
    return [StrOptions(set(words))]


COUNT = at_least(1)
POSITIVE = [Interval(Real, 0, None, closed="neither")]
NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]
SHARE = [Interval(Real, 0, 1, closed="neither")]
WIDTHS = [EachIn(Integral, 1, None, closed="left")]
FLAG = ["boolean"]

#: Largest seed: what numpy's and scikit-learn's generators take.
LARGEST_SEED = 2**32 - 1
SEED = [Interval(Integral, 0, LARGEST_SEED, closed="both")]
#: PyOD's share of anomalies, or an object of PyThresh that finds the threshold.
CONTAMINATION = [Interval(Real, 0, 0.5, closed="right"), HasMethods("eval")]
#: Parameters that every detector of ours has.
COMMON: Constraints = {"contamination": CONTAMINATION, "random_state": SEED}


def check(constraints: Mapping[str, Sequence[Any]], params: Mapping[str, Any], name: str) -> None:
    """Check parameters against their constraints.

    Raises
    ------
    ValueError
        One sentence with the parameter, what it may be, and the value.
    """
    for parameter, value in params.items():
        allowed = constraints.get(parameter, [])
        if isinstance(value, bool) and allowed and "boolean" not in [c for c in allowed if isinstance(c, str)]:
            raise ValueError(f"The {parameter!r} parameter of {name} must not be true or false. Got {value!r} instead.")
    validate_parameter_constraints({**constraints}, params, name)
