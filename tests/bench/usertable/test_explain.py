"""Explanations on tables where the cause was planted: a wild value, a broken relation, a category, and nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.app.score import score_file
from bench.usertable.explain import explain, shown
from bench.usertable.folder import save
from bench.usertable.model import Model, fit
from bench.usertable.schema import Column
from bench.usertable.stream import Budget
from bench.usertable.training import Table, load_table

METHODS = ("iforest", "pu-bagging", "mnp-plus", "knn")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """Column b follows a; c and d are on their own; e is a category. Labelled rows have c far out."""
    stream = np.random.default_rng(1)
    a = stream.normal(size=600)
    frame = pd.DataFrame({"a": a, "b": a + 0.1 * stream.normal(size=600), "c": stream.normal(size=600),
                          "d": stream.normal(size=600), "e": stream.choice(["x", "y", "z"], 600)})  # fmt: skip
    frame.loc[:9, "c"] = 9 + stream.normal(size=10)
    path = tmp_path_factory.mktemp("planted") / "t.csv"
    frame.assign(fraud=(np.arange(600) < 10).astype(int)).to_csv(path, index=False)
    return load_table(str(path), "fraud")


@pytest.fixture(scope="module", params=METHODS)
def fitted(request: pytest.FixtureRequest, planted: Table) -> Model:
    return fit(planted, request.param)


def test_a_wild_value_is_named_first(fitted: Model, planted: Table) -> None:
    rows = planted.X.to_numpy(dtype=np.float64)
    for row in rows[:3]:
        first = explain(fitted, row)[0]
        assert first.column == "c" and first.score_after < first.score_before
        assert float(first.value) == pytest.approx(row[2], rel=1e-5)
        low, high = (float(end) for end in first.usual.split(" to "))
        assert (low, high) == pytest.approx(np.quantile(rows[10:, 2], (0.05, 0.95)), rel=1e-5)


def test_two_causes_are_both_named(planted: Table) -> None:
    """Nobody has labelled such a row: a detector without labels sees it."""
    model = fit(planted, "knn")
    row = np.zeros(len(planted.X.columns))
    row[[2, 3, 4]] = -7.0, -8.0, 1.0
    causes = explain(model, row)
    assert {cause.column for cause in causes[:2]} == {"c", "d"}
    assert causes[1].score_before == causes[0].score_after


def test_a_broken_relation_is_found(planted: Table) -> None:
    """a = 1.5 and b = -1.5 are usual each, but not together: the neighbours are near in all other columns."""
    model = fit(planted, "knn")
    row = np.zeros(len(planted.X.columns))
    row[[0, 1, 4]] = 1.5, -1.5, 1.0
    causes = explain(model, row)
    assert causes[0].column in ("a", "b")
    assert len(causes) == 1 or causes[1].column not in ("c", "d")


def test_a_usual_row_has_no_cause(fitted: Model) -> None:
    scores = fitted.detector.decision_function(fitted.usual_rows)
    assert explain(fitted, fitted.usual_rows[int(np.argmin(scores))]) == ()


def test_mnp_plus_tells_its_prototype(planted: Table) -> None:
    model = fit(planted, "mnp-plus")
    first = explain(model, planted.X.to_numpy(dtype=np.float64)[0])[0]
    assert abs(float(first.prototype)) < 3


def test_values_are_shown_as_their_user_writes_them() -> None:
    category = Column("e", "category", ("", "x", "y"))
    assert shown(category, np.array([0.0, 0.0, 1.0])) == "y"
    assert shown(category, np.array([1.0, 0.0, 0.0])) == "missing"
    assert shown(category, np.zeros(3)) == "a value the model does not know"
    assert shown(Column("f", "boolean"), np.array([1.0])) == "true"


def test_explanations_lie_beside_the_scores(planted: Table, tmp_path: Path) -> None:
    save(fit(planted, "pu-bagging"), tmp_path / "m")
    frame = planted.X.iloc[:, :4].assign(e="x")
    frame.to_csv(tmp_path / "new.csv", index=False)
    told: list[str] = []
    score_file(
        str(tmp_path / "m"), str(tmp_path / "new.csv"), str(tmp_path / "s.csv"), Budget(alerts=3), None, told.append, 3
    )
    table = pd.read_csv(tmp_path / "s.explained.csv")
    assert set(table["rank"]) == {1, 2, 3} and (table[table["order"] == 1]["column"] == "c").all()
    assert (table["row"] <= 10).all()
    assert sum(line.startswith("row ") for line in told) == 3
