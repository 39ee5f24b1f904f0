"""Multi-normal prototypes (MNP) for weakly supervised anomaly detection (Dong et al. 2024), and MNP+.

``from mnp import MNP, MNPPlus``; a class is loaded on first use, so that reading the cards stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import replicas  # noqa: F401  (pins MKL's code path before torch is imported)

if TYPE_CHECKING:
    from mnp.estimator import MNP
    from mnp.plus import MNPPlus

__all__ = ["MNP", "MNPPlus"]


def __getattr__(name: str) -> Any:
    if name == "MNP":
        from mnp.estimator import MNP

        return MNP
    if name == "MNPPlus":
        from mnp.plus import MNPPlus

        return MNPPlus
    raise AttributeError(f"module 'mnp' has no attribute {name!r}")
