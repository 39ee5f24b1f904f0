"""ADBench's own models, run in an environment of their own over files, beside our implementations of them."""

from __future__ import annotations

import os
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from pyod.models.base import BaseDetector
from sklearn.utils.validation import check_is_fitted

from baselines.adbench_environment import missing, python
from replicas.constraints import Constraints, one_of
from replicas.contract import Contract

SCRIPT = Path(__file__).with_name("adbench_script.py")
#: Passed to the other environment: nothing of ours, and no accelerator, which its results would depend on.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
FIXED = {
    "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1", "TF_ENABLE_ONEDNN_OPTS": "0", "MPLBACKEND": "Agg",
}  # fmt: skip


class ADBenchPeer(Contract, BaseDetector):
    """One of ADBench's models as published (PyPI ``adbench`` 0.1.11), min-max scaled on the training rows as there.

    Parameters
    ----------
    model : {"DevNet", "PReNet", "FEAWAD", "REPEN"}
    contamination : float
        PyOD's: share of training rows above ``threshold_``.
    random_state : int

    Notes
    -----
    The model lives in a child process until the detector is forgotten. Two calls are adapted to TensorFlow 2.15, see
    ``adbench_script``. REPEN scores rows together with the training rows, the others row by row.
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "model": one_of("DevNet", "PReNet", "FEAWAD", "REPEN"),
    }

    def __init__(self, model: str = "DevNet", contamination: float = 0.1, random_state: int = 0) -> None:
        super().__init__(contamination=contamination)
        self.model = model
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit on X with y = 1 for labelled anomalies, 0 for unlabelled rows.

        Raises
        ------
        RuntimeError
            There is no environment with ADBench, or its code raised: the message says what.
        """
        array, labels = self._training_rows(X, y)
        low, high = array.min(axis=0), array.max(axis=0)
        self.low_, self.gain_ = low, 1.0 / np.where(high > low, high - low, 1.0)
        self._folder = tempfile.TemporaryDirectory(prefix="adbench-")
        self._process = _start(self.model, self.random_state, Path(self._folder.name))
        weakref.finalize(self, _stop, self._process, self._folder)
        rows = Path(self._folder.name) / "train.npz"
        np.savez(rows, X=self._scaled(array), y=labels.astype(np.int64))
        _ask(self._process, "fit", rows)
        self.decision_scores_ = self._scores(array)
        self._set_n_classes(None)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """The model's anomaly score, (n,)."""
        check_is_fitted(self, "n_features_in_")
        return self._scores(self._rows_to_score(X))

    def _scores(self, array: np.ndarray) -> np.ndarray:
        rows, scores = (Path(self._folder.name) / name for name in ("rows.npy", "scores.npy"))
        np.save(rows, self._scaled(array))
        _ask(self._process, "score", rows, scores)
        values: np.ndarray = np.load(scores, allow_pickle=False)
        return values

    def _scaled(self, array: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray((array - self.low_) * self.gain_, dtype=np.float32)


def _start(model: str, seed: int, folder: Path) -> subprocess.Popen[str]:
    program = python()
    if program is None:
        raise RuntimeError(missing())
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | FIXED
    with (folder / "said.txt").open("w") as said:  # ADBench prints; models go to the folder it runs in
        return subprocess.Popen(
            [str(program), str(SCRIPT), model, str(seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, cwd=folder, env=environment,
        )  # fmt: skip


def _ask(process: subprocess.Popen[str], *words: object) -> None:
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write("\t".join(map(str, words)) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline().strip()
    except BrokenPipeError:
        answer = ""
    if answer != "ok":
        raise RuntimeError(f"ADBench could not {words[0]}: {answer or 'its process ended'}")


def _stop(process: subprocess.Popen[str], folder: tempfile.TemporaryDirectory[str]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    folder.cleanup()
