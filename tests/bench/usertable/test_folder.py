"""A model folder: the same bits after loading, nothing that runs code, and one sentence for what is wrong."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.errors import ConfigError, DataError, StoreError
from bench.methods import missing, specs
from bench.usertable.folder import ModelWarning, load, save
from bench.usertable.formats import STATE
from bench.usertable.model import Model, fit, require_savable
from bench.usertable.training import Table

#: One of each format, and each kind of state within skops; the others in the slow session.
QUICK = ("mnp-plus", "devnet", "logistic-regression", "pu-bagging", "iforest", "lof", "xgboost", "lightgbm")


def _same_after_loading(name: str, table: Table, folder: Path) -> None:
    if missing(specs()[name]):
        pytest.skip(missing(specs()[name]))
    made = fit(table, name)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ModelWarning)
        loaded = load(save(made, folder / "model"))
    X = table.X.to_numpy()
    assert np.array_equal(made.detector.decision_function(X), loaded.detector.decision_function(X))
    assert np.array_equal(made.detector.predict_proba(X), loaded.detector.predict_proba(X))
    assert loaded.schema == made.schema and loaded.threshold == made.threshold
    assert np.array_equal(loaded.usual_rows, made.usual_rows)
    names = {path.suffix for path in (folder / "model").iterdir()}
    assert names <= {".json", ".safetensors", ".skops", ".ubj", ".txt", ".cbm"}


@pytest.mark.parametrize("name", QUICK)
def test_scores_after_loading_are_the_same_bits(name: str, table: Table, tmp_path: Path) -> None:
    _same_after_loading(name, table, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [n for n, s in specs().items() if s.saved_as and "weak" in s.protocols and n not in QUICK]
)
def test_every_method_that_says_so_can_be_saved(name: str, table: Table, tmp_path: Path) -> None:
    _same_after_loading(name, table, tmp_path)


@pytest.mark.parametrize("name", ["lunar", "tabpfn", "pyod.models.knn:KNN"])
def test_what_cannot_be_saved_is_refused_before_any_work(name: str) -> None:
    with pytest.raises(ConfigError, match=r"cannot be saved; choose one of .*mnp-plus"):
        require_savable(name)


def test_a_method_that_needs_true_labels_is_refused() -> None:
    with pytest.raises(ConfigError, match="true labels"):
        require_savable("mnp-published")


def test_the_manifest_says_what_the_model_is(model: Model, tmp_path: Path) -> None:
    told = json.loads((save(model, tmp_path / "m") / "manifest.json").read_text())
    assert told["versions"]["mnp-bench"] and told["versions"]["numpy"] == np.__version__
    assert told["training"]["sha256"] == model.training["sha256"] and told["training"]["labelled_anomalies"] == 12
    assert [column["name"] for column in told["schema"]["columns"]] == ["amount", "country", "abroad", "age"]
    assert told["schema"]["columns"][1]["categories"] == ["DE", "FR", "IT"]
    assert told["model"]["card"]["title"] and set(told["files"]) == {STATE, "usual_rows.safetensors"}


def _edited(folder: Path, change: object) -> Path:
    told = json.loads((folder / "manifest.json").read_text())
    change(told)  # type: ignore[operator]
    (folder / "manifest.json").write_text(json.dumps(told))
    return folder


def test_another_version_warns_in_one_sentence(model: Model, tmp_path: Path) -> None:
    folder = _edited(save(model, tmp_path / "m"), lambda told: told["versions"].update({"scikit-learn": "0.1"}))
    with pytest.warns(ModelWarning, match=r"saved with scikit-learn 0\.1 \(here .*\); its scores are the same bits"):
        load(folder)


def test_other_scores_by_the_same_versions_are_refused(model: Model, tmp_path: Path) -> None:
    folder = _edited(save(model, tmp_path / "m"), lambda told: told["check_scores"].__setitem__(0, "0x1.0p+0"))
    with pytest.raises(DataError, match="gives other scores here"):
        load(folder)


def test_another_format_is_refused(model: Model, tmp_path: Path) -> None:
    folder = _edited(save(model, tmp_path / "m"), lambda told: told.update(format="mnp-bench model 99"))
    with pytest.raises(DataError, match="model 99"):
        load(folder)


def test_a_changed_file_is_refused(model: Model, tmp_path: Path) -> None:
    folder = save(model, tmp_path / "m")
    content = bytearray((folder / STATE).read_bytes())
    content[-30] ^= 1
    (folder / STATE).write_bytes(content)
    with pytest.raises(DataError, match="not the file that was saved"):
        load(folder)


def test_a_type_that_is_not_on_the_list_is_not_built(model: Model, tmp_path: Path) -> None:
    """Also where whoever made the file gave the manifest its hash."""
    from hashlib import sha256

    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    folder = save(model, tmp_path / "m")
    harmful = skops.io.dumps({"model_": FunctionTransformer(json.dumps)})
    (folder / STATE).write_bytes(harmful)
    _edited(folder, lambda told: told["files"].update({STATE: sha256(harmful).hexdigest()}))
    with pytest.raises(DataError, match="not on the list of types that may be loaded"):
        load(folder)


def test_a_place_with_something_else_is_left_alone(model: Model, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("work of years")
    with pytest.raises(StoreError, match="is no model folder"):
        save(model, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "work of years"
    save(model, tmp_path / "m")
    save(replace(model, threshold=7.0), tmp_path / "m")
    assert load(tmp_path / "m").threshold == 7.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "thesis.txt"]


def test_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no model folder; make one"):
        load(tmp_path)
