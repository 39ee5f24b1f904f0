"""The registry of methods: cards from entry points, detectors made on demand.

A package registers methods through the entry-point group ``mnp_bench.methods``; each entry point
loads to a mapping ``{name: {field of MethodSpec: value}}``: plain data, so that listing methods
imports neither torch nor pyod. Our own methods come the same way (``baselines.cards``, ``mnp.cards``).
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import warnings
from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from bench.errors import ConfigError, MissingExtra, UnknownName
from bench.json_values import hashable
from bench.types import MethodSpec

GROUP = "mnp_bench.methods"
DISTRIBUTION = "mnp-bench"
#: Holds other people's detectors to the contract of ours; named, not imported, as methods are.
ADAPTER = "baselines.outside:adapted"
_FIELDS = {f.name for f in fields(MethodSpec)}


class MethodWarning(UserWarning):
    """Another package's methods cannot be used."""


@functools.cache
def specs() -> dict[str, MethodSpec]:
    """Return every registered method, sorted by name.

    Warns
    -----
    MethodWarning
        Another package's entry point cannot be loaded, has a card with unknown or missing fields, or takes a name that
        is taken; its methods are left out.

    Raises
    ------
    ConfigError
        One of our own cards is wrong.
    """
    cards: dict[str, MethodSpec] = {}
    ours = [point for point in entry_points(group=GROUP) if _is_ours(point)]
    for point in ours:
        cards |= _loaded(point, cards)
    for point in entry_points(group=GROUP):
        if point not in ours:
            try:
                cards |= _loaded(point, cards)
            except Exception as error:  # a stranger's import may raise anything
                warnings.warn(
                    f"the methods of {point.value} are left out: {type(error).__name__}: {error}", MethodWarning, 2
                )
    return dict(sorted(cards.items()))


@functools.cache
def ours() -> frozenset[str]:
    """Names of the methods that come with this package."""
    return frozenset(name for point in entry_points(group=GROUP) if _is_ours(point) for name in point.load())


def get(name: str) -> MethodSpec:
    """Return one method's card; ``package.module:Class`` names any PyOD detector directly."""
    if name in specs():
        return specs()[name]
    if ":" in name:
        return _by_path(name)
    raise UnknownName("method", name, specs())


def highlighted() -> frozenset[str]:
    """Names of the methods that reports highlight (a field of their cards)."""
    return frozenset(name for name, card in specs().items() if card.highlight)


def missing(spec: MethodSpec) -> str:
    """Return "" when the method can run here, else one line that names the pip command or what else it needs."""
    absent = [module for module in spec.requires if importlib.util.find_spec(module) is None]
    if not absent:
        need = str(_load(spec.ready)()) if spec.ready else ""
        return f"{spec.name} needs {need}" if need else ""
    install = f"{DISTRIBUTION}[{spec.extra}]" if spec.extra else " ".join(absent)
    return f"{spec.name} needs {', '.join(absent)}: pip install '{install}'"


def create(name: str, seed: int = 0, **params: Any) -> Any:
    """Make an unfitted detector: the card's parameters, overridden by ``params``.

    Parameters
    ----------
    name : str
        A registered name, or ``package.module:Class`` of a PyOD detector.
    seed : int
        The detector's own random stream starts here.
    **params
        Parameters of the detector that differ from its defaults.

    Returns
    -------
    detector
        Unfitted, with PyOD's ``fit(X, y)`` and ``decision_function(X)``.

    Raises
    ------
    UnknownName, MissingExtra, ConfigError
        The name, the library or a parameter does not exist, or a parameter's value is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from bench import create
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(0, 1, (200, 3)), rng.normal(3, 1, (10, 3))])
    >>> y = np.repeat([0, 1], [205, 5])  # five labelled anomalies, the other five are among the unlabelled rows
    >>> detector = create("pu-bagging", seed=0, n_estimators=50).fit(X, y)
    >>> scores = detector.decision_function(X)
    >>> bool(scores[200:205].min() > np.median(scores[:200]))
    True
    """
    return made(get(name), seed, **params)


def made(spec: MethodSpec, seed: int, **params: Any) -> Any:
    """``create`` for a card."""
    reason = missing(spec)
    if reason:
        raise MissingExtra(reason)
    for module in spec.requires:
        importlib.import_module(module)  # here, so that the time of fitting does not pay for it
    factory = _load(spec.factory)
    if inspect.isclass(factory):
        factory = _load(ADAPTER)(factory)
    arguments = {**dict(spec.params), **params}
    seed_name = _seed_name(factory)
    if seed_name:
        arguments[seed_name] = seed
    try:
        detector = factory(**arguments)
        if hasattr(detector, "_parameter_constraints") and hasattr(detector, "_validate_params"):
            detector._validate_params()  # scikit-learn's own, or that of our contract
    except (TypeError, ValueError) as error:
        raise ConfigError(f"method {spec.name!r} does not take these parameters: {error}") from error
    return detector


def _is_ours(point: EntryPoint) -> bool:
    return point.dist is not None and point.dist.name.replace("_", "-").lower() == DISTRIBUTION


def _loaded(point: EntryPoint, taken: Mapping[str, MethodSpec]) -> dict[str, MethodSpec]:
    cards = point.load()
    for name in cards:
        if name in taken:
            raise ConfigError(f"method {name!r} is registered twice (second time by {point.value}); rename one")
    return {name: _spec(name, card, point.value) for name, card in cards.items()}


def _spec(name: str, card: Mapping[str, Any], origin: str) -> MethodSpec:
    unknown = sorted(set(card) - _FIELDS)
    if unknown:
        raise ConfigError(
            f"the card of method {name!r} ({origin}) has unknown fields {unknown}; known: {sorted(_FIELDS)}"
        )
    values: dict[str, Any] = {key: hashable(value) for key, value in card.items()}
    for table in ("params", "renamed"):
        values[table] = tuple(sorted(dict(values.get(table, {})).items()))
    values["name"] = name
    try:
        return MethodSpec(**values)
    except TypeError as error:
        raise ConfigError(f"the card of method {name!r} ({origin}) is incomplete: {error}") from error


def _by_path(name: str) -> MethodSpec:
    module, _, attribute = name.partition(":")
    if not attribute.isidentifier() or not _importable(module):
        raise ConfigError(f"method path {name!r} cannot be found; {_how_to_find(module)}")
    return MethodSpec(
        name=name, title=attribute, family="unsupervised", year=0, citation=f"used by dotted path {name}",
        factory=name, deviations="none known: used as its package ships it",
    )  # fmt: skip


def _importable(module: str) -> bool:
    if not all(name.isidentifier() for name in module.split(".")):
        return False
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _how_to_find(module: str) -> str:
    """What to do about a module that is not importable, which the current folder may hold all the same."""
    module = module.removesuffix(".py")
    top = module.partition(".")[0]
    for here in (Path(f"{top}.py"), Path(top)):
        if top.isidentifier() and here.exists():
            return f"{here} lies in this folder: put PYTHONPATH=. before the command, and write {module}:Class"
    return "write it as package.module:Class, e.g. pyod.models.knn:KNN"


def _load(factory: str) -> Any:
    module, _, attribute = factory.partition(":")
    loaded = importlib.import_module(module)
    if not hasattr(loaded, attribute):
        raise ConfigError(f"{module} has no class {attribute!r}")
    return getattr(loaded, attribute)


def _seed_name(factory: Any) -> str:
    parameters = inspect.signature(factory).parameters
    return next((name for name in ("seed", "random_state") if name in parameters), "")
