"""Where every random stream of the project is made: a generator from named axes.

A stream is named by what it is for (``generator("split", dataset_sha256, seed)``), never by when it
is drawn, so results do not depend on the order of work, on companions in a group, or on a code hash.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np


def generator(*axes: str | int | float | None) -> np.random.Generator:
    """Make the numpy generator that belongs to these axes.

    Parameters
    ----------
    *axes : str, int, float or None
        The name of the stream: its purpose first, then what it depends on.

    Returns
    -------
    numpy.random.Generator
        PCG64, seeded with the sha256 of the axes' JSON text; equal axes give equal streams, on
        every machine.

    Raises
    ------
    TypeError
        An axis is not a plain JSON scalar (a numpy integer must be converted by its owner).
    """
    for axis in axes:
        if not (axis is None or type(axis) in (str, int, float)):
            raise TypeError(f"a stream's axis must be str, int, float or None, got {type(axis).__name__}: {axis!r}")
    text = json.dumps(axes, separators=(",", ":"), ensure_ascii=True)
    digest = hashlib.sha256(text.encode()).digest()
    words = np.frombuffer(digest, dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))
