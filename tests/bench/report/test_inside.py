"""What a fitted MNP sees is kept as tables, drawn with captions that say what the tables say, and drawn again from them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.app.inspect import inspect
from bench.errors import StoreError
from bench.report.figures import Unsuited, inside
from bench.report.figures.write import CAPTIONS
from bench.store.inspection import FOLDER, read
from bench.types import Scenario
from mnp import MNP
from mnp.inspection_tables import MOST_ROWS, plane, seen

Inspected = tuple[Path, list[Path]]


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    out = tmp_path_factory.mktemp("inspected")
    return out, inspect("wine", out, Scenario(label_budget=2), seed=0)


def test_tables_and_figures_are_written_and_captions_listed(inspected: Inspected) -> None:
    out, paths = inspected
    assert all(path.stat().st_size for path in paths)
    told = json.loads((out / "figures" / CAPTIONS).read_text())
    assert [entry["name"] for entry in told["figures"]] == ["embedding_wine", "likelihood_wine", "losses_wine"]
    rows, history = read(out / FOLDER, "wine")
    training = rows[rows.role == "row"]
    assert training.labelled.sum() == 2 and set(training.truth) == {0, 1}
    caption = told["figures"][0]["caption"]
    assert (
        f"{len(training)} training rows of wine" in caption
        and f"{(rows.role == 'prototype').sum()} prototypes" in caption
    )
    assert f"over {len(history)} epochs" in told["figures"][2]["caption"]


def test_figures_are_drawn_again_from_the_tables_and_other_entries_stay(inspected: Inspected) -> None:
    out, _ = inspected
    index = out / "figures" / CAPTIONS
    told = json.loads(index.read_text())
    told["figures"].insert(0, {"name": "cost", "title": "", "scenario": "", "caption": ""})
    index.write_text(json.dumps(told))
    before = (out / "figures" / "embedding_wine.png").read_bytes()
    inside.write(out)
    assert (out / "figures" / "embedding_wine.png").read_bytes() == before
    assert [entry["name"] for entry in json.loads(index.read_text())["figures"]][:2] == ["cost", "embedding_wine"]


def test_the_table_says_what_the_model_says_of_each_row() -> None:
    stream = np.random.default_rng(0)
    X = stream.normal(size=(MOST_ROWS + 500, 4)).astype(np.float32)
    y = np.zeros(len(X), dtype=int)
    y[-3:] = 1
    X[-3:] += 6
    model = MNP(epochs=1, steps_per_epoch=4, pretraining_epochs=0, n_prototypes=2).fit(X, y)
    table = seen(model, X, y, y, np.random.default_rng(1))
    rows = table[table.role == "row"]
    assert len(rows) == MOST_ROWS and rows.labelled.sum() == 3
    assert (table.role == "prototype").sum() == 2
    assert np.array_equal(rows.score.to_numpy()[-3:], model.decision_function(X[-3:]))
    assert np.array_equal(rows.likelihood.to_numpy()[-3:], model.normal_likelihood(X[-3:]))


def test_the_plane_keeps_distances_of_flat_points() -> None:
    stream = np.random.default_rng(0)
    points = stream.normal(size=(50, 2)) @ np.linalg.qr(stream.normal(size=(6, 6)))[0][:2]
    flat, others, share = plane(points, points[:3] + 0.0)
    assert share == pytest.approx(1.0)
    assert np.allclose(flat[:3], others)
    assert np.linalg.norm(flat[0] - flat[1]) == pytest.approx(np.linalg.norm(points[0] - points[1]))


def test_a_histogram_needs_both_kinds_of_rows() -> None:
    table = pd.DataFrame({"role": "row", "labelled": 0, "truth": [0, 0], "likelihood": [0.6, 0.7]})
    with pytest.raises(Unsuited, match="hold no anomaly"):
        inside.likelihoods(table)


def test_a_broken_index_of_inspections_is_told(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "about.json").write_text("{")
    with pytest.raises(StoreError, match="inspect again"):
        inside.write(tmp_path)
