"""What must be set before torch is imported so that small products give the same bits everywhere.

MKL's small matrix products choose a code path by the memory alignment of each slice, which makes a
replica's last bit depend on its position in the group; ``MKL_CBWR=AVX2,STRICT`` pins one path.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Mapping

EXACT_ENVIRONMENT: Mapping[str, str] = {
    "MKL_CBWR": "AVX2,STRICT",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}

#: A step's tensors are large and live for microseconds: memory comes in huge pages and is kept for the next step,
#: instead of being handed back and mapped anew. Read by the C library (glibc >= 2.35) at a process's start; no bit of
#: a result depends on it.
ALLOCATION_ENVIRONMENT: Mapping[str, str] = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=134217728"
    ":glibc.malloc.trim_threshold=536870912:glibc.malloc.top_pad=67108864",
}


class ExactnessWarning(UserWarning):
    """torch was imported before MKL's code path was pinned: last bits may depend on the group."""


def prepare() -> None:
    """Pin MKL's code path for this process, or warn that it is too late.

    Called when ``replicas`` is imported; worker processes get EXACT_ENVIRONMENT from their parent.
    """
    if "MKL_CBWR" in os.environ:
        return
    if "torch" in sys.modules:
        warnings.warn(
            "torch was imported before MKL_CBWR was set, so scores may differ in the last bit between groups; "
            "set MKL_CBWR=AVX2,STRICT in the environment, or import mnp/baselines before torch",
            ExactnessWarning,
            stacklevel=3,
        )
        return
    os.environ["MKL_CBWR"] = EXACT_ENVIRONMENT["MKL_CBWR"]


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Run torch and the BLAS/OpenMP pools on one thread inside this block, then restore them.

    Threads split element-wise loops at places that depend on the tensor's size, hence on the group.
    Numbers below 1.2e-38 count as 0 here: trained networks square differences of 1e-20, and the processor takes
    a hundred times as long for such numbers, whose sums nobody can see.
    """
    import torch
    from threadpoolctl import threadpool_limits

    before, flushed = torch.get_num_threads(), _flushes_subnormals()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        torch.set_flush_denormal(flushed)
        torch.set_num_threads(before)


def _flushes_subnormals() -> bool:
    """Whether this thread rounds subnormal results to 0 already (torch has no question for it)."""
    import torch

    return bool(torch.tensor(2e-38).mul(0.1) == 0)
