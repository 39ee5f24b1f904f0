"""Which rows each stage may use: the published way (labelled validation) or weak information only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from mnp.quirks import Quirks
from replicas.rows import TrainingRows, pools
from reproducibility.streams import generator

#: Ways to end the joint stage from weak information.
Stopping = Literal["fixed", "held-out", "labelled"]
STOPPINGS = get_args(Stopping)
HELD_OUT_SHARE = 0.1
HELD_OUT_MOST = 1000
PROTOTYPE_ROWS = 1000


@dataclass(frozen=True, eq=False)
class DividedRows:
    """A run's table rows by use.

    Attributes
    ----------
    unlabelled, labelled : rows that training steps draw from
    watched : rows whose reconstruction error stops pre-training
    clustered : rows whose embeddings start the prototypes
    judged, judged_y : rows and labels whose ranking stops the joint stage; empty = fixed budget
    """

    unlabelled: np.ndarray
    labelled: np.ndarray
    watched: np.ndarray
    clustered: np.ndarray
    judged: np.ndarray
    judged_y: np.ndarray


def divided_rows(run: TrainingRows, offset: int, seed: int, quirks: Quirks, stopping: Stopping) -> DividedRows:
    """Divide a run's rows.

    Parameters
    ----------
    run, offset : the run and where its base starts in the table
    seed : int
    quirks : Quirks
        ``labelled_validation`` uses ``run.val`` and ``run.y_val``.
    stopping : {"fixed", "held-out", "labelled"}
        Weak only: what ranks against a tenth of the unlabelled rows, kept from training, to stop the joint stage.
        ``held-out``: a fifth of the labelled anomalies (at least one of two or more), kept from training too;
        ``labelled``: all of them, which training sees as well; ``fixed``: nothing does.

    Raises
    ------
    ValueError
        The published procedure without validation rows of both classes.
    """
    unlabelled, labelled = pools(run, offset)
    if quirks.labelled_validation:
        return _published(run, offset, unlabelled, labelled)
    stream = generator("mnp", "held-out", seed)
    order = stream.permutation(len(unlabelled))
    held = min(int(len(unlabelled) * HELD_OUT_SHARE), HELD_OUT_MOST)
    # sorted by position, not by table row: a run must not notice where its rows lie in the table
    kept = unlabelled[np.sort(order[held:])]
    watched = unlabelled[order[:held]] if held else unlabelled
    clustered = unlabelled[order[:PROTOTYPE_ROWS]]
    mixed = stream.permutation(len(labelled))
    count = {"fixed": 0, "held-out": max(1, len(labelled) // 5), "labelled": len(labelled)}[stopping]
    if count == 0 or held == 0 or (stopping == "held-out" and len(labelled) < 2):
        return DividedRows(kept, labelled, watched, clustered, np.empty(0, np.int64), np.empty(0, np.int8))
    judged = np.concatenate([watched, labelled[mixed[:count]]])
    truth = np.repeat(np.array([0, 1], dtype=np.int8), [len(watched), count])
    trained = labelled if stopping == "labelled" else labelled[np.sort(mixed[count:])]
    return DividedRows(kept, trained, watched, clustered, judged, truth)


def _published(run: TrainingRows, offset: int, unlabelled: np.ndarray, labelled: np.ndarray) -> DividedRows:
    if run.val is None or run.y_val is None:
        raise ValueError(
            "MNP(protocol='paper') stops on a labelled validation split: pass X_val and y_val, "
            "or use protocol='weak', which needs none"
        )
    judged, truth = np.asarray(run.val) + offset, np.asarray(run.y_val)
    normals = judged[truth == 0]
    if len(normals) == 0 or len(normals) == len(judged):
        raise ValueError(
            "the validation split needs both normals and anomalies; pass a larger one or use protocol='weak'"
        )
    return DividedRows(unlabelled, labelled, normals, normals, judged, truth)
