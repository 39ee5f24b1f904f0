"""Tables and model folders as newcomers bring them: each is read aright or refused in one sentence that helps."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.app.fit import fit_and_save
from bench.app.pick import pick, pick_file
from bench.app.score import score_file
from bench.datasets.layout import layout_of
from bench.errors import ConfigError, DataError, UnknownName
from bench.picking.picked import Picked
from bench.usertable.contamination import percent
from bench.usertable.examine import examine
from bench.usertable.folder import MANIFEST, load, save
from bench.usertable.model import fit
from bench.usertable.schema import Column, Schema, with_names
from bench.usertable.stream import Budget
from bench.usertable.suite_file import suite_text
from bench.usertable.training import load_table

ROWS = 60


@pytest.fixture
def frame() -> pd.DataFrame:
    stream = np.random.default_rng(0)
    frame = pd.DataFrame(stream.normal(size=(ROWS, 2)).round(3), columns=["a", "b"])
    return frame.assign(c=stream.choice(["x", "y"], ROWS), fraud=(np.arange(ROWS) < 5).astype(int))


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., str]:
    def write(frame: pd.DataFrame, **how: Any) -> str:
        frame.to_csv(tmp_path / "t.csv", index=False, **how)
        return str(tmp_path / "t.csv")

    return write


Changed = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f.assign(fraud=1), "every row .* a labelled anomaly (it holds '1'); a detector needs unlabelled rows"),
        (lambda f: f.assign(fraud=0), "(it holds '0'); write 1 where one is known, or say with --anomaly which value"),
        (lambda f: f.drop(columns="fraud"), "t.csv: no column has a label's name, and the last one, 'c', holds 'y', 'x'"),
        (lambda f: f.assign(fraud=f.a), "has 60 values (-0.004, .* with fractions, so it is no label; name another one with --l"),
        (lambda f: f.assign(a=1, b=2, c="z"), "no column is left that varies, and a detector needs one; left out were: 'a'"),
        (lambda f: f.assign(a=f.a.where(f.index != 5, 1e300)), "t.csv: column 'a' holds 1e+300 in row 6, which is too large"),
    ],
    ids=["all 1", "all 0", "no label", "measurements as label", "constant", "too large"],
)  # fmt: skip
def test_a_table_that_cannot_be_learnt_from(
    frame: pd.DataFrame, written: Callable[..., str], change: Changed, sentence: str
) -> None:
    with pytest.raises(DataError) as raised:
        load_table(written(change(frame)))
    for phrase in sentence.split(".*"):
        assert phrase.strip() in str(raised.value)


def test_a_label_that_was_guessed_is_told(frame: pd.DataFrame, written: Callable[..., str]) -> None:
    path = written(frame.rename(columns={"fraud": "k"}))
    told = "no column has a label's name, so the last one, 'k', is taken for it; if that is not meant: --label"
    assert told in load_table(path).notes
    assert told not in load_table(path, "k").notes
    assert told in suite_text(examine(Path(path), layout_of(Path(path)), None))[1]


def test_a_suite_is_not_written_for_measurements_as_labels(frame: pd.DataFrame, written: Callable[..., str]) -> None:
    path = Path(written(frame.assign(fraud=frame.a)))
    with pytest.raises(DataError, match="with fractions, so it is no label"):
        suite_text(examine(path, layout_of(path), None))


def test_a_file_of_blank_lines_is_empty(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\n\n  \n")
    with pytest.raises(DataError, match=r"t.csv is empty; check the file"):
        load_table(str(tmp_path / "t.csv"))


def test_a_broken_parquet_file_has_no_place_to_mend(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"cannot be read as a table \(.*[^.]\); write the file again"):
        load_table(str(tmp_path / "t.parquet"))


def test_dropping_every_column_is_told_as_that(frame: pd.DataFrame, written: Callable[..., str]) -> None:
    with pytest.raises(DataError, match="--drop leaves no column beside the label"):
        load_table(written(frame), drop=("a", "b", "c"))


def test_infinite_values_are_not_called_missing(frame: pd.DataFrame, written: Callable[..., str]) -> None:
    notes = load_table(written(frame.assign(a=frame.a.where(frame.index != 5, np.inf)))).notes
    assert any(note.startswith("column 'a' has no finite value in 1 row, replaced by its median") for note in notes)


def test_numbers_of_columns_and_rows_become_names() -> None:
    schema = Schema((Column("amount", "number"), Column("c", "category", ("", "x"))), "fraud")
    message = "X has the value 1e+39 in column 2 (row 5), not in column 9"
    assert with_names(message, schema, 100) == "X has the value 1e+39 in column 'c=x' (row 106), not in column 9"
    assert with_names(message, schema) == "X has the value 1e+39 in column 'c=x', not in column 9"


def test_a_value_too_far_from_tiny_training_values_is_named(frame: pd.DataFrame, written: Callable[..., str]) -> None:
    """Values around 1e-45 are scaled up to be told apart, and 1e5 would be too large then."""
    tiny = frame.assign(a=frame.a * 1e-45)
    model = fit(load_table(written(tiny), "fraud"), "logistic-regression")
    new = tiny.head(3).assign(a=[1e-45, 1e5, 2e-45])
    with pytest.raises(DataError, match=r"^logistic-regression cannot score these rows: .* in column 'a' \(row 2\)"):
        model.decision_function(new)


def test_a_value_too_large_to_score_is_told_before(
    frame: pd.DataFrame, written: Callable[..., str], tmp_path: Path
) -> None:
    model = fit(load_table(written(frame), "fraud"), "logistic-regression")
    save(model, tmp_path / "m")
    new = frame.assign(b=frame.b.where(frame.index != 2, -1e300))
    with pytest.raises(DataError, match=r"the frame: column 'b' holds -1e.300 in row 3, which is too large"):
        model.decision_function(new)
    with pytest.raises(DataError, match=r"t.csv: column 'b' holds -1e.300 in row 3, which is too large"):
        score_file(str(tmp_path / "m"), written(new), str(tmp_path / "s.csv"), Budget(), None, print)
    assert not (tmp_path / "s.csv").exists()


def test_a_method_whose_scores_are_not_finite_is_refused(frame: pd.DataFrame, written: Callable[..., str]) -> None:
    table = load_table(written(frame), "fraud")
    with pytest.raises(DataError, match=r"gives \d+ rows? no finite score, row \d+ first; choose another method"):
        fit(table, "tests.bench.faulty_methods:ReturnsNaN")
    model = fit(table, "logistic-regression")
    model.detector.decision_function = lambda X: np.where(np.arange(len(X)) == 4, np.nan, 0.0)
    with pytest.raises(DataError, match="gives 1 row no finite score, row 5 first"):
        model.decision_function(frame)
    with pytest.raises(DataError, match=r"no method can learn from this table; .*ReturnsNaN: .* no finite score"):
        pick(table, "few", ("tests.bench.faulty_methods:ReturnsNaN",))


def test_scores_are_not_written_as_a_spreadsheet(frame: pd.DataFrame, written: Callable[..., str]) -> None:
    with pytest.raises(ConfigError, match=r"scores are written as .csv or .parquet"):
        score_file("m", written(frame), "s.xlsx", Budget(), None, print)


def test_an_alert_rate_is_checked_before_the_table_is_read(tmp_path: Path) -> None:
    for work in (lambda: fit_and_save("none.csv", str(tmp_path / "m"), "hbos", 0, 2.0, print),
                 lambda: pick_file("none.csv", print, alert_rate=2.0)):  # fmt: skip
        with pytest.raises(ConfigError, match="alert_rate 2 is no share"):
            work()


def test_shares_are_shown_as_people_write_them() -> None:
    assert [percent(share) for share in (0.0035, 0.02, 0.5, 0.996, 1.0)] == ["0.35%", "2%", "50%", "100%", "100%"]


def test_the_next_command_of_pick_works(frame: pd.DataFrame, written: Callable[..., str], tmp_path: Path) -> None:
    """Of a method that cannot be saved no ``fit --save`` is proposed."""
    told: list[str] = []
    picked = pick_file(
        written(frame), told.append, methods=("tests.bench.faulty_methods:Good",), out=str(tmp_path / "p")
    )
    assert isinstance(picked, Picked)
    assert "can be fitted in Python, but not saved" in told[-1] and "--save" not in told[-1]


def damaged(path: Path, change: Callable[[dict[str, Any]], None]) -> str:
    told = json.loads((path / MANIFEST).read_text())
    change(told)
    (path / MANIFEST).write_text(json.dumps(told))
    with pytest.raises(DataError) as raised:
        load(path)
    return str(raised.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda told: told["threshold"].pop("value"), "is no whole manifest (KeyError('value')); fit the model again"),
        (lambda told: told.pop("training"), "is no whole manifest (KeyError('training'))"),
        (lambda told: told["schema"]["columns"].pop(), "describes other columns than the model has; fit it again"),
        (lambda told: told["model"].update(method="gone"), "cannot be read here: unknown method 'gone'"),
        (lambda told: told["model"].update(params={"gone": 1}), "unexpected keyword argument 'gone'; fit the model again"),
    ],
)  # fmt: skip
def test_a_manifest_that_was_changed(
    frame: pd.DataFrame,
    written: Callable[..., str],
    tmp_path: Path,
    change: Callable[[dict[str, Any]], None],
    sentence: str,
) -> None:
    save(fit(load_table(written(frame), "fraud"), "logistic-regression"), tmp_path / "m")
    shutil.copytree(tmp_path / "m", tmp_path / "other")
    message = damaged(tmp_path / "other", change)
    assert message.startswith(str(tmp_path / "other")) and sentence in message


def test_frames_are_learnt_from_as_their_files_are(frame: pd.DataFrame, written: Callable[..., str]) -> None:
    import polars as pl

    expected = load_table(written(frame), "fraud")
    for same in (frame, pl.from_pandas(frame), frame.convert_dtypes(), frame.convert_dtypes(dtype_backend="pyarrow"),
                 frame.set_index(np.arange(ROWS) * 7), frame.astype({"c": "category"})):  # fmt: skip
        table = load_table(same, "fraud")
        pd.testing.assert_frame_equal(table.X, expected.X, check_dtype=False)
        np.testing.assert_array_equal(table.y, expected.y)
    unknown = load_table(frame.assign(fraud=frame.fraud.where(frame.fraud == 1)), "fraud")
    np.testing.assert_array_equal(unknown.y, expected.y)


def test_true_and_false_are_the_same_in_a_frame_and_in_a_file(
    frame: pd.DataFrame, written: Callable[..., str], tmp_path: Path
) -> None:
    frame["b"] = frame.a > 0
    schemas = [load_table(given, "fraud").schema for given in (frame, frame.convert_dtypes(), written(frame))]
    assert {schema.columns[1].content for schema in schemas} == {"boolean"}
    model = fit(load_table(frame, "fraud"), "logistic-regression")
    save(model, tmp_path / "m")
    score_file(str(tmp_path / "m"), written(frame), str(tmp_path / "s.csv"), Budget(), None, print)
    np.testing.assert_array_equal(pd.read_csv(tmp_path / "s.csv").score, model.decision_function(frame))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda frame: frame.to_numpy(), "a ndarray has no columns with names; pass a pandas, polars or arrow table"),
        (lambda frame: [[1, 2]], "a list has no columns with names"),
        (
            lambda frame: pd.concat([frame, frame[["a"]]], axis=1),
            "the frame has several columns named 'a'; rename them",
        ),
        (lambda frame: frame.assign(a=["x", *range(ROWS - 1)]), "no frame whose columns hold one type each"),
    ],
    ids=["array", "list", "two names", "two types"],
)
def test_what_is_no_frame_is_told(frame: pd.DataFrame, make: Callable[[pd.DataFrame], Any], sentence: str) -> None:
    with pytest.raises(DataError) as raised:
        load_table(make(frame))
    assert sentence in str(raised.value)


def test_a_lazy_frame_is_to_be_collected(frame: pd.DataFrame) -> None:
    import polars as pl

    with pytest.raises(DataError, match=r"not computed yet; pass frame.collect\(\)"):
        load_table(pl.from_pandas(frame).lazy())


@pytest.mark.parametrize("work", [fit, pick])
def test_what_was_not_read_is_not_fitted(frame: pd.DataFrame, work: Callable[..., Any]) -> None:
    for given, name in (("my.csv", "str"), (frame, "DataFrame")):
        with pytest.raises(ConfigError, match=rf"a {name} is not read yet; pass what load_table makes"):
            work(given)


def test_an_unknown_mode_is_not_taken_for_few(frame: pd.DataFrame) -> None:
    with pytest.raises(UnknownName, match="unknown mode 'knwon'; did you mean known"):
        pick(load_table(frame, "fraud"), "knwon")  # type: ignore[arg-type]


def test_no_rows_have_no_scores(frame: pd.DataFrame) -> None:
    model = fit(load_table(frame, "fraud"), "logistic-regression")
    assert model.decision_function(frame.head(0)).shape == (0,)
