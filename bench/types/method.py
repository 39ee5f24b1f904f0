"""A method's card: all that the harness knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class MethodSpec:
    """A method's card: how to make a detector, and what a reader of a table must know of it.

    Attributes
    ----------
    name, title, family, year, citation, deviations : what the tables and cards print;
        family is "weak", "supervised" or "unsupervised".
    factory : str
        ``"package.module:Class"``; called as ``Class(random_state=seed, **params)``, or with
        ``seed`` where its parameter is called so. Imported only when a detector is made.
    params : tuple of (name, value)
        Defaults of this registration that differ from the class's own.
    replicated : bool
        The class has ``fit_replicas`` and ``decision_function_replicas``.
    uses_validation : bool
        The method looks at the labelled validation split where the protocol has one.
    ignores_labels : bool
        What it learns does not depend on y, so that cells which differ in labels alone share one fit.
    shares_rows : bool
        The class has ``fit_labellings`` and ``decision_function_labellings``: of cells which differ in labels alone
        what does not depend on y is computed once.
    extra : str
        Package extra that brings its library ("" = none).
    requires : tuple of str
        Modules that must be importable.
    ready : str
        ``"package.module:function"`` of what else it needs here: returns "" or the need in words.
    protocols : tuple of str
        Protocols it can run under (``mnp-published`` needs ``paper``).
    seconds : float
        Rough cost of one fit with 1,000 rows and 20 features, for planning.
    rows_growth, features_growth : float or None
        Powers of rows and features in this cost. None: 0.2 where replicated (fixed number of steps), else 1.
    inputs_per_feature : int
        Inputs that the network of a replicated method makes of each feature.
    rows_per_step : int
        Rows that add a step to an epoch which ``max_steps_per_epoch`` can bound (0 = there is no such parameter).
    max_group : int
        Largest replica group worth building (0 = not replicated, 1 = its runs train one after another at every width).
    highlight : bool
        Reports say in words where this method stands, and draw it thicker and in hues of its own.
    inspectable : bool
        The class has ``inspection_tables``, which that ``mnp-bench inspect`` draws.
    renamed : tuple of (old, new)
        Parameters that had another name before, so that stored results can be carried over.
    saved_as : str
        How a fitted detector is written to a model folder: "safetensors" (it has ``save`` and ``load``), "skops",
        "xgboost", "lightgbm" or "catboost" (their own formats); "" = it cannot be.
    """

    name: str
    title: str
    family: Literal["weak", "supervised", "unsupervised"]
    year: int
    citation: str
    factory: str
    deviations: str
    params: tuple[tuple[str, Any], ...] = ()
    replicated: bool = False
    uses_validation: bool = False
    ignores_labels: bool = False
    shares_rows: bool = False
    extra: str = ""
    requires: tuple[str, ...] = ()
    ready: str = ""
    protocols: tuple[str, ...] = ("weak", "paper", "adbench")
    seconds: float = 1.0
    rows_growth: float | None = None
    features_growth: float = 0.7
    inputs_per_feature: int = 1
    rows_per_step: int = 0
    max_group: int = 0
    highlight: bool = False
    inspectable: bool = False
    renamed: tuple[tuple[str, str], ...] = ()
    saved_as: str = ""
