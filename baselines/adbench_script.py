"""Runs in ADBench's own environment, not in ours: fits one of its models on rows from a file, scores rows from a file.

``python adbench_script.py MODEL SEED``, then lines on standard input: ``fit FILE.npz`` (X, y) and ``score FILE.npy
OUT.npy``; each is answered by ``ok`` or ``error: ...`` on the last line of standard output. Imports nothing of ours.

ADBench is used as published (PyPI 0.1.11). Its code was written for TensorFlow 1 and 2.8; with 2.15, the oldest for
Python 3.11, two calls have another meaning, so two arguments are put into the form that TensorFlow 2.15 understands:
REPEN's batches come as tuples instead of lists, and Adam is the optimiser of that time (``optimizers.legacy``).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Any

MODELS = ("DevNet", "PReNet", "FEAWAD", "REPEN")


def old_tensorflow(name: str) -> None:
    """Give TensorFlow 2.15 the forms that ADBench's code expects."""
    import tensorflow as tf

    tf.keras.optimizers.Adam = tf.keras.optimizers.legacy.Adam
    import keras

    keras.optimizers.Adam = tf.keras.optimizers.legacy.Adam
    if name == "REPEN":
        from adbench.baseline.REPEN.model import Trainer

        lists = Trainer.batch_generator

        def tuples(self: Any, *arguments: Any) -> Any:
            for inputs, _ in lists(self, *arguments):
                yield (tuple(inputs),)

        Trainer.batch_generator = tuples


def load(name: str, seed: int) -> Any:
    """An unfitted model of ADBench."""
    old_tensorflow(name)
    module = importlib.import_module("adbench.baseline." + name + ".run")
    return getattr(module, name)(seed=seed)


def main() -> None:
    """Answer lines until there are no more."""
    import numpy as np

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    answers = sys.stdout
    name, seed = sys.argv[1], int(sys.argv[2])
    with contextlib.redirect_stdout(sys.stderr):  # progress bars are not answers
        model = load(name, seed)
        for line in sys.stdin:
            words = line.rstrip("\n").split("\t")
            try:
                if words[0] == "fit":
                    with np.load(words[1], allow_pickle=False) as rows:
                        model.fit(rows["X"], rows["y"])
                else:
                    scores = model.predict_score(np.load(words[1], allow_pickle=False))
                    np.save(words[2], np.asarray(scores, dtype=np.float64).reshape(-1))
                answer = "ok"
            except Exception as error:
                answer = f"error: {type(error).__name__}: {error}".split("\n")[0]
            answers.write(answer + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
