"""Values as JSON and TOML give and take them."""

from __future__ import annotations

import json
from typing import Any


def json_text(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def hashable(value: Any) -> Any:
    """A value as JSON or TOML gives it, hashable: a list becomes a tuple."""
    return tuple(value) if isinstance(value, list) else value
