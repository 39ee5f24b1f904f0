"""Other people's detectors held to the contract of ours: columns, labels and precision, checked around their methods.

``adapted`` makes a subclass of the detector's class, so that it stays what it is: its parameters, attributes, ``clone``
and ``isinstance`` work as before.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from replicas import inputs, precision
from replicas.contract import Contract

#: Methods that learn from the rows they get; all others that take rows are held to what was learnt.
LEARNING = ("fit", "fit_predict", "fit_transform", "fit_predict_score")
#: What the harness calls with splits instead of rows.
NOT_ROWS = ("fit_replicas", "decision_function_replicas")


class Outside:
    """Base of adapted classes; keeps what the last fit saw in one attribute of its own."""

    _seen_in_fit: tuple[int, np.ndarray | None, precision.Affine | None] | None = None
    _inside = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the class that was adapted, which can be imported."""
        state = self.__getstate__() if hasattr(self, "__getstate__") else vars(self)
        return _empty, (type(self).__mro__[2],), state


@functools.cache
def adapted(detector_class: type) -> type:
    """The class with its row-taking methods checked; ours, adapted ones and those without rows stay as they are."""
    if issubclass(detector_class, Contract | Outside):
        return detector_class
    methods = {name: _checked(method, name) for name, method in _row_methods(detector_class).items()}
    if not methods:  # takes splits only, which the harness has checked
        return detector_class
    about = {"__module__": detector_class.__module__, "__qualname__": detector_class.__qualname__}
    about["__doc__"] = str(detector_class.__doc__)
    namespace: dict[str, Any] = {**about, **methods}
    return type(detector_class.__name__, (Outside, detector_class), namespace)


def _empty(detector_class: type) -> Any:
    held: Any = adapted(detector_class)
    return held.__new__(held)


def _row_methods(detector_class: type) -> dict[str, Callable[..., Any]]:
    """Public methods whose first argument is X, by name."""
    methods: dict[str, Callable[..., Any]] = {}
    for name in dir(detector_class):
        method = inspect.getattr_static(detector_class, name)
        if name.startswith("_") or name in NOT_ROWS or not inspect.isfunction(method):
            continue
        arguments = list(inspect.signature(method).parameters)[1:2]
        if arguments == ["X"] or (arguments and name in ("fit", "decision_function")):
            methods[name] = method
    return methods


def _checked(method: Callable[..., Any], name: str) -> Callable[..., Any]:
    learning = name in LEARNING

    @functools.wraps(method)
    def held(self: Any, X: Any, *others: Any, **named: Any) -> Any:
        if self._inside:  # one method of the detector calls another, with rows that were checked
            return method(self, X, *others, **named)
        if learning and others:
            others = (_labels(others[0], X), *others[1:])
        elif learning and "y" in named:
            named["y"] = _labels(named["y"], X)
        array, seen = _first(X) if learning else (_later(self, X), self._seen_in_fit)
        if learning and named.get("X_val") is not None:
            _, names, affine = seen
            held_out, truth = inputs.validation_rows(named["X_val"], named.get("y_val"), names, array.shape[1])
            named |= {"X_val": _moved(held_out, affine), "y_val": truth}
        self._inside = True
        try:
            result = method(self, array, *others, **named)
        finally:
            del self._inside
        self._seen_in_fit = seen
        return result

    return held


def _first(X: Any) -> tuple[np.ndarray, tuple[int, np.ndarray | None, precision.Affine | None]]:
    array, names = inputs.features(X)
    affine = precision.needed(array)
    return _moved(array, affine), (array.shape[1], names, affine)


def _later(detector: Any, X: Any) -> np.ndarray:
    array, names = inputs.features(X)
    if detector._seen_in_fit is None:  # not fitted: the detector says so in its own way
        return array
    width, fitted, affine = detector._seen_in_fit
    inputs.same_columns(names, array.shape[1], fitted, width)
    return _moved(array, affine)


def _moved(array: np.ndarray, affine: precision.Affine | None) -> np.ndarray:
    """In the precision given: a detector that computes in double keeps it."""
    return array if affine is None else affine(array)


def _labels(y: Any, X: Any) -> np.ndarray | None:
    """None stays None: whether labels may be missing is the detector's to say."""
    return None if y is None else inputs.labels(y, len(inputs.features(X)[0]))
