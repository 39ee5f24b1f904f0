"""The expected contamination: an estimate, an upper end that holds, and alerts that follow from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.app.score import budget_of, score_file
from bench.errors import ConfigError
from bench.usertable.contamination import contamination
from bench.usertable.folder import load, save
from bench.usertable.model import fit
from bench.usertable.stream import Budget
from bench.usertable.training import Table, load_table


def above(labels: int, share: float, apart: float, stream: np.random.Generator) -> np.ndarray:
    """Places of labelled anomalies among 1,000 unlabelled rows, of which a share are anomalies too."""
    hidden = int(1000 * share)
    unlabelled = np.concatenate([stream.normal(size=1000 - hidden), stream.normal(apart, 1, hidden)])
    labelled = stream.normal(apart, 1, labels)
    return np.asarray((unlabelled[None] > labelled[:, None]).mean(axis=1))


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("apart", [1.0, 4.0])
@pytest.mark.parametrize("labels", [3, 10, 50])
def test_the_upper_end_holds(share: float, apart: float, labels: int) -> None:
    """In at least 95 of 100 draws, also where anomalies look much like normal rows."""
    stream = np.random.default_rng(0)
    estimates = [contamination(above(labels, share, apart, stream), 1000) for _ in range(200)]
    assert np.mean([estimate is not None and estimate.high >= share for estimate in estimates]) >= 0.95


def test_the_estimate_is_near_the_truth_where_anomalies_stand_apart() -> None:
    stream = np.random.default_rng(1)
    estimates = [contamination(above(50, 0.05, 4.0, stream), 1000) for _ in range(50)]
    assert np.median([estimate.estimate for estimate in estimates if estimate]) == pytest.approx(0.05, rel=0.3)
    assert contamination(np.zeros(2), 1000) is None


def _table(folder: Path) -> Table:
    stream = np.random.default_rng(0)
    anomalous = np.arange(600) < 60  # 30 labelled, 30 among the 570 unlabelled rows
    frame = pd.DataFrame(stream.normal(size=(600, 3)) + 4 * anomalous[:, None], columns=list("abc"))
    frame.assign(fraud=np.where(np.arange(600) < 30, "1", "")).to_csv(folder / "my.csv", index=False)
    return load_table(str(folder / "my.csv"))


def test_alerts_follow_from_the_contamination(tmp_path: Path) -> None:
    table = _table(tmp_path)
    save(fit(table, "logistic-regression", estimate_contamination=True), tmp_path / "model")
    model = load(tmp_path / "model")
    assert model.contamination is not None and model.contamination.estimate == pytest.approx(30 / 570, rel=0.5)
    told: list[str] = []
    new = tmp_path / "new.csv"
    table.X[30:].to_csv(new, index=False)
    for budget, estimated in ((Budget(contamination=30 / 570), False), (Budget(), True)):
        score_file(str(tmp_path / "model"), str(new), str(tmp_path / "s.csv"), budget, None, told.append, 0, estimated)
        alerts = pd.read_csv(tmp_path / "s.csv").alert.to_numpy()
        assert alerts[:30].mean() > 0.8 and alerts[30:].mean() < 0.05
    assert any("95% interval 0 to" in line for line in told)
    assert any("at the upper end of the interval" in line for line in told)
    doubled = pd.concat([table.X[30:60]] * 10)  # a file with more anomalies has more alerts
    doubled.to_csv(new, index=False)
    score_file(
        str(tmp_path / "model"), str(new), str(tmp_path / "s.csv"), Budget(contamination=0.05), None, told.append
    )
    assert pd.read_csv(tmp_path / "s.csv").alert.mean() > 0.9


def test_mistakes_are_told(tmp_path: Path) -> None:
    save(fit(_table(tmp_path), "logistic-regression"), tmp_path / "model")
    words = (
        str(tmp_path / "model"),
        str(tmp_path / "my.csv"),
        str(tmp_path / "s.csv"),
        *budget_of(None, None, "estimate"),
    )
    with pytest.raises(ConfigError, match="holds no estimate of the contamination; fit it with --estimate"):
        score_file(words[0], words[1], words[2], words[3], None, print, 0, words[4])
    for given, told in {
        (1, None, "0.1"): "give one",
        (None, None, "much"): "give a share",
        (None, None, "2"): "no share",
    }.items():
        with pytest.raises(ConfigError, match=told):
            budget_of(*given)


def test_methods_that_draw_from_shared_streams_fit_alike(tmp_path: Path) -> None:
    """LODA draws from numpy's global stream: what was drawn before must not matter."""
    table = _table(tmp_path)
    first = fit(table, "loda").usual_rows
    np.random.rand(7)
    assert np.array_equal(fit(table, "loda").usual_rows, first)
