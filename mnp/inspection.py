"""What a fitted MNP says of rows besides their score: likelihoods, prototypes, embeddings, reconstructions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_is_fitted

from mnp.inspection_tables import losses, seen
from mnp.network import Outputs, outputs, reconstruction
from mnp.reconstruction import as_given
from replicas.detector import ReplicaMixin
from replicas.training import Context


class InspectionMixin(ReplicaMixin):
    """What a user of ``MNP`` may ask of a fitted model."""

    beta: float
    reconstruction_input: bool
    n_prototypes_: int
    prototypes_: np.ndarray
    history_: Mapping[str, np.ndarray]

    def prototype_similarity(self, X: Any) -> np.ndarray:
        """s_k(x), (n, K), in (0, 1]."""
        return self._measure(X, lambda output: output.similarity)[:, : self.n_prototypes_]

    def closest_prototype(self, X: Any) -> np.ndarray:
        """Number of the most similar prototype, (n,) int: a row of ``prototypes_``."""
        closest: np.ndarray = self.prototype_similarity(X).argmax(axis=1)
        return closest

    def normal_likelihood(self, X: Any) -> np.ndarray:
        """sigmoid(beta max_k s_k(x)), (n,): grows with the likelihood of being normal; not batch-normalised."""
        return 1.0 / (1.0 + np.exp(-self.beta * self._measure(X, lambda output: output.nearest)))

    def reconstruction_error(self, X: Any) -> np.ndarray:
        """e(x), (n,), mean SmoothL1 over the scaled features."""
        return self._measure(X, lambda output: output.error)

    def reconstruct(self, X: Any) -> np.ndarray:
        """What the autoencoder makes of rows, in the units of X: ``X - reconstruct(X)`` is the residual by feature.

        Parameters
        ----------
        X : (n, d)

        Returns
        -------
        (n, d) float64
            xhat of the published model, scaled back from [0, 1]. The decoder's last layer is a leaky ReLU, so values
            below the training minimum are hardly ever reached. A feature that was constant over the training rows is
            no input of the model and comes back as it is.
        """
        check_is_fitted(self, "weights_")
        rows = self._scored(X)
        return as_given(self, rows, self.evaluate_replicas([self], [rows], reconstruction)[0])

    def embed(self, X: Any) -> np.ndarray:
        """Unit embeddings, (n, H2)."""
        return self._measure(X, lambda output: output.embedding)

    def inspection_tables(
        self,
        X: Any,
        truth: np.ndarray,
        labelled: np.ndarray,
        rng: np.random.Generator,
        anomaly_type: np.ndarray | None = None,
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Two tables for pictures (``mnp.inspection_tables``): what the model sees of its rows, and its losses."""
        return seen(self, X, truth, labelled, rng, anomaly_type), losses(self)

    def _measure(self, X: Any, pick: Callable[[Outputs], torch.Tensor]) -> np.ndarray:
        check_is_fitted(self, "weights_")
        array = self._scored(X)

        def forward(p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
            return pick(outputs(p, x, context, self.reconstruction_input))

        return self.evaluate_replicas([self], [array], forward)[0].astype(np.float64)
