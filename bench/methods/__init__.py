"""Methods: the registry of cards, the parameters a detector takes, the fingerprint of its code.

``create`` and ``get`` are what other rooms and users call; no torch or pyod is imported before a detector is made.
"""

from bench.methods.fingerprint import source_hash
from bench.methods.registry import GROUP, MethodWarning, create, get, highlighted, missing, ours, specs

__all__ = ["GROUP", "MethodWarning", "create", "get", "highlighted", "missing", "ours", "source_hash", "specs"]
