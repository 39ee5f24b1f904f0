"""MNP+'s settings, checked: one sentence that names the parameter, its value and what it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any, Self, TypeGuard


@dataclass(frozen=True)
class Settings:
    """The constructor's parameters of ``MNPPlus``, under their names there."""

    n_estimators: int
    max_samples: int | None
    n_prototypes: int
    n_components: int | float
    hidden: int
    n_init: int
    steps: int
    batch_size: int
    labelled_batch_size: int
    learning_rate: float
    l2: float
    trimmed: float
    tree_weight: float
    network_weight: float
    prototype_weight: float
    reconstruction_weight: float
    agreement: float
    random_state: int

    @classmethod
    def of(cls, detector: Any) -> Self:
        """Read and check a detector's parameters.

        Raises
        ------
        ValueError
            A parameter is out of its range, or every term has weight 0.
        """
        settings = cls(**{field.name: getattr(detector, field.name) for field in fields(cls)})
        settings._check()
        return settings

    @property
    def unsupervised(self) -> bool:
        """Whether a term that needs no label has weight."""
        return self.prototype_weight > 0 or self.reconstruction_weight > 0

    def _check(self) -> None:
        for name in ("n_estimators", "n_prototypes", "hidden", "n_init", "steps", "batch_size", "labelled_batch_size"):
            _require(name, getattr(self, name), _is_count(getattr(self, name)), "a whole number of at least 1")
        samples, components = self.max_samples, self.n_components
        _require("max_samples", samples, samples is None or _is_count(samples), "None or a whole number of at least 1")
        share = _is_number(components) and not isinstance(components, Integral) and 0 < components < 1
        _require(
            "n_components", components, share or _is_count(components),
            "a whole number of at least 1, or a share of the inputs between 0 and 1",
        )  # fmt: skip
        rate = self.learning_rate
        _require("learning_rate", rate, _is_number(rate) and rate > 0, "a number above 0")
        for name in ("l2", "agreement"):
            value = getattr(self, name)
            _require(name, value, _is_number(value) and value >= 0, "a number of at least 0")
        _require("trimmed", self.trimmed, _is_number(self.trimmed) and 0 <= self.trimmed < 0.5, "in [0, 0.5)")
        state = self.random_state
        _require("random_state", state, _is_whole(state) and state >= 0, "a whole number of at least 0")
        weights = ("tree_weight", "network_weight", "prototype_weight", "reconstruction_weight")
        for name in weights:
            value = getattr(self, name)
            _require(name, value, _is_number(value) and value >= 0, "a number of at least 0")
        if not any(getattr(self, name) for name in weights):
            raise ValueError(f"every term of MNPPlus has weight 0; give one of {', '.join(weights)} a weight above 0")


def _require(name: str, value: object, holds: bool, wanted: str) -> None:
    if not holds:
        raise ValueError(f"MNPPlus: {name} must be {wanted}, got {value!r}")


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return _is_whole(value) and value >= 1


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
