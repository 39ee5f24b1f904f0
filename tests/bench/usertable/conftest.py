"""A table of payments as a user has it: an index, dates, text, missing values, and a handful of known frauds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.usertable.model import Model, fit
from bench.usertable.training import Table, load_table

ROWS, FRAUDS = 400, 12


def payments(rows: int = ROWS, frauds: int = FRAUDS, seed: int = 0) -> pd.DataFrame:
    stream = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": np.arange(1, rows + 1),
            "when": pd.date_range("2024-01-01", periods=rows).astype(str),
            "amount": np.round(stream.lognormal(3, 1, rows), 2),
            "country": stream.choice(["DE", "FR", "IT"], rows),
            "abroad": stream.choice([True, False], rows),
            "age": stream.integers(18, 80, rows).astype(float),
            "iban": [f"DE{i * 7919}" for i in range(rows)],
            "bank": "one",
        }
    )
    frame["age again"] = frame.age
    frame.loc[5:9, ["age", "age again"]] = np.nan
    frame.loc[: frauds - 1, "amount"] *= 20
    return frame.assign(fraud=np.where(np.arange(rows) < frauds, "1", ""))


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "my.csv"
    payments().to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    path = tmp_path_factory.mktemp("payments") / "my.csv"
    payments().to_csv(path, index=False)
    return load_table(str(path), "fraud")


@pytest.fixture(scope="session")
def model(table: Table) -> Model:
    return fit(table, "logistic-regression")
