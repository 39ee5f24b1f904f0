"""The picture of an explained row: what is drawn where, and how it is written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.app.score import score_file
from bench.errors import ConfigError
from bench.usertable.explain import explain
from bench.usertable.explanation_figure import ELSEWHERE, RIGHT, explanation_figure
from bench.usertable.folder import save
from bench.usertable.model import Model, fit
from bench.usertable.stream import Budget
from bench.usertable.training import load_table

ODD = {"a": 0.0, "b $ and $": 50.0, "c": 0.5, "country": "US", "abroad": True}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Labelled rows have b far out; all others are from three countries, and none is abroad."""
    stream = np.random.default_rng(2)
    frame = pd.DataFrame(stream.normal(size=(500, 3)), columns=["a", "b $ and $", "c"])
    frame = frame.assign(country=stream.choice(["DE", "FR", "IT"], 500, p=[0.6, 0.3, 0.1]), abroad="false")
    frame.loc[:4, "b $ and $"] += 12
    frame.loc[:4, ["country", "abroad"]] = "US", "true"
    return frame


@pytest.fixture(scope="module", params=["knn", "mnp-plus"])
def model(request: pytest.FixtureRequest, frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("figure") / "t.csv"
    frame.assign(fraud=(np.arange(500) < 5).astype(int)).to_csv(path, index=False)
    return fit(load_table(str(path), "fraud"), request.param)


def test_columns_are_drawn_in_the_order_of_their_share(model: Model) -> None:
    (explanation,) = explain(model, pd.DataFrame([ODD]))
    figure, caption = explanation_figure(model, explanation, "row 1")
    values, shares = figure.axes
    order = [*explanation.causes, *explanation.others]
    assert sorted(cause.column for cause in order) == sorted(ODD)
    assert [label.get_text().partition(" = ")[0] for label in values.get_yticklabels()] == [c.column for c in order]
    assert [text.get_text() for text in shares.texts] == [f"{round(100 * cause.share)}%" for cause in order]
    assert all(cause.share >= 0.1 for cause in explanation.causes)
    beside = [cause.share for cause in explanation.others]
    assert beside == sorted(beside, reverse=True) and max(beside) < 0.1
    assert caption.startswith(f"The score rests on {order[0].column} ({round(100 * order[0].share)}%)")
    assert figure.get_suptitle() == f"row 1: score {explanation.score:.4g}, usual rows {explanation.usual_score:.4g}"


def test_marks_lie_where_the_values_do(model: Model) -> None:
    (explanation,) = explain(model, pd.DataFrame([ODD]))
    values = explanation_figure(model, explanation)[0].axes[0]
    lines = [cause.column for cause in [*explanation.causes, *explanation.others]]
    points = [(line.get_marker(), *np.asarray(line.get_xydata())[0]) for line in values.lines]
    marks = {(round(line), marker): x for marker, x, line in points}
    far = lines.index("b $ and $")
    assert marks[far, ">"] == RIGHT  # the row's own, as an arrow: it is far beyond the usual range
    assert marks[lines.index("country"), "o"] == ELSEWHERE  # no usual row is from there
    assert 0 < marks[lines.index("a"), "o"] < 1
    drawn = {marker for _, marker in marks}
    if hasattr(model.detector, "closest_prototype"):
        assert drawn == {"o", ">", "D", "x"} and 0 <= marks[far, "D"] <= 1
    else:
        assert drawn == {"o", ">"}


def test_a_pdf_has_a_page_per_row_and_a_png_is_a_file_per_row(
    model: Model, frame: pd.DataFrame, tmp_path: Path
) -> None:
    save(model, tmp_path / "m")
    frame.head(20).to_csv(tmp_path / "new.csv", index=False)

    def drawn(name: str, rows: int) -> list[str]:
        told: list[str] = []
        new, out = str(tmp_path / "new.csv"), str(tmp_path / "s.csv")
        score_file(
            str(tmp_path / "m"), new, out, Budget(alerts=3), None, told.append, rows, figure=str(tmp_path / name)
        )
        return [line.removeprefix("drawn to ") for line in told if line.startswith("drawn to ")]

    assert drawn("why.pdf", 3) == [str(tmp_path / "why.pdf")]
    pdf = (tmp_path / "why.pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 3
    drawn("again.pdf", 3)
    assert (tmp_path / "again.pdf").read_bytes() == pdf
    assert drawn("why.png", 2) == [str(tmp_path / "why.1.png"), str(tmp_path / "why.2.png")]
    assert (tmp_path / "why.2.png").read_bytes().startswith(b"\x89PNG")
    assert drawn("only.svg", 1) == [str(tmp_path / "only.svg")]
    assert "<svg" in (tmp_path / "only.svg").read_text()


def test_a_figure_that_cannot_be_drawn_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / "folder.png").mkdir()

    def trouble(figure: str, explained: int) -> str:
        with pytest.raises(ConfigError) as raised:
            score_file("no-model", str(tmp_path / "t.csv"), str(tmp_path / "s.csv"), Budget(), None, print, explained,
                       figure=figure)  # fmt: skip
        return str(raised.value)

    assert trouble("why.gif", 3) == "--explain-figure why.gif: end the name in .pdf, .png, .svg"
    assert "is a folder; name a file" in trouble(str(tmp_path / "folder.png"), 3)
    assert trouble("why.pdf", 0).endswith("add --explain 5")
