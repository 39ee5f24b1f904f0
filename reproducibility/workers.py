"""The environment of a process that computes; apart from what methods import, so that no fingerprint depends on it."""

from __future__ import annotations

from collections.abc import Mapping

from reproducibility.environment import ALLOCATION_ENVIRONMENT, EXACT_ENVIRONMENT

#: Environment of every process that computes. A fixed hash seed keeps the order of sets of text.
WORKER_ENVIRONMENT: Mapping[str, str] = {
    **EXACT_ENVIRONMENT,
    **ALLOCATION_ENVIRONMENT,
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
