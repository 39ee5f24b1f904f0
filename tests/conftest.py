"""Pins MKL's code path before any test imports torch, as the worker processes do."""

import replicas  # noqa: F401
