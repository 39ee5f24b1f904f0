"""TabM (Gorishniy, Kotelnikov, Babenko, ICLR 2025): an efficient ensemble of networks, as a detector."""

from __future__ import annotations

from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pyod.models.base import BaseDetector
from sklearn.preprocessing import QuantileTransformer
from sklearn.utils.validation import check_is_fitted
from torch.nn.functional import binary_cross_entropy_with_logits

from baselines.isolation import isolated
from baselines.supervised import checked
from replicas.constraints import COUNT, NOT_NEGATIVE, POSITIVE, Constraints, Interval, at_least
from replicas.contract import Contract
from reproducibility.streams import generator

#: Rows that are scored at a time.
CHUNK = 1024


class TabM(Contract, BaseDetector):
    """k networks that share most of their weights classify labelled anomalies against unlabelled rows.

    Loss: mean over the networks of the binary cross-entropy; each batch is half unlabelled rows, half labelled
    anomalies. Score: mean over the networks of P(labelled | x).

    Parameters
    ----------
    k : int
        Networks.
    n_blocks, d_block : int
        Hidden ReLU layers and their width.
    dropout : float
    steps, batch_size : int
        Unlabelled rows pass one after the other, half a batch at a time, for so many batches; of labelled anomalies
        each passes once a batch, weighed to the other half (a random half batch of them where there are more).
    lr, weight_decay : float
        AdamW's.
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    Source: the authors' package ``tabm`` (the network) and its example (quantile-normal inputs, AdamW, loss of the
    single predictions). Deviations: a fixed number of steps, as no labelled rows are there to stop by; balanced
    batches; 16 networks of two layers of 128 (authors: 32 of three of 512) for the processor; no embeddings.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "k": COUNT,
        "n_blocks": COUNT,
        "d_block": COUNT,
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "steps": COUNT,
        "batch_size": at_least(2),
        "lr": POSITIVE,
        "weight_decay": NOT_NEGATIVE,
    }

    def __init__(
        self,
        k: int = 16,
        n_blocks: int = 2,
        d_block: int = 128,
        dropout: float = 0.1,
        steps: int = 300,
        batch_size: int = 256,
        lr: float = 2e-3,
        weight_decay: float = 3e-4,
        contamination: float = 0.1,
        random_state: int = 0,
    ) -> None:
        super().__init__(contamination=contamination)
        self.k = k
        self.n_blocks = n_blocks
        self.d_block = d_block
        self.dropout = dropout
        self.steps = steps
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows.

        Raises
        ------
        ValueError
            Unfit data, only one class in y, or a parameter out of its range.
        """
        from tabm import TabM as Network

        array, target = checked(self, X, y)
        rows = len(array)
        self.transformer_ = QuantileTransformer(
            n_quantiles=min(rows, max(min(rows // 30, 1000), 10)),
            output_distribution="normal",
            subsample=max(rows, 10_000),
            random_state=self.random_state,
        ).fit(array)
        with isolated("fit", self.random_state):
            self.network_ = Network.make(
                n_num_features=array.shape[1], d_out=1, k=self.k, n_blocks=self.n_blocks, d_block=self.d_block,
                dropout=self.dropout,
            )  # fmt: skip
            self._train(self._inputs(array), target)
            self.decision_scores_ = self._scores(array)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Mean P(labelled | x) of the networks, (n,) float64."""
        check_is_fitted(self, "network_")
        array = self._rows_to_score(X)
        with isolated("score", self.random_state):
            return self._scores(array)

    def _inputs(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(self.transformer_.transform(array), dtype=np.float32))

    def _train(self, rows: torch.Tensor, target: np.ndarray) -> None:
        labelled, unlabelled = np.flatnonzero(target == 1), np.flatnonzero(target == 0)
        batches = balanced(
            generator("tabm", "batches", self.random_state), labelled, unlabelled, self.steps, self.batch_size // 2
        )
        optimiser = torch.optim.AdamW(
            self.network_.parameters(), lr=self.lr, weight_decay=self.weight_decay, fused=True
        )
        self.network_.train()
        for first, second in batches:
            truth = torch.cat([torch.zeros(len(first)), torch.ones(len(second))])
            weight = torch.cat([torch.full((len(part),), 0.5 / len(part)) for part in (first, second)])
            output = self.network_(rows[np.concatenate([first, second])])[..., 0]
            losses = binary_cross_entropy_with_logits(output, truth[:, None].expand_as(output), reduction="none")
            optimiser.zero_grad()
            torch.autograd.backward((losses.mean(dim=1) * weight).sum())
            optimiser.step()
        self.network_.eval()

    def _scores(self, array: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            shares = [
                torch.sigmoid(self.network_(part)[..., 0]).mean(dim=1)
                for part in torch.split(self._inputs(array), CHUNK)
            ]
        return torch.cat(shares).numpy().astype(np.float64)


def balanced(
    stream: np.random.Generator, labelled: np.ndarray, unlabelled: np.ndarray, steps: int, half: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(unlabelled, labelled) rows of each batch: passes through the unlabelled rows, and at most ``half`` labelled."""
    passes = -(-steps * half // len(unlabelled))
    order = np.concatenate([stream.permutation(unlabelled) for _ in range(passes)])
    few = len(labelled) <= half
    return [
        (order[step * half : (step + 1) * half], labelled if few else stream.choice(labelled, half, replace=False))
        for step in range(steps)
    ]
