"""MNP as a PyOD detector: multi-normal prototypes for weakly supervised anomaly detection."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from pyod.models.base import BaseDetector

from mnp.inspection import InspectionMixin
from mnp.losses import LOSS_TERMS
from mnp.material import STOPPINGS, Stopping, divided_rows
from mnp.network import Shape, layout, outputs
from mnp.prototypes import CHOICES, MOST, Choosing
from mnp.quirks import PUBLISHED, WEAK
from mnp.settings import Settings
from mnp.stages import fit_group
from replicas import inputs
from replicas.constraints import COUNT, FLAG, NOT_NEGATIVE, POSITIVE, Constraints, at_least, one_of
from replicas.group import Fitted, Group
from replicas.parameters import Layout
from replicas.rows import Rows, TrainingRows
from replicas.training import Context


class MNP(InspectionMixin, BaseDetector):
    """Reconstruction-based multi-normal prototypes (Dong et al. 2024, arXiv 2408.14498).

    An autoencoder embeds rows; K prototypes, started by k-means, stand for the modes of normal
    data; unlabelled rows weigh by their likelihood of being normal; a small head turns embedding,
    reconstruction error and similarity to the nearest prototype into the anomaly score in (0, 1).

    Parameters
    ----------
    protocol : {"weak", "paper"}
        ``weak`` sees no true label except the labelled anomalies. ``paper`` follows the authors'
        published code with its quirks (``mnp.quirks``): it needs ``X_val, y_val`` in fit.
    n_prototypes : int or None
        K; None chooses 2..10 by mean silhouette.
    embedding_dim : int
        H2, the embedding's width.
    epochs, steps_per_epoch, batch_size, labelled_batch_size : int
        Joint stage: at most ``epochs`` x ``steps_per_epoch`` batches of ``batch_size`` unlabelled rows (without
        replacement) and ``labelled_batch_size`` labelled anomalies (with replacement). None for epochs
        takes the protocol's own (200 under paper, or where stopping is not fixed; else 3).
    pretraining_epochs : int
        At most so many epochs of each of the three pre-training stages; 0 = none (ablation).
    lr, weight_decay, patience
        Adam and early stopping, of every stage.
    margin, beta : float
        Constants of the losses (``mnp.losses``).
    lambda_kl : float or None
        Weight of the clustering term; None takes 1 with a moving target (as published) and 0.003 with a fixed one.
    temperature : float
        How evenly the losses weigh, whatever their speeds of falling (``mnp.losses``).
    moving_target : bool or None
        Gradients flow through the clustering target and the losses' weights, as in the authors' code, and prototypes
        run together; with False each normal mode keeps a prototype of its own. None: True, but under weak False in
        runs whose embeddings fall into strong clusters (mean silhouette above 0.7), where it ranks as well or better.
    stopping : {"fixed", "held-out", "labelled"}
        Weak only: train ``epochs`` epochs (default 3); or stop on the ranking of held-out labelled anomalies, or of
        all labelled anomalies, against held-out unlabelled rows. With few labels a short fixed budget ranks best
        (``results/reference/weak-choices``).
    choosing : {"separated", "silhouette", "trimmed", "likelihood"} or None
        K and the prototypes' start: ``silhouette``, every row counts alike; ``trimmed``, without the tenth of the rows
        furthest from their centre; ``separated``, trimmed where the kept rows fall into well-separated clusters, else
        not; ``likelihood``, each row by its likelihood of being normal under a first start. None: ``separated``, under
        paper ``silhouette``.
    contrast, likelihood, reconstruction_input : bool
        Ablations.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Attributes
    ----------
    prototypes_ : (K, H2) unit vectors, points of ``embed``
    n_prototypes_ : int
    silhouettes_ : dict K -> mean silhouette
    history_ : dict of (epochs,) arrays, every loss per epoch of the joint stage

    Examples
    --------
    >>> import numpy as np
    >>> from mnp import MNP
    >>> rng = np.random.default_rng(0)
    >>> modes = np.repeat([[0, 0, 0], [6, 0, 3]], 100, axis=0)
    >>> X = np.vstack([rng.normal(modes), rng.normal([3, 6, 0], 1, (10, 3))])  # two modes, ten anomalies
    >>> y = np.repeat([0, 1], [205, 5])  # five of them are labelled, the other five are among the unlabelled rows
    >>> model = MNP(random_state=0).fit(X, y)
    >>> scores = model.decision_function(X)
    >>> bool(scores[200:205].min() > np.median(scores[:200]))  # those that nobody labelled
    True
    >>> model.prototype_similarity(X).shape == (210, model.n_prototypes_)
    True
    """

    labels_needed = 0

    _parameter_constraints: ClassVar[Constraints] = {
        "protocol": one_of("weak", "paper"),
        "n_prototypes": [*COUNT, None],
        "embedding_dim": COUNT,
        "epochs": [*COUNT, None],
        "steps_per_epoch": COUNT,
        "batch_size": COUNT,
        "labelled_batch_size": COUNT,
        "pretraining_epochs": at_least(0),
        "lr": POSITIVE,
        "weight_decay": NOT_NEGATIVE,
        "patience": COUNT,
        "margin": NOT_NEGATIVE,
        "beta": POSITIVE,
        "lambda_kl": [*NOT_NEGATIVE, None],
        "temperature": POSITIVE,
        "moving_target": [*FLAG, None],
        "stopping": one_of(*STOPPINGS),
        "choosing": [*one_of(*CHOICES), None],
        "contrast": FLAG,
        "likelihood": FLAG,
        "reconstruction_input": FLAG,
    }

    def __init__(
        self,
        protocol: Literal["weak", "paper"] = "weak",
        n_prototypes: int | None = None,
        embedding_dim: int = 8,
        epochs: int | None = None,
        steps_per_epoch: int = 64,
        batch_size: int = 128,
        labelled_batch_size: int = 8,
        pretraining_epochs: int = 200,
        lr: float = 5e-3,
        weight_decay: float = 5e-4,
        patience: int = 15,
        margin: float = 0.02,
        beta: float = 1.0,
        lambda_kl: float | None = None,
        temperature: float = 2.0,
        moving_target: bool | None = None,
        stopping: Stopping = "fixed",
        choosing: Choosing | None = None,
        contrast: bool = True,
        likelihood: bool = True,
        reconstruction_input: bool = True,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.protocol = protocol
        self.n_prototypes = n_prototypes
        self.embedding_dim = embedding_dim
        self.epochs = epochs
        self.steps_per_epoch = steps_per_epoch
        self.batch_size = batch_size
        self.labelled_batch_size = labelled_batch_size
        self.pretraining_epochs = pretraining_epochs
        self.lr = lr
        self.weight_decay = weight_decay
        self.patience = patience
        self.margin = margin
        self.beta = beta
        self.lambda_kl = lambda_kl
        self.temperature = temperature
        self.moving_target = moving_target
        self.stopping = stopping
        self.choosing = choosing
        self.contrast = contrast
        self.likelihood = likelihood
        self.reconstruction_input = reconstruction_input
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows.

        Parameters
        ----------
        X : (n, d); y : (n,) of 0 and 1, or None
        X_val, y_val : labelled validation rows, only for ``protocol="paper"``

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Unfit data, or validation rows missing (paper) or not wanted (weak).
        """
        if self.protocol == "weak" and X_val is not None:
            raise ValueError("MNP(protocol='weak') must not see validation labels; drop X_val or use protocol='paper'")
        if X_val is None and y_val is not None:
            raise ValueError("y_val needs X_val, the rows it labels")
        array, names = inputs.features(X)
        held, truth = (None, None) if X_val is None else inputs.validation_rows(X_val, y_val, names, array.shape[1])
        return self._fit_alone(Rows.from_arrays(array, inputs.labels(y, len(array)), held, truth), names)

    def _check(self, run: TrainingRows) -> None:
        super()._check(run)
        if not np.any(np.asarray(run.y_train) == 1):
            warnings.warn(
                "no labelled anomaly (y == 1): MNP falls back to reconstruction error and distance to the prototypes; "
                "label a few anomalies to train its scoring head",
                UserWarning,
                stacklevel=3,
            )

    def _settings(self) -> Settings:
        if self.protocol not in ("weak", "paper"):
            raise ValueError(f"protocol must be 'weak' or 'paper', got {self.protocol!r}")
        return Settings.of(self, PUBLISHED if self.protocol == "paper" else WEAK)

    def _shape(self, width: int) -> Shape:
        return Shape(width, self.embedding_dim, max(MOST, self.n_prototypes or 0))

    def _layout(self, width: int) -> Layout:
        return layout(self._shape(width))

    def _shape_key(self, run: TrainingRows) -> tuple[int, bool, bool]:
        settings = self._settings()
        used = divided_rows(run, 0, 0, settings.quirks, settings.stopping)
        return min(self.batch_size, len(used.unlabelled)), len(used.labelled) > 0, len(used.judged) > 0

    def _forward(self, p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        output = outputs(p, x, context, self.reconstruction_input)
        if "error_unit" not in context:
            return output.score
        # nothing was labelled: the head is untrained, so rank by error and distance in their training means
        return output.error / context["error_unit"] + (1.0 - output.nearest) / context["distance_unit"]

    def _train(self, group: Group) -> Fitted:
        fitted = fit_group(self._shape(group.width), group, self._settings())
        prototypes = fitted.layout.unpack(fitted.flat)["prototypes"]
        attributes = []
        for run, history in enumerate(fitted.history):
            count = int(fitted.context["exists"][run].sum())
            centres = prototypes[run, :count]
            attributes.append(
                {
                    "prototypes_": centres / np.linalg.norm(centres, axis=1, keepdims=True),
                    "n_prototypes_": count,
                    "silhouettes_": fitted.silhouettes[run],
                    "history_": {name: history[:, i] for i, name in enumerate(LOSS_TERMS)},
                }
            )
        return Fitted(fitted.flat, fitted.context, attributes)
