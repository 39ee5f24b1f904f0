"""Scores of new rows: columns by name, everything odd told before, alerts by budget, blocks that change no score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.datasets.layout import layout_of
from bench.errors import ConfigError, DataError, UnknownName
from bench.usertable.incoming import Incoming, check
from bench.usertable.model import Model
from bench.usertable.stream import Budget, Scored, score, write
from bench.usertable.training import Table
from tests.bench.usertable.conftest import payments


def incoming(frame: pd.DataFrame, model: Model, folder: Path, id_column: str | None = None) -> Incoming:
    path = folder / "new.csv"
    frame.to_csv(path, index=False)
    return check(path, layout_of(path), model.schema, id_column)


def scored(frame: pd.DataFrame, model: Model, folder: Path, budget: Budget | None = None) -> Scored:
    return score(model, incoming(frame, model, folder), budget)


def test_scores_are_those_of_the_detector(model: Model, table: Table, tmp_path: Path) -> None:
    expected = model.detector.decision_function(table.X)
    assert np.array_equal(scored(payments(), model, tmp_path).scores, expected)
    shuffled = payments()[["fraud", "age", "country", "iban", "amount", "abroad"]]
    assert np.array_equal(scored(shuffled, model, tmp_path).scores, expected)


def test_blocks_change_no_score(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the last digits of single precision, in which these features are: BLAS adds few rows in another order."""
    last_digits = 8 * float(np.finfo(np.float32).eps)
    whole = scored(payments(), model, tmp_path).scores
    monkeypatch.setattr("bench.datasets.blocks.BLOCK_BYTES", 3000)
    monkeypatch.setattr("bench.usertable.stream.ROWS", 7)
    done = score(model, incoming(payments(), model, tmp_path), keep=3)
    assert np.allclose(done.scores, whole, rtol=last_digits, atol=0)
    assert np.array_equal(done.first, np.argsort(-done.scores, kind="stable")[:3])
    path = tmp_path / "new.parquet"
    payments().to_parquet(path)
    typed = check(path, layout_of(path), model.schema)
    assert np.allclose(score(model, typed).scores, whole, rtol=last_digits, atol=0)


def test_missing_and_renamed_columns_are_told_at_once(model: Model, tmp_path: Path) -> None:
    frame = payments().rename(columns={"amount": "Amount", "age": "years"}).drop(columns="age again")
    with pytest.raises(DataError, match=r"lacks 'amount' \(renamed to 'Amount'\?\), 'age', on which"):
        incoming(frame, model, tmp_path)


def test_text_in_numbers_is_told_with_its_row(model: Model, tmp_path: Path) -> None:
    frame = payments().astype({"amount": object, "age": object})
    frame.loc[[3, 5], "amount"] = "free"
    frame.loc[8, "age"] = "old"
    with pytest.raises(DataError, match=r"'amount' \('free' in row 4 and 1 more rows\), 'age' \('old' in row 9\)"):
        incoming(frame, model, tmp_path)


def test_dates_in_the_place_of_numbers_are_told(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "new.parquet"
    payments().assign(age=pd.Timestamp("2024-01-01")).to_parquet(path)
    with pytest.raises(DataError, match="'age' holds timestamp"):
        check(path, layout_of(path), model.schema)


def test_new_columns_categories_and_missing_values_are_told(model: Model, tmp_path: Path) -> None:
    frame = payments().assign(shop="A")
    frame.loc[:2, "country"] = "ES"
    frame.loc[3, "country"] = None
    told = incoming(frame, model, tmp_path).notes
    assert told[0] == "not used, as the model does not know them: 'shop'"
    assert "'country' has categories that the model does not know, in 4 of 400 rows: 'ES', a missing one" in told[1]
    assert "'age' is missing or infinite in 5 of 400 rows, replaced by the training rows' median" in told[2]
    row = score(model, incoming(frame, model, tmp_path), keep=400)
    assert (row.rows[np.argsort(row.first)][:4, 1:4] == 0).all()


def test_alerts_by_number_by_share_and_by_threshold(model: Model, tmp_path: Path) -> None:
    for budget, alerts in ((Budget(alerts=7), 7), (Budget(alert_rate=0.011), 5), (Budget(alerts=1000), 400)):
        done = scored(payments(), model, tmp_path, budget)
        assert done.alert.sum() == alerts and done.rank[done.alert].max() == alerts
    done = scored(payments(), model, tmp_path)
    assert np.array_equal(done.alert, done.scores > model.threshold)
    assert (done.alert[12:].mean()) <= model.alert_rate


def test_equal_scores_rank_in_the_files_order(model: Model, tmp_path: Path) -> None:
    twice = pd.concat([payments()[:50]] * 2)
    done = scored(twice, model, tmp_path)
    assert sorted(done.rank) == list(range(1, 101))
    assert (done.rank[:50] < done.rank[50:]).all()


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({"alerts": 1, "alert_rate": 0.1}, "give one"),
        ({"alerts": 0}, "1 or more"),
        ({"alert_rate": 1.5}, "between 0 and 1"),
    ],
)
def test_a_budget_that_is_none_is_refused(budget: dict[str, float], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Budget(**budget)  # type: ignore[arg-type]


def test_the_id_column_is_carried_along(model: Model, tmp_path: Path) -> None:
    done = score(model, incoming(payments(), model, tmp_path, "iban"), Budget(alerts=2), "iban")
    write(done, tmp_path / "out" / "scores.csv", "iban")
    write(done, tmp_path / "scores.parquet", "iban")
    frame = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert list(frame.columns) == ["row", "iban", "score", "rank", "alert"]
    assert list(frame["iban"]) == list(payments()["iban"]) and frame["alert"].sum() == 2
    assert np.array_equal(frame["score"], done.scores)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "scores.parquet"), frame, check_dtype=False)
    with pytest.raises(UnknownName, match="ibna"):
        incoming(payments(), model, tmp_path, "ibna")
