"""MNP+'s settings, checked: one sentence that names the parameter, its value and what it may be."""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Self

from sklearn.utils._param_validation import Interval

from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, SHARE, Constraints

#: Types and ranges of the constructor's parameters; a share of components is one of the inputs' width.
CONSTRAINTS: Constraints = {
    "n_estimators": COUNT,
    "max_samples": [*COUNT, None],
    "n_prototypes": COUNT,
    "n_exemplars": COUNT,
    "n_components": [*COUNT, *SHARE],
    "hidden_dim": COUNT,
    "n_init": COUNT,
    "steps": COUNT,
    "batch_size": COUNT,
    "labelled_batch_size": COUNT,
    "lr": POSITIVE,
    "l2": NOT_NEGATIVE,
    "agreement": NOT_NEGATIVE,
    "trimmed": [Interval(Real, 0, 0.5, closed="left")],
    "tree_weight": NOT_NEGATIVE,
    "rotated_weight": NOT_NEGATIVE,
    "network_weight": NOT_NEGATIVE,
    "prototype_weight": NOT_NEGATIVE,
    "reconstruction_weight": NOT_NEGATIVE,
}


@dataclass(frozen=True)
class Settings:
    """The constructor's parameters of ``MNPPlus``, under their names there."""

    n_estimators: int
    max_samples: int | None
    n_prototypes: int
    n_exemplars: int
    n_components: int | float
    hidden_dim: int
    n_init: int
    steps: int
    batch_size: int
    labelled_batch_size: int
    lr: float
    l2: float
    trimmed: float
    tree_weight: float
    rotated_weight: float
    network_weight: float
    prototype_weight: float
    reconstruction_weight: float
    agreement: float
    random_state: int

    @classmethod
    def of(cls, detector: Any) -> Self:
        """Read a detector's parameters, whose ranges are checked.

        Raises
        ------
        ValueError
            Every term has weight 0.
        """
        settings = cls(**{field.name: getattr(detector, field.name) for field in fields(cls)})
        settings._check()
        return settings

    @property
    def unsupervised(self) -> bool:
        """Whether a term that needs no label has weight."""
        return self.prototype_weight > 0 or self.reconstruction_weight > 0

    def _check(self) -> None:
        weights = ("tree_weight", "network_weight", "prototype_weight", "reconstruction_weight")
        if not any(getattr(self, name) for name in weights):
            raise ValueError(f"every term of MNPPlus has weight 0; give one of {', '.join(weights)} a weight above 0")
