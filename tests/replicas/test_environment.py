"""The environment that makes products exact and large tensors cheap is the same everywhere it is written."""

from __future__ import annotations

import ast
from pathlib import Path

from reproducibility.environment import ALLOCATION_ENVIRONMENT, EXACT_ENVIRONMENT


def test_nox_sets_what_workers_get() -> None:
    program = ast.parse((Path(__file__).parents[2] / "noxfile.py").read_text(encoding="utf-8"))
    (exact,) = (
        ast.literal_eval(line.value)
        for line in program.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "EXACT"
    )
    assert exact == {**EXACT_ENVIRONMENT, **ALLOCATION_ENVIRONMENT}
