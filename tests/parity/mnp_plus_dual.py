"""Changes to MNP+ whose network is, or has beside it, the networks of WSAD-DT, its nearest rival on ADBench's report half."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from baselines.wsad_dt import CHUNK, WSADDT, embedded
from baselines.wsad_dt_loss import squared, student
from mnp.plus_evidence import _softened
from tests.parity.mnp_plus_networks import calibrated
from tests.parity.mnp_plus_variants import NETWORK_WEIGHT, Variant, summed


def log_odds(model: WSADDT, X: np.ndarray) -> np.ndarray:
    """Mean over a fitted model's networks of ln(t_a / t_n), (n,): its score, a share, without the bounds 0 and 1."""
    with torch.no_grad():
        values = [
            (student(squared(embedding, model.abnormal_)).log() - student(squared(embedding, model.normal_)).log())
            for embedding in (embedded(model.weights_, rows) for rows in torch.split(model._scaled(X), CHUNK))
        ]
    odds: np.ndarray = torch.cat([value.mean(dim=0) for value in values]).double().numpy()
    return odds


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
