"""Explanations on tables where the cause was planted: a wild value, a broken relation, a category, and nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.app.score import score_file
from bench.usertable.explain import explain_row, sentence
from bench.usertable.folder import save
from bench.usertable.model import Model, fit
from bench.usertable.own_words import closest_prototype, reconstruction, reconstruction_sentence, residuals
from bench.usertable.schema import Column
from bench.usertable.stream import Budget
from bench.usertable.training import Table, load_table
from tests.present import present

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
        first = explain_row(fitted, row).causes[0]
        assert first.column == "c" and first.score_after < first.score_before
        assert float(first.value) == pytest.approx(row[2], rel=1e-5)
        low, high = (float(end) for end in first.usual.split(" to "))
        assert (low, high) == pytest.approx(np.quantile(rows[10:, 2], (0.05, 0.95)), rel=1e-5)


def test_two_causes_are_both_named(planted: Table) -> None:
    """Nobody has labelled such a row: a detector without labels sees it."""
    model = fit(planted, "knn")
    row = np.zeros(len(planted.X.columns))
    row[[2, 3, 4]] = -7.0, -8.0, 1.0
    causes = explain_row(model, row).causes
    assert {cause.column for cause in causes[:2]} == {"c", "d"}
    assert causes[1].score_before == causes[0].score_after


def test_a_broken_relation_is_found(planted: Table) -> None:
    """a = 1.5 and b = -1.5 are usual each, but not together: the neighbours are near in all other columns."""
    model = fit(planted, "knn")
    row = np.zeros(len(planted.X.columns))
    row[[0, 1, 4]] = 1.5, -1.5, 1.0
    causes = explain_row(model, row).causes
    assert causes[0].column in ("a", "b")
    assert len(causes) == 1 or causes[1].column not in ("c", "d")


def test_a_usual_row_has_no_cause(fitted: Model) -> None:
    scores = fitted.detector.decision_function(fitted.usual_rows)
    assert explain_row(fitted, fitted.usual_rows[int(np.argmin(scores))]).causes == ()


@pytest.mark.parametrize("method", ["mnp-plus", "mnp"])
def test_a_method_with_prototypes_and_a_reconstruction_tells_them(planted: Table, method: str) -> None:
    """Both are in the units of the table: c is usually within -2 and 2, the row has -7, which nobody has labelled."""
    model = fit(planted, method)
    row = np.zeros(len(planted.X.columns))
    row[[2, 4]] = -7.0, 1.0
    assert abs(float(present(closest_prototype(model, row))[2])) < 3
    rebuilt = present(reconstruction(model, row))
    np.testing.assert_array_equal(rebuilt, model.detector.reconstruct(row[None])[0])
    largest = residuals(model, row)[0]
    assert model.schema.columns[largest.column].name == "c"
    assert largest.size == abs(-7.0 - rebuilt[2]) > 3 and largest.times == largest.size / largest.usual > 1
    told = reconstruction_sentence(model, row)
    assert (
        f"the reconstruction of {method} misses c by {largest.size:.4g} (-7, reconstructed as {rebuilt[2]:.6g}" in told
    )
    for cause in explain_row(model, row).causes:
        assert f"closest prototype {cause.prototype}, reconstructed as {cause.reconstruction}" in sentence(cause)


def test_prototypes_of_an_embedding_are_no_rows_even_if_as_wide(planted: Table) -> None:
    model = fit(planted, "mnp", embedding_dim=len(planted.X.columns), epochs=1, steps_per_epoch=1, pretraining_epochs=1)
    row = np.zeros(len(planted.X.columns))
    modes = model.detector.closest_prototype(model.usual_rows)
    alike = model.usual_rows[modes == model.detector.closest_prototype(row[None])[0]]
    assert len(alike) > 0
    np.testing.assert_array_equal(closest_prototype(model, row), alike.mean(axis=0))


def test_few_usual_rows_are_missed_by_the_reconstruction(planted: Table) -> None:
    model = fit(planted, "mnp-plus")
    left = [residuals(model, row) for row in model.usual_rows[:100]]
    assert np.mean([residual.times > 1 for row in left for residual in row]) < 0.1  # 0.05 over all 500 by definition
    calm = int(np.argmin([row[0].times for row in left]))
    assert "misses no column more than usual" in reconstruction_sentence(model, model.usual_rows[calm])


def test_a_method_without_a_reconstruction_says_nothing_of_it(planted: Table) -> None:
    model = fit(planted, "knn")
    row = planted.X.to_numpy(dtype=np.float64)[0]
    assert residuals(model, row) == () and reconstruction_sentence(model, row) == ""
    assert all(cause.reconstruction == cause.prototype == "" for cause in explain_row(model, row).causes)


def test_values_are_shown_as_their_user_writes_them() -> None:
    category = Column("e", "category", ("", "x", "y"))
    assert category.shown(np.array([0.0, 0.0, 1.0])) == "y"
    assert category.shown(np.array([1.0, 0.0, 0.0])) == "missing"
    assert category.shown(np.zeros(3)) == "a value the model does not know"
    assert Column("f", "boolean").shown(np.array([1.0])) == "true"


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
