"""Results do not depend on the number of workers, the order of tasks or the width of replica groups."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench import methods
from bench.execution.pool import run
from bench.store import Store, read
from bench.types import Cell, Scenario, Task
from tests.bench.toys import cells, context
from tests.brief import BRIEF


def grid(name: str) -> list[Cell]:
    levels = (Scenario(contamination=0.0), Scenario(contamination=0.02))
    return [cell for scenario in levels for cell in cells(name, range(4), scenario, **BRIEF[name])]


def results(folder: Path, width: int, jobs: int) -> pd.DataFrame:
    tasks = [Task(tuple(grid(name)[i : i + width]), 1, 1) for name in BRIEF for i in range(0, 8, width)]
    random.Random(width + jobs).shuffle(tasks)
    with Store(folder) as store:
        run(tasks, context(seconds=120), store, jobs)
    return read(folder, scores=True).sort_values(["method", "cell"], ignore_index=True)


def check(frame: pd.DataFrame, other: pd.DataFrame) -> None:
    assert frame["status"].eq("ok").all() and other["status"].eq("ok").all(), frame["error"].tolist()
    assert frame["cell"].tolist() == other["cell"].tolist() and len(frame) == 8 * len(BRIEF)
    assert frame["average_precision"].tolist() == other["average_precision"].tolist()
    wrong = [
        m for m, a, b in zip(frame["method"], frame["scores"], other["scores"], strict=True) if not np.array_equal(a, b)
    ]
    assert wrong == []


@pytest.fixture(scope="module")
def in_groups_of_eight(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return results(tmp_path_factory.mktemp("eight"), width=8, jobs=1)


def test_every_replicated_method_is_tried() -> None:
    weak = {name for name, spec in methods.specs().items() if spec.replicated and "weak" in spec.protocols}
    assert weak == set(BRIEF)


def test_two_workers_and_other_groups_give_the_same_bits(tmp_path: Path, in_groups_of_eight: Any) -> None:
    check(results(tmp_path, width=3, jobs=2), in_groups_of_eight)


@pytest.mark.slow
def test_four_workers_and_cells_alone_give_the_same_bits(tmp_path: Path, in_groups_of_eight: Any) -> None:
    check(results(tmp_path, width=1, jobs=4), in_groups_of_eight)
