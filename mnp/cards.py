"""The cards of this package's methods, read from methods.toml: plain data, no torch."""

from __future__ import annotations

import tomllib
from importlib.resources import files

CARDS = tomllib.loads(files(__package__).joinpath("methods.toml").read_text(encoding="utf-8"))
