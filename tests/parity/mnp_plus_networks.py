"""Score networks that MNP+'s could be: other losses, members on draws of their own, pseudo-anomalies, less training.

The loss is a function of the outputs' slopes, so that the engine of the method itself trains them; streams have the
method's names, so that a change is compared on equal batches where it leaves them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mnp.plus_network import EPOCHS, NETWORK, FallingAdam, _kept, layout, output
from replicas.backpropagation import backward, forward
from replicas.rows import Table
from replicas.sampling import with_replacement, without_replacement
from replicas.training import Context, Stage, Step, each, train
from reproducibility.streams import generator

#: Slopes of a loss in the outputs of a batch's unlabelled and labelled rows, (members, rows) each.
Slopes = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
TARGET, L2, LR, BATCH, FEW = 4.0, 0.01, 3e-3, 192, 48


@dataclass(frozen=True)
class Network:
    """How a trial network is trained.

    Attributes
    ----------
    slopes : Slopes
    members, steps, hidden, trimmed : as in ``MNPPlus``
    pool : unlabelled rows that each member draws once and learns from; None = all
    mixed : share of a batch's labelled rows replaced by pseudo-anomalies, NNG-Mix within a normal mode
    lr : Adam's first rate
    """

    slopes: Slopes
    members: int = 4
    steps: int = 600
    hidden: int = 20
    trimmed: float = 0.05
    pool: int | None = None
    mixed: float = 0.0
    lr: float = LR


def absolute(near: torch.Tensor, far: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """mean |f_U| + mean |f_A - 4|: the method's own."""
    return near.sign(), (far - TARGET).sign()


def deviation(near: torch.Tensor, far: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """mean |f_U| + mean max(0, 4 - f_A): the deviation loss (Pang et al. 2019), labelled rows free above the margin."""
    return near.sign(), -(far < TARGET).to(far.dtype)


def logistic(near: torch.Tensor, far: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Balanced cross-entropy."""
    return torch.sigmoid(near), torch.sigmoid(far) - 1.0


def non_negative(prior: float) -> Slopes:
    """Non-negative PU risk (Kiryo et al. 2017) with the logistic loss and so large a share of anomalies.

    Risks are divided by the prior, so that labelled rows have weight 1 as in the other losses.
    """

    def slopes(near: torch.Tensor, far: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        softplus = torch.nn.functional.softplus
        negative = softplus(near).mean(dim=1, keepdim=True) - prior * softplus(far).mean(dim=1, keepdim=True)
        sign = torch.where(negative >= 0, 1.0, -1.0)
        # where the negative risk is below 0 only it is corrected, upwards
        labelled = torch.where(negative >= 0, torch.sigmoid(far) - 1.0, torch.zeros_like(far))
        return sign * torch.sigmoid(near) / prior, labelled - sign * torch.sigmoid(far)

    return slopes


def pairwise(near: torch.Tensor, far: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """mean over pairs of ln(1 + exp(f_U - f_A)): the area under the ROC curve, smoothed."""
    wrong = torch.sigmoid(near.unsqueeze(2) - far.unsqueeze(1))
    return wrong.mean(dim=2), -wrong.mean(dim=1)


def scores(cell: Any, network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Train on a cell's rows: the mean outputs of its training and of its test rows."""
    v, asked = cell.inputs
    members = range(network.members)
    streams = [generator("mnp-plus", "batches", cell.seed, member) for member in members]
    pools = [_pool(cell, network, member) for member in members]
    pseudo, anomalies = _anomalies(cell, v, network)
    table = Table(torch.from_numpy(np.concatenate([v, pseudo])), (0,))
    cut = int(network.trimmed * BATCH)
    mixed = round(network.mixed * FEW)

    def draw(member: int, steps: int) -> tuple[np.ndarray, ...]:
        rows = pools[member]
        first = rows[with_replacement(streams[member], len(rows), steps, BATCH)]
        second = cell.labelled[with_replacement(streams[member], len(cell.labelled), steps, FEW - mixed)]
        columns = [first, second]
        if mixed:
            columns.append(anomalies[with_replacement(streams[member], len(anomalies), steps, mixed)])
        return (np.concatenate(columns, axis=1),)

    def gradient(p: Mapping[str, torch.Tensor], drawn: tuple[torch.Tensor, ...], context: Context) -> Step:
        trace = forward(p, NETWORK, table.gather(drawn[0]))
        values = trace.output[..., 0]
        near, far = values[:, :BATCH], values[:, BATCH:]
        slopes = network.slopes(near, far)
        weights = _kept(near, cut, context["progress"])
        slope = torch.cat([slopes[0] * weights / BATCH, slopes[1] / FEW], dim=1)
        gradients = backward(p, NETWORK, trace, slope[..., None])
        gradients["hidden.weight"].add_(p["hidden.weight"], alpha=2.0 * L2)
        return torch.zeros(len(values)), torch.zeros(len(values), 1), gradients

    def after_epoch(context: Context, terms: torch.Tensor) -> None:
        context["progress"] += 1.0 / EPOCHS

    steps = network.steps // EPOCHS
    stage = Stage(
        layout=layout(v.shape[1], network.hidden), gradient=gradient, draw=each(draw),
        optimiser=FallingAdam(network.lr, EPOCHS * steps), epochs=EPOCHS, steps=steps, after_epoch=after_epoch,
    )  # fmt: skip
    start = stage.layout.start([generator("mnp-plus", "weights", cell.seed, member) for member in members])
    with torch.inference_mode():
        trained = stage.layout.unpack(train(stage, start, {"progress": torch.zeros(network.members, 1)}).flat)
        p = {name: torch.from_numpy(np.asarray(value)) for name, value in trained.items()}
        outputs = [
            output(p, torch.from_numpy(rows).expand(network.members, *rows.shape)).mean(dim=0).double().numpy()
            for rows in (v, asked)
        ]
    return outputs[0], outputs[1]


def calibrated(cell: Any, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Outputs of test rows, shifted and scaled to 0 at the unlabelled training median and 4 at the labelled mean."""
    middle = float(np.median(before[cell.unlabelled]))
    reach = float(before[cell.labelled].mean()) - middle
    return np.asarray((after - middle) * (TARGET / max(reach, 1e-6)))


def _pool(cell: Any, network: Network, member: int) -> np.ndarray:
    rows = cell.unlabelled
    if network.pool is None or network.pool >= len(rows):
        return np.asarray(rows)
    stream = generator("mnp-plus", "trial pools", cell.seed, member)
    return np.asarray(rows[without_replacement(stream, len(rows), 1, network.pool)[0]])


def _anomalies(cell: Any, v: np.ndarray, network: Network) -> tuple[np.ndarray, np.ndarray]:
    """512 pseudo-anomalies, and their rows behind v: a labelled row, moved towards an unlabelled one of its mode.

    NNG-Mix (Dong et al. 2023) mixes with near neighbours and adds Gaussian noise; here the neighbours are the rows of
    the normal mode that is nearest to the labelled row.
    """
    if not network.mixed:
        return np.empty((0, v.shape[1]), dtype=np.float32), np.empty(0, dtype=np.int64)
    stream, count = generator("mnp-plus", "trial pseudo-anomalies", cell.seed), 512
    modes = cell.train.closest
    chosen = cell.labelled[stream.integers(len(cell.labelled), size=count)]
    partner = np.empty(count, dtype=np.int64)
    for mode in np.unique(modes[chosen]):
        asked = np.flatnonzero(modes[chosen] == mode)
        rows = cell.unlabelled[modes[cell.unlabelled] == mode]
        rows = rows if len(rows) else cell.unlabelled
        partner[asked] = rows[stream.integers(len(rows), size=len(asked))]
    share = stream.uniform(0.0, 0.5, size=(count, 1))
    made = (1.0 - share) * v[chosen] + share * v[partner] + 0.01 * stream.standard_normal((count, v.shape[1]))
    return made.astype(np.float32), np.arange(len(v), len(v) + count)
