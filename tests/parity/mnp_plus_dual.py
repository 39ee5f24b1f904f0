"""Changes to MNP+ whose network is, or has beside it, the networks of WSAD-DT, its nearest rival on ADBench's report half."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from baselines.wsad_dt import WSADDT
from baselines.wsad_dt_loss import kernels
from mnp.plus_evidence import _softened
from replicas.training import Context
from tests.parity.mnp_plus_networks import calibrated
from tests.parity.mnp_plus_variants import NETWORK_WEIGHT, Variant, summed


def log_odds(model: WSADDT, X: np.ndarray) -> np.ndarray:
    """Mean over a fitted model's networks of ln(t_a / t_n), (n,): its score, a share, without the bounds 0 and 1."""

    def forward(p: Mapping[str, torch.Tensor], x: torch.Tensor, context: Context) -> torch.Tensor:
        each = kernels(model._embeddings(p, x, context), context["centres"]).log()
        return (each[..., 1] - each[..., 0]).mean(dim=1)

    return model.evaluate_replicas([model], [model._scored(X)], forward)[0].astype(np.float64)


def dual_tailed(cell: Any) -> tuple[np.ndarray, np.ndarray]:
    """``log_odds`` of the training and of the test rows, fitted once for all variants of a cell."""
    if "dual-tailed" not in cell.trained:
        X_train, X_test = (rows.astype(np.float64) for rows in (cell.X_train, cell.X_test))
        model = WSADDT(random_state=cell.seed).fit(X_train, cell.y_train)
        cell.trained["dual-tailed"] = log_odds(model, X_train), log_odds(model, X_test)
    before, after = cell.trained["dual-tailed"]
    return before, after


def softened(own: float, weight: float) -> Variant:
    """With the method's network at the weight ``own`` and the calibrated log-odds, soft below 0, at another."""

    def variant(cell: Any) -> np.ndarray:
        values = calibrated(cell, *dual_tailed(cell))
        return summed(cell, network=own * _softened(cell.test.score) + weight * _softened(values))

    return variant


def as_they_are(own: float, weight: float) -> Variant:
    """With the method's network at the weight ``own`` and the log-odds less their unlabelled median at another."""

    def variant(cell: Any) -> np.ndarray:
        before, after = dual_tailed(cell)
        beyond = after - np.median(before[cell.unlabelled])
        return summed(cell, network=own * _softened(cell.test.score) + weight * beyond)

    return variant


#: The scores of WSAD-DT alone order rows as its own decision_function does but for the mean, which is one of log-odds.
DUAL: dict[str, Variant] = {
    "dual-tailed networks alone": lambda cell: dual_tailed(cell)[1],
    "dual-tailed networks in place of the network": softened(0.0, NETWORK_WEIGHT),
    "dual-tailed networks in place, half the weight": softened(0.0, NETWORK_WEIGHT / 2),
    "dual-tailed networks beside, half each": softened(NETWORK_WEIGHT / 2, NETWORK_WEIGHT / 2),
    "dual-tailed networks added, weight 0.5": softened(NETWORK_WEIGHT, 0.5),
    "dual-tailed log-odds in place of the network": as_they_are(0.0, 1.0),
    "dual-tailed log-odds added, weight 0.5": as_they_are(NETWORK_WEIGHT, 0.5),
    "dual-tailed log-odds added, weight 0.25": as_they_are(NETWORK_WEIGHT, 0.25),
}
