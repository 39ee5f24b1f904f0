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
    moving_target : bool or None
        Gradients flow through the clustering target P and through the dynamic weights of the losses, which the
        methods cited for them (Xie et al. 2016, Liu et al. 2019) hold fixed during a step. The cheapest way to
        shrink the clustering loss then is to make all prototypes alike: see ``results/reference/weak-choices``. None
        does so only in runs whose embeddings do not fall into strong clusters.
    unweighted_score : bool
        The code multiplies score losses of shape (B, 1) by likelihoods of shape (B,): they broadcast to B x B, whose
        mean is the plain mean of the losses, so the likelihood does not weigh the score loss.
    """

    pretraining_batch: int | None = None
    labelled_validation: bool = False
    last_weights_without_stop: bool = False
    trapezoid_pr: bool = False
    moving_target: bool | None = False
    unweighted_score: bool = False


#: No labelled validation. The moving target stays where there are no strong clusters: there it ranks better
#: (results/reference/weak-choices), at the cost of prototypes that run together.
WEAK = Quirks(moving_target=None)
PUBLISHED = Quirks(
    pretraining_batch=8,
    labelled_validation=True,
    last_weights_without_stop=True,
    trapezoid_pr=True,
    moving_target=True,
    unweighted_score=True,
)
