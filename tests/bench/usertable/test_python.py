"""The same in Python: frames of any library, folds with few labels, and scikit-learn's search over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import bench
from bench.errors import DataError
from bench.usertable.model import Model
from bench.usertable.training import Table
from tests.bench.usertable.conftest import payments

ROOT = Path(__file__).parents[3]


def test_the_public_names_are_there() -> None:
    for name in bench.__all__:
        assert getattr(bench, name) is not None


def test_frames_of_every_library_score_alike(model: Model, table: Table) -> None:
    expected = model.detector.decision_function(table.X)
    frame = payments()
    shuffled = frame[["country", "amount", "abroad", "age"]]
    for given in (frame, shuffled, shuffled.convert_dtypes(), pa.Table.from_pandas(frame)):
        assert np.array_equal(model.decision_function(given), expected)


def test_a_polars_frame_scores_alike(model: Model, table: Table) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.from_dict({name: payments()[name].tolist() for name in ("age", "country", "amount", "abroad")})
    assert np.array_equal(model.decision_function(frame), model.detector.decision_function(table.X))


def test_frames_that_cannot_be_scored_are_told(model: Model) -> None:
    with pytest.raises(DataError, match=r"the frame lacks 'amount' \(renamed to 'Amount'\?\)"):
        model.decision_function(payments().rename(columns={"amount": "Amount"}))
    with pytest.raises(DataError, match="text where the model was fitted on numbers"):
        model.decision_function(payments().assign(age="old"))


def test_every_fold_has_labelled_anomalies_on_both_sides() -> None:
    y = np.zeros(200, dtype=int)
    y[:7] = 1  # sorted, as files often are
    tested = []
    for train, test in bench.WeakLabelKFold(5).split(y[:, None], y):
        assert y[test].sum() >= 1 and y[train].sum() >= 1 and not set(train) & set(test)
        tested += test.tolist()
    assert sorted(tested) == list(range(200))
    first, again = (list(bench.WeakLabelKFold(3).split(y[:, None], pd.Series(y, dtype="Int64"))) for _ in range(2))
    assert all(
        np.array_equal(a, b) for fold, two in zip(first, again, strict=True) for a, b in zip(fold, two, strict=True)
    )


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (None, "needs y"),
        (np.array([0, 1, 2] * 9), "only"),
        (np.array([1] * 4 + [0] * 50), "n_splits=5 needs as many labelled"),
    ],
)
def test_labels_that_cannot_be_folded_are_refused(y: np.ndarray | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        list(bench.WeakLabelKFold(5).split(np.zeros((54, 1)), y))


class Spy(TransformerMixin, BaseEstimator):
    """Keeps the rows it was fitted on and refuses to be fitted on any that it transforms for the test."""

    def fit(self, X: pd.DataFrame, y: object = None) -> Spy:
        self.rows_ = set(X.index)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        rows = set(X.index)
        assert rows == self.rows_ or not rows & self.rows_
        return X


def test_a_search_over_a_pipeline_does_not_leak(table: Table) -> None:
    pipeline = make_pipeline(Spy(), bench.create("pu-bagging", n_estimators=20))
    search = GridSearchCV(
        pipeline,
        {"pubagging__max_samples": [16, 64]},
        scoring=bench.weak_average_precision,
        cv=bench.WeakLabelKFold(3),
        error_score="raise",
    ).fit(table.X, table.y)
    assert search.best_score_ > 0.5
    assert len(search.best_estimator_.decision_function(table.X)) == len(table.X)


def test_the_page_in_python(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of docs/your-table.md, as they stand, on the payments."""
    import re

    page = (ROOT / "docs" / "your-table.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    assert len(blocks) == 4
    monkeypatch.chdir(csv.parent)
    names: dict[str, object] = {"new": payments().rename(columns={"fraud": "label"})}
    payments().rename(columns={"fraud": "label"}).to_csv("my.csv", index=False)
    for block in blocks:
        exec(compile(block, "your-table.md", "exec"), names)  # our own page
    assert names["scores"].shape == (400,)  # type: ignore[attr-defined]
    assert names["picked"].method in ("pu-bagging", "logistic-regression")  # type: ignore[attr-defined]
    assert Path("why.png").read_bytes().startswith(b"\x89PNG")
