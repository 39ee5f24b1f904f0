"""Everything a group's training needs to know, resolved from an estimator's parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from mnp.losses import LossSettings
from mnp.material import STOPPINGS, Stopping
from mnp.pretraining import PretrainingSettings
from mnp.prototypes import CHOICES, Choosing
from mnp.quirks import Quirks

PAPER_EPOCHS = 200
#: Best mean rank of nine budgets and rules at 1, 5 and 10% labels: results/reference/weak-choices.
WEAK_EPOCHS = 3
#: Weight of the clustering term: the authors' for their moving target; a fixed target of that weight drowns the rest.
MOVING_KL, FIXED_KL = 1.0, 0.003


@dataclass(frozen=True)
class Settings:
    """Resolved settings of one MNP.

    Attributes
    ----------
    quirks : Quirks
    loss : LossSettings
    lambda_kl : weight of the clustering term, or None for the target's own
    moving_target : gradients flow through the clustering target (``mnp.quirks``); None: where clusters are not strong
    pretraining : PretrainingSettings or None (ablation)
    stopping : how the joint stage ends without validation labels
    choosing : how K and the prototypes' start treat rows that may be anomalies
    epochs, steps_per_epoch, batch_size, labelled_batch_size, patience : int
    lr, weight_decay : float
    n_prototypes : int or None
    reconstruction_input : bool
    """

    quirks: Quirks
    loss: LossSettings
    lambda_kl: float | None
    moving_target: bool | None
    pretraining: PretrainingSettings | None
    stopping: Stopping
    choosing: Choosing
    epochs: int
    steps_per_epoch: int
    batch_size: int
    labelled_batch_size: int
    patience: int
    lr: float
    weight_decay: float
    n_prototypes: int | None
    reconstruction_input: bool

    @classmethod
    def of(cls, model: Any, quirks: Quirks) -> Self:
        """Read an MNP's parameters.

        Raises
        ------
        ValueError
            A parameter is out of its range.
        """
        for name, allowed in (("stopping", STOPPINGS), ("choosing", (None, *CHOICES))):
            if getattr(model, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(map(str, allowed))}, got {getattr(model, name)!r}")
        if model.n_prototypes is not None and model.n_prototypes < 1:
            raise ValueError(f"n_prototypes must be at least 1 or None, got {model.n_prototypes}")
        judged = quirks.labelled_validation or model.stopping != "fixed"
        return cls(
            quirks=quirks,
            loss=LossSettings(
                margin=model.margin,
                beta=model.beta,
                temperature=model.temperature,
                contrast=model.contrast,
                likelihood=model.likelihood,
                unweighted_score=quirks.unweighted_score,
            ),
            lambda_kl=model.lambda_kl,
            moving_target=quirks.moving_target if model.moving_target is None else bool(model.moving_target),
            pretraining=PretrainingSettings(
                epochs=model.pretraining_epochs,
                steps_per_epoch=model.steps_per_epoch,
                batch_size=model.batch_size,
                lr=model.lr,
                weight_decay=model.weight_decay,
                patience=model.patience,
            )
            if model.pretraining_epochs > 0
            else None,
            stopping=model.stopping,
            choosing=model.choosing or ("silhouette" if quirks.labelled_validation else "separated"),
            epochs=(PAPER_EPOCHS if judged else WEAK_EPOCHS) if model.epochs is None else model.epochs,
            steps_per_epoch=model.steps_per_epoch,
            batch_size=model.batch_size,
            labelled_batch_size=model.labelled_batch_size,
            patience=model.patience,
            lr=model.lr,
            weight_decay=model.weight_decay,
            n_prototypes=model.n_prototypes,
            reconstruction_input=model.reconstruction_input,
        )
