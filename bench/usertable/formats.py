"""A fitted detector as files that run no code when they are read: safetensors, skops, the boosting libraries' own.

Which format a method has is a field of its card. Nothing here unpickles: skops builds only the types listed below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import ConfigError, DataError
from bench.types import MethodSpec

#: Types beyond skops' own list that a file may hold: estimators that keep numbers, and no code.
TRUSTED = (
    "baselines.degenerate.CBLOF", "baselines.degenerate.KNN", "baselines.degenerate.PCA",
    "pyod.models.copod.COPOD", "pyod.models.ecod.ECOD", "pyod.models.hbos.HBOS", "pyod.models.iforest.IForest",
    "pyod.models.knn.KNN", "pyod.models.loda.LODA", "pyod.models.lof.LOF", "pyod.models.ocsvm.OCSVM",
    "pyod.models.xgbod.XGBOD", "replicas.trees.Trees", "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._kd_tree.KDTree", "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree", "xgboost.core.Booster", "xgboost.sklearn.XGBClassifier",
)  # fmt: skip
#: Name of the fitted classifier in detectors of boosted trees.
MODEL = "model_"
STATE = "state.skops"


@dataclass(frozen=True)
class Format:
    """How detectors of some methods are written to a folder and read from it.

    Attributes
    ----------
    write : (detector, folder) -> None
    read : (unfitted detector, folder) -> fitted detector
    """

    write: Callable[[Any, Path], None]
    read: Callable[[Any, Path], Any]


def why_not_saved(spec: MethodSpec, known: Mapping[str, MethodSpec]) -> str | None:
    """None where a detector of this method can be saved, else why not and which methods can."""
    if spec.saved_as in FORMATS:
        return None
    can = ", ".join(name for name, other in known.items() if other.saved_as)
    return (
        f"a fitted {spec.name!r} has no form on disk that can be read without running code from it, so it cannot be "
        f"saved; choose one of {can}"
    )


def write(detector: Any, spec: MethodSpec, folder: Path) -> list[str]:
    """Write a fitted detector into ``folder``; the names of its files.

    Raises
    ------
    ConfigError
        The method has no format, or the detector holds what its format cannot.
    """
    if spec.saved_as not in FORMATS:
        raise ConfigError(f"a fitted {spec.name!r} cannot be saved without code in the file; choose another method")
    before = set(folder.iterdir())
    FORMATS[spec.saved_as].write(detector, folder)
    return sorted(path.name for path in set(folder.iterdir()) - before)


def read(unfitted: Any, saved_as: str, folder: Path) -> Any:
    """The detector that ``write`` put into ``folder``.

    Raises
    ------
    DataError
        The files are damaged, or hold a type that is not trusted.
    """
    if saved_as not in FORMATS:
        raise DataError(f"{folder} holds a detector in the unknown format {saved_as!r}; use the version that wrote it")
    return FORMATS[saved_as].read(unfitted, folder)


def _write_safetensors(detector: Any, folder: Path) -> None:
    detector.save(folder / "detector.safetensors")


def _read_safetensors(unfitted: Any, folder: Path) -> Any:
    return type(unfitted).load(folder / "detector.safetensors")


def _write_state(detector: Any, folder: Path, without: tuple[str, ...] = ()) -> None:
    import skops.io

    state = {name: value for name, value in vars(detector).items() if name not in without}
    content = skops.io.dumps(state)
    _refuse_untrusted(content, "this detector")
    (folder / STATE).write_bytes(content)


def _read_state(unfitted: Any, folder: Path) -> Any:
    import skops.io

    content = (folder / STATE).read_bytes()
    _refuse_untrusted(content, str(folder / STATE))
    state = skops.io.loads(content, trusted=list(TRUSTED))
    vars(unfitted).clear()
    vars(unfitted).update(state)
    return unfitted


def _refuse_untrusted(content: bytes, what: str) -> None:
    import skops.io

    foreign = sorted(set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED))
    if foreign:
        raise DataError(f"{what} holds {', '.join(foreign[:3])}, which is not on the list of types that may be loaded")


def _write_xgboost(detector: Any, folder: Path) -> None:
    _write_state(detector, folder, (MODEL,))
    getattr(detector, MODEL).save_model(folder / "xgboost.ubj")


def _read_xgboost(unfitted: Any, folder: Path) -> Any:
    from xgboost import XGBClassifier

    detector = _read_state(unfitted, folder)
    model = XGBClassifier(n_jobs=1, verbosity=0)
    model.load_model(folder / "xgboost.ubj")
    setattr(detector, MODEL, model)
    return detector


class BoosterProbability:
    """A LightGBM booster with the one method of its classifier that scoring calls."""

    def __init__(self, booster: Any) -> None:
        self.booster_ = booster

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Probabilities of 0 and 1, (n, 2), as ``LGBMClassifier`` gives them."""
        positive = np.asarray(self.booster_.predict(X, num_threads=1))
        return np.vstack((1.0 - positive, positive)).T


def _write_lightgbm(detector: Any, folder: Path) -> None:
    _write_state(detector, folder, (MODEL,))
    getattr(detector, MODEL).booster_.save_model(folder / "lightgbm.txt")


def _read_lightgbm(unfitted: Any, folder: Path) -> Any:
    from lightgbm import Booster

    detector = _read_state(unfitted, folder)
    setattr(detector, MODEL, BoosterProbability(Booster(model_file=str(folder / "lightgbm.txt"))))
    return detector


def _write_catboost(detector: Any, folder: Path) -> None:
    _write_state(detector, folder, (MODEL,))
    getattr(detector, MODEL).save_model(str(folder / "catboost.cbm"))


def _read_catboost(unfitted: Any, folder: Path) -> Any:
    from catboost import CatBoostClassifier

    detector = _read_state(unfitted, folder)
    model = CatBoostClassifier(thread_count=1)
    model.load_model(str(folder / "catboost.cbm"))
    setattr(detector, MODEL, model)
    return detector


FORMATS: dict[str, Format] = {
    "safetensors": Format(_write_safetensors, _read_safetensors),
    "skops": Format(_write_state, _read_state),
    "xgboost": Format(_write_xgboost, _read_xgboost),
    "lightgbm": Format(_write_lightgbm, _read_lightgbm),
    "catboost": Format(_write_catboost, _read_catboost),
}
