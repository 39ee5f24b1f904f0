"""Where the authors' published code departs from their text: switches, gathered in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quirks:
    """Departures of the published code (github Dongzhijin/MNPWAD) from the paper's text.

    Attributes
    ----------
    pretraining_batch : int or None
        The pre-training loops cut their batches at the wrong place, so each step sees the last 8
        of 128 unlabelled rows. None uses the full batch.
    labelled_validation : bool
        Early stopping, the prototypes' start and K use a validation split WITH true labels.
    last_weights_without_stop : bool
        Best weights are restored only when early stopping fires; a run that reaches the last epoch
        keeps its last weights.
    trapezoid_pr : bool
        The monitored AUC-PR is the trapezoid area under the PR curve, not average precision.
    """

    pretraining_batch: int | None = None
    labelled_validation: bool = False
    last_weights_without_stop: bool = False
    trapezoid_pr: bool = False


TEXT = Quirks()
PUBLISHED = Quirks(
    pretraining_batch=8,
    labelled_validation=True,
    last_weights_without_stop=True,
    trapezoid_pr=True,
)
