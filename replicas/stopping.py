"""When each replica stops, and which of its weights are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch


@dataclass(frozen=True)
class StoppingRule:
    """Stop a run after ``patience`` epochs in which its monitored value did not fall by ``delta``.

    Attributes
    ----------
    patience : int or None
        None never stops early (best weights are still kept).
    delta : float
        Smallest decrease that counts.
    restore : {"best", "best-if-stopped"}
        ``best-if-stopped`` returns the last weights of a run that never stopped early, as the
        authors of MNP do.
    """

    patience: int | None = 15
    delta: float = 1e-4
    restore: Literal["best", "best-if-stopped"] = "best"


class Stopping:
    """The rule applied to n runs: best values, patience counters and best weights."""

    def __init__(self, rule: StoppingRule, runs: int, size: int) -> None:
        self.rule = rule
        self.best = np.full(runs, np.inf)
        self.waited = np.zeros(runs, dtype=int)
        self.stopped = np.zeros(runs, dtype=bool)
        self.weights = torch.zeros(runs, size)

    def update(self, runs: np.ndarray, values: np.ndarray, flat: torch.Tensor) -> None:
        """Take one epoch's values of the active runs.

        Parameters
        ----------
        runs : (k,) int
            Active runs, each once.
        values : (k,)
            Monitored value, lower is better; NaN counts as no improvement and stops the run.
        flat : (k, P)
            Their weights after this epoch.
        """
        first = ~np.isfinite(self.best[runs])
        better = np.where(first, ~np.isnan(values), values < self.best[runs] - self.rule.delta)
        chosen = torch.from_numpy(np.flatnonzero(better))
        self.weights[torch.from_numpy(runs[better])] = flat[chosen]
        self.best[runs[better]] = values[better]
        self.waited[runs] = np.where(better, 0, self.waited[runs] + 1)
        if self.rule.patience is not None:
            self.stopped[runs] |= self.waited[runs] >= self.rule.patience
        self.stopped[runs] |= np.isnan(values)

    def keeps_best(self, runs: np.ndarray) -> np.ndarray:
        """Which of these runs return their best weights rather than their last."""
        improved: np.ndarray = np.isfinite(self.best[runs])
        return improved if self.rule.restore == "best" else improved & self.stopped[runs]
