"""PyOD's networks on fewer rows than a batch; apart from ``baselines.degenerate``, since these import torch."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pyod.models.auto_encoder import AutoEncoder as PyODAutoEncoder


class AutoEncoder(PyODAutoEncoder):  # type: ignore[misc]
    """PyOD's autoencoder with batches of at most all rows: it drops a last partial batch, and with it an only one."""

    def fit(self, X: np.ndarray, y: Any = None) -> Self:
        """Fit on rows (n, d)."""
        self.batch_size = min(self.batch_size, len(X))
        return super().fit(X)
