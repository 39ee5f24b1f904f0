"""Foundation models of tables as detectors: unlabelled rows count as normal, the score is P(anomaly).

They learn from the training rows at scoring time, as context, and fetch their weights on first use. Of training rows
beyond the context nothing is known to them, so ``decision_scores_`` and the threshold are those of the context.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np

from baselines.supervised import ClassifierDetector
from replicas.constraints import COUNT, Constraints, at_least
from reproducibility.streams import generator

#: What a missing file or a dead network raises, by the name of the class: the libraries have their own.
UNREACHABLE = ("Connection", "LocalEntryNotFound", "OfflineMode", "HTTPError", "HfHub", "GatedRepo", "FileNotFound")


class ContextDetector(ClassifierDetector):
    """Base of foundation models: the training rows that fit are their context; weights that are missing are told."""

    max_samples: int

    def decision_function(self, X: Any) -> np.ndarray:
        """P(anomaly | x), (n,)."""
        with weights_of(type(self).__name__):
            return super().decision_function(X)

    def _fit_in_context(self, model: Any, X: Any, y: Any) -> Self:
        with weights_of(type(self).__name__):
            return self._fit_classifier(
                model, X, y, lambda labels: context_rows(labels, self.max_samples, self.random_state)
            )


class TabPFN(ContextDetector):
    """TabPFN: a transformer trained on synthetic tables classifies rows given the training rows as context.

    Parameters
    ----------
    max_samples : int
        Context: all labelled anomalies and a random sample of the unlabelled rows up to this many in all. The model
        was made for 10,000.
    n_estimators : int
        Passes over shuffled columns and classes that are averaged.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Raises
    ------
    RuntimeError
        In fit: the weights are not here and cannot be fetched.

    Notes
    -----
    Source: Hollmann et al. (Nature 2025), the package ``tabpfn``. Runs on the processor, whatever accelerator there is.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "max_samples": at_least(2),
        "n_estimators": COUNT,
    }

    def __init__(
        self, max_samples: int = 10_000, n_estimators: int = 8, contamination: float = 0.1, random_state: int = 0
    ) -> None:
        super().__init__(contamination=contamination)
        self.max_samples = max_samples
        self.n_estimators = n_estimators
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows."""
        from tabpfn import TabPFNClassifier

        model = TabPFNClassifier(
            n_estimators=self.n_estimators, device="cpu", random_state=self.random_state, ignore_pretraining_limits=True
        )
        return self._fit_in_context(model, X, y)


class TabICL(ContextDetector):
    """TabICL: in-context learning on tables in two stages, columns then rows, for larger contexts than TabPFN.

    Parameters
    ----------
    max_samples : int
        As of ``TabPFN``; the model was made for 60,000.
    n_estimators : int
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Raises
    ------
    RuntimeError
        In fit: the weights are not here and cannot be fetched.

    Notes
    -----
    Source: Qu et al. (ICML 2025), the package ``tabicl``. Runs on the processor.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "max_samples": at_least(2),
        "n_estimators": COUNT,
    }

    def __init__(
        self, max_samples: int = 60_000, n_estimators: int = 8, contamination: float = 0.1, random_state: int = 0
    ) -> None:
        super().__init__(contamination=contamination)
        self.max_samples = max_samples
        self.n_estimators = n_estimators
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows."""
        from tabicl import TabICLClassifier

        model = TabICLClassifier(n_estimators=self.n_estimators, device="cpu", random_state=self.random_state)
        return self._fit_in_context(model, X, y)


def context_rows(labels: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Numbers of all labelled anomalies and of a random sample of the unlabelled rows, at most ``most`` in all."""
    if len(labels) <= most:
        return np.arange(len(labels))
    anomalies, unlabelled = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    drawn = generator("context", seed).permutation(unlabelled)[: max(1, most - len(anomalies))]
    return np.sort(np.concatenate([anomalies, drawn]))


@contextlib.contextmanager
def weights_of(name: str) -> Iterator[None]:
    """Say in one sentence that the weights cannot be had, instead of what the network library says."""
    try:
        yield
    except Exception as error:
        bases = [base.__name__ for base in type(error).__mro__]
        if not any(sign in base for base in bases for sign in UNREACHABLE):
            raise
        raise RuntimeError(
            f"the weights of {name} are not on this machine and cannot be fetched ({type(error).__name__}); run it "
            "once with a network, or copy its cache from a machine that has them"
        ) from error
