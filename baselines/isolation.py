"""Third-party learners draw from process-wide streams and start threads: fence both, leave no trace."""

from __future__ import annotations

import contextlib
import os
import random
import sys
from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from reproducibility.streams import generator

#: PyOD's torch detectors overwrite it when they are made.
HASH_SEED = "PYTHONHASHSEED"


@contextlib.contextmanager
def isolated(purpose: str, seed: int) -> Iterator[None]:
    """Inside this block the process-wide streams start from (purpose, seed) and there is one thread.

    The streams of random, numpy and torch, the thread counts and ``PYTHONHASHSEED`` are put back at
    the end, also after an error. torch counts when it is imported before the block.

    Parameters
    ----------
    purpose : str
        Names the stream, so that fitting and scoring draw differently.
    seed : int
        The detector's.
    """
    torch = sys.modules.get("torch")
    python_state, numpy_state, hash_seed = random.getstate(), np.random.get_state(), os.environ.get(HASH_SEED)
    torch_state = None if torch is None else (torch.get_rng_state(), torch.get_num_threads())
    shared = int(generator("shared streams", purpose, seed).integers(2**32))
    try:
        random.seed(shared)
        np.random.seed(shared)
        if torch is not None:
            torch.manual_seed(shared)
            torch.set_num_threads(1)
        with threadpool_limits(limits=1):
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        if torch is not None and torch_state is not None:
            torch.set_rng_state(torch_state[0])
            torch.set_num_threads(torch_state[1])
        if hash_seed is None:
            os.environ.pop(HASH_SEED, None)
        else:
            os.environ[HASH_SEED] = hash_seed
